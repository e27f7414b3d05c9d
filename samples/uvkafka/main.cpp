// uvkafka: the command line program. One file per subcommand.
#include <fcntl.h>
#include <unistd.h>

#include <cstring>

#include "cli.hpp"

namespace {

constexpr const char* kUsage =
    "uvkafka: a Kafka client for the command line\n"
    "\n"
    "  uvkafka produce -b BOOTSTRAP -t TOPIC   send each line of stdin as a message\n"
    "  uvkafka consume -b BOOTSTRAP -t TOPIC   print messages\n"
    "  uvkafka topics  -b BOOTSTRAP            list brokers, topics and partitions\n"
    "  uvkafka offsets -b BOOTSTRAP -g GROUP -t TOPIC\n"
    "                                          show or reset a group's offsets\n"
    "  uvkafka broker                          run an in-memory broker\n"
    "  uvkafka perf produce|consume -b BOOTSTRAP -t TOPIC -n MESSAGES -s SIZE\n"
    "                                          measure speed and cost\n"
    "\n"
    "Each has its own --help. BOOTSTRAP is host:port,host:port.\n"
    "Exit status: 0 all done, 1 something failed or was left undone, 2 wrong usage.\n";

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
    std::fputs(kUsage, stderr);
    return cli::kUsage;
  }
  const std::string_view command = argv[1];
  if (command == "--help" || command == "-h" || command == "help") {
    std::fputs(kUsage, stdout);
    return cli::kDone;
  }
  const std::pair<std::string_view, int (*)(int, char**)> commands[] = {
      {"broker", cli::broker},   {"topics", cli::topics},   {"produce", cli::produce},
      {"consume", cli::consume}, {"offsets", cli::offsets}, {"perf", cli::perf}};
  for (const auto& [name, run] : commands) {
    if (command == name) return run(argc - 2, argv + 2);
  }
  return cli::usage_error("unknown command \"" + std::string(command) + "\"");
}
