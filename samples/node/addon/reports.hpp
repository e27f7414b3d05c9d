// Reports of a producer's records, from when they come to the end of the turn.
#pragma once

#include <kafka/kafka.h>

#include <vector>

#include "host.hpp"
#include "value.hpp"
#include "waiter.hpp"

namespace addon {

/// Tells JavaScript's handler (count, errors, drained): `count` runs of reports, which stand in the array that it gave.
/// A run is of consecutive tokens with consecutive offsets of one partition: seven numbers, in the order of Run.
/// `errors` has the error of each run, or is undefined if there is none.
class Reports final : public Waiter, public Teller {
 public:
  /// Numbers of a run in the array.
  static constexpr size_t kNumbers = 7;

  Reports(Host& host, napi_value handler, napi_value array);
  ~Reports() override { host_.forget(*this); }
  void tell(CallbackScope& scope) override;
  void dropped() override {}  // the producer goes, or its session
  /// Nothing more is told.
  void end() { handler_.reset(); }

  static void on_reports(void* user, const kafka_report* reports, size_t count, size_t stride);
  static void on_drain(void* user);

 private:
  struct Run {
    uint64_t token;
    uint64_t count;
    int32_t partition;
    int code;
    int persistence;
    int64_t offset;
    int64_t timestamp;
    const kafka_error* error;  // ours
  };
  static bool continues(const Run& run, const kafka_report& report);
  void add(const kafka_report& report);
  void tell_some(CallbackScope& scope, const Run* runs, size_t count, bool drained);

  Host& host_;
  Kept handler_;
  const Kept array_;
  std::vector<Run> runs_;
  bool drained_ = false;
};

}  // namespace addon
