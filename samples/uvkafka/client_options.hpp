// The options of the client that a command uses: from a configuration file, from -X, and from -b, in this order. What
// is read later counts. Not here: the options of the command itself (arguments.hpp), how they are listed
// (option_list.hpp).
#pragma once

#include <kafka/options.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "arguments.hpp"
#include "names.hpp"

namespace cli {

/// What every command that talks to a cluster was told.
struct ClientOptions {
  kafka::SessionOptions session;
  std::chrono::seconds max_wait{10};  ///< for the first answer of a broker
  bool quiet = false;
  Names names;  ///< of --resolve
};

using Setter = std::function<kafka::Error(std::string_view name, std::string_view value)>;

/// Sets options with every setter that knows their name.
class OptionReader {
 public:
  explicit OptionReader(std::vector<Setter> setters) : setters_(std::move(setters)) {}

  /// As -X. An option that no setter knows is an error.
  kafka::Error set(const std::string& setting) const;
  /// Lines NAME=VALUE, blank ones and # comments. The file may be meant for producers and consumers both: options of
  /// the other kind are checked and have no effect here.
  kafka::Error read_file(const std::string& path) const;

 private:
  kafka::Error set(std::string_view name, std::string_view value, const std::vector<Setter>& setters) const;

  std::vector<Setter> setters_;
};

/// Reads what the call says into the options. A status ends the run: of an error (which was printed), or of -X list.
std::optional<int> read_client_options(const Arguments& arguments, const Command& command, ClientOptions& client,
                                       std::vector<Setter> own = {});

/// The same for a command with options of a producer or a consumer.
template <class Options>
std::optional<int> read_client_options(const Arguments& arguments, const Command& command, ClientOptions& client,
                                       Options& options) {
  const auto status = read_client_options(arguments, command, client,
                                          {[&](auto name, auto value) { return options.set(name, value); }});
  if (status) return status;
  if (const kafka::Error error = options.validate()) return usage_error(error.message());
  return {};
}

}  // namespace cli
