#include "partition_list.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace cli {

std::string list_of(const kafka::Partitions& partitions) {
  std::string text;
  for (const auto& [topic, unsorted] : partitions) {
    std::vector<int32_t> numbers = unsorted;
    std::sort(numbers.begin(), numbers.end());
    for (size_t i = 0; i < numbers.size(); ++i) {
      const int32_t first = numbers[i];
      while (i + 1 < numbers.size() && numbers[i + 1] == numbers[i] + 1) ++i;
      const bool begins = first == numbers.front();
      text += begins ? (text.empty() ? "" : " ") + topic + "/" : ",";
      text += std::to_string(first);
      if (numbers[i] != first) text += "-" + std::to_string(numbers[i]);
    }
  }
  return text;
}

}  // namespace cli
