// What the listeners of a cluster demand of a client: TLS, a login, and of whom.
// Not here: one login (sasl_session), what a denied user is answered (denial).
#pragma once

#include <kafka/devbroker.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "devbroker/accounts.hpp"
#include "devbroker/server_mechanism.hpp"
#include "net/tls_engine.hpp"

namespace kafka::devbroker {

/// Owns the TLS context and the accounts. Without configure() it demands nothing.
class Security {
 public:
  /// The user of a connection that did not log in, as Kafka names it.
  static constexpr std::string_view kNobody = "ANONYMOUS";

  /// Checks the options and reads the files that they name; with `tls.make`, makes them first. Errors: invalid_option
  /// names the option; unsupported_feature in a build without TLS.
  Error configure(const DevBrokerOptions& options);

  /// Null: connections are in clear.
  const std::shared_ptr<const net::TlsContext>& tls() const { return tls_; }
  bool wants_login() const { return !mechanisms_.empty(); }
  /// In the order in which they were named.
  const std::vector<std::string>& mechanisms() const { return mechanisms_; }
  /// How long a login holds; 0: as long as the connection.
  std::chrono::milliseconds session_lifetime() const { return session_lifetime_; }
  Accounts& accounts() { return accounts_; }
  const Accounts& accounts() const { return accounts_; }

 private:
  Error configure_tls(const DevBrokerOptions& options);
  Error configure_logins(const DevBrokerOptions& options);
  Error configure_users(const DevBrokerOptions& options);

  std::shared_ptr<const net::TlsContext> tls_;
  std::vector<std::string> mechanisms_;
  std::chrono::milliseconds session_lifetime_{0};
  Accounts accounts_;
};

}  // namespace kafka::devbroker
