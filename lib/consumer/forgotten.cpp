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
  const OldestOpen::Found found = oldest_.look(core_.reactor().now());
  if (found.partition == nullptr) return;
  if (found.age >= kLongOpen) return tell(*found.partition);
  timer_ = core_.reactor().after(kLookEvery, [this] {
    timer_.cancel();
    look();
  });
}

void Forgotten::tell(const Partition& partition) {
  told_ = true;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(kLongOpen).count();
  core_.log().line(LogLevel::warning, "the envelope of " + partition.where() + ", offset " +
                                          std::to_string(partition.window.front().first) + ", has had no answer for " +
                                          std::to_string(seconds) + " s: " + what_waits(options_.ordering) +
                                          " before commit(), ack() or cancel(). This is said once");
}

}  // namespace kafka::consumer
