#include "seeds.hpp"

#include <csignal>
#include <cstdlib>
#include <exception>
#include <optional>
#include <random>
#include <utility>

#include <unistd.h>

#include "base/sanitizer.hpp"

#if UVKAFKA_ADDRESS_SANITIZER
#include <sanitizer/common_interface_defs.h>
#endif

namespace kafka::sim {
namespace {

constexpr uint64_t kTwiceEvery = 10;

const char* program_name = "";
uint64_t current_seed = 0;

// The seed is printed however the run ends.
void say_seed() {
  char text[200];
  const int size = std::snprintf(text, sizeof text, "\nthe run ended in seed %llu: %s --seed %llu\n",
                                 static_cast<unsigned long long>(current_seed), program_name,
                                 static_cast<unsigned long long>(current_seed));
  if (size > 0 && write(STDERR_FILENO, text, static_cast<size_t>(size)) < 0) return;
}
void on_signal(int number) {
  say_seed();
  std::signal(number, SIG_DFL);
  std::raise(number);
}

struct Arguments {
  std::optional<uint64_t> seed, first, count;
  uint64_t most_failures = 10;
  bool trace = false, verbose = false;
};

std::optional<Arguments> parse(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string option = argv[i];
    if (option == "--trace") {
      arguments.trace = true;
    } else if (option == "--verbose") {
      arguments.verbose = true;
    } else if (i + 1 < argc &&
               (option == "--seed" || option == "--first" || option == "--seeds" || option == "--most")) {
      char* end = nullptr;
      const uint64_t number = std::strtoull(argv[++i], &end, 10);
      if (end == argv[i] || *end != '\0') return std::nullopt;
      if (option == "--seed") arguments.seed = number;
      if (option == "--first") arguments.first = number;
      if (option == "--seeds") arguments.count = number;
      if (option == "--most") arguments.most_failures = number;
    } else {
      return std::nullopt;
    }
  }
  return arguments;
}

/// Runs seeds one after another, and adds up what they did.
class Series {
 public:
  Series(const SeedProgram& program, bool verbose)
      : program_(program), verbose_(verbose), counts_(program.counts.size()) {}

  void run(uint64_t seed, bool twice) {
    current_seed = seed;
    SeedResult result = program_.run(seed, nullptr);
    if (twice) {
      ++twice_;
      if (program_.run(seed, nullptr).hash != result.hash)
        result.violations.emplace_back("the same seed left another trace");
    }
    ++runs_;
    virtual_seconds_ += result.virtual_seconds;
    result.counts.resize(counts_.size());
    for (size_t i = 0; i < counts_.size(); ++i) counts_[i] += result.counts[i];
    if (verbose_) {
      std::printf("seed %llu: %s, %.0f s, %llu events, hash %016llx\n", static_cast<unsigned long long>(seed),
                  text(result.counts).c_str(), result.virtual_seconds, static_cast<unsigned long long>(result.events),
                  static_cast<unsigned long long>(result.hash));
    }
    if (result.violations.empty()) return;
    ++failed_;
    std::printf("FAIL seed %llu (%s)\n", static_cast<unsigned long long>(seed), program_.text(seed).c_str());
    for (const std::string& violation : result.violations) std::printf("  %s\n", violation.c_str());
    std::printf("  again: %s --seed %llu --trace\n", program_name, static_cast<unsigned long long>(seed));
    std::fflush(stdout);
  }
  uint64_t failed() const { return failed_; }
  void print() const {
    std::printf("%llu runs (%llu of them twice), %.0f virtual minutes: %s; %llu failed\n",
                static_cast<unsigned long long>(runs_), static_cast<unsigned long long>(twice_), virtual_seconds_ / 60,
                text(counts_).c_str(), static_cast<unsigned long long>(failed_));
  }

 private:
  std::string text(const std::vector<size_t>& counts) const {
    std::string all;
    for (size_t i = 0; i < counts.size(); ++i)
      all += (i > 0 ? ", " : "") + std::to_string(counts[i]) + " " + program_.counts[i];
    return all;
  }

  const SeedProgram& program_;
  const bool verbose_;
  uint64_t runs_ = 0, failed_ = 0, twice_ = 0;
  std::vector<size_t> counts_;
  double virtual_seconds_ = 0;
};

int trace_one(const SeedProgram& program, uint64_t seed) {
  std::printf("%s\n", program.text(seed).c_str());
  current_seed = seed;
  const SeedResult result = program.run(seed, stdout);
  for (const std::string& violation : result.violations) std::printf("VIOLATION %s\n", violation.c_str());
  return result.violations.empty() ? 0 : 1;
}

}  // namespace

int run_seeds(int argc, char** argv, const SeedProgram& program) {
  program_name = argc > 0 ? argv[0] : program.name;
  const std::optional<Arguments> arguments = parse(argc, argv);
  if (!arguments) {
    std::fprintf(stderr, "usage: %s [--seed N [--trace]] [--first N] [--seeds COUNT] [--most FAILURES] [--verbose]\n",
                 program_name);
    return 2;
  }
  for (const int number : {SIGABRT, SIGSEGV, SIGFPE, SIGBUS}) std::signal(number, on_signal);
#if UVKAFKA_ADDRESS_SANITIZER
  __sanitizer_set_death_callback(say_seed);
#endif
  if (arguments->seed && arguments->trace) return trace_one(program, *arguments->seed);

  Series series(program, arguments->verbose);
  const uint64_t count = arguments->count.value_or(program.seeds);
  const auto goes_on = [&](uint64_t i) { return i < count && series.failed() < arguments->most_failures; };
  if (arguments->seed) {
    series.run(*arguments->seed, true);
  } else if (arguments->first) {
    for (uint64_t i = 0; goes_on(i); ++i) series.run(*arguments->first + i, i % kTwiceEvery == 0);
  } else {
    // A third of the seeds is always the same. The others are new in each run of the suite.
    const uint64_t base = (uint64_t{std::random_device{}()} << 16) + 1'000'000;
    std::printf("seeds 1 to %llu and from %llu on\n", static_cast<unsigned long long>(count / 3),
                static_cast<unsigned long long>(base));
    for (uint64_t i = 0; goes_on(i); ++i)
      series.run(i < count / 3 ? i + 1 : base + i - count / 3, i % kTwiceEvery == 0);
  }
  series.print();
  return series.failed() == 0 ? 0 : 1;
}

}  // namespace kafka::sim
