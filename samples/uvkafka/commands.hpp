// All commands: their tables of options, and the functions that run them with the arguments behind the command.
#pragma once

#include "arguments.hpp"

namespace cli {

extern const Command kBroker, kTopics, kProduce, kConsume, kGroups, kOffsets, kQuery, kPerf, kTop;

int broker(int argc, char** argv);
int topics(int argc, char** argv);
int produce(int argc, char** argv);
int consume(int argc, char** argv);
int groups(int argc, char** argv);
int offsets(int argc, char** argv);
int query(int argc, char** argv);
int perf(int argc, char** argv);
int top(int argc, char** argv);

}  // namespace cli
