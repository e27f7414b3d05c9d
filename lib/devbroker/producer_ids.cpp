// Producer ids (see producer_ids.hpp).
#include "devbroker/producer_ids.hpp"

#include <utility>

namespace kafka::devbroker {

ProducerIdentity ProducerIds::create() { return {next_id_++, std::exchange(next_epoch_, int16_t{0})}; }

Errc ProducerIds::init(std::string_view transactional_id, ProducerIdentity known, ProducerIdentity& out) {
  auto at = transactional_.find(transactional_id);
  if (at == transactional_.end()) {
    out = create();
    transactional_.emplace(transactional_id, Entry{out, {}});
    return Errc::none;
  }
  Entry& entry = at->second;
  const bool asks_to_go_on = known.id >= 0;
  if (asks_to_go_on) {
    const bool current = known.id == entry.now.id && known.epoch == entry.now.epoch;
    const bool again = known.id == entry.before.id && known.epoch == entry.before.epoch;
    if (!current && again) {
      out = entry.now;
      return Errc::none;
    }
    if (!current) return Errc::producer_fenced;
  }
  const ProducerIdentity before = entry.now;
  if (entry.now.epoch >= kExhaustedEpoch) {
    entry.now = create();
  } else {
    ++entry.now.epoch;
  }
  entry.before = asks_to_go_on ? before : ProducerIdentity{};
  out = entry.now;
  return Errc::none;
}

}  // namespace kafka::devbroker
