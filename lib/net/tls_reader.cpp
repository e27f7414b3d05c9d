#include "net/tls_reader.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/error_table.hpp"
#include "base/file.hpp"

namespace kafka::net {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr std::string_view kDashes = "-----";

// OpenSSL asks here for the password of a key. Its own function would ask on the terminal, and wait.
struct Asked {
  const Secret& password;
  bool asked = false;

  static int answer(char* to, int room, int, void* user) {
    auto* self = static_cast<Asked*>(user);
    self->asked = true;
    const std::string_view text = self->password.reveal();
    if (text.empty() || text.size() > static_cast<size_t>(room)) return -1;
    std::memcpy(to, text.data(), text.size());
    return static_cast<int>(text.size());
  }
};

// True if PEM has just come to its end, and was well-formed so far.
bool at_end_of_pem() {
  const bool end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (end) ERR_clear_error();
  return end;
}

}  // namespace

Error TlsReader::wrong(std::string_view what) const {
  std::string text(option_);
  if (!file_.empty()) text += " = \"" + escaped(file_) + "\"";
  return Error(Errc::invalid_option, text + ": " + std::string(what));
}

Error TlsReader::open_file(const std::string& path) {
  file_ = path;
  const std::string why = read_file(path, kLargestFile, content_);
  if (!why.empty()) return wrong(why);
  return text().empty() ? wrong("the file is empty") : Error();
}

void TlsReader::open_text(std::string_view text) {
  WipedString lines(text.size() * 2);  // each run of dashes may add a line end
  size_t size = 0;
  const auto put = [&](std::string_view part) {
    std::memcpy(lines.text.data() + size, part.data(), part.size());
    size += part.size();
  };
  // No empty lines: behind the first mark PEM takes one for the end of a header.
  const auto end_line = [&] {
    if (size > 0 && lines.text[size - 1] != '\n') put("\n");
  };
  const bool one_line = text.find('\n') == std::string_view::npos;
  bool in_mark = false;  // between the dashes of -----BEGIN CERTIFICATE-----
  while (!text.empty()) {
    size_t taken = 1;
    if (!one_line) {
      taken = text.size();
      put(text);
    } else if (text.starts_with("\\n")) {
      taken = 2;
      end_line();
    } else if (text.starts_with(kDashes)) {
      taken = kDashes.size();
      if (!in_mark) end_line();
      put(kDashes);
      if (in_mark) end_line();
      in_mark = !in_mark;
    } else if (text.front() == ' ' && !in_mark) {
      end_line();
    } else {
      put(text.substr(0, 1));
    }
    text.remove_prefix(taken);
  }
  lines.text.resize(size);
  std::swap(content_.text, lines.text);
}

BioOwner TlsReader::reader() const {
  std::string_view all = text();
  if (all.starts_with(kByteOrderMark)) all.remove_prefix(kByteOrderMark.size());
  ERR_clear_error();
  return BioOwner(BIO_new_mem_buf(all.data(), static_cast<int>(all.size())));
}

bool TlsReader::is_java() const {
  return text().starts_with("\xfe\xed\xfe\xed") || text().starts_with("\xce\xce\xce\xce");
}

bool TlsReader::is_der() const { return text().size() > 1 && text()[0] == '\x30' && (text()[1] & '\x80') != 0; }

Error TlsReader::read_certificates(std::vector<Certificate>& to) {
  const BioOwner bio = reader();
  size_t count = 0;
  while (X509* next = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    to.emplace_back(next);
    ++count;
  }
  if (!at_end_of_pem()) return wrong("a certificate cannot be read as PEM: " + take_openssl_error());
  return count > 0 ? Error() : wrong("there is no certificate in it (PEM is wanted)");
}

Error TlsReader::read_revocations(std::vector<Crl>& to) {
  const BioOwner bio = reader();
  const size_t before = to.size();
  while (X509_CRL* next = PEM_read_bio_X509_CRL(bio.get(), nullptr, nullptr, nullptr)) to.emplace_back(next);
  if (!at_end_of_pem()) return wrong("a revocation list cannot be read as PEM: " + take_openssl_error());
  return to.size() > before ? Error() : wrong("there is no revocation list in it (PEM is wanted)");
}

Error TlsReader::read_key(const Password& password, PrivateKey& to) {
  const BioOwner bio = reader();
  Asked asked{password.secret};
  to.reset(PEM_read_bio_PrivateKey(bio.get(), nullptr, Asked::answer, &asked));
  if (to != nullptr) return ERR_clear_error(), Error();
  const std::string why = take_openssl_error();
  if (asked.asked && password.secret.empty()) {
    return wrong("the private key is encrypted, and " + std::string(password.option) + ", its password, is not set");
  }
  if (asked.asked) {
    return wrong("the private key cannot be decrypted: is the password right (" + std::string(password.option) + ")?");
  }
  if (text().find("PRIVATE KEY-----") == std::string_view::npos) {
    return wrong("there is no private key in it (PEM is wanted)");
  }
  return wrong("the private key cannot be read: " + why);
}

Error TlsReader::read_store(StoreFormat format, const Password& password, bool wants_key, StoreContent& to) {
  if (is_java()) {
    return wrong("it is a Java keystore (JKS), which must be converted: keytool -importkeystore -srckeystore " + file_ +
                 " -destkeystore " + file_ + ".p12 -deststoretype PKCS12");
  }
  if (is_der()) {
    if (format == StoreFormat::pem) return wrong("it is not PEM, as its type says");
    return read_pkcs12(password, wants_key, to);
  }
  if (format == StoreFormat::pkcs12) return wrong("it is not PKCS#12, as its type says");
  if (Error error = read_certificates(to.certificates)) return error;
  return wants_key ? read_key(password, to.key) : Error();
}

Error TlsReader::read_pkcs12(const Password& password, bool wants_key, StoreContent& to) {
  ERR_clear_error();
  const auto* data = reinterpret_cast<const unsigned char*>(text().data());
  const Pkcs12 store(d2i_PKCS12(nullptr, &data, static_cast<long>(text().size())));
  if (store == nullptr) {
    ERR_clear_error();
    return wrong("it is neither PEM nor PKCS#12");
  }
  WipedString secret(password.secret.reveal().size());
  std::copy_n(password.secret.reveal().data(), secret.text.size(), secret.text.data());
  const char* given = secret.text.c_str();
  const bool opens = PKCS12_mac_present(store.get()) == 0 || PKCS12_verify_mac(store.get(), given, -1) != 0 ||
                     (secret.text.empty() && PKCS12_verify_mac(store.get(), nullptr, 0) != 0);
  if (!opens) {
    ERR_clear_error();
    return wrong(secret.text.empty()
                     ? "it needs a password (" + std::string(password.option) + ")"
                     : "the password is wrong (" + std::string(password.option) + "): its MAC does not match");
  }
  EVP_PKEY* key = nullptr;
  X509* own = nullptr;
  STACK_OF(X509)* others = nullptr;
  if (PKCS12_parse(store.get(), given, &key, &own, &others) == 0) {
    return wrong("its contents cannot be decrypted (" + take_openssl_error() +
                 "). Old tools encrypt with RC2-40, which is in OpenSSL's legacy provider only. Convert it: openssl "
                 "pkcs12 -legacy -in " +
                 file_ + " -nodes -out " + file_ + ".pem");
  }
  to.key.reset(key);
  if (own != nullptr) to.certificates.emplace_back(own);
  for (X509* next = sk_X509_shift(others); next != nullptr; next = sk_X509_shift(others)) {
    to.certificates.emplace_back(next);
  }
  sk_X509_free(others);
  if (wants_key && to.key == nullptr) return wrong("there is no private key in it");
  if (wants_key && own == nullptr) return wrong("there is no certificate of its private key in it");
  return to.certificates.empty() ? wrong("there is no certificate in it") : Error();
}

}  // namespace kafka::net
