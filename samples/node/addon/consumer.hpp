// A consumer of the library: of partitions, a member of a group, or a fetcher. What it hands out is told at the end of
// the turn.
#pragma once

#include <kafka/kafka.h>
#include <node_api.h>

#include <memory>
#include <vector>

#include "delivery.hpp"
#include "host.hpp"
#include "membership.hpp"
#include "value.hpp"
#include "waiter.hpp"

namespace addon {

/// Tells JavaScript's handler (deliveries, ended, error): `ended` says that the consumption is over, `error` why, or
/// undefined.
class Consumer final : public Waiter, public Teller {
 public:
  static std::unique_ptr<Consumer> make(const Arguments& arguments);
  ~Consumer() override;
  static void define(napi_env env, napi_value exports);

  void tell(CallbackScope& scope) override;
  void dropped() override {}  // the session goes, which ends everything

 private:
  Consumer(std::shared_ptr<Host> host, napi_value handler);

  napi_value consume(const Arguments& arguments);
  napi_value commit(const Arguments& arguments);
  napi_value ack(const Arguments& arguments);
  napi_value give_back(const Arguments& arguments);
  napi_value stop(const Arguments& arguments);
  napi_value pause(const Arguments& arguments);
  napi_value resume(const Arguments& arguments);
  napi_value seek(const Arguments& arguments);
  napi_value position(const Arguments& arguments);
  napi_value at_end(const Arguments& arguments);
  napi_value partitions(const Arguments& arguments);
  napi_value subscribe(const Arguments& arguments);
  napi_value subscribe_pattern(const Arguments& arguments);
  napi_value rebalance(const Arguments& arguments);
  napi_value group(const Arguments& arguments);
  napi_value release(const Arguments& arguments);
  napi_value close(const Arguments& arguments);
  napi_value free(const Arguments& arguments);

  static void on_columns(void* user, kafka_columns* columns);
  static void on_envelope(void* user, kafka_envelope* envelope);
  static void on_end(void* user, const kafka_error* error);
  static napi_value lost(napi_env env);  // throws that there is nothing to answer any more
  void gathered(Delivery delivery);
  void let_go();

  std::shared_ptr<Host> host_;
  Kept handler_;
  kafka_consumer* handle_ = nullptr;
  Deliveries deliveries_;
  std::vector<uint32_t> fresh_;  // not told yet
  bool ended_ = false;
  kafka_error* end_ = nullptr;  // ours: why it ended
  Membership membership_;
};

}  // namespace addon
