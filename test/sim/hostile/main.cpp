// Hostile runs: brokers that answer wrongly for ever, and a client that must not hurry because of it.
//   sim_hostile                       every lasting fault of every API, and random distortions
//   sim_hostile --seed N [--trace]    one random run
//   sim_hostile --first N --seeds COUNT
//   sim_hostile --faults              the lasting faults alone
// Exit status: 0 all runs were good, 1 one was not, 2 wrong usage.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/sanitizer.hpp"
#include "hostile/hostile.hpp"

namespace {

using namespace kafka;
using namespace kafka::sim;

// With the address sanitizer a run takes fifty times as long, so a part of them has to do there.
constexpr uint64_t kPart = UVKAFKA_ADDRESS_SANITIZER ? 30 : 1;
constexpr uint64_t kDefaultSeeds = 300 / kPart;

/// Each API with each error of Kafka's, and with each way to break an answer.
std::vector<HostileRun> lasting_faults() {
  std::vector<HostileRun> all;
  const auto each = [&](protocol::ApiKey api) {
    constexpr auto kLast = static_cast<int32_t>(Errc::share_session_limit_reached);
    for (int32_t code = -1; code <= kLast + 1; ++code) {
      if (code == 0) continue;
      const auto error = static_cast<Errc>(code);
      all.push_back(HostileRun::fault(api, Error(error).name(), [error](Fault& fault) { fault.reply(error); }));
    }
    all.push_back(HostileRun::fault(api, "closes before", [](Fault& fault) { fault.close_before(); }));
    all.push_back(HostileRun::fault(api, "closes after", [](Fault& fault) { fault.close_after(); }));
    all.push_back(HostileRun::fault(api, "cut", [](Fault& fault) { fault.cut_at(6); }));
    all.push_back(HostileRun::fault(api, "wrong id", [](Fault& fault) { fault.wrong_correlation_id(); }));
    all.push_back(HostileRun::fault(api, "swallows", [](Fault& fault) { fault.swallow(); }));
    all.push_back(HostileRun::fault(api, "corrupt", [](Fault& fault) { fault.corrupt(12); }));
    all.push_back(
        HostileRun::fault(api, "throttles", [](Fault& fault) { fault.throttle(std::chrono::milliseconds(1)); }));
  };
#define UVKAFKA_FAULTS(Name) each(protocol::key_of<protocol::Name##Request>);
  UVKAFKA_EACH_API(UVKAFKA_FAULTS)
#undef UVKAFKA_FAULTS
  return all;
}

struct Totals {
  size_t runs = 0, failed = 0;
};

void run(HostileRun one, Totals& totals) {
  const std::string wrong = one.execute();
  ++totals.runs;
  if (wrong.empty()) return;
  ++totals.failed;
  std::printf("FAIL seed %llu (%s): %s\n", static_cast<unsigned long long>(one.seed), one.text.c_str(), wrong.c_str());
  std::fflush(stdout);
}

int usage(const char* program) {
  std::fprintf(stderr, "usage: %s [--seed N [--trace]] [--first N] [--seeds COUNT] [--faults] [--most FAILURES]\n",
               program);
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  uint64_t first = 1, count = kDefaultSeeds, most = 10;
  bool single = false, trace = false, faults = true, seeds = true;
  std::string only;
  for (int i = 1; i < argc; ++i) {
    const std::string option = argv[i];
    if (option == "--trace") {
      trace = true;
    } else if (option == "--faults") {
      seeds = false;
    } else if (option == "--only" && i + 1 < argc) {
      only = argv[++i];
      seeds = false;
    } else if (i + 1 < argc &&
               (option == "--seed" || option == "--first" || option == "--seeds" || option == "--most")) {
      const uint64_t number = std::strtoull(argv[++i], nullptr, 10);
      if (option == "--seed") first = number, single = true;
      if (option == "--first") first = number, faults = false;
      if (option == "--seeds") count = number;
      if (option == "--most") most = number;
    } else {
      return usage(argv[0]);
    }
  }
  Totals totals;
  if (single) {
    HostileRun one = HostileRun::draw(first);
    if (trace) one.trace = stdout;
    std::printf("%s\n", one.text.c_str());
    run(std::move(one), totals);
    return totals.failed == 0 ? 0 : 1;
  }
  if (faults) {
    uint64_t number = 0;
    for (HostileRun& one : lasting_faults()) {
      if (only.empty() ? number++ % kPart != 0 : one.text != only) continue;
      if (totals.failed >= most) break;
      if (trace) one.trace = stdout;
      run(std::move(one), totals);
    }
  }
  if (seeds) {
    for (uint64_t i = 0; i < count && totals.failed < most; ++i) run(HostileRun::draw(first + i), totals);
  }
  std::printf("%zu runs, %zu failed\n", totals.runs, totals.failed);
  return totals.failed == 0 ? 0 : 1;
}
