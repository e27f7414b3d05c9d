// Holds lines of PartitionOracle against our partitioners: KEY  PARTITIONS  PARTITION, tab-separated, the key in hex.
// Prints how many lines there were and how many differ. Exit status: 0 the same; 1 not, or no line; 2 a bad line.
#include <cstdio>
#include <iostream>
#include <sstream>
#include <string>

#include "producer/partitioner.hpp"

using kafka::Partitioner;
using namespace kafka::producer;

namespace {

int digit(char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; }

bool unhex(const std::string& hex, std::string& bytes) {
  if (hex.size() % 2 != 0) return false;
  for (size_t i = 0; i < hex.size(); i += 2) {
    const int high = digit(hex[i]);
    const int low = digit(hex[i + 1]);
    if (high < 0 || low < 0) return false;
    bytes.push_back(static_cast<char>(high * 16 + low));
  }
  return true;
}

}  // namespace

int main() {
  std::ios::sync_with_stdio(false);
  long lines = 0;
  long different = 0;
  for (std::string line; std::getline(std::cin, line); ++lines) {
    const size_t tab = line.find('\t');
    std::string key;
    std::istringstream rest(tab == std::string::npos ? std::string() : line.substr(tab));
    int32_t count = 0;
    int32_t expected = 0;
    if (!(rest >> count >> expected) || count <= 0 || !unhex(line.substr(0, tab), key)) {
      std::printf("not a line: %.100s\n", line.c_str());
      return 2;
    }
    for (const Partitioner how : {Partitioner::murmur2_random, Partitioner::murmur2}) {
      const int32_t ours = decides(how, key) ? partition_of(how, key, count) : -1;
      if (ours == expected) continue;
      if (++different <= 5) {
        std::printf("%.100s of %d: Kafka %d, here %d\n", line.substr(0, tab).c_str(), count, expected, ours);
      }
    }
  }
  std::printf("%ld placements compared, %ld differ\n", lines, different);
  return lines > 0 && different == 0 ? 0 : 1;
}
