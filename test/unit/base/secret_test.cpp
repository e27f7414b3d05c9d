// Secrets: they do not print, and their memory is overwritten.
#include <kafka/secret.hpp>

#include <array>
#include <cstring>
#include <sstream>
#include <string>
#include <type_traits>

#include "base/file.hpp"
#include "base/wipe.hpp"
#include "catch.hpp"

using kafka::Secret;

namespace {

template <class T>
concept Streamed = requires(std::ostream& to, const T& value) {
  to << value;
};

static_assert(!Streamed<Secret>);
static_assert(!std::is_convertible_v<Secret, std::string>);
static_assert(!std::is_convertible_v<Secret, std::string_view>);
static_assert(!std::is_convertible_v<std::string, Secret>);

}  // namespace

TEST_CASE("copies of a secret are their own, and a moved one is empty") {
  Secret first("hunter2");
  const Secret second = first;
  CHECK(second.reveal() == "hunter2");
  CHECK(second.reveal().data() != first.reveal().data());
  const Secret third = std::move(first);
  CHECK(third.reveal() == "hunter2");
  CHECK(first.empty());
  first = second;
  CHECK(first.reveal() == "hunter2");
  first = Secret();
  CHECK(first.empty());
  CHECK(first.reveal() == "");
}

TEST_CASE("what is wiped is zero") {
  std::array<char, 32> memory;
  memory.fill('x');
  kafka::wipe(memory.data() + 1, 30);
  CHECK(memory[0] == 'x');
  CHECK(memory[31] == 'x');
  CHECK(std::string(memory.data() + 1, 30) == std::string(30, '\0'));
}

TEST_CASE("a file is read whole, up to its limit, and one that is missing has the system's reason") {
  kafka::WipedString content;
  CHECK(kafka::read_file("/no/such/file", 10, content) == "No such file or directory");
  CHECK(kafka::read_file("/", 10, content) == "Is a directory");
  CHECK(kafka::read_file("/dev/zero", 100000, content) == "it is larger than 100000 bytes");
  CHECK(content.text.empty());
  CHECK(kafka::read_file("/proc/self/stat", 100000, content).empty());
  CHECK(content.text.size() > 50);
}
