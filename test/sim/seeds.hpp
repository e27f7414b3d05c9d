// What programs of random runs have in common: which seeds they run, and what they print.
//   PROGRAM                      a fixed set of seeds, and new ones
//   PROGRAM --seed N [--trace]   one run, with what happened in it
//   PROGRAM --first N --seeds COUNT [--most FAILURES] [--verbose]
// Every tenth run is done twice: the same seed has to leave the same trace. Exit status: 0 all runs were good, 1 one
// was not, 2 wrong usage.
#pragma once

#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

namespace kafka::sim {

struct SeedResult {
  std::vector<std::string> violations = {};
  uint64_t hash = 0;  ///< of the trace
  uint64_t events = 0;
  double virtual_seconds = 0;
  std::vector<size_t> counts = {};  ///< what the run did, as SeedProgram names it
};

struct SeedProgram {
  const char* name;
  uint64_t seeds;                   ///< in a run without arguments
  std::vector<const char*> counts;  ///< what the numbers of a result are
  std::function<SeedResult(uint64_t seed, std::FILE* trace)> run;
  std::function<std::string(uint64_t seed)> text;  ///< what the seed has decided
};

/// The exit status.
int run_seeds(int argc, char** argv, const SeedProgram& program);

}  // namespace kafka::sim
