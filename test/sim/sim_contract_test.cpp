// The contract of the reactor seam on the simulated reactor, with reads cut at random.
// The same tests run on real sockets in test/loop.
#include "sim_rig.hpp"

namespace kafka::test {

struct ContractRig : SimRig {
  net::Reactor& from = world.node("client");
  net::Reactor& to = world.node("server", server_ip());

  net::Reactor& client() { return from; }
  net::Reactor& server() { return to; }
};

}  // namespace kafka::test

#include "reactor_contract.hpp"
