// The string setters and range checks of the options, and the parsing of contact points.
#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "base/error_table.hpp"
#include "base/topic_name.hpp"
#include "records/compression.hpp"
#include "session/core.hpp"
#include "session/option_choices.hpp"
#include "session/option_fields.hpp"
#include "session/option_values.hpp"
#include "session/sasl_options.hpp"
#include "session/tls_options.hpp"

namespace kafka {
namespace {

using session::choices;
using session::OptionFields;
using session::Range;

// librdkafka's names, and older ones.
constexpr std::pair<std::string_view, std::string_view> kAliases[] = {
    {"metadata.broker.list", "bootstrap.servers"},
    {"socket.timeout.ms", "request.timeout.ms"},
    {"message.max.bytes", "max.request.size"},
    {"request.required.acks", "acks"},
    {"queue.buffering.max.ms", "linger.ms"},
    {"max.in.flight", "max.in.flight.requests.per.connection"},
    {"message.timeout.ms", "delivery.timeout.ms"},
    {"compression.codec", "compression.type"},
    {"message.send.max.retries", "retries"},
    {"socket.send.buffer.bytes", "send.buffer.bytes"},
    {"socket.receive.buffer.bytes", "receive.buffer.bytes"},
    {"fetch.wait.max.ms", "fetch.max.wait.ms"},
    {"fetch.message.max.bytes", "max.partition.fetch.bytes"},
    {"sasl.mechanisms", "sasl.mechanism"},
    {"sasl.oauthbearer.client.credentials.client.id", "sasl.oauthbearer.client.id"},
    {"sasl.oauthbearer.client.credentials.client.secret", "sasl.oauthbearer.client.secret"},
    {"ssl.truststore.location", "ssl.ca.location"},
    {"ssl.truststore.certificates", "ssl.ca.pem"},
    {"ssl.keystore.certificate.chain", "ssl.certificate.pem"},
    {"ssl.keystore.key", "ssl.key.pem"},
    {"compression.gzip.level", "compression.level"},
    {"compression.lz4.level", "compression.level"},
    {"compression.zstd.level", "compression.level"},
};

Error wrong(std::string_view name, std::string_view value, std::string_view allowed) {
  return Error(Errc::invalid_option,
               std::string(name) + " = \"" + std::string(value) + "\": it must be " + std::string(allowed));
}
std::string text(Range range) { return std::to_string(range.least) + " to " + std::to_string(range.most); }
std::string text(session::Part part) {
  return session::decimal(part.least) + " to " + session::decimal(part.most) + ", such as " +
         session::decimal((part.least + part.most) / 2);
}
bool fits(double value, session::Part part) { return value >= part.least && value <= part.most; }

bool number(std::string_view value, int64_t& parsed) {
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), parsed);
  return error == std::errc() && end == value.data() + value.size();
}

// Reads "12" or "0.5" and nothing else. strtod() would also take the locale's comma, blanks, "inf" and hexadecimal
// numbers.
bool thousandths(std::string_view value, int64_t& parsed) {
  constexpr int64_t kMostWhole = INT64_MAX / 2000;
  const size_t point = value.find('.');
  if (value.empty() || value.front() == '-' || !number(value.substr(0, point), parsed) || parsed > kMostWhole)
    return false;
  parsed *= 1000;
  if (point == std::string_view::npos) return true;
  const std::string_view digits = value.substr(point + 1);
  int64_t unit = 100;
  for (const char digit : digits) {
    if (digit < '0' || digit > '9') return false;
    parsed += unit * (digit - '0');
    unit /= 10;
  }
  return !digits.empty();
}

// Words of choices are taken in any case: security.protocol is SASL_SSL to some clients and sasl_ssl to others.
bool same_word(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

class Setter {
 public:
  Setter(std::string_view name, std::string_view value) : name_(name), value_(value) {
    for (const auto& [alias, real] : kAliases) {
      if (name == alias) real_ = real;
    }
    if (real_.empty()) real_ = name;
  }

  void operator()(std::string_view name, std::string& member, std::string_view) {
    if (name == real_) found([&] { member = value_; });
  }
  void operator()(std::string_view name, std::optional<std::string>& member, std::string_view) {
    if (name == real_) found([&] { member = value_; });
  }
  void operator()(std::string_view name, Secret& member, std::string_view) {
    if (name == real_) found([&] { member = Secret(value_); });
  }
  void operator()(std::string_view name, bool& member, std::string_view) {
    if (name != real_) return;
    if (value_ == "true" || value_ == "false") {
      found([&] { member = value_ == "true"; });
    } else {
      failed("true or false");
    }
  }
  void operator()(std::string_view name, std::optional<bool>& member, std::string_view doc) {
    bool value = false;
    (*this)(name, value, doc);
    if (name == real_ && found_) member = value;
  }
  template <class Enum>
  requires std::is_enum_v<Enum>
  void operator()(std::string_view name, Enum& member, std::string_view) {
    if (name != real_) return;
    std::string allowed;
    for (const auto& choice : choices(member)) {
      if (same_word(choice.name, value_)) return found([&] { member = choice.value; });
      if (!choice.name.empty()) allowed += (allowed.empty() ? "" : ", ") + std::string(choice.name);
    }
    failed(allowed);
  }
  template <class Number>
  void operator()(std::string_view name, Number& member, Range range, std::string_view) {
    if (name != real_) return;
    int64_t parsed = 0;
    if (!number(value_, parsed) || parsed < range.least || parsed > range.most) return failed(text(range));
    found([&] { assign(member, parsed); });
  }
  /// Milliseconds with a fraction, because other clients allow that for linger.ms.
  void operator()(std::string_view name, std::chrono::microseconds& member, Range range, std::string_view) {
    if (name != real_) return;
    int64_t us = 0;
    if (!thousandths(value_, us) || us < range.least * 1000 || us > range.most * 1000) return failed(text(range));
    found([&] { member = std::chrono::microseconds(us); });
  }

  void operator()(std::string_view name, double& member, session::Part part, std::string_view) {
    if (name != real_) return;
    constexpr double kUnit = 1000;
    int64_t parsed = 0;
    if (!thousandths(value_, parsed) || !fits(static_cast<double>(parsed) / kUnit, part)) return failed(text(part));
    found([&] { member = static_cast<double>(parsed) / kUnit; });
  }

  Error result() const {
    if (error_) return error_;
    if (!found_) return Error(Errc::invalid_option, "no option is named \"" + std::string(name_) + "\"");
    return {};
  }
  bool was(std::string_view name) const { return real_ == name; }

 private:
  void found(auto assign_it) {
    found_ = true;
    assign_it();
  }
  void failed(std::string_view allowed) { error_ = wrong(name_, value_, allowed); }
  static void assign(int32_t& member, int64_t value) { member = static_cast<int32_t>(value); }
  static void assign(int64_t& member, int64_t value) { member = value; }
  static void assign(std::optional<int32_t>& member, int64_t value) { member = static_cast<int32_t>(value); }
  static void assign(std::chrono::milliseconds& member, int64_t value) { member = std::chrono::milliseconds(value); }
  static void assign(std::optional<std::chrono::milliseconds>& member, int64_t value) {
    member = std::chrono::milliseconds(value);
  }

  std::string_view name_;
  std::string_view value_;
  std::string_view real_;
  bool found_ = false;
  Error error_;
};

class Checker {
 public:
  void operator()(std::string_view, const std::string&, std::string_view) {}
  void operator()(std::string_view, const std::optional<std::string>&, std::string_view) {}
  void operator()(std::string_view, const Secret&, std::string_view) {}
  void operator()(std::string_view, const bool&, std::string_view) {}
  void operator()(std::string_view, const std::optional<bool>&, std::string_view) {}
  template <class Enum>
  requires std::is_enum_v<Enum>
  void operator()(std::string_view name, const Enum& member, std::string_view) {
    for (const auto& choice : choices(member)) {
      if (choice.value == member) return;
    }
    fail(name, std::to_string(static_cast<int>(member)), "one of the named values");
  }
  template <class Number>
  void operator()(std::string_view name, const Number& member, Range range, std::string_view) {
    check(name, member, range);
  }
  void operator()(std::string_view name, const double& member, session::Part part, std::string_view) {
    if (!fits(member, part)) fail(name, session::decimal(member), text(part));
  }
  Error result() const { return error_; }

 private:
  void fail(std::string_view name, const std::string& value, std::string_view allowed) {
    if (!error_) error_ = wrong(name, value, allowed);
  }
  void check(std::string_view name, int64_t value, Range range) {
    if (value < range.least || value > range.most) fail(name, std::to_string(value), text(range));
  }
  void check(std::string_view name, const std::optional<int32_t>& value, Range range) {
    if (value) check(name, int64_t{*value}, range);
  }
  void check(std::string_view name, std::chrono::milliseconds value, Range range) { check(name, value.count(), range); }
  void check(std::string_view name, const std::optional<std::chrono::milliseconds>& value, Range range) {
    if (value) check(name, *value, range);
  }
  void check(std::string_view name, std::chrono::microseconds value, Range range) {
    const int64_t us = value.count();
    if (us < range.least * 1000 || us > range.most * 1000) fail(name, std::to_string(us / 1000), text(range));
  }
  Error error_;
};

template <class Options>
Error check(const Options& options) {
  Checker checker;
  OptionFields::walk(checker, options);
  return checker.result();
}

template <class Options>
Error assign(Options& options, std::string_view name, std::string_view value) {
  Setter setter(name, value);
  OptionFields::walk(setter, options);
  return setter.result();
}

bool among(const auto& names, std::string_view name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

Error wrong_assignor(std::string_view name, std::string_view why) {
  return Error(Errc::invalid_option, "assignors: \"" + escaped(name, 64) + "\" " + std::string(why));
}

// A name has the characters of a topic's name, so that it can stand in a list, and on a line of a log.
Error check_own_names(const std::vector<std::shared_ptr<Assignor>>& assignors, std::vector<std::string_view>& names) {
  for (const auto& own : assignors) {
    if (own == nullptr) return Error(Errc::invalid_option, "assignors: one of them is null");
    const std::string_view name = own->name();
    if (check_topic_name(name)) return wrong_assignor(name, "is no name: 1 to 249 letters, digits, '.', '_' and '-'");
    if (among(session::kStrategies, name)) return wrong_assignor(name, "is the name of an assignor of this library");
    if (among(names, name)) return wrong_assignor(name, "is there twice");
    names.push_back(name);
  }
  return {};
}

Error check_strategies(const ConsumerOptions& options) {
  std::vector<std::string_view> own, seen;
  if (Error error = check_own_names(options.assignors, own)) return error;
  const std::string list = session::strategy_list(options);
  std::string allowed = "range, roundrobin, sticky, cooperative-sticky, ";
  for (const std::string_view name : own) (allowed += name) += ", ";
  allowed += "each once, separated by commas";
  for (const std::string_view name : session::strategies(list)) {
    const bool known = among(session::kStrategies, name) || among(own, name);
    if (!known || among(seen, name)) return wrong("partition.assignment.strategy", list, allowed);
    seen.push_back(name);
  }
  if (seen.empty()) return wrong("partition.assignment.strategy", list, allowed);
  for (const std::string_view name : own) {
    if (!among(seen, name)) return wrong_assignor(name, "is missing in partition.assignment.strategy");
  }
  return {};
}

// As the Java client: what the broker decides with KIP-848 is refused, because it would have no effect.
Error check_protocol(const ConsumerOptions& options) {
  constexpr std::string_view kUnset = "unset with group.protocol=consumer: the broker decides";
  if (options.group_protocol == GroupProtocol::classic) {
    return options.group_remote_assignor.empty() ? Error()
                                                 : wrong("group.remote.assignor", options.group_remote_assignor,
                                                         "unset with group.protocol=classic: set "
                                                         "partition.assignment.strategy, or group.protocol=consumer");
  }
  if (options.session_timeout)
    return wrong("session.timeout.ms", std::to_string(options.session_timeout->count()), kUnset);
  if (options.heartbeat_interval)
    return wrong("heartbeat.interval.ms", std::to_string(options.heartbeat_interval->count()), kUnset);
  if (options.partition_assignment_strategy) {
    return wrong("partition.assignment.strategy", *options.partition_assignment_strategy,
                 "unset with group.protocol=consumer: the broker assigns, see group.remote.assignor");
  }
  if (!options.assignors.empty())
    return Error(Errc::invalid_option, "assignors: none with group.protocol=consumer: the broker assigns");
  return {};
}

}  // namespace

Error SessionOptions::set(std::string_view name, std::string_view value) {
  if (Error error = session::refused_option(name, value)) return error;
  if (session::ignored_option(name)) {
    const bool known = std::find(ignored_options.begin(), ignored_options.end(), name) != ignored_options.end();
    if (!known) ignored_options.emplace_back(name);
    return {};
  }
  WipedString memory;
  if (Error error = session::expand(name, value, memory)) return error;
  return assign(*this, name, value);
}
Error SessionOptions::validate() const {
  if (Error error = check(*this)) return error;
  if (Error error = session::check_tls(*this)) return error;
  if (Error error = session::check_sasl(*this)) return error;
  std::vector<ContactPoint> points;
  return bootstrap_servers.empty() ? Error() : session::parse_contact_points(bootstrap_servers, points);
}

Error ProducerOptions::set(std::string_view name, std::string_view value) { return assign(*this, name, value); }
Error ProducerOptions::validate() const {
  if (Error error = check(*this)) return error;
  if (linger >= delivery_timeout) {
    return wrong("delivery.timeout.ms", std::to_string(delivery_timeout.count()), "more than linger.ms");
  }
  if (enable_idempotence.value_or(false)) {
    constexpr int32_t kMostIdempotent = 5;  // a broker remembers this many batches of a producer
    if (acks != Acks::all) return wrong("acks", acks == Acks::none ? "0" : "1", "all with enable.idempotence");
    if (max_in_flight.value_or(1) > kMostIdempotent) {
      return wrong("max.in.flight.requests.per.connection", std::to_string(*max_in_flight),
                   "1 to 5 with enable.idempotence");
    }
  }
  const std::string codec(records::codec_name(compression_type));
  if (!records::codec_available(compression_type)) {
    return wrong("compression.type", codec, records::codec_list() + " in this build");
  }
  const records::Levels levels = records::codec_levels(compression_type);
  const bool fits = compression_level >= levels.least && compression_level <= levels.most;
  if (compression_type != Compression::none && !fits) {
    const bool any = levels.least < levels.most;
    return wrong(
        "compression.level", std::to_string(compression_level),
        any ? text(Range{levels.least, levels.most}) + " with " + codec : "-1 with " + codec + ", which has none");
  }
  return {};
}

Error ConsumerOptions::set(std::string_view name, std::string_view value) {
  ConsumerOptions changed = *this;
  if (Error error = assign(changed, name, value)) return error;
  if (name == "auto.offset.reset") {
    changed.on_offset_out_of_range = changed.auto_offset_reset == OffsetReset::earliest ? OutOfRange::reset_to_earliest
                                     : changed.auto_offset_reset == OffsetReset::latest ? OutOfRange::reset_to_latest
                                                                                        : OutOfRange::fail;
  }
  *this = changed;
  return {};
}
Error ConsumerOptions::validate() const {
  if (Error error = check(*this)) return error;
  if (Error error = check_protocol(*this)) return error;
  if (Error error = check_strategies(*this)) return error;
  if (!group_instance_id.empty() && check_topic_name(group_instance_id)) {
    return wrong("group.instance.id", group_instance_id,
                 "1 to 249 letters, digits, '.', '_' and '-', not \".\" or \"..\"");
  }
  const std::chrono::milliseconds session = session_timeout.value_or(session::kSessionTimeout);
  const std::chrono::milliseconds interval = heartbeat_interval.value_or(session::kHeartbeatInterval);
  if (interval >= session) {
    return wrong("heartbeat.interval.ms", std::to_string(interval.count()),
                 "less than session.timeout.ms, which is " + std::to_string(session.count()));
  }
  if (revoke_timeout && *revoke_timeout > rebalance_timeout * 4 / 5) {
    return wrong("revoke.timeout.ms", std::to_string(revoke_timeout->count()),
                 "at most 80 % of rebalance.timeout.ms: 0 to " + std::to_string((rebalance_timeout * 4 / 5).count()));
  }
  return {};
}

namespace session {

cluster::ClusterConfig cluster_config(const SessionOptions& options) {
  cluster::ClusterConfig config;
  config.address_family = options.broker_address_family;
  config.address_ttl = options.broker_address_ttl;
  config.client_id = options.client_id;
  config.frame_max = static_cast<size_t>(options.receive_message_max_bytes);
  config.reconnect = {options.reconnect_backoff, options.reconnect_backoff_max};
  config.retry_backoff = options.retry_backoff;
  config.retry_backoff_max = options.retry_backoff_max;
  config.setup_timeout = options.socket_connection_setup_timeout;
  config.setup_timeout_max = options.socket_connection_setup_timeout_max;
  config.connections_max_idle = options.connections_max_idle;
  config.request_timeout = options.request_timeout;
  config.default_api_timeout = options.default_api_timeout;
  config.metadata_max_age = options.metadata_max_age;
  config.metadata_max_idle = options.metadata_max_idle;
  config.rebootstrap = options.metadata_recovery_strategy == MetadataRecovery::rebootstrap;
  config.rebootstrap_trigger = options.metadata_recovery_rebootstrap_trigger;
  return config;
}

std::string strategy_list(const ConsumerOptions& options) {
  if (options.partition_assignment_strategy) return *options.partition_assignment_strategy;
  std::string list;
  for (const auto& own : options.assignors) (list += list.empty() ? "" : ",") += own->name();
  return list.empty() ? std::string(kDefaultStrategies) : list;
}

std::vector<std::string_view> strategies(std::string_view list) {
  std::vector<std::string_view> names;
  while (!list.empty()) {
    const size_t comma = list.find(',');
    std::string_view name = list.substr(0, comma);
    list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
    while (!name.empty() && name.front() == ' ') name.remove_prefix(1);
    while (!name.empty() && name.back() == ' ') name.remove_suffix(1);
    if (!name.empty()) names.push_back(name);
  }
  return names;
}

Error parse_contact_points(std::string_view text, std::vector<ContactPoint>& points) {
  constexpr int64_t kDefaultPort = 9092;
  constexpr size_t kLongestHost = 253;
  constexpr std::string_view kForm = "host:port with a port of 1 to 65535, IPv6 in brackets";
  while (!text.empty()) {
    const size_t comma = text.find(',');
    std::string_view entry = text.substr(0, comma);
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
    while (!entry.empty() && entry.front() == ' ') entry.remove_prefix(1);
    while (!entry.empty() && entry.back() == ' ') entry.remove_suffix(1);
    if (entry.empty()) continue;
    const Error error = wrong("bootstrap.servers", entry, kForm);
    std::string_view host = entry;
    std::string_view port_text;
    if (entry.front() == '[') {
      const size_t end = entry.find(']');
      if (end == std::string_view::npos) return error;
      host = entry.substr(1, end - 1);
      const std::string_view rest = entry.substr(end + 1);
      if (!rest.empty() && rest.front() != ':') return error;
      if (!rest.empty()) port_text = rest.substr(1);
      if (!rest.empty() && port_text.empty()) return error;
    } else if (const size_t colon = entry.find(':'); colon != std::string_view::npos) {
      host = entry.substr(0, colon);
      port_text = entry.substr(colon + 1);
      if (port_text.empty() || port_text.find(':') != std::string_view::npos) return error;
    }
    int64_t port = kDefaultPort;
    if (!port_text.empty() && !number(port_text, port)) return error;
    if (host.empty() || host.size() > kLongestHost || port < 1 || port > 65535) return error;
    if (std::any_of(host.begin(), host.end(), [](unsigned char c) { return c <= ' ' || c >= 127 || c == '/'; }))
      return error;
    points.push_back({std::string(host), static_cast<uint16_t>(port)});
  }
  if (points.empty()) return Error(Errc::invalid_option, "bootstrap.servers is empty: " + std::string(kForm));
  return {};
}

}  // namespace session
}  // namespace kafka
