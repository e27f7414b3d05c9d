// The numbers of a client, as it shows them to Prometheus (kafka::Stats::to_prometheus()).
#pragma once

#include <uv.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace cli {

/// Samples by name and labels as they stand in the text: `uvkafka_producer_queued_records{producer="0"}`.
using Samples = std::map<std::string, double, std::less<>>;

/// Reads the text. Nothing if it is no such text.
std::optional<Samples> parse_samples(std::string_view text);
/// The value of a label of a sample's name; "" if it has none.
std::string label_of(std::string_view sample, std::string_view label);
/// The sum of all samples of this metric, whatever its prefix and labels: `producer_queued_records`.
double sum_of(const Samples& samples, std::string_view metric);

class HttpGet;

/// Owns the request under way for numbers in a file, or behind a URL http://HOST[:PORT][/PATH].
class StatsReader {
 public:
  /// A page that is larger, or takes longer, is refused.
  static constexpr size_t kMostBytes = 16 * 1024 * 1024;
  static constexpr uint64_t kPatienceMs = 5000;

  /// `from` as --stats has it.
  StatsReader(uv_loop_t* loop, std::string from);
  ~StatsReader();

  /// `done` runs once, maybe inside this call: with the samples, or with the reason why there are none.
  void read(std::function<void(std::optional<Samples>, std::string why)> done);
  /// What is wrong with `from`; "" if nothing is.
  static std::string check(const std::string& from);

 private:
  uv_loop_t* loop_;
  const std::string from_;
  std::shared_ptr<HttpGet> request_;
};

}  // namespace cli
