// Certificates for tests, made on the spot: an authority, and what it issues to a broker and to a client. For the dev
// broker only.
#pragma once

#include <kafka/error.hpp>

#include <string>

namespace kafka::net {

/// The files in one folder, all PEM.
struct TestCertificates {
  static constexpr const char* kAuthority = "ca.pem";
  static constexpr const char* kBroker = "broker.pem";
  static constexpr const char* kBrokerKey = "broker.key";
  static constexpr const char* kClient = "client.pem";
  static constexpr const char* kClientKey = "client.key";
  static constexpr int kDays = 3650;  ///< how long they are valid

  /// Makes the files, and the folder if it is not there. Certificates are for localhost, 127.0.0.1 and ::1. Only the
  /// owner may read the keys; that of the authority is not kept. If all five files are there, they stay as they are.
  /// Errors: invalid_option with the file and what is wrong; unsupported_feature in a build without TLS.
  static Error make(const std::string& folder);
};

}  // namespace kafka::net
