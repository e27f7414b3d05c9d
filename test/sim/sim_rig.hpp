// What the contract of the reactor needs of a simulated world with two hosts, where reads are cut at random.
#pragma once

#include <string>
#include <utility>

#include "sim_reactor.hpp"

namespace kafka::test {

struct SimRig {
  SimRig() { world.set_slicing(1, 200'000); }

  sim::SimWorld world{7};

  std::string server_ip() { return "10.0.0.9"; }
  template <class Done>
  bool run_until(Done done) {
    return world.run_until(std::move(done), std::chrono::seconds(60));
  }
  void run_for(net::Duration time) { world.run_for(time); }
};

}  // namespace kafka::test
