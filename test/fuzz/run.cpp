// The main() of a target without a fuzzer: runs files, folders of them, and inputs drawn from seeds.
//
//   fuzz_decode [--seeds FIRST COUNT] [FILE or FOLDER ...]
//
// Each seed makes a valid input, and damaged copies of it.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "target.hpp"

namespace {

constexpr size_t kLargest = 1 << 16;
constexpr int kCopies = 8;

/// splitmix64
uint64_t next(uint64_t& state) {
  uint64_t z = (state += 0x9e3779b97f4a7c15);
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}

void damage(std::vector<uint8_t>& input, uint64_t& state) {
  static constexpr uint8_t kOdd[] = {0, 1, 0x7f, 0x80, 0xff};
  for (uint64_t changes = 1 + next(state) % 4; changes > 0 && !input.empty(); --changes) {
    const size_t at = next(state) % input.size();
    switch (next(state) % 5) {
      case 0:
        input[at] ^= static_cast<uint8_t>(1 << next(state) % 8);
        break;
      case 1:
        input[at] = kOdd[next(state) % std::size(kOdd)];
        break;
      case 2:
        input.erase(input.begin() + static_cast<ptrdiff_t>(at));
        break;
      case 3:
        input.insert(input.begin() + static_cast<ptrdiff_t>(at), static_cast<uint8_t>(next(state)));
        break;
      default:
        input.resize(at);
    }
  }
}

void run_seed(uint64_t seed) {
  uint64_t state = seed;
  std::vector<uint8_t> example(kLargest);
  example.resize(uvkafka_example(seed, example.data(), example.size()));
  LLVMFuzzerTestOneInput(example.data(), example.size());
  for (int copy = 0; copy < kCopies; ++copy) {
    std::vector<uint8_t> damaged = example;
    damage(damaged, state);
    LLVMFuzzerTestOneInput(damaged.data(), damaged.size());
  }
}

void run_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  std::vector<uint8_t> input(bytes.begin(), bytes.end());
  LLVMFuzzerTestOneInput(input.data(), input.size());
}

}  // namespace

int main(int argc, char** argv) {
  uint64_t runs = 0;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--seeds") == 0 && i + 2 < argc) {
      const uint64_t first = std::strtoull(argv[i + 1], nullptr, 10);
      const uint64_t count = std::strtoull(argv[i + 2], nullptr, 10);
      for (uint64_t seed = first; seed < first + count; ++seed, ++runs) run_seed(seed);
      i += 2;
    } else if (std::filesystem::is_directory(argv[i])) {
      std::vector<std::filesystem::path> files;
      for (const auto& entry : std::filesystem::directory_iterator(argv[i])) files.push_back(entry.path());
      std::sort(files.begin(), files.end());
      for (const auto& path : files) run_file(path), ++runs;
    } else if (std::filesystem::exists(argv[i])) {
      run_file(argv[i]);
      ++runs;
    }
  }
  std::printf("%llu inputs\n", static_cast<unsigned long long>(runs));
  return 0;
}
