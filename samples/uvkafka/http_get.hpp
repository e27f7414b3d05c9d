// One page over HTTP/1.0, for `uvkafka top --stats`. Plain HTTP, no redirects.
#pragma once

#include <uv.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace cli {

/// Owns the connection of one request. It lives until its handles are closed.
class HttpGet : public std::enable_shared_from_this<HttpGet> {
 public:
  struct Address {
    std::string host;
    std::string port = "80";
    std::string path = "/";
  };
  /// `why` is "" if `body` is the page.
  using Done = std::function<void(const std::string& why, std::string_view body)>;

  /// HOST[:PORT][/PATH], a host of IPv6 in brackets; nothing if it is something else.
  static std::optional<Address> parse(std::string_view url);
  /// `done` runs once, later, unless cancel() comes first.
  static std::shared_ptr<HttpGet> start(uv_loop_t* loop, Address address, size_t most_bytes, uint64_t patience_ms,
                                        Done done);
  void cancel();

 private:
  HttpGet(Address address, size_t most_bytes, Done done)
      : address_(std::move(address)), most_bytes_(most_bytes), done_(std::move(done)) {}

  void resolved(int status, addrinfo* found);
  void connected(int status);
  void received(ssize_t count);
  void page();
  void end(const std::string& why, std::string_view body = {});

  const Address address_;
  const size_t most_bytes_;
  Done done_;
  uv_getaddrinfo_t lookup_{};
  uv_tcp_t socket_{};
  uv_timer_t timer_{};
  uv_connect_t connect_{};
  uv_write_t write_{};
  std::string request_;
  std::string answer_;
  char piece_[16384] = {};
  std::shared_ptr<HttpGet> self_;  // while libuv knows it
  int open_ = 0;                   // handles and look-ups of libuv
};

}  // namespace cli
