// What the benchmark programs have in common: arguments, what they send, and how they measure and print it, which is
// also what `uvkafka perf` does.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "../../samples/uvkafka/measure.hpp"

namespace bench {

using measure::now_ns;

/// Begins with the first message: connecting and asking for metadata are not compared.
struct Measure : measure::Measure {
  int64_t bytes = 0;  ///< of values that were read: a consumer that does not look at them is no fair comparison

  void print() { measure::Measure::print(true, true); }
};

/// The exit status of a program that does not know an option or a mode. Works that need it are skipped.
inline constexpr int kNotKnown = 3;

/// `MODE -b BOOTSTRAP -t TOPIC -n MESSAGES [-s SIZE] [-g GROUP] [-r RATE] [-d SECONDS] [-p PARTITIONS] [-u RUN] [-c
/// HOW]
///  [-X name=value]...`
struct Arguments {
  std::string mode;
  std::string bootstrap;
  std::string topic;
  std::string group = "bench";
  int64_t messages = 0;
  int64_t size = 100;
  int64_t rate = 0;  ///< messages per second; 0: one at a time, or as fast as it goes
  int64_t seconds = 10;
  int64_t run = 0;         ///< records for one partition before the next one's turn; 0: the client chooses partitions
  int64_t partitions = 1;  ///< of a topic to be made
  std::string how;         ///< variant of a mode
  std::vector<std::pair<std::string, std::string>> settings;

  static Arguments parse(int argc, char** argv) {
    Arguments arguments;
    if (argc > 1) arguments.mode = argv[1];
    for (int i = 2; i + 1 < argc; i += 2) {
      const std::string name = argv[i], value = argv[i + 1];
      if (name == "-b") arguments.bootstrap = value;
      if (name == "-t") arguments.topic = value;
      if (name == "-g") arguments.group = value;
      if (name == "-n") arguments.messages = std::atoll(value.c_str());
      if (name == "-s") arguments.size = std::atoll(value.c_str());
      if (name == "-r") arguments.rate = std::atoll(value.c_str());
      if (name == "-d") arguments.seconds = std::atoll(value.c_str());
      if (name == "-p") arguments.partitions = std::atoll(value.c_str());
      if (name == "-u") arguments.run = std::atoll(value.c_str());
      if (name == "-c") arguments.how = value;
      if (name == "-X") {
        const size_t equals = value.find('=');
        if (equals != std::string::npos)
          arguments.settings.emplace_back(value.substr(0, equals), value.substr(equals + 1));
      }
    }
    return arguments;
  }
};

/// Which partition a record goes to: RUN records to each in turn, or -1 if the client chooses.
struct Turns {
  int64_t run = 0;
  int32_t partitions = 1;

  int32_t partition(int64_t number) {
    if (run == 0) return -1;
    if (number == next) {
      at = at + 1 < partitions ? at + 1 : 0;
      next += run;
    }
    return at;
  }
  int64_t next = 0;
  int32_t at = -1;
};

/// How many messages go ahead of those whose latency is measured: the first ones wait for connections.
inline int64_t warm_up(int64_t messages) { return std::min<int64_t>(100, messages / 10); }

/// Text that compresses about as well as what people send: words of a small vocabulary and numbers.
inline std::string make_value(int64_t size, uint64_t seed) {
  static constexpr const char* kWords[] = {"order", "customer", "status", "paid",  "amount", "EUR",   "created",
                                           "shop",  "berlin",   "item",   "count", "true",   "false", "null"};
  std::string value;
  uint64_t state = seed * 0x9E3779B97F4A7C15 + 1;
  while (value.size() < static_cast<size_t>(size)) {
    state = state * 6364136223846793005 + 1442695040888963407;
    value += (state >> 60) < 6 ? std::to_string((state >> 40) & 0xFFFFF) : kWords[(state >> 33) % 14];
    value += ' ';
  }
  value.resize(static_cast<size_t>(size));
  return value;
}
inline constexpr size_t kValues = 1000;  ///< different ones, used in turn

}  // namespace bench
