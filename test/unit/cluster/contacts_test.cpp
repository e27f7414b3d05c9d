#include "cluster/contacts.hpp"
#include "catch.hpp"

#include <set>

using namespace kafka;
using namespace kafka::cluster;

namespace {

Contacts three(uint64_t random) {
  std::vector<std::shared_ptr<Endpoint>> endpoints;
  for (const char* host : {"a", "b", "c"}) endpoints.push_back(std::make_shared<Endpoint>(host, 9092));
  return Contacts(std::move(endpoints), random);
}

const auto kAny = [](const Broker&) { return true; };

}  // namespace

TEST_CASE("contact points come in turn, and chance decides who is first") {
  std::set<std::string> first;
  for (uint64_t random = 0; random < 6; ++random) {
    Contacts contacts = three(random);
    std::vector<std::string> hosts;
    for (int i = 0; i < 4; ++i) hosts.push_back(contacts.next(kAny)->endpoint->host);
    CHECK(std::set<std::string>(hosts.begin(), hosts.begin() + 3).size() == 3);
    CHECK(hosts[3] == hosts[0]);
    first.insert(hosts[0]);
  }
  CHECK(first.size() == 3);
  Contacts contacts = three(0);
  CHECK(contacts.next([](const Broker& contact) { return contact.endpoint->host == "b"; })->endpoint->host == "b");
  CHECK(contacts.next([](const Broker&) { return false; }) == nullptr);
  for (const auto& [id, contact] : contacts.all()) {
    CHECK(Contacts::has(id));
    CHECK(contact.id == id);
  }
  CHECK_FALSE(Contacts::has(-1));
  CHECK_FALSE(Contacts::has(0));
}

TEST_CASE("contact points refuse a cluster only if all of them do") {
  Contacts contacts = three(1);
  size_t refused = 0;
  for (auto& [id, contact] : contacts.all()) {
    CHECK_FALSE(contacts.refusal());
    contact.endpoint->refusal = Error(Errc::unsupported_version, contact.endpoint->host);
    ++refused;
  }
  CHECK(refused == 3);
  CHECK(contacts.refusal() == Errc::unsupported_version);
}

TEST_CASE("starting again from the contact points is told once, until a broker has described the cluster") {
  Contacts contacts = three(2);
  CHECK_FALSE(contacts.starting_again());
  CHECK(contacts.tell());
  CHECK_FALSE(contacts.tell());
  contacts.learnt();
  CHECK(contacts.tell());
}
