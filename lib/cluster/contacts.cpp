#include "cluster/contacts.hpp"

namespace kafka::cluster {

Contacts::Contacts(std::vector<std::shared_ptr<Endpoint>> endpoints, uint64_t random) {
  int32_t id = kFirst;
  for (auto& endpoint : endpoints) {
    Broker& contact = all_[id];
    contact.id = id--;
    contact.endpoint = std::move(endpoint);
  }
  if (!all_.empty()) turn_ = random % all_.size();
}

Error Contacts::refusal() const {
  Error refusal;
  for (const auto& [id, contact] : all_) {
    if (!contact.endpoint->refusal) return {};
    refusal = contact.endpoint->refusal;
  }
  return refusal;
}

void Contacts::start_again(Resolver& resolver) {
  starting_again_ = true;
  for (auto& [id, contact] : all_) {
    resolver.forget(contact.endpoint->host);
    contact.each_link(
        [](Link& link) { link.close(Error(Errc::disconnected, "starting again from the contact points")); });
  }
}

}  // namespace kafka::cluster
