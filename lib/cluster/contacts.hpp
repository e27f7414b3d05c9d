// The contact points: the addresses that the application gave. They are asked until a broker has described the cluster,
// and again when the brokers that it named are of no use (KIP-899, KIP-1102).
// Not here: which of brokers and contact points is asked (router).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "cluster/broker.hpp"

namespace kafka::cluster {

/// Owns the contact points and their links, whose turn it is, and whether the client starts again from them.
class Contacts {
 public:
  /// Their ids go downwards from here.
  static constexpr int32_t kFirst = -1000;

  /// `random` chooses who comes first: many clients with the same list must not all begin with the same broker.
  Contacts(std::vector<std::shared_ptr<Endpoint>> endpoints, uint64_t random);

  static bool has(int32_t id) noexcept { return id <= kFirst; }
  const std::map<int32_t, Broker>& all() const noexcept { return all_; }
  std::map<int32_t, Broker>& all() noexcept { return all_; }

  /// The next one, in turn, of those for which `good` is true; null if there is none.
  template <class F>
  const Broker* next(F good) {
    std::vector<const Broker*> candidates;
    for (const auto& [id, contact] : all_) {
      if (good(contact)) candidates.push_back(&contact);
    }
    return candidates.empty() ? nullptr : candidates[turn_++ % candidates.size()];
  }
  /// Why nothing can be asked of this cluster: every contact point has refused the connection for good. None otherwise.
  Error refusal() const;

  /// The known brokers are of no use. The links end, and the names are looked up again: where they lead now counts, not
  /// where they led when they were asked first.
  void start_again(Resolver& resolver);
  /// True from start_again() until learnt().
  bool starting_again() const noexcept { return starting_again_; }
  /// A broker has described the cluster.
  void learnt() noexcept { starting_again_ = told_ = false; }
  /// True the first time since learnt(): the application hears once that the client starts again.
  bool tell() noexcept { return !std::exchange(told_, true); }

 private:
  std::map<int32_t, Broker> all_;
  size_t turn_ = 0;
  bool starting_again_ = false;
  bool told_ = false;
};

}  // namespace kafka::cluster
