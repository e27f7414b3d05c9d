#include "base/topic_name.hpp"

#include <string>

#include "base/error_table.hpp"

namespace kafka {

Error check_topic_name(std::string_view name) {
  constexpr size_t kLongest = 249;
  constexpr std::string_view kLegal = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  const bool legal = name.find_first_not_of(kLegal) == std::string_view::npos;
  if (legal && !name.empty() && name.size() <= kLongest && name != "." && name != "..") return {};
  return Error(Errc::invalid_topic,
               "topic \"" + escaped(name, 64) + "\": 1 to 249 of a-z A-Z 0-9 . _ -, not \".\" or \"..\"");
}

bool is_internal_topic(std::string_view name) {
  return name == "__consumer_offsets" || name == "__transaction_state" || name == "__share_group_state";
}

}  // namespace kafka
