// What sessions of the C API log in with and prove themselves by: credentials, tokens, files of TLS.
#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "capi/call.hpp"
#include "capi/callback.hpp"
#include "capi/session.hpp"

using kafka::Error;
using kafka::Secret;
using kafka::capi::call;
using kafka::capi::failed;
using kafka::capi::Hold;
using kafka::capi::Repeated;
using kafka::capi::sized;
using kafka::capi::wrong_argument;

struct kafka_token_request {
  Hold ground;
  kafka::TokenRequest request;
};

namespace {

std::string_view text(const char* given) { return given == nullptr ? std::string_view() : given; }

// The nearest that a clock with nanoseconds can say.
std::chrono::system_clock::time_point time(int64_t ms) {
  using std::chrono::milliseconds;
  constexpr milliseconds kMost = std::chrono::duration_cast<milliseconds>(std::chrono::nanoseconds::max());
  return std::chrono::system_clock::time_point(std::clamp(milliseconds(ms), milliseconds(0), kMost));
}

}  // namespace

extern "C" {

int kafka_session_set_credentials(kafka_session* session, const char* user, const char* password, size_t size) {
  if (user == nullptr || (password == nullptr && size > 0)) {
    return failed(wrong_argument(__func__, "user and password may not be NULL"));
  }
  return call(__func__, session, [&](kafka_session& self) {
    return self.session.set_credentials(user, Secret(std::string_view(password, size)));
  });
}

int kafka_session_on_token(kafka_session* session, kafka_token_cb cb, void* user) {
  return call(__func__, session, [&](kafka_session& self) {
    if (cb == nullptr) return self.session.on_token({});
    return self.session.on_token([ground = self.ground, handler = Repeated<void(kafka_token_request*)>(
                                                            *self.ground, cb, user)](kafka::TokenRequest request) {
      handler(new kafka_token_request{ground, std::move(request)});
    });
  });
}

int kafka_token_request_set(kafka_token_request* request, const char* token, size_t size, int64_t expires_ms,
                            const char* principal, const char* const* extensions, size_t count) {
  const int result = call(__func__, request, [&](kafka_token_request& self) -> Error {
    constexpr const char* kName = "kafka_token_request_set";
    if (token == nullptr) return wrong_argument(kName, "token is NULL");
    if (extensions == nullptr && count > 0) return wrong_argument(kName, "extensions is NULL");
    std::map<std::string, std::string> pairs;
    for (size_t k = 0; k < 2 * count; k += 2) {
      if (extensions[k] == nullptr || extensions[k + 1] == nullptr) {
        return wrong_argument(kName, "a name or a value of the extensions is NULL");
      }
      pairs[extensions[k]] = extensions[k + 1];
    }
    return self.request.set(Secret(std::string_view(token, size)), time(expires_ms), std::string(text(principal)),
                            std::move(pairs));
  });
  if (result == KAFKA_OK) delete request;
  return result;
}

int kafka_token_request_fail(kafka_token_request* request, const char* why) {
  const int result = call(__func__, request, [&](kafka_token_request& self) { return self.request.fail(text(why)); });
  if (result == KAFKA_OK) delete request;
  return result;
}

int kafka_session_set_tls(kafka_session* session, const kafka_tls_files* files) {
  return call(__func__, session, [&](kafka_session& self) -> Error {
    kafka::TlsFiles named;
    if (files != nullptr) {
      if (!sized(files)) return wrong_argument("kafka_session_set_tls", "the size of files is not set");
      named.ca_location = text(files->ca_location);
      named.certificate_location = text(files->certificate_location);
      named.crl_location = text(files->crl_location);
      named.key_location = text(files->key_location);
      named.key_password = Secret(text(files->key_password));
      named.keystore_location = text(files->keystore_location);
      named.keystore_password = Secret(text(files->keystore_password));
      named.truststore_password = Secret(text(files->truststore_password));
    }
    return self.session.set_tls(std::move(named));
  });
}

}  // extern "C"
