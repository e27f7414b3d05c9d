#include "admin/group_names.hpp"

#include <algorithm>
#include <utility>

namespace kafka {
namespace {

constexpr std::pair<std::string_view, GroupType> kTypes[] = {
    {"Unknown", GroupType::unknown}, {"Classic", GroupType::classic}, {"Consumer", GroupType::consumer}};
constexpr std::pair<std::string_view, GroupState> kStates[] = {
    {"Unknown", GroupState::unknown},
    {"PreparingRebalance", GroupState::preparing_rebalance},
    {"CompletingRebalance", GroupState::completing_rebalance},
    {"AwaitingSync", GroupState::completing_rebalance},
    {"Stable", GroupState::stable},
    {"Dead", GroupState::dead},
    {"Empty", GroupState::empty},
    {"Assigning", GroupState::assigning},
    {"Reconciling", GroupState::reconciling}};

bool same(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

template <class Table>
auto value_of(const Table& table, std::string_view word) {
  for (const auto& [name, value] : table) {
    if (same(name, word)) return value;
  }
  return table[0].second;
}

template <class Table, class Value>
std::string_view name_of(const Table& table, Value wanted) {
  for (const auto& [name, value] : table) {
    if (value == wanted) return name;
  }
  return table[0].first;
}

}  // namespace

std::string_view to_string(GroupType type) { return name_of(kTypes, type); }
std::string_view to_string(GroupState state) { return name_of(kStates, state); }

namespace admin {

GroupType group_type(std::string_view word) { return value_of(kTypes, word); }
GroupState group_state(std::string_view word) { return value_of(kStates, word); }

}  // namespace admin
}  // namespace kafka
