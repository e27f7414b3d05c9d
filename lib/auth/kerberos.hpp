// What GSSAPI needs of Kerberos, without the library that does it. Implementations: MIT's (gssapi_krb5.cpp),
// gssapi_none.cpp in a build without it. Not here: the messages of the mechanism (gssapi.hpp), when tickets are renewed
// (session/tickets).
#pragma once

#include <kafka/error.hpp>
#include <kafka/function.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

namespace kafka::auth {

/// As which client, and to which service.
struct KerberosSettings {
  std::string service = "kafka";
  std::string principal;  ///< "": the first of the keytab, or that of the credential cache
  std::string keytab;     ///< "": the default credential cache, which others fill (kinit)
};

/// One login: the client proves to a service who it is, and the service to the client. Nothing of it blocks.
/// Errors: sasl_authentication_failed, with the texts of GSSAPI.
class SecurityContext {
 public:
  virtual ~SecurityContext() = default;
  /// Whose login it is, such as "alice@REALM".
  virtual const std::string& principal() const = 0;
  /// True once both sides are proved.
  virtual bool established() const = 0;
  /// The first token for the service.
  virtual std::string first() = 0;
  /// Goes on with what the service has sent; `reply` is perhaps empty.
  virtual Error step(std::string_view token, std::string& reply) = 0;
  /// A message with a signature. Only once established.
  virtual Error unwrap(std::string_view token, std::string& text) = 0;
  virtual Error wrap(std::string_view text, std::string& token) = 0;
};

/// Owns the tickets of a session. Both calls may ask a KDC, and block until it answers, for half a minute if it is
/// silent. Only one of them runs at a time; any thread may do it. Nothing of a key is in an error.
/// Errors: connect_failed if no KDC can be reached, otherwise sasl_authentication_failed.
class Kerberos {
 public:
  virtual ~Kerberos() = default;
  /// Gets tickets by the keytab, and says how long they hold. Without a keytab it does nothing, and `life` is for ever.
  /// If it fails, the tickets of before stay.
  virtual Error log_in(std::chrono::nanoseconds& life) = 0;
  /// Begins a login to the service on `host`: the name as it was configured or advertised.
  virtual Error begin(const std::string& host, std::unique_ptr<SecurityContext>& context) = 0;
};

/// Whether this build has Kerberos.
bool kerberos_available() noexcept;
/// Null in a build without it.
std::unique_ptr<Kerberos> make_kerberos(KerberosSettings settings);

/// Begins the logins of a session's connections.
class TicketSource {
 public:
  using Done = Function<void(std::unique_ptr<SecurityContext>, Error)>;
  /// A question under way. Destroying it drops the answer, and whatever waits for it.
  class Request {
   public:
    virtual ~Request() = default;
  };

  virtual ~TicketSource() = default;
  /// `done` runs once, later: with a context, or with why there is none.
  virtual std::unique_ptr<Request> get(const std::string& host, Done done) = 0;
};

}  // namespace kafka::auth
