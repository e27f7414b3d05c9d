// The C handles of producers and topics, and records as the C API has them.
#pragma once

#include <kafka/c/producer.h>
#include <kafka/producer.hpp>

#include <memory>
#include <string>

#include "capi/reports.hpp"

struct kafka_producer {
  kafka_producer(kafka::capi::Ground& its_ground, kafka::Producer made, kafka::Error why);
  kafka_producer(const kafka_producer&) = delete;
  ~kafka_producer();

  const kafka::capi::Hold ground;
  kafka::Producer producer;
  const kafka_error error;
  const std::shared_ptr<kafka::capi::Reports> reports;
};

struct kafka_topic {
  const kafka::capi::Hold ground;
  const kafka::Topic topic;
  const std::string name;
};

namespace kafka::capi {

/// The record as the C++ API has it: views of the same bytes. The error names the member that is wrong.
Error read(const char* function, const kafka_record* given, bool with_topic, Record& to);

}  // namespace kafka::capi
