// The assignors that a member offers, in the order of its preference.
#pragma once

#include <kafka/assignor.hpp>

#include <memory>
#include <string_view>
#include <vector>

#include "group/assignor.hpp"

namespace kafka::group {

/// Null if no assignor has this name.
std::unique_ptr<Assignor> make_assignor(std::string_view name);

/// Owns the assignors of one member.
class Strategies {
 public:
  /// `list`: names separated by commas, as `partition_assignment_strategy`. Each names one of ours or one of `own`.
  Strategies(std::string_view list, const std::vector<std::shared_ptr<kafka::Assignor>>& own);

  auto begin() const { return all_.begin(); }
  auto end() const { return all_.end(); }
  /// Null if the member does not offer it.
  Assignor* find(std::string_view name) const;
  /// "range, sticky", for errors.
  std::string names() const;

 private:
  std::vector<std::unique_ptr<Assignor>> all_;
};

}  // namespace kafka::group
