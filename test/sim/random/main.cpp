// Random runs of the whole client against three simulated brokers. Producers and consumers work, transactions are
// written beside them, and a nemesis breaks things and cuts logs. Then everything is healed, all work has to end, and
// the judges compare what came with what was sent. The options are those of sim/seeds.hpp.
#include "base/sanitizer.hpp"
#include "random/run.hpp"
#include "seeds.hpp"

#ifdef UVKAFKA_THROUGH_C
constexpr uint64_t kSeeds = 100;
#else
constexpr uint64_t kSeeds = 600;
#endif
// With the address sanitizer each takes fifty times as long.
constexpr uint64_t kSanitizedSeeds = 30;

int main(int argc, char** argv) {
  return kafka::sim::run_seeds(argc, argv,
                               {.name = "sim_random",
                                .seeds = UVKAFKA_ADDRESS_SANITIZER ? kSanitizedSeeds : kSeeds,
                                .counts = {"records", "confirmed", "delivered", "commits", "faults"},
                                .run =
                                    [](uint64_t seed, std::FILE* trace) {
                                      const kafka::sim::RunResult of = kafka::sim::run_seed(seed, trace);
                                      return kafka::sim::SeedResult{
                                          .violations = of.violations,
                                          .hash = of.hash,
                                          .events = of.events,
                                          .virtual_seconds = of.virtual_seconds,
                                          .counts = {of.records, of.confirmed, of.delivered, of.commits, of.faults}};
                                    },
                                .text = [](uint64_t seed) { return kafka::sim::Plan(seed).text(); }});
}
