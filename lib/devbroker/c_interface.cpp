// The dev broker for programs in C.
#include <kafka/devbroker.h>
#include <kafka/devbroker.hpp>

#include <chrono>
#include <cstddef>
#include <cstring>
#include <limits>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

using kafka::DevBroker;
using kafka::DevBrokerOptions;
using kafka::Errc;
using kafka::Error;

struct kafka_devbroker {
  kafka_devbroker(uv_loop_s* loop, DevBrokerOptions options)
      : count(options.brokers),
        brokers(loop, std::move(options)),
        bootstrap(brokers.bootstrap_servers()),
        message(brokers.error() ? brokers.error().message() : "") {}

  int result(const Error& error) {
    if (error) message = error.message();
    return static_cast<int>(error.code());
  }

  /// broker `id` is one of these, or 0 where that means all.
  Error check_id(int32_t id, int32_t least) const {
    if (id >= least && id <= count) return {};
    return Error(Errc::invalid_argument, "there is no broker " + std::to_string(id));
  }

  const int32_t count;
  DevBroker brokers;
  std::string bootstrap;
  std::string message;
};

namespace {

constexpr int kInvalidArgument = static_cast<int>(Errc::invalid_argument);

// The struct as it was at first. Programs that were compiled with it go on.
constexpr size_t kFirstSize = offsetof(kafka_devbroker_options, sasl);

// "NAME:PASSWORD" of everybody; null at the end.
Error read_users(const char* const* users, DevBrokerOptions& to) {
  for (; users != nullptr && *users != nullptr; ++users) {
    const std::string_view user = *users;
    const size_t colon = user.find(':');
    if (colon == std::string_view::npos) return Error(Errc::invalid_argument, "users: each must be NAME:PASSWORD");
    to.sasl.users.push_back({std::string(user.substr(0, colon)), kafka::Secret(user.substr(colon + 1))});
  }
  return {};
}

void read_text(const char* given, std::string& to) {
  if (given != nullptr) to = given;
}

Error read(const kafka_devbroker_options& all, DevBrokerOptions& to) {
  if (all.size != kFirstSize && all.size != sizeof(all)) {
    return Error(Errc::invalid_argument, "the size of the options is not set");
  }
  kafka_devbroker_options given{};
  std::memcpy(&given, &all, all.size);
  if (given.brokers != 0) to.brokers = given.brokers;
  if (given.default_partitions != 0) to.default_partitions = given.default_partitions;
  if (given.port < 0 || given.port > std::numeric_limits<uint16_t>::max()) {
    return Error(Errc::invalid_argument, "port must be 0 to 65535");
  }
  to.port = static_cast<uint16_t>(given.port);
  to.auto_create_topics = given.no_auto_create == 0;
  read_text(given.version, to.version);
  read_text(given.sasl, to.sasl.mechanisms);
  read_text(given.tls_cert, to.tls.cert);
  read_text(given.tls_key, to.tls.key);
  read_text(given.tls_client_ca, to.tls.client_ca);
  read_text(given.tls_make, to.tls.make);
  for (const char* const* name = given.deny; name != nullptr && *name != nullptr; ++name)
    to.sasl.deny.emplace_back(*name);
  to.sasl.session_lifetime = std::chrono::milliseconds(given.session_lifetime_ms);
  return read_users(given.users, to);
}

}  // namespace

extern "C" {

kafka_devbroker* kafka_devbroker_new(struct uv_loop_s* loop, const kafka_devbroker_options* options) {
  DevBrokerOptions values;
  if (loop == nullptr || (options != nullptr && read(*options, values))) return nullptr;
  return new (std::nothrow) kafka_devbroker(loop, std::move(values));
}

int kafka_devbroker_error(const kafka_devbroker* broker) {
  return broker == nullptr ? kInvalidArgument : static_cast<int>(broker->brokers.error().code());
}
const char* kafka_devbroker_message(const kafka_devbroker* broker) {
  return broker == nullptr ? "" : broker->message.c_str();
}
const char* kafka_devbroker_bootstrap(const kafka_devbroker* broker) {
  return broker == nullptr ? "" : broker->bootstrap.c_str();
}

int kafka_devbroker_create_topic(kafka_devbroker* broker, const char* name, int32_t partitions) {
  if (broker == nullptr || name == nullptr) return kInvalidArgument;
  return broker->result(broker->brokers.create_topic(name, partitions));
}

int64_t kafka_devbroker_end_offset(const kafka_devbroker* broker, const char* topic, int32_t partition) {
  return broker == nullptr || topic == nullptr ? -1 : broker->brokers.end_offset(topic, partition);
}

int64_t kafka_devbroker_committed(const kafka_devbroker* broker, const char* group, const char* topic,
                                  int32_t partition) {
  if (broker == nullptr || group == nullptr || topic == nullptr) return -1;
  return broker->brokers.committed(group, topic, partition).value_or(-1);
}

int kafka_devbroker_add_fault(kafka_devbroker* broker, const char* text) {
  if (broker == nullptr || text == nullptr) return kInvalidArgument;
  return broker->result(broker->brokers.add_fault(text));
}
int kafka_devbroker_clear_faults(kafka_devbroker* broker) {
  if (broker == nullptr) return kInvalidArgument;
  return broker->brokers.clear_faults(), 0;
}

int kafka_devbroker_kill(kafka_devbroker* broker, int32_t id) {
  if (broker == nullptr) return kInvalidArgument;
  if (const Error wrong = broker->check_id(id, 1)) return broker->result(wrong);
  return broker->brokers.kill(id), 0;
}
int kafka_devbroker_restart(kafka_devbroker* broker, int32_t id) {
  if (broker == nullptr) return kInvalidArgument;
  if (const Error wrong = broker->check_id(id, 1)) return broker->result(wrong);
  return broker->brokers.restart(id), 0;
}
int kafka_devbroker_disconnect(kafka_devbroker* broker, int32_t id) {
  if (broker == nullptr) return kInvalidArgument;
  if (const Error wrong = broker->check_id(id, 0)) return broker->result(wrong);
  return broker->brokers.disconnect(id), 0;
}

int kafka_devbroker_close(kafka_devbroker* broker, kafka_plain_cb done, void* user) {
  if (broker == nullptr) return kInvalidArgument;
  broker->brokers.close([done, user] {
    if (done != nullptr) done(user);
  });
  return 0;
}
void kafka_devbroker_free(kafka_devbroker* broker) { delete broker; }

}  // extern "C"
