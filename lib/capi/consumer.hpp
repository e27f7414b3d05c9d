// The C handle of a consumer: of any kind, with what it hands out.
#pragma once

#include <kafka/c/consumer.h>
#include <kafka/consumer.hpp>

#include <memory>
#include <variant>
#include <vector>

#include "capi/error.hpp"
#include "capi/ground.hpp"

namespace kafka::capi {
class Columns;
}

struct kafka_consumer {
  using Any = std::variant<kafka::Consumer, kafka::Fetcher>;
  kafka_consumer(kafka::capi::Ground& its_ground, Any made);
  kafka_consumer(const kafka_consumer&) = delete;
  ~kafka_consumer();

  kafka::PartitionReader& reader() {
    return std::visit([](auto& each) -> kafka::PartitionReader& { return each; }, any);
  }
  const kafka::PartitionReader& reader() const {
    return std::visit([](const auto& each) -> const kafka::PartitionReader& { return each; }, any);
  }

  const kafka::capi::Hold ground;
  Any any;
  const kafka_error error;
  std::vector<std::weak_ptr<kafka::capi::Columns>> columns;  // of consumptions that hand out columns
};
