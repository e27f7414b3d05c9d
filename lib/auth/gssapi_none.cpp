// A build without Kerberos.
#include "auth/kerberos.hpp"

namespace kafka::auth {

bool kerberos_available() noexcept { return false; }
std::unique_ptr<Kerberos> make_kerberos(KerberosSettings) { return nullptr; }

}  // namespace kafka::auth
