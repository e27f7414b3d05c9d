#include "reports.hpp"

#include <algorithm>
#include <utility>

#include "error.hpp"

namespace addon {

Reports::Reports(Host& host, napi_value handler, napi_value array)
    : host_(host), handler_(host.env, handler), array_(host.env, array) {}

bool Reports::continues(const Run& run, const kafka_report& report) {
  if (report.token != run.token + run.count || report.partition != run.partition || report.code != run.code)
    return false;
  if (report.persistence != run.persistence || report.timestamp != run.timestamp) return false;
  return report.offset == (run.offset < 0 ? run.offset : run.offset + static_cast<int64_t>(run.count));
}

void Reports::add(const kafka_report& report) {
  if (!runs_.empty() && continues(runs_.back(), report)) {
    ++runs_.back().count;
    return;
  }
  runs_.push_back({report.token, 1, report.partition, report.code, report.persistence, report.offset, report.timestamp,
                   kafka_error_copy(report.error)});
}

void Reports::on_reports(void* user, const kafka_report* reports, size_t count, size_t stride) {
  auto& self = *static_cast<Reports*>(static_cast<Waiter*>(user));
  if (!self.host_.talks()) return;
  const char* at = reinterpret_cast<const char*>(reports);
  for (size_t k = 0; k < count; ++k, at += stride) self.add(*reinterpret_cast<const kafka_report*>(at));
  self.host_.due(self);
}

void Reports::on_drain(void* user) {
  auto& self = *static_cast<Reports*>(static_cast<Waiter*>(user));
  self.drained_ = true;
  self.host_.due(self);
}

void Reports::tell(CallbackScope& scope) {
  const std::vector<Run> runs = std::exchange(runs_, {});
  const bool drained = std::exchange(drained_, false);
  const size_t room = read_bytes(host_.env, array_.get()).length / (kNumbers * sizeof(double));
  size_t told = 0;
  do {
    const size_t some = std::min(room, runs.size() - told);
    tell_some(scope, runs.data() + told, some, drained && told + some == runs.size());
    told += some;
  } while (told < runs.size() && room > 0);
  for (const Run& run : runs) kafka_error_free(const_cast<kafka_error*>(run.error));
}

void Reports::tell_some(CallbackScope& scope, const Run* runs, size_t count, bool drained) {
  const napi_env env = host_.env;
  auto* numbers = reinterpret_cast<double*>(read_bytes(env, array_.get()).data);
  napi_value errors = nullptr;
  for (size_t k = 0; k < count; ++k, numbers += kNumbers) {
    const Run& run = runs[k];
    numbers[0] = static_cast<double>(run.token);
    numbers[1] = static_cast<double>(run.count);
    numbers[2] = run.partition;
    numbers[3] = static_cast<double>(run.offset);
    numbers[4] = static_cast<double>(run.timestamp);
    numbers[5] = run.code;
    numbers[6] = run.persistence;
    if (run.code == 0) continue;
    if (errors == nullptr) errors = make_array(env, count);
    set(env, errors, static_cast<uint32_t>(k), make_error(env, run.error));
  }
  if (!handler_) return;
  scope.call(handler_.get(), {make_number(env, static_cast<double>(count)),
                              errors == nullptr ? make_undefined(env) : errors, make_boolean(env, drained)});
}

}  // namespace addon
