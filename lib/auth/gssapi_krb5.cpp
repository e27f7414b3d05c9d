// Kerberos by MIT's libgssapi_krb5. Its errors are told with the texts of the library, and with what to check.
//
// A credential handle has a lock, which the library holds while it asks a KDC. So each context has a handle of its own:
// its later steps must not wait on the loop for a call of another one. The tickets themselves lie in a cache in memory
// that the handles share. For the same reason the name of the service is made canonical at once: the library would look
// it up again in each step.
#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>
#include <krb5.h>

#include <algorithm>
#include <utility>

#include "auth/kerberos.hpp"
#include "base/error_table.hpp"

namespace kafka::auth {
namespace {

constexpr OM_uint32 kFlags = GSS_C_MUTUAL_FLAG | GSS_C_INTEG_FLAG | GSS_C_REPLAY_FLAG | GSS_C_SEQUENCE_FLAG;
constexpr std::chrono::nanoseconds kForEver = std::chrono::hours(24 * 365);

gss_OID mechanism() { return const_cast<gss_OID>(gss_mech_krb5); }
gss_OID_set_desc mechanisms() { return {1, mechanism()}; }

class GssBuffer {
 public:
  GssBuffer() = default;
  GssBuffer(const GssBuffer&) = delete;
  ~GssBuffer() {
    OM_uint32 ignored = 0;
    gss_release_buffer(&ignored, &buffer_);
  }
  gss_buffer_t get() { return &buffer_; }
  std::string_view view() const {
    if (buffer_.length == 0) return {};
    return {static_cast<const char*>(buffer_.value), buffer_.length};
  }

 private:
  gss_buffer_desc buffer_ = GSS_C_EMPTY_BUFFER;
};

gss_buffer_desc borrowed(std::string_view text) { return {text.size(), const_cast<char*>(text.data())}; }

class GssName {
 public:
  GssName() = default;
  GssName(const GssName&) = delete;
  ~GssName() {
    OM_uint32 ignored = 0;
    gss_release_name(&ignored, &name_);
  }
  gss_name_t* out() { return &name_; }
  gss_name_t get() const { return name_; }
  std::string text() const {
    OM_uint32 minor = 0;
    GssBuffer shown;
    if (name_ == GSS_C_NO_NAME || GSS_ERROR(gss_display_name(&minor, name_, shown.get(), nullptr))) return {};
    return std::string(shown.view());
  }

 private:
  gss_name_t name_ = GSS_C_NO_NAME;
};

class GssCredentials {
 public:
  GssCredentials() = default;
  GssCredentials(GssCredentials&& other) noexcept : handle_(std::exchange(other.handle_, GSS_C_NO_CREDENTIAL)) {}
  GssCredentials& operator=(GssCredentials&&) = delete;
  ~GssCredentials() {
    OM_uint32 ignored = 0;
    gss_release_cred(&ignored, &handle_);
  }
  gss_cred_id_t* out() { return &handle_; }
  gss_cred_id_t get() const { return handle_; }

 private:
  gss_cred_id_t handle_ = GSS_C_NO_CREDENTIAL;
};

// A credential cache of one session's own. Its keys are overwritten when it ends.
class TicketCache {
 public:
  TicketCache() = default;
  TicketCache(const TicketCache&) = delete;
  ~TicketCache() {
    if (cache_ != nullptr) krb5_cc_destroy(context_, cache_);
    if (context_ != nullptr) krb5_free_context(context_);
  }
  // Returns the library's code.
  krb5_error_code make() {
    krb5_error_code code = krb5_init_context(&context_);
    if (code == 0) code = krb5_cc_new_unique(context_, "MEMORY", nullptr, &cache_);
    if (code != 0) return code;
    char* name = nullptr;
    code = krb5_cc_get_full_name(context_, cache_, &name);
    if (code == 0) name_ = name;
    if (name != nullptr) krb5_free_string(context_, name);
    return code;
  }
  const std::string& name() const { return name_; }

 private:
  krb5_context context_ = nullptr;
  krb5_ccache cache_ = nullptr;
  std::string name_;
};

void append_status(OM_uint32 code, int type, std::string& text) {
  OM_uint32 minor = 0, more = 0;
  do {
    GssBuffer part;
    if (GSS_ERROR(gss_display_status(&minor, code, type, mechanism(), &more, part.get()))) return;
    if (part.view().empty()) continue;
    text.append(text.empty() ? "" : "; ").append(part.view());
  } while (more != 0);
}

constexpr const char* kCheckKeytab =
    "check that sasl.kerberos.keytab has a key of sasl.kerberos.principal, with its realm";
constexpr const char* kExpired = "the ticket has run out: call kinit, or set sasl.kerberos.keytab";
constexpr const char* kNoTicket = "there is no ticket: set sasl.kerberos.keytab, or call kinit";

// What a person can do about it. Null: the texts of the library must do. They complain of the cache also where the
// keytab lacks the key that would have filled it.
const char* advice(OM_uint32 major, OM_uint32 minor, bool by_keytab) {
  switch (static_cast<krb5_error_code>(minor)) {
    case KRB5_KT_NOTFOUND:
    case KRB5_KT_IOERR:
    case KRB5_KEYTAB_BADVNO:
    case KRB5_CONFIG_NODEFREALM:
      return kCheckKeytab;
    case KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN:
      return "the KDC does not know the client: check sasl.kerberos.principal";
    case KRB5KDC_ERR_S_PRINCIPAL_UNKNOWN:
      return "the KDC does not know this service: check sasl.kerberos.service.name, and that brokers advertise the "
             "names that their keys are for";
    case KRB5KDC_ERR_PREAUTH_FAILED:
    case KRB5KDC_ERR_ETYPE_NOSUPP:
    case KRB5KRB_AP_ERR_BAD_INTEGRITY:
      return "the keys differ: check that sasl.kerberos.keytab is not older than the principal's last key";
    case KRB5KRB_AP_ERR_SKEW:
    case KRB5KRB_AP_ERR_TKT_NYV:
    case KRB5_KDCREP_SKEW:
      return "the clocks differ: check this machine's clock against that of the KDC";
    case KRB5_KDC_UNREACH:
    case KRB5_REALM_CANT_RESOLVE:
    case KRB5_REALM_UNKNOWN:
      return "check the KDC of the realm in krb5.conf";
    case KRB5KRB_AP_ERR_TKT_EXPIRED:
      return kExpired;
    case KRB5_FCC_NOFILE:
    case KRB5_CC_NOTFOUND:
    case KRB5_FCC_PERM:
      return by_keytab ? kCheckKeytab : kNoTicket;
    default:
      break;
  }
  switch (GSS_ROUTINE_ERROR(major)) {
    case GSS_S_NO_CRED:
      return by_keytab ? kCheckKeytab : kNoTicket;
    case GSS_S_CREDENTIALS_EXPIRED:
      return kExpired;
    case GSS_S_BAD_NAME:
    case GSS_S_BAD_NAMETYPE:
      return "check sasl.kerberos.principal and sasl.kerberos.service.name";
    default:
      return nullptr;
  }
}

bool unreachable(OM_uint32 minor) {
  const auto code = static_cast<krb5_error_code>(minor);
  return code == KRB5_KDC_UNREACH || code == KRB5_REALM_CANT_RESOLVE;
}

Error gss_error(const std::string& what, OM_uint32 major, OM_uint32 minor, bool by_keytab = false) {
  std::string text;
  append_status(major, GSS_C_GSS_CODE, text);
  if (minor != 0) append_status(minor, GSS_C_MECH_CODE, text);
  text = what + ": " + escaped(text);
  if (const char* more = advice(major, minor, by_keytab); more != nullptr) text.append("; ").append(more);
  return Error(unreachable(minor) ? Errc::connect_failed : Errc::sasl_authentication_failed, std::move(text));
}

class KerberosContext final : public SecurityContext {
 public:
  KerberosContext(GssCredentials credentials, std::string service)
      : credentials_(std::move(credentials)), service_(std::move(service)) {}
  KerberosContext(const KerberosContext&) = delete;
  ~KerberosContext() override {
    OM_uint32 ignored = 0;
    if (context_ != GSS_C_NO_CONTEXT) gss_delete_sec_context(&ignored, &context_, GSS_C_NO_BUFFER);
  }

  // Looks the host up, and may ask a KDC.
  Error begin(const std::string& target) {
    OM_uint32 minor = 0;
    GssName given;
    gss_buffer_desc text = borrowed(target);
    OM_uint32 major = gss_import_name(&minor, &text, GSS_C_NT_HOSTBASED_SERVICE, given.out());
    if (!GSS_ERROR(major)) major = gss_canonicalize_name(&minor, given.get(), mechanism(), target_.out());
    if (GSS_ERROR(major)) return gss_error("no name for the service " + escaped(target), major, minor);
    if (Error error = go_on({}, first_)) return error;
    // The context itself tells no names before it is established.
    GssName own;
    major = gss_inquire_cred(&minor, credentials_.get(), own.out(), nullptr, nullptr, nullptr);
    if (!GSS_ERROR(major)) principal_ = own.text();
    return {};
  }

  const std::string& principal() const override { return principal_; }
  bool established() const override { return established_; }
  std::string first() override { return std::move(first_); }
  Error step(std::string_view token, std::string& reply) override { return go_on(token, reply); }

  Error unwrap(std::string_view token, std::string& text) override {
    OM_uint32 minor = 0;
    gss_buffer_desc input = borrowed(token);
    GssBuffer output;
    const OM_uint32 major = gss_unwrap(&minor, context_, &input, output.get(), nullptr, nullptr);
    if (GSS_ERROR(major)) return gss_error("the broker's offer of security layers cannot be read", major, minor);
    text = output.view();
    return {};
  }
  Error wrap(std::string_view text, std::string& token) override {
    OM_uint32 minor = 0;
    gss_buffer_desc input = borrowed(text);
    GssBuffer output;
    const OM_uint32 major = gss_wrap(&minor, context_, 0, GSS_C_QOP_DEFAULT, &input, nullptr, output.get());
    if (GSS_ERROR(major)) return gss_error("the answer about security layers cannot be signed", major, minor);
    token = output.view();
    return {};
  }

 private:
  Error go_on(std::string_view token, std::string& reply) {
    OM_uint32 minor = 0, flags = 0;
    gss_buffer_desc input = borrowed(token);
    GssBuffer output;
    const OM_uint32 major =
        gss_init_sec_context(&minor, credentials_.get(), &context_, target_.get(), mechanism(), kFlags, 0,
                             GSS_C_NO_CHANNEL_BINDINGS, &input, nullptr, output.get(), &flags, nullptr);
    if (GSS_ERROR(major))
      return gss_error("no login to " + service_ + " (" + escaped(target_.text()) + ")", major, minor);
    reply = output.view();
    established_ = (major & GSS_S_CONTINUE_NEEDED) == 0;
    if (established_ && (flags & GSS_C_MUTUAL_FLAG) == 0) {
      return Error(Errc::sasl_authentication_failed, "the broker has not proved that it is " + service_);
    }
    return {};
  }

  GssCredentials credentials_;
  std::string service_, principal_, first_;
  GssName target_;
  gss_ctx_id_t context_ = GSS_C_NO_CONTEXT;
  bool established_ = false;
};

class MitKerberos final : public Kerberos {
 public:
  explicit MitKerberos(KerberosSettings settings) : settings_(std::move(settings)) {}

  Error log_in(std::chrono::nanoseconds& life) override {
    life = kForEver;
    if (settings_.keytab.empty()) return {};
    auto cache = std::make_unique<TicketCache>();
    const std::string what = "no tickets by the keytab " + escaped(settings_.keytab);
    if (const krb5_error_code code = cache->make(); code != 0) {
      return gss_error(what, GSS_S_FAILURE, static_cast<OM_uint32>(code));
    }
    GssCredentials credentials;
    gss_key_value_element_desc places[] = {{"client_keytab", settings_.keytab.c_str()},
                                           {"ccache", cache->name().c_str()}};
    gss_key_value_set_desc store{2, places};
    if (Error error = acquire(what, &store, credentials)) return error;
    OM_uint32 minor = 0, seconds = 0;
    const OM_uint32 major = gss_inquire_cred(&minor, credentials.get(), nullptr, &seconds, nullptr, nullptr);
    if (GSS_ERROR(major)) return gss_error(what, major, minor);
    if (seconds != GSS_C_INDEFINITE) life = std::min(kForEver, std::chrono::nanoseconds(std::chrono::seconds(seconds)));
    cache_ = std::move(cache);
    return {};
  }

  Error begin(const std::string& host, std::unique_ptr<SecurityContext>& context) override {
    GssCredentials credentials;
    if (cache_ != nullptr) {
      gss_key_value_element_desc place{"ccache", cache_->name().c_str()};
      gss_key_value_set_desc store{1, &place};
      if (Error error = acquire("the tickets cannot be used", &store, credentials)) return error;
    } else if (Error error = acquire("no tickets in the default credential cache", nullptr, credentials)) {
      return error;
    }
    auto made = std::make_unique<KerberosContext>(std::move(credentials), settings_.service + "/" + escaped(host));
    if (Error error = made->begin(settings_.service + "@" + host)) return error;
    context = std::move(made);
    return {};
  }

 private:
  Error acquire(const std::string& what, gss_key_value_set_desc* store, GssCredentials& credentials) {
    OM_uint32 minor = 0;
    GssName name;
    if (!settings_.principal.empty()) {
      gss_buffer_desc text = borrowed(settings_.principal);
      const OM_uint32 major =
          gss_import_name(&minor, &text, const_cast<gss_OID>(GSS_KRB5_NT_PRINCIPAL_NAME), name.out());
      if (GSS_ERROR(major)) return gss_error("sasl.kerberos.principal = " + escaped(settings_.principal), major, minor);
    }
    const std::string as = settings_.principal.empty() ? "" : " as " + escaped(settings_.principal);
    gss_OID_set_desc wanted = mechanisms();
    const OM_uint32 major = gss_acquire_cred_from(&minor, name.get(), GSS_C_INDEFINITE, &wanted, GSS_C_INITIATE, store,
                                                  credentials.out(), nullptr, nullptr);
    return GSS_ERROR(major) ? gss_error(what + as, major, minor, !settings_.keytab.empty()) : Error();
  }

  KerberosSettings settings_;
  std::unique_ptr<TicketCache> cache_;
};

}  // namespace

bool kerberos_available() noexcept { return true; }
std::unique_ptr<Kerberos> make_kerberos(KerberosSettings settings) {
  return std::make_unique<MitKerberos>(std::move(settings));
}

}  // namespace kafka::auth
