// What a session remembers while it closes, without a session.
#include "session/closing.hpp"

#include "catch.hpp"
#include "session/mailbox.hpp"

using namespace kafka::session;

TEST_CASE("closing ends with the last client that is waited for") {
  Closing closing;
  CHECK_FALSE(closing.waits());
  closing.wait_for_one_more();
  closing.wait_for_one_more();
  CHECK_FALSE(closing.one_less());
  CHECK(closing.waits());
  CHECK(closing.one_less());
  CHECK_FALSE(closing.waits());
  CHECK_FALSE(closing.one_less());  // the deadline passed meanwhile: nobody was waited for any longer
}

TEST_CASE("once the deadline has passed, closing waits for nobody") {
  Closing closing;
  closing.wait_for_one_more();
  CHECK(closing.wait_no_longer());
  CHECK_FALSE(closing.one_less());
  CHECK_FALSE(closing.wait_no_longer());
}

TEST_CASE("every callback of close() is taken once") {
  Closing closing;
  int calls = 0;
  closing.tell_when_closed([&] { ++calls; });
  closing.tell_when_closed({});
  closing.tell_when_closed([&] { ++calls; });
  for (auto& done : closing.take_callbacks()) done();
  CHECK(calls == 2);
  CHECK(closing.take_callbacks().empty());
}

TEST_CASE("a mailbox takes functions only while it is open") {
  Mailbox mailbox;
  int sent = 0;
  CHECK_FALSE(mailbox.post([&] { ++sent; }));
  mailbox.open();
  CHECK(mailbox.post([&] { ++sent; }));
  CHECK_FALSE(mailbox.empty());
  mailbox.close();
  CHECK_FALSE(mailbox.post([&] { ++sent; }));
  CHECK(sent == 1);
  mailbox.arrived();
  CHECK(mailbox.empty());
}
