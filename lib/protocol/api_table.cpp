// The rows of the messages, in one table (see api_table.hpp).
#include "protocol/api_table.hpp"

#include <array>
#include <cstddef>
#include <iterator>

#include "protocol/apis.hpp"

namespace kafka::protocol {
namespace {

#define UVKAFKA_ROW(Name) Api<Name##Request>::kRow,
constexpr ApiRow kRows[] = {UVKAFKA_EACH_API(UVKAFKA_ROW)};
#undef UVKAFKA_ROW

constexpr int8_t kNone = -1;
static_assert(std::size(kRows) <= INT8_MAX);

constexpr bool in_order() {
  for (size_t i = 1; i < std::size(kRows); ++i) {
    if (kRows[i].key <= kRows[i - 1].key) return false;
  }
  return true;
}
static_assert(in_order(), "the list in apis.hpp goes by the keys");

constexpr std::array<int8_t, kApiKeys> make_places() {
  std::array<int8_t, kApiKeys> places{};
  places.fill(kNone);
  for (size_t i = 0; i < std::size(kRows); ++i) places[static_cast<size_t>(kRows[i].key)] = static_cast<int8_t>(i);
  return places;
}
constexpr std::array<int8_t, kApiKeys> kPlaces = make_places();  // in kRows, by key

}  // namespace

std::span<const ApiRow> api_rows() noexcept { return kRows; }

const ApiRow* find_api(ApiKey key) noexcept {
  const auto number = static_cast<int16_t>(key);
  if (number < 0 || number >= kApiKeys) return nullptr;
  const int8_t place = kPlaces[static_cast<size_t>(number)];
  return place == kNone ? nullptr : &kRows[place];
}

int16_t flexible_from(ApiKey key) noexcept {
  const ApiRow* row = find_api(key);
  return row != nullptr ? row->flexible_from : kNever;
}

int16_t throttles_client_from(ApiKey key) noexcept {
  const ApiRow* row = find_api(key);
  return row != nullptr ? row->throttles_client_from : kNever;
}

}  // namespace kafka::protocol
