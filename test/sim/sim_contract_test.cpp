// The contract of the reactor seam on the simulated reactor, with reads cut at random.
// The same tests run on real sockets in test/loop.
#include "sim_reactor.hpp"

namespace kafka::test {

struct ContractRig {
  ContractRig() { world.set_slicing(1, 200'000); }

  sim::SimWorld world{7};
  net::Reactor& from = world.node("client");
  net::Reactor& to = world.node("server", "10.0.0.9");

  net::Reactor& client() { return from; }
  net::Reactor& server() { return to; }
  std::string server_ip() { return "10.0.0.9"; }
  template <class Done>
  bool run_until(Done done) {
    return world.run_until(std::move(done), std::chrono::seconds(60));
  }
  void run_for(net::Duration time) { world.run_for(time); }
};

}  // namespace kafka::test

#include "reactor_contract.hpp"
