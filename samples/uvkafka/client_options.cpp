#include "client_options.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "option_list.hpp"

namespace cli {
namespace {

constexpr int64_t kLongestWait = 86400;  // seconds
constexpr const char* kConfigVariable = "UVKAFKA_CONFIG";

bool no_such_option(const kafka::Error& error) { return error.detail().starts_with("no option"); }

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r";
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::optional<kafka::Error> read_config(const Arguments& arguments, const OptionReader& reader) {
  if (arguments.has("-F")) {
    for (const std::string& file : arguments.all("-F")) {
      if (const kafka::Error error = reader.read_file(file)) return error;
    }
    return {};
  }
  const char* const file = std::getenv(kConfigVariable);
  if (file == nullptr || *file == '\0') return {};
  const kafka::Error error = reader.read_file(file);
  if (!error) return {};
  return kafka::Error(error.code(), std::string(kConfigVariable) + ": " + std::string(error.detail()));
}

}  // namespace

kafka::Error OptionReader::set(std::string_view name, std::string_view value,
                               const std::vector<Setter>& setters) const {
  bool taken = false;
  kafka::Error refused;
  for (const Setter& setter : setters) {
    const kafka::Error error = setter(name, value);
    if (!error) {
      taken = true;
    } else if (!refused || !no_such_option(error)) {
      refused = error;
    }
  }
  return taken && (!refused || no_such_option(refused)) ? kafka::Error() : refused;
}

kafka::Error OptionReader::set(const std::string& setting) const {
  const size_t equals = setting.find('=');
  if (equals == std::string::npos) {
    return {kafka::Errc::invalid_option, "-X " + setting + ": option=value is wanted"};
  }
  return set(std::string_view(setting).substr(0, equals), std::string_view(setting).substr(equals + 1), setters_);
}

kafka::Error OptionReader::read_file(const std::string& path) const {
  const auto wrong = [&](const std::string& what) { return kafka::Error(kafka::Errc::invalid_option, path + what); };
  std::ifstream file(path);
  if (!file) return wrong(std::string(": ") + std::strerror(errno));
  kafka::SessionOptions session;
  kafka::ProducerOptions producer;
  kafka::ConsumerOptions consumer;
  const std::vector<Setter> any{[&](auto name, auto value) { return session.set(name, value); },
                                [&](auto name, auto value) { return producer.set(name, value); },
                                [&](auto name, auto value) { return consumer.set(name, value); }};
  std::string text;
  for (int number = 1; std::getline(file, text); ++number) {
    const std::string_view line = trim(text);
    if (line.empty() || line.front() == '#') continue;
    const std::string where = std::string(":").append(std::to_string(number)).append(": ");
    const size_t equals = line.find('=');
    if (equals == std::string_view::npos) return wrong(where + "name=value is wanted");
    const std::string_view name = trim(line.substr(0, equals)), value = trim(line.substr(equals + 1));
    const kafka::Error unknown = set(name, value, any);
    if (unknown) return wrong(where + std::string(unknown.detail()));
    const kafka::Error error = set(name, value, setters_);
    if (error && !no_such_option(error)) return wrong(where + std::string(error.detail()));
  }
  if (file.bad()) return wrong(std::string(": ") + std::strerror(errno));
  return {};
}

std::optional<int> read_client_options(const Arguments& arguments, const Command& command, ClientOptions& client,
                                       std::vector<Setter> own) {
  for (const std::string& setting : arguments.all("-X")) {
    if (setting == "list") return print_option_list(), kDone;
  }
  own.push_back([&](auto name, auto value) { return client.session.set(name, value); });
  const OptionReader reader(std::move(own));
  if (const auto error = read_config(arguments, reader)) return usage_error(error->message());
  for (const std::string& setting : arguments.all("-X")) {
    if (const kafka::Error error = reader.set(setting)) return usage_error(error.message());
  }
  if (arguments.has("-b")) client.session.bootstrap_servers = arguments.get("-b");
  if (client.session.bootstrap_servers.empty() && !arguments.has("-b")) {
    return usage_error(std::string(command.name) +
                       ": -b HOST:PORT is needed, or bootstrap.servers in a configuration file");
  }
  const auto wait = number(arguments.get("-m", std::to_string(client.max_wait.count())));
  if (!wait || *wait < 1 || *wait > kLongestWait) {
    return usage_error(std::string(command.name) + ": -m wants seconds, 1 to " + std::to_string(kLongestWait));
  }
  client.max_wait = std::chrono::seconds(*wait);
  client.quiet = arguments.has("-q");
  for (const std::string& setting : arguments.all("--resolve")) {
    if (client.names.add(setting)) continue;
    return usage_error(std::string(command.name) + ": --resolve " + setting +
                       ": HOST:ADDRESS is wanted, with an IPv4 or IPv6 address");
  }
  return {};
}

}  // namespace cli
