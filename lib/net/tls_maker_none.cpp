// A build without TLS: it makes no certificates.
#include "net/tls_maker.hpp"

namespace kafka::net {

Error TestCertificates::make(const std::string&) {
  return Error(Errc::unsupported_feature, "this build of uvkafka has no TLS (meson option `tls`)");
}

}  // namespace kafka::net
