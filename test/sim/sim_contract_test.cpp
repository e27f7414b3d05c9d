// What net/reactor.hpp promises, on the simulated reactor: the same tests that UvReactor passes.
#include "sim_reactor.hpp"

namespace kafka::test {

struct ContractRig {
  sim::SimWorld world{20260801};
  net::Reactor& client_node = world.node("client");
  net::Reactor& server_node = world.node("server");

  ContractRig() { world.set_name("localhost", {"127.0.0.1", "::1"}); }
  net::Reactor& client() { return client_node; }
  net::Reactor& server() { return server_node; }
  std::string server_ip() {
    if (ip_.empty()) ip_ = lookup("server");
    return ip_;
  }
  template <class Done>
  bool run_until(Done done) {
    return world.run_until([&] { return done(); }, std::chrono::minutes(10));
  }
  void run_for(net::Duration time) { world.run_for(time); }

 private:
  std::string lookup(const std::string& name) {
    std::string ip;
    auto found = client().resolve(name, [&](Error, std::vector<std::string> ips) { ip = ips.at(0); });
    world.run_until([&] { return !ip.empty(); }, std::chrono::minutes(10));
    return ip;
  }
  std::string ip_;
};

}  // namespace kafka::test

#include "reactor_contract.hpp"
