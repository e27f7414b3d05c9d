// Reads certificates, keys and revocation lists from what one option names: a file, or a text. What it read is wiped.
// Errors are invalid_option: the option, the file, and what is wrong with it.
#pragma once

#include <kafka/error.hpp>
#include <kafka/options.hpp>
#include <kafka/secret.hpp>

#include <string>
#include <string_view>
#include <vector>

#include "base/wipe.hpp"
#include "net/tls_openssl.hpp"

namespace kafka::net {

/// What a keystore or a truststore held.
struct StoreContent {
  PrivateKey key;
  std::vector<Certificate> certificates;  ///< with a key, its own comes first
};

/// A password, and the option from which it came.
struct Password {
  std::string_view option;
  const Secret& secret;
};

class TlsReader {
 public:
  static constexpr size_t kLargestFile = 16 * 1024 * 1024;

  explicit TlsReader(std::string_view option) : option_(option) {}

  Error open_file(const std::string& path);
  /// PEM in one line is taken, too: with blanks or the two characters \n where lines ended.
  void open_text(std::string_view text);

  /// At least one.
  Error read_certificates(std::vector<Certificate>& to);
  Error read_key(const Password& password, PrivateKey& to);
  Error read_revocations(std::vector<Crl>& to);
  /// PEM or PKCS#12, by content; an error if `format` says otherwise. With `wants_key`, a private key and its
  /// certificate must be there.
  Error read_store(StoreFormat format, const Password& password, bool wants_key, StoreContent& to);

  Error wrong(std::string_view what) const;

 private:
  std::string_view text() const { return content_.text; }
  BioOwner reader() const;
  bool is_java() const;
  bool is_der() const;
  Error read_pkcs12(const Password& password, bool wants_key, StoreContent& to);

  std::string_view option_;
  std::string file_;
  WipedString content_;
};

}  // namespace kafka::net
