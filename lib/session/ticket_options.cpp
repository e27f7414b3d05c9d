#include "session/ticket_options.hpp"

#include <string>
#include <utility>

#include "base/error_table.hpp"
#include "base/file.hpp"
#include "session/wrong_option.hpp"

namespace kafka::session {
namespace {

constexpr std::string_view kFileType = "FILE:";
constexpr size_t kLargestKeytab = 16 * 1024 * 1024;
constexpr char kKeytabBegins = 5;

}  // namespace

std::string_view set_kerberos_option(const SessionOptions& o) {
  const SessionOptions defaults;
  if (!o.sasl_kerberos_keytab.empty()) return "sasl.kerberos.keytab";
  if (!o.sasl_kerberos_principal.empty()) return "sasl.kerberos.principal";
  if (o.sasl_kerberos_service_name != defaults.sasl_kerberos_service_name) return "sasl.kerberos.service.name";
  if (o.sasl_kerberos_min_time_before_relogin != defaults.sasl_kerberos_min_time_before_relogin) {
    return "sasl.kerberos.min.time.before.relogin";
  }
  return {};
}

Error check_tickets(const SessionOptions& o) {
  if (!o.sasl_username.empty() || !o.sasl_password.empty()) {
    return wrong_option(std::string(o.sasl_username.empty() ? "sasl.password" : "sasl.username") +
                        " is set, but sasl.mechanism is GSSAPI, which logs in with Kerberos tickets: see "
                        "sasl.kerberos.principal and sasl.kerberos.keytab");
  }
  if (o.sasl_kerberos_service_name.empty()) {
    return wrong_option("sasl.kerberos.service.name is empty: it is the first part of the brokers' principals");
  }
  if (o.sasl_kerberos_service_name.find_first_of("/@") != std::string::npos) {
    return wrong_option("sasl.kerberos.service.name = \"" + escaped(o.sasl_kerberos_service_name) +
                        "\": it is the first part of a principal, without host and realm");
  }
  return {};
}

Error check_keytab(const SessionOptions& o) {
  std::string path = o.sasl_kerberos_keytab;
  if (path.starts_with(kFileType)) path.erase(0, kFileType.size());
  // Other kinds of keytabs are the library's business.
  if (path.empty() || path.find(':') != std::string::npos) return {};
  WipedString content;
  std::string why = read_file(path, kLargestKeytab, content);
  if (why.empty() && !content.text.starts_with(kKeytabBegins)) why = "it is no keytab";
  if (why.empty()) return {};
  return wrong_option("sasl.kerberos.keytab = \"" + escaped(o.sasl_kerberos_keytab) + "\": " + why);
}

std::unique_ptr<Tickets> make_tickets(net::Reactor& reactor, const SessionOptions& o) {
  auth::KerberosSettings settings{o.sasl_kerberos_service_name, o.sasl_kerberos_principal, o.sasl_kerberos_keytab};
  return std::make_unique<Tickets>(reactor, kerberos_line(), auth::make_kerberos(std::move(settings)),
                                   o.sasl_kerberos_min_time_before_relogin);
}

}  // namespace kafka::session
