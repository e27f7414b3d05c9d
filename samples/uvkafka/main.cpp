// uvkafka: the command line program. One file per command.
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "commands.hpp"
#include "option_list.hpp"

namespace {

struct Entry {
  const cli::Command* command;
  int (*run)(int argc, char** argv);
};
constexpr Entry kCommands[] = {
    {&cli::kProduce, cli::produce}, {&cli::kConsume, cli::consume}, {&cli::kTopics, cli::topics},
    {&cli::kGroups, cli::groups},   {&cli::kOffsets, cli::offsets}, {&cli::kQuery, cli::query},
    {&cli::kTop, cli::top},         {&cli::kBroker, cli::broker},   {&cli::kPerf, cli::perf},
};

void print_usage(std::FILE* to) {
  std::fputs("uvkafka: a Kafka client for the command line\n\n", to);
  for (const auto& [command, run] : kCommands) {
    const std::string call =
        std::string("uvkafka ") + command->name + (*command->usage == '\0' ? "" : " ") + command->usage;
    std::fprintf(to, "  %s\n          %s\n", call.c_str(), command->summary);
  }
  std::fputs(
      "  uvkafka help COMMAND\n          print the options of a command (as uvkafka COMMAND --help)\n"
      "  uvkafka help options, or uvkafka -X list\n"
      "          print every option of the client, for -X and for configuration files\n"
      "  uvkafka --version\n          print the version, and what this build has: codecs, TLS\n"
      "\n"
      "HOST:PORT may be a list: host:port,host:port.\n"
      "Exit status: 0 all done, 1 something failed or was left undone, 2 wrong usage.\n",
      to);
}

const Entry* find(std::string_view name) {
  for (const Entry& entry : kCommands) {
    if (name == entry.command->name) return &entry;
  }
  return nullptr;
}

int help(int argc, char** argv) {
  const std::string_view topic = argc > 0 ? argv[0] : "";
  if (topic == "options") {
    cli::print_option_list();
  } else if (const Entry* entry = find(topic)) {
    cli::print_help(*entry->command);
  } else if (topic.empty()) {
    print_usage(stdout);
  } else {
    return cli::usage_error("help: there is no command \"" + std::string(topic) + "\"");
  }
  return cli::kDone;
}

// If the caller closed a standard stream, the next socket would get its number, and what is printed would go to a
// broker. So /dev/null is opened in its place, for the wrong direction: using the stream stays an error.
void fill_standard_streams() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    if (fcntl(fd, F_GETFD) != -1) continue;
    if (open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd) std::_Exit(cli::kFailed);
  }
}

}  // namespace

int main(int argc, char** argv) {
  fill_standard_streams();
  if (argc < 2) {
    print_usage(stderr);
    return cli::kUsage;
  }
  const std::string_view command = argv[1];
  if (command == "--help" || command == "-h") return print_usage(stdout), cli::kDone;
  if (command == "help") return help(argc - 2, argv + 2);
  if (command == "-Xlist" || (command == "-X" && argc > 2 && std::string_view(argv[2]) == "list")) {
    return cli::print_option_list(), cli::kDone;
  }
  if (command == "--version" || command == "-V")
    return std::puts("uvkafka " UVKAFKA_VERSION ": " UVKAFKA_FEATURES), cli::kDone;
  if (const Entry* entry = find(command)) return entry->run(argc - 2, argv + 2);
  return cli::usage_error("unknown command \"" + std::string(command) + "\"");
}
