// The rules of KIP-320, without a network: which leaders are asked, waited for and believed.
#include "consumer/log_epochs.hpp"

#include "catch.hpp"

using namespace kafka;
using namespace kafka::consumer;
using namespace std::chrono_literals;

namespace {

constexpr net::TimePoint kStart{100s};

LogEpochs read_up_to(int32_t epoch, int32_t node) {
  LogEpochs epochs;
  epochs.read(epoch, node);
  return epochs;
}

}  // namespace

TEST_CASE("a leader is to be asked once per epoch of its own, and only if something was read", "[epochs]") {
  LogEpochs epochs;
  CHECK_FALSE(epochs.unchecked(7));  // nothing was read
  epochs.read(5, 1);
  CHECK_FALSE(epochs.unchecked(-1));  // metadata tells no epochs
  CHECK(epochs.unchecked(7));
  epochs.check(7);
  CHECK_FALSE(epochs.unchecked(7));
  CHECK(epochs.unchecked(8));
  epochs.uncheck();
  CHECK(epochs.unchecked(7));
}

TEST_CASE("a leader older than what was read is outdated, but not if it served that batch itself", "[epochs]") {
  LogEpochs epochs = read_up_to(5, 1);
  CHECK(epochs.outdated(2, 4));
  CHECK_FALSE(epochs.outdated(1, 4));
  CHECK_FALSE(epochs.outdated(2, 5));
  CHECK_FALSE(epochs.outdated(2, -1));
  CHECK_FALSE(LogEpochs().outdated(2, 4));
}

TEST_CASE("a newer leader is waited for 10 seconds, once per outdated leader", "[epochs]") {
  LogEpochs epochs = read_up_to(5, 1);
  REQUIRE(epochs.outdated(2, 4));
  CHECK(epochs.wait_for_newer(4, kStart) == kStart + 10s);
  CHECK(epochs.wait_for_newer(4, kStart + 9s) == kStart + 10s);
  CHECK_FALSE(epochs.wait_for_newer(4, kStart + 10s));
  CHECK(epochs.last == -1);  // nothing can be compared any more
  epochs.read(5, 1);
  CHECK_FALSE(epochs.outdated(2, 4));
  CHECK(epochs.outdated(2, 3));
}

TEST_CASE("the wait for a newer leader begins anew after a leader that was new enough", "[epochs]") {
  LogEpochs epochs = read_up_to(5, 1);
  REQUIRE(epochs.outdated(2, 4));
  epochs.wait_for_newer(4, kStart);
  CHECK_FALSE(epochs.outdated(3, 5));
  REQUIRE(epochs.outdated(2, 4));
  CHECK(epochs.wait_for_newer(4, kStart + 60s) == kStart + 70s);
}

TEST_CASE("a position set anew forgets everything but the leader that was waited out", "[epochs]") {
  LogEpochs epochs = read_up_to(5, 1);
  epochs.wait_for_newer(4, kStart);
  epochs.wait_for_newer(4, kStart + 10s);
  epochs.read(5, 1);
  epochs.check(4);
  const LogEpochs fresh = epochs.anew();
  CHECK(fresh.last == -1);
  CHECK(fresh.from == -1);
  CHECK(fresh.checked_under == -1);
  CHECK(fresh.outdated_under == 4);
}

TEST_CASE("records of an epoch that nobody compared are asked for again, once", "[epochs]") {
  LogEpochs epochs = read_up_to(5, 1);
  epochs.check(6);
  CHECK_FALSE(epochs.hold_up(5, 6));
  CHECK_FALSE(epochs.hold_up(6, 6));  // that leader was asked
  CHECK(epochs.hold_up(7, 6));
  CHECK_FALSE(epochs.hold_up(7, 6));
  CHECK(epochs.hold_up(8, 6));
  CHECK_FALSE(epochs.hold_up(9, -1));      // metadata tells no epochs: nobody can be asked
  CHECK_FALSE(LogEpochs().hold_up(7, 6));  // there is nothing to compare with
}

TEST_CASE("logs can part only before what was read", "[epochs]") {
  CHECK(LogEpochs::earlier_place(4, 100, 5, 50));
  CHECK(LogEpochs::earlier_place(5, 49, 5, 50));
  CHECK_FALSE(LogEpochs::earlier_place(5, 50, 5, 50));
  CHECK_FALSE(LogEpochs::earlier_place(6, 10, 5, 50));
}

TEST_CASE("out of range is doubted once where epochs were compared: asked again without the epoch", "[epochs]") {
  LogEpochs epochs = read_up_to(5, 1);
  CHECK(epochs.doubt(5));
  CHECK(epochs.last == -1);
  CHECK(epochs.refused_epoch == 5);
  CHECK_FALSE(epochs.doubt(-1));
  epochs.refuse(2);
  CHECK(epochs.refused_by == 2);
  CHECK(epochs.refused_epoch == 5);  // reading goes on with it if broker 2 does not lead
}

TEST_CASE("out of range is doubted once where nothing was compared: the leader is asked about epochs first",
          "[epochs]") {
  LogEpochs epochs = read_up_to(5, 1);
  epochs.check(6);
  CHECK(epochs.doubt(-1));
  CHECK(epochs.last == 5);
  CHECK(epochs.unchecked(6));
  CHECK_FALSE(epochs.doubt(-1));
  epochs.accept();
  CHECK(epochs.doubt(-1));
}

TEST_CASE("out of range is believed at once where no epoch is known", "[epochs]") {
  CHECK_FALSE(LogEpochs().doubt(-1));
}
