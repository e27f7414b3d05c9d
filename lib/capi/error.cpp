// Error objects of the C API, and the texts of codes.
#include "capi/error.hpp"

#include <map>

namespace {

struct CodeTexts {
  std::string name, text;
};

constexpr int kHighestBrokerCode = 1000;  // there is none so high; asking for more costs nothing
constexpr int kLowestOwnCode = -1100;

/// Names and texts that stay where they are. Numbers without a row share one.
const CodeTexts& texts(int code) {
  static const std::map<int, CodeTexts> all = [] {
    std::map<int, CodeTexts> made;
    for (int each = kLowestOwnCode; each <= kHighestBrokerCode; ++each) {
      const kafka::Error error(static_cast<kafka::Errc>(each));
      if (std::string name = error.name(); name.find("unknown_code_") != 0) made[each] = {name, error.message()};
    }
    return made;
  }();
  static const CodeTexts unknown{"unknown_code", "neither Kafka nor this library knows this code"};
  const auto found = all.find(code);
  return found == all.end() ? unknown : found->second;
}

thread_local kafka_error last;

}  // namespace

namespace kafka::capi {

int failed(const Error& error) {
  if (!error) return KAFKA_OK;
  last.error = error;
  last.text.clear();
  return number(error);
}

}  // namespace kafka::capi

extern "C" {

const char* kafka_code_name(int code) { return texts(code).name.c_str(); }
const char* kafka_code_text(int code) { return texts(code).text.c_str(); }

int kafka_error_code(const kafka_error* error) {
  return error == nullptr ? KAFKA_OK : kafka::capi::number(error->error);
}

const char* kafka_error_message(const kafka_error* error) {
  if (error == nullptr) return "";
  if (error->text.empty()) error->text = error->error.message();
  return error->text.c_str();
}

const char* kafka_error_detail(const kafka_error* error) {
  if (error == nullptr || error->error.detail().empty()) return "";
  return error->error.detail().data();  // of a string: it ends with NUL
}

int kafka_error_retriable(const kafka_error* error) { return error != nullptr && error->error.retriable() ? 1 : 0; }
int kafka_error_fatal(const kafka_error* error) { return error != nullptr && error->error.fatal() ? 1 : 0; }
kafka_error* kafka_error_copy(const kafka_error* error) {
  return error == nullptr ? nullptr : new kafka_error(error->error);
}
void kafka_error_free(kafka_error* error) { delete error; }
const kafka_error* kafka_last_error(void) { return last.or_null(); }

}  // extern "C"
