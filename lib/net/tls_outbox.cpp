#include "net/tls_outbox.hpp"

#include <algorithm>
#include <cstring>
#include <memory>

#include "base/wipe.hpp"

namespace kafka::net {

size_t TlsOutbox::push(std::vector<Bytes> segments) {
  size_t added = 0;
  for (Bytes& segment : segments) {
    if (segment.empty()) continue;
    added += segment.size();
    segments_.push_back(std::move(segment));
  }
  size_ += added;
  return added;
}

TlsEngine::Step TlsOutbox::seal(TlsEngine& engine, size_t most) {
  most = std::min(most, size_);
  engine.expect(most);
  while (most > 0) {
    // What lies in one segment needs no gathering: many records, or the last one.
    const size_t here = std::min(front().size(), most);
    const size_t whole = here == most ? here : here / kRecord * kRecord;
    const size_t count = whole > 0 ? whole : std::min(most, kRecord);
    const TlsEngine::Step step = whole > 0 ? engine.seal(front().substr(0, whole)) : seal_record(engine, count);
    if (step != TlsEngine::Step::done) return step;
    if (whole > 0) drop(whole);
    most -= count;
  }
  return TlsEngine::Step::done;
}

TlsEngine::Step TlsOutbox::seal_record(TlsEngine& engine, size_t size) {
  static thread_local const std::unique_ptr<char[]> memory = std::make_unique_for_overwrite<char[]>(kRecord);
  char* const record = memory.get();
  size_t filled = 0;
  while (filled < size) {
    const std::string_view part = front().substr(0, size - filled);
    std::memcpy(record + filled, part.data(), part.size());
    filled += part.size();
    drop(part.size());
  }
  const TlsEngine::Step step = engine.seal({record, filled});
  wipe(record, filled);  // a password may have been in it
  return step;
}

void TlsOutbox::drop(size_t count) {
  begin_ += count;
  size_ -= count;
  if (begin_ < segments_.front().size()) return;
  segments_.pop_front();
  begin_ = 0;
}

}  // namespace kafka::net
