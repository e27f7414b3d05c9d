#include "consumer/forgotten.hpp"

#include <string>

namespace kafka::consumer {
namespace {

const char* what_waits(Ordering ordering) {
  switch (ordering) {
    case Ordering::consumer:
      return "no other message comes";
    case Ordering::partition:
      return "no other message of this partition comes";
    case Ordering::unordered:
      break;
  }
  return "no later offset of this partition is stored";
}

}  // namespace

void Forgotten::look() {
  const net::TimePoint now = core_.reactor().now();
  bool open = false;
  for (const auto& partition : assignment_) {
    const Window& window = partition->window;
    if (window.empty() || window.front().unconfirmed) continue;  // the broker's answer is waited for
    open = true;
    if (partition->slot >= oldest_.size()) oldest_.resize(partition->slot + size_t{1});
    Oldest& oldest = oldest_[partition->slot];
    if (oldest.number != window.begin()) {
      oldest = {window.begin(), now};
    } else if (now - oldest.since >= kLongOpen) {
      return tell(*partition);
    }
  }
  if (!open) return;
  timer_ = core_.reactor().after(kLookEvery, [this] {
    timer_.cancel();
    look();
  });
}

void Forgotten::tell(const Partition& partition) {
  told_ = true;
  oldest_ = {};
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(kLongOpen).count();
  core_.log().line(LogLevel::warning, "the envelope of " + partition.where() + ", offset " +
                                          std::to_string(partition.window.front().first) + ", has had no answer for " +
                                          std::to_string(seconds) + " s: " + what_waits(options_.ordering) +
                                          " before commit(), ack() or cancel(). This is said once");
}

}  // namespace kafka::consumer
