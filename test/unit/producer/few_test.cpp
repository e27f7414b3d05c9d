// Lists whose first elements lie inside their owner.
#include "producer/few.hpp"

#include <utility>
#include <vector>

#include "catch.hpp"

using kafka::producer::Few;

namespace {

using List = Few<int, 3>;

List numbers(int count) {
  List list;
  for (int i = 0; i < count; ++i) list.push_back(i);
  return list;
}

std::vector<int> all(const List& list) { return {list.data(), list.data() + list.size()}; }

bool inside(const List& list) {
  const auto* const at = reinterpret_cast<const char*>(list.data());
  const auto* const owner = reinterpret_cast<const char*>(&list);
  return at >= owner && at < owner + sizeof list;
}

}  // namespace

TEST_CASE("a short list lies in its owner, a longer one has memory that it keeps") {
  List list = numbers(3);
  CHECK(inside(list));
  CHECK(list.kept() == 0);
  list.push_back(3);
  CHECK_FALSE(inside(list));
  CHECK(all(list) == std::vector<int>{0, 1, 2, 3});
  CHECK(list.back() == 3);
  const size_t kept = list.kept();
  CHECK(kept >= 4 * sizeof(int));
  list.clear();
  CHECK(list.empty());
  CHECK(list.kept() == kept);
  list.push_back(7);
  CHECK(all(list) == std::vector<int>{7});
  list.reserve(100);
  CHECK(list.kept() >= 100 * sizeof(int));
  CHECK(all(list) == std::vector<int>{7});
}

TEST_CASE("a list that is moved takes its elements along, wherever they lie, and leaves an empty one") {
  for (const int count : {0, 2, 3, 4, 100}) {
    List from = numbers(count);
    const std::vector<int> before = all(from);
    List to(std::move(from));
    CHECK(all(to) == before);
    CHECK(from.empty());
    CHECK(inside(from));
    for (int i = 0; i < 4; ++i) from.push_back(i);
    CHECK_FALSE(inside(from));  // it has room for three again, as a new one
    CHECK(all(from) == std::vector<int>{0, 1, 2, 3});
    CHECK(all(to) == before);
    for (const int other : {1, 50}) {
      List assigned = numbers(other);
      assigned = std::move(to);
      CHECK(all(assigned) == before);
      CHECK(to.empty());
      to = std::move(assigned);
      CHECK(all(to) == before);
    }
  }
}
