// The open envelopes of a partition: numbers, order, and what is over.
#include "consumer/window.hpp"

#include "catch.hpp"

using kafka::consumer::Window;

TEST_CASE("A window for one envelope is full with one, and numbers go on") {
  Window window;
  CHECK(window.single());
  CHECK(window.empty());
  CHECK(window.begin() == 1);
  const uint64_t number = window.push(10, 11, 3);
  CHECK(number == 1);
  CHECK(window.full());
  CHECK(window.find(number) == &window.front());
  CHECK(window.front().first == 10);
  CHECK(window.front().next == 11);
  CHECK(window.front().epoch == 3);
  CHECK_FALSE(window.front().over());
  window.pop();
  CHECK(window.empty());
  CHECK(window.find(number) == nullptr);
  CHECK(window.push(11, 12, 3) == 2);
}

TEST_CASE("A window for many finds each by its number, and loses them from the front") {
  Window window(4, 100);
  for (int64_t i = 0; i < 4; ++i) CHECK(window.push(i, i + 1, 0) == 100 + static_cast<uint64_t>(i));
  CHECK(window.full());
  for (uint64_t number = 100; number < 104; ++number)
    CHECK(window.find(number)->first == static_cast<int64_t>(number) - 100);
  CHECK(window.find(99) == nullptr);
  CHECK(window.find(104) == nullptr);
  window.pop();
  window.pop();
  CHECK(window.front().first == 2);
  CHECK(window.begin() == 102);
  CHECK(window.find(101) == nullptr);
  CHECK(window.push(4, 5, 0) == 104);
  CHECK(window.find(104)->first == 4);
  CHECK(window.size() == 3);
}

TEST_CASE("An entry is over when it is answered and needs no confirmation, or when it was taken back") {
  Window window;
  window.push(0, 1, 0);
  Window::Entry& entry = window.front();
  entry.answered = true;
  CHECK(entry.over());
  entry.unconfirmed = true;
  CHECK_FALSE(entry.over());
  entry.taken_back = true;
  CHECK(entry.over());
}

TEST_CASE("A log that was cut shortens what envelopes promise") {
  Window window(8);
  for (int64_t i = 0; i < 4; ++i) window.push(10 * i, 10 * i + 10, 5);
  window.cut(25, 2);
  CHECK(window.find(1)->next == 10);
  CHECK(window.find(2)->next == 20);
  CHECK(window.find(2)->epoch == 5);
  CHECK(window.find(3)->next == 25);
  CHECK(window.find(3)->epoch == 2);
  CHECK(window.find(4)->next == 25);
  CHECK_FALSE(window.find(2)->cut);
  CHECK(window.find(3)->cut);
}

TEST_CASE("Where nobody knows where the log was cut, envelopes that reach beyond its end store nothing") {
  Window window(8);
  for (int64_t i = 0; i < 4; ++i) window.push(10 * i, 10 * i + 10, 5);
  window.end_at(25);
  CHECK_FALSE(window.find(2)->vague);
  CHECK(window.find(2)->next == 20);
  CHECK(window.find(3)->vague);
  CHECK(window.find(3)->next == 25);
  CHECK(window.find(3)->epoch == -1);
  CHECK(window.find(4)->vague);
}
