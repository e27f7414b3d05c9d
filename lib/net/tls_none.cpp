// A build without TLS: it refuses.
#include "net/tls_engine.hpp"
#include "net/tls_settings.hpp"

namespace kafka::net {

std::shared_ptr<const TlsContext> make_tls_context(const TlsSettings&, Error& error) {
  error = Error(Errc::unsupported_feature, "this build of uvkafka has no TLS (meson option `tls`)");
  return nullptr;
}

bool tls_available() { return false; }

}  // namespace kafka::net
