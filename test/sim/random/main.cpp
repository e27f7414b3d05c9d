// Random runs of the whole client against three simulated brokers. Producers and consumers work, transactions are
// written beside them, and a nemesis breaks things and cuts logs. Then everything is healed, all work has to end, and
// the judges compare what came with what was sent.
//   sim_random                      a fixed set of seeds, and new ones
//   sim_random --seed N [--trace]   one run, with what happened in it
//   sim_random --first N --seeds COUNT [--verbose]
// Every tenth run is done twice: the same seed has to leave the same trace. Exit status: 0 all runs were good, 1 one
// was not, 2 wrong usage.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <random>
#include <string>

#include <unistd.h>

#include "base/sanitizer.hpp"
#include "random/run.hpp"

#if UVKAFKA_ADDRESS_SANITIZER
#include <sanitizer/common_interface_defs.h>
#endif

namespace {

using kafka::sim::RunResult;

constexpr uint64_t kTwiceEvery = 10;
#if UVKAFKA_ADDRESS_SANITIZER
constexpr uint64_t kDefaultSeeds = 100;  // each costs about ten times as much
#else
constexpr uint64_t kDefaultSeeds = 600;
#endif

const char* program = "sim_random";
uint64_t current_seed = 0;

// The seed is printed however the run ends.
void say_seed() {
  char text[200];
  const int size = std::snprintf(text, sizeof text, "\nthe run ended in seed %llu: %s --seed %llu\n",
                                 static_cast<unsigned long long>(current_seed), program,
                                 static_cast<unsigned long long>(current_seed));
  if (size > 0 && write(STDERR_FILENO, text, static_cast<size_t>(size)) < 0) return;
}
void on_signal(int number) {
  say_seed();
  std::signal(number, SIG_DFL);
  std::raise(number);
}

struct Totals {
  uint64_t runs = 0, failed = 0, twice = 0;
  size_t records = 0, confirmed = 0, delivered = 0, commits = 0, faults = 0;
  double virtual_seconds = 0;
};

bool run(uint64_t seed, bool twice, bool verbose, Totals& totals) {
  current_seed = seed;
  RunResult result = kafka::sim::run_seed(seed, nullptr);
  if (twice) {
    ++totals.twice;
    const RunResult again = kafka::sim::run_seed(seed, nullptr);
    if (again.hash != result.hash) result.violations.emplace_back("the same seed left another trace");
  }
  ++totals.runs;
  totals.records += result.records;
  totals.confirmed += result.confirmed;
  totals.delivered += result.delivered;
  totals.commits += result.commits;
  totals.faults += result.faults;
  totals.virtual_seconds += result.virtual_seconds;
  if (verbose) {
    std::printf("seed %llu: %zu records, %zu confirmed, %zu delivered, %zu faults, %.0f s, %llu events, hash %016llx\n",
                static_cast<unsigned long long>(seed), result.records, result.confirmed, result.delivered,
                result.faults, result.virtual_seconds, static_cast<unsigned long long>(result.events),
                static_cast<unsigned long long>(result.hash));
  }
  if (result.violations.empty()) return true;
  ++totals.failed;
  std::printf("FAIL seed %llu (%s)\n", static_cast<unsigned long long>(seed), kafka::sim::Plan(seed).text().c_str());
  for (const std::string& violation : result.violations) std::printf("  %s\n", violation.c_str());
  std::printf("  again: %s --seed %llu --trace\n", program, static_cast<unsigned long long>(seed));
  std::fflush(stdout);
  return false;
}

int usage() {
  std::fprintf(stderr, "usage: %s [--seed N [--trace]] [--first N] [--seeds COUNT] [--most FAILURES] [--verbose]\n",
               program);
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  program = argv[0];
  uint64_t first = 0, count = kDefaultSeeds, most_failures = 10;
  bool have_first = false, single = false, trace = false, verbose = false;
  for (int i = 1; i < argc; ++i) {
    const std::string option = argv[i];
    if (option == "--trace") {
      trace = true;
    } else if (option == "--verbose") {
      verbose = true;
    } else if (i + 1 < argc &&
               (option == "--seed" || option == "--first" || option == "--seeds" || option == "--most")) {
      char* end = nullptr;
      const uint64_t number = std::strtoull(argv[++i], &end, 10);
      if (end == argv[i] || *end != '\0') return usage();
      if (option == "--seed") first = number, single = true;
      if (option == "--first") first = number, have_first = true;
      if (option == "--seeds") count = number;
      if (option == "--most") most_failures = number;
    } else {
      return usage();
    }
  }
  for (const int number : {SIGABRT, SIGSEGV, SIGFPE, SIGBUS}) std::signal(number, on_signal);
#if UVKAFKA_ADDRESS_SANITIZER
  __sanitizer_set_death_callback(say_seed);
#endif

  Totals totals;
  if (single && trace) {
    std::printf("%s\n", kafka::sim::Plan(first).text().c_str());
    current_seed = first;
    const RunResult result = kafka::sim::run_seed(first, stdout);
    for (const std::string& violation : result.violations) std::printf("VIOLATION %s\n", violation.c_str());
    return result.violations.empty() ? 0 : 1;
  }
  if (single) {
    run(first, true, true, totals);
  } else if (have_first) {
    for (uint64_t i = 0; i < count && totals.failed < most_failures; ++i)
      run(first + i, i % kTwiceEvery == 0, verbose, totals);
  } else {
    // A third of the seeds is always the same. The others are new in each run of the suite.
    const uint64_t base = (uint64_t{std::random_device{}()} << 16) + 1'000'000;
    std::printf("seeds 1 to %llu and from %llu on\n", static_cast<unsigned long long>(count / 3),
                static_cast<unsigned long long>(base));
    for (uint64_t i = 0; i < count && totals.failed < most_failures; ++i)
      run(i < count / 3 ? i + 1 : base + i - count / 3, i % kTwiceEvery == 0, verbose, totals);
  }
  std::printf(
      "%llu runs (%llu of them twice), %.0f virtual minutes: %zu records, %zu confirmed, %zu delivered, %zu commits, "
      "%zu faults; %llu failed\n",
      static_cast<unsigned long long>(totals.runs), static_cast<unsigned long long>(totals.twice),
      totals.virtual_seconds / 60, totals.records, totals.confirmed, totals.delivered, totals.commits, totals.faults,
      static_cast<unsigned long long>(totals.failed));
  return totals.failed == 0 ? 0 : 1;
}
