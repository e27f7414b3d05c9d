// uvkafka broker: the in-memory broker in a process of its own.
#include <uv.h>
#include <kafka/devbroker.hpp>
#include <kafka/options.hpp>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "commands.hpp"

namespace cli {

const Command kBroker{
    "broker",
    "run an in-memory broker",
    "",
    {{"", "--port", "PORT", "broker k listens on PORT + k - 1 (default 9092; 0 takes free ports)"},
     {"", "--host", "ADDRESS", "listen on this address, and tell clients to use it (default 127.0.0.1)"},
     {"", "--brokers", "N", "number of brokers, 1 to 100 (default 1)"},
     {"", "--partitions", "N", "partitions of a topic that is created by its first use (default 1)"},
     {"", "--no-auto-create", "", "the first use of a topic does not create it"},
     {"", "--topic", "NAME[:N]", "create this topic, with N partitions; repeatable"},
     {"", "--release", "RELEASE", "speak like this release of Kafka: 0.8.2 to 4.3 (default: every version)"},
     {"", "--rack", "RACK[,RACK...]", "the racks of broker 1, 2 and so on"},
     {"", "--fault", "FAULT", "something that goes wrong (see below); repeatable"},
     {"", "--tls-cert", "FILE", "speak TLS with this certificate (PEM), its issuers behind it"},
     {"", "--tls-key", "FILE", "the key of that certificate (PEM)"},
     {"", "--tls-client-ca", "FILE", "clients must show a certificate of this authority (PEM)"},
     {"", "--tls-make", "FOLDER", "speak TLS with a certificate that is made (see below)"},
     {"", "--sasl", "NAME[,NAME...]", "clients must log in: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER"},
     {"", "--user", "NAME:PASSWORD", "somebody who may log in (see below); repeatable"},
     {"", "--deny", "NAME", "this user may do nothing: every topic and group is forbidden; repeatable"},
     {"", "--session-lifetime", "MS", "a login holds so long, then the client must log in anew"}},
    false,
    "",
    "FAULT: API[:times=N][:error=NAME|:delay=MS|:cut], for example Produce:times=2:error=NOT_LEADER_OR_FOLLOWER. It\n"
    "happens once, or N times, or always (times=always).\n"
    "--tls-make writes ca.pem, broker.pem, broker.key, client.pem and client.key, for localhost, 127.0.0.1 and ::1.\n"
    "Files that are there already are used as they are. Clients trust ca.pem (ssl.ca.location).\n"
    "PASSWORD: as it is, or ${env:NAME} or ${file:PATH}, so that it is not on the command line. OAUTHBEARER takes\n"
    "unsigned tokens (alg none) of any user. Without --sasl everybody is the user ANONYMOUS.\n"
    "Keeps everything in memory until SIGINT or SIGTERM. For trying things out and for tests.\n"};

namespace {

// What a password stands for, as that of a session does.
kafka::Error add_user(const std::string& text, kafka::DevBrokerOptions& options) {
  const size_t colon = text.find(':');
  if (colon == 0 || colon == std::string::npos || colon + 1 == text.size()) {
    return {kafka::Errc::invalid_argument, "wants NAME:PASSWORD"};
  }
  kafka::SessionOptions expands;
  if (const kafka::Error error = expands.set("sasl.password", std::string_view(text).substr(colon + 1))) return error;
  options.sasl.users.push_back({text.substr(0, colon), std::move(expands.sasl_password)});
  return {};
}

std::optional<int> read_security(const Arguments& arguments, kafka::DevBrokerOptions& options) {
  options.tls.cert = arguments.get("--tls-cert");
  options.tls.key = arguments.get("--tls-key");
  options.tls.client_ca = arguments.get("--tls-client-ca");
  options.tls.make = arguments.get("--tls-make");
  options.sasl.mechanisms = arguments.get("--sasl");
  options.sasl.deny = arguments.all("--deny");
  for (const std::string& user : arguments.all("--user")) {
    if (const kafka::Error error = add_user(user, options)) {
      return usage_error("broker: --user " + user.substr(0, user.find(':')) + ": " + std::string(error.detail()));
    }
  }
  const auto lifetime = number(arguments.get("--session-lifetime", "0"));
  if (!lifetime || *lifetime < 0) return usage_error("broker: --session-lifetime wants milliseconds, 0 or more");
  options.sasl.session_lifetime = std::chrono::milliseconds(*lifetime);
  return {};
}

// The exit status if an argument is wrong.
std::optional<int> read(const Arguments& arguments, kafka::DevBrokerOptions& options) {
  const auto port = number(arguments.get("--port", "9092"));
  const auto brokers = number(arguments.get("--brokers", "1"));
  const auto partitions = number(arguments.get("--partitions", "1"));
  if (!port || *port < 0 || *port > 65535) return usage_error("broker: --port wants 0 to 65535");
  if (!brokers || *brokers < 1 || *brokers > 100) return usage_error("broker: --brokers wants 1 to 100");
  if (!partitions || *partitions < 1 || *partitions > 100000)
    return usage_error("broker: --partitions wants 1 to 100000");
  options.brokers = static_cast<int32_t>(*brokers);
  options.default_partitions = static_cast<int32_t>(*partitions);
  options.auto_create_topics = !arguments.has("--no-auto-create");
  options.port = static_cast<uint16_t>(*port);
  options.host = arguments.get("--host", options.host);
  options.version = arguments.get("--release");
  for (const std::string& racks : arguments.all("--rack")) {
    for (size_t begin = 0; begin <= racks.size();) {
      const size_t comma = std::min(racks.find(',', begin), racks.size());
      options.racks.push_back(racks.substr(begin, comma - begin));
      begin = comma + 1;
    }
  }
  if (options.racks.size() > static_cast<size_t>(options.brokers)) {
    return usage_error("broker: --rack names " + std::to_string(options.racks.size()) + " racks for " +
                       std::to_string(options.brokers) + " brokers");
  }
  return read_security(arguments, options);
}

kafka::Error create(kafka::DevBroker& dev, const std::string& topic) {
  const size_t colon = topic.rfind(':');
  const auto count =
      colon == std::string::npos ? std::optional<int64_t>(1) : number(std::string_view(topic).substr(colon + 1));
  if (!count || *count < 1 || *count > 100000) {
    return {kafka::Errc::invalid_argument, "--topic " + topic + ": NAME:PARTITIONS with 1 to 100000 partitions"};
  }
  return dev.create_topic(topic.substr(0, colon), static_cast<int32_t>(*count));
}

kafka::Error prepare(kafka::DevBroker& dev, const Arguments& arguments) {
  if (const kafka::Error error = dev.error()) return error;
  for (const std::string& topic : arguments.all("--topic")) {
    if (const kafka::Error error = create(dev, topic)) return error;
  }
  for (const std::string& fault : arguments.all("--fault")) {
    if (const kafka::Error error = dev.add_fault(fault)) {
      return {error.code(), "--fault " + fault + ": " + std::string(error.detail())};
    }
  }
  return {};
}

// Closes the broker at the first signal and ends the process at the second.
class Signals {
 public:
  Signals(uv_loop_t* loop, kafka::DevBroker& dev) {
    for (size_t i = 0; i < 2; ++i) {
      uv_signal_init(loop, &signals_[i]);
      signals_[i].data = &dev;
      uv_signal_start(&signals_[i], on_signal, i == 0 ? SIGINT : SIGTERM);
      uv_unref(reinterpret_cast<uv_handle_t*>(&signals_[i]));
    }
  }
  void close() {
    for (uv_signal_t& signal : signals_) uv_close(reinterpret_cast<uv_handle_t*>(&signal), nullptr);
  }

 private:
  static void on_signal(uv_signal_t* signal, int) {
    static bool again = false;
    if (std::exchange(again, true)) std::_Exit(kFailed);
    static_cast<kafka::DevBroker*>(signal->data)->close();
  }
  uv_signal_t signals_[2];
};

}  // namespace

int broker(int argc, char** argv) {
  Arguments arguments;
  kafka::DevBrokerOptions options;
  if (const auto status = arguments.parse(argc, argv, kBroker)) return *status;
  if (const auto status = read(arguments, options)) return *status;
  uv_loop_t loop;
  uv_loop_init(&loop);
  int status = kDone;
  {
    kafka::DevBroker dev(&loop, options);
    Signals signals(&loop, dev);
    const kafka::Error error = prepare(dev, arguments);
    if (error) {
      std::fprintf(stderr, "uvkafka: %s\n", error.message().c_str());
      status = error == kafka::Errc::address_error ? kFailed : kUsage;
      dev.close();
    } else {
      std::printf("%s\n", dev.bootstrap_servers().c_str());
      std::fflush(stdout);
    }
    uv_run(&loop, UV_RUN_DEFAULT);
    signals.close();
    uv_run(&loop, UV_RUN_DEFAULT);
  }
  uv_run(&loop, UV_RUN_DEFAULT);
  uv_loop_close(&loop);
  return status;
}

}  // namespace cli
