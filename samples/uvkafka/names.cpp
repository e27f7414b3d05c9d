#include "names.hpp"

#include <algorithm>
#include <cctype>
#include <memory>
#include <utility>
#include <vector>

namespace cli {
namespace {

using Done = kafka::Session::ResolveDone;

std::string key_of(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  std::string key(host);
  std::transform(key.begin(), key.end(), key.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return key;
}

bool is_address(const std::string& text) {
  sockaddr_in v4;
  sockaddr_in6 v6;
  return uv_ip4_addr(text.c_str(), 0, &v4) == 0 || uv_ip6_addr(text.c_str(), 0, &v6) == 0;
}

struct HostName {
  uv_getaddrinfo_t request{};
  Done done;
};

void answer(uv_getaddrinfo_t* request, int status, addrinfo* found) {
  const std::unique_ptr<HostName> question(static_cast<HostName*>(request->data));
  std::vector<std::string> addresses;
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    char text[INET6_ADDRSTRLEN] = {};
    if (uv_ip_name(one->ai_addr, text, sizeof text) == 0) addresses.emplace_back(text);
  }
  uv_freeaddrinfo(found);
  kafka::Error error;
  if (status != 0) error = kafka::Error(kafka::Errc::resolve_failed, uv_strerror(status));
  question->done(error, std::move(addresses));
}

void look_up(uv_loop_t* loop, const std::string& host, Done done) {
  auto question = std::make_unique<HostName>();
  question->request.data = question.get();
  question->done = std::move(done);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  const int status = uv_getaddrinfo(loop, &question->request, answer, host.c_str(), nullptr, &hints);
  if (status == 0) return void(question.release());
  question->done(kafka::Error(kafka::Errc::resolve_failed, uv_strerror(status)), {});
}

}  // namespace

bool Names::add(std::string_view setting) {
  const size_t colon = setting.find(':');
  if (colon == 0 || colon == std::string_view::npos) return false;
  std::string address(setting.substr(colon + 1));
  if (address.starts_with('[') && address.ends_with(']')) address = address.substr(1, address.size() - 2);
  if (!is_address(address)) return false;
  names_[key_of(setting.substr(0, colon))].push_back(std::move(address));
  return true;
}

void Names::serve(uv_loop_t* loop, kafka::Session& session) const {
  session.set_resolver([loop, names = names_](const std::string& host, Done done) {
    const auto found = names.find(key_of(host));
    if (found == names.end()) return look_up(loop, host, std::move(done));
    done({}, found->second);
  });
}

}  // namespace cli
