// What waits for the end of a teardown: when it runs, and what it may do.
#include "base/teardown.hpp"

#include <functional>
#include <string>
#include <vector>

#include "catch.hpp"

using namespace kafka;

namespace {

std::vector<std::string> said;

struct After final : AfterTeardown {
  explicit After(std::string what, std::function<void()> deed = {}) : name(std::move(what)), then(std::move(deed)) {}
  void after_teardown() override {
    said.push_back(name);
    if (then) then();
  }
  using AfterTeardown::cancel;
  using AfterTeardown::schedule;
  std::string name;
  std::function<void()> then;
};

}  // namespace

TEST_CASE("what is scheduled runs at the end of the outermost teardown, in order, and at once without one") {
  said.clear();
  After first("first"), second("second"), third("third");
  {
    const Teardown outer;
    {
      const Teardown inner;
      second.schedule();
      first.schedule();
      first.schedule();  // once is enough
      third.schedule();
    }
    CHECK(said.empty());
    third.cancel();
  }
  CHECK(said == std::vector<std::string>{"second", "first"});
  third.schedule();
  CHECK(said.back() == "third");
}

TEST_CASE("what runs after a teardown may destroy others, tear down more, and schedule itself again") {
  said.clear();
  std::vector<std::unique_ptr<After>> others;
  int again = 0;
  After first("first", [&] {
    others.erase(others.begin());
    const Teardown more;
    others.back()->schedule();
  });
  After last("last");
  last.then = [&] {
    if (again++ == 0) last.schedule();
  };
  others.push_back(std::make_unique<After>("destroyed"));
  others.push_back(std::make_unique<After>("late"));
  {
    const Teardown teardown;
    first.schedule();
    others.front()->schedule();
    last.schedule();
  }
  CHECK(said == std::vector<std::string>{"first", "last", "late", "last"});
}
