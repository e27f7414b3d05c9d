// Random runs of a group: members join, read, commit, leave, die and stand still, brokers and the network fail, topics
// grow and are made anew. Then everything is healed: the group has to come to rest, and every record has to be
// answered. The options are those of sim/seeds.hpp.
#include "base/sanitizer.hpp"
#include "group_random/run.hpp"

int main(int argc, char** argv) {
  return kafka::sim::run_seeds(
      argc, argv,
      {.name = "sim_group_random",
       .seeds = UVKAFKA_ADDRESS_SANITIZER ? 30 : 300,  // with the sanitizer each takes much longer
       .counts = {"members", "records", "delivered", "of them again", "assignments", "commits", "faults"},
       .run = kafka::sim::run_group_seed,
       .text = [](uint64_t seed) { return kafka::sim::GroupPlan(seed).text(); }});
}
