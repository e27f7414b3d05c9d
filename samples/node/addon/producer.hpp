// A producer of the library. JavaScript gathers records and hands over many with one call; their reports come back as
// runs (reports.hpp).
#pragma once

#include <kafka/kafka.h>
#include <node_api.h>

#include <memory>
#include <vector>

#include "host.hpp"
#include "reports.hpp"
#include "value.hpp"

namespace addon {

class Producer final {
 public:
  static std::unique_ptr<Producer> make(const Arguments& arguments);
  ~Producer();
  static void define(napi_env env, napi_value exports);

 private:
  Producer(std::shared_ptr<Host> host, napi_value handler, napi_value array);

  napi_value topic(const Arguments& arguments);
  napi_value send(const Arguments& arguments);
  napi_value send_packed(const Arguments& arguments);
  napi_value refused_code(const Arguments& arguments);
  napi_value refused_error(const Arguments& arguments);
  napi_value flush(const Arguments& arguments);
  napi_value abort(const Arguments& arguments);
  napi_value queued(const Arguments& arguments);
  napi_value close(const Arguments& arguments);
  napi_value free(const Arguments& arguments);

  void release();
  /// Remembers why a record was not taken.
  void refuse(int code);
  kafka_topic* topic_at(int32_t index) const;

  std::shared_ptr<Host> host_;
  Reports reports_;
  kafka_producer* handle_ = nullptr;
  std::vector<kafka_topic*> topics_;
  kafka_error* refused_ = nullptr;
};

}  // namespace addon
