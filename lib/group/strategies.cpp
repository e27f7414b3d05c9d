#include "group/strategies.hpp"

#include <cassert>

#include "group/cooperative_sticky.hpp"
#include "group/own_assignor.hpp"
#include "group/range.hpp"
#include "group/round_robin.hpp"
#include "group/sticky.hpp"
#include "session/option_fields.hpp"

namespace kafka::group {

std::unique_ptr<Assignor> make_assignor(std::string_view name) {
  if (name == "range") return std::make_unique<Range>();
  if (name == "roundrobin") return std::make_unique<RoundRobin>();
  if (name == "sticky") return std::make_unique<Sticky>();
  if (name == "cooperative-sticky") return std::make_unique<CooperativeSticky>();
  return nullptr;
}

Strategies::Strategies(std::string_view list, const std::vector<std::shared_ptr<kafka::Assignor>>& own) {
  for (const std::string_view name : session::strategies(list)) {
    std::unique_ptr<Assignor> made = make_assignor(name);
    for (const auto& each : own) {
      if (each->name() == name) made = std::make_unique<OwnAssignor>(each);
    }
    if (made != nullptr) all_.push_back(std::move(made));
  }
}

Assignor* Strategies::find(std::string_view name) const {
  for (const auto& each : all_) {
    if (each->name() == name) return each.get();
  }
  return nullptr;
}

std::string Strategies::names() const {
  std::string all;
  for (const auto& each : all_) all += (all.empty() ? "" : ", ") + std::string(each->name());
  return all;
}

}  // namespace kafka::group
