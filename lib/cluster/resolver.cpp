#include "cluster/resolver.hpp"

namespace kafka::cluster {

void Resolver::resolve(const std::string& host, Function<void(Error, std::vector<std::string>)> done) {
  if (net::is_numeric(host)) {
    reactor_.defer(scope_.wrap([done = std::move(done), host]() mutable { done({}, {host}); }));
    return;
  }
  Name& name = names_[host];
  if (!name.addresses.empty() && reactor_.now() < name.expires) {
    reactor_.defer(scope_.wrap(
        [done = std::move(done), addresses = name.addresses]() mutable { done({}, std::move(addresses)); }));
    return;
  }
  name.waiting.push_back(std::move(done));
  if (name.asking) return;
  name.asking = true;
  auto answered = scope_.wrap([this, host](Error error, std::vector<std::string> addresses) {
    answer(host, std::move(error), std::move(addresses));
  });
  if (hook_) {
    hook_(host, std::move(answered));
  } else {
    name.lookup = reactor_.resolve(host, std::move(answered));
  }
}

void Resolver::answer(const std::string& host, Error error, std::vector<std::string> addresses) {
  Name& name = names_[host];
  if (!name.asking) return;  // a hook that answers twice
  name.asking = false;
  name.lookup.reset();
  if (family_ != AddressFamily::any) {
    std::erase_if(addresses, [this](const std::string& ip) {
      return (ip.find(':') == std::string::npos) != (family_ == AddressFamily::v4);
    });
  }
  if (!error && addresses.empty()) error = Error(Errc::resolve_failed, "the name has no address");
  for (const std::string& ip : addresses) {
    if (!error && !net::is_numeric(ip)) error = Error(Errc::resolve_failed, "the resolver answered with a name");
  }
  if (!error) {
    name.addresses = addresses;
    name.expires = reactor_.now() + ttl_;
  }
  auto waiting = std::move(name.waiting);
  name.waiting.clear();
  for (auto& done : waiting) {
    // Deferred: a hook may answer from inside resolve().
    reactor_.defer(
        scope_.wrap([done = std::move(done), error, addresses]() mutable { done(error, std::move(addresses)); }));
  }
}

void Resolver::forget(const std::string& host) {
  const auto found = names_.find(host);
  if (found != names_.end()) found->second.addresses.clear();
}

}  // namespace kafka::cluster
