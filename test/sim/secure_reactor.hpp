// A reactor whose streams speak TLS, around another reactor: what holds for its streams holds for those of TLS.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "net/reactor.hpp"
#include "net/tls_stream.hpp"

namespace kafka::test {

class SecureReactor final : public net::Reactor {
 public:
  /// Connections are made to `host`, whatever their address.
  SecureReactor(net::Reactor& below, std::shared_ptr<const net::TlsContext> context, std::string host)
      : below_(below), context_(std::move(context)), host_(std::move(host)) {}

  net::Duration turn_time() const override { return below_.turn_time(); }
  net::Timer after(net::Duration delay, Function<void()> fn) override { return below_.after(delay, std::move(fn)); }
  void defer(Function<void()> fn) override { below_.defer(std::move(fn)); }
  void post(Function<void()> fn) override { below_.post(std::move(fn)); }
  net::Hold hold() override { return below_.hold(); }
  std::unique_ptr<net::Stream> connect(const net::Address& address, net::StreamHandler& handler) override {
    return net::tls_connect(below_, address, context_->client(host_, below_.wall_clock_ms()), handler);
  }
  std::unique_ptr<net::Listener> listen(const net::Address& address, net::AcceptCallback on_accept,
                                        Error& error) override {
    return below_.listen(address, net::tls_accept(below_, context_, std::move(on_accept)), error);
  }
  std::unique_ptr<net::Lookup> resolve(const std::string& host, net::ResolveCallback done) override {
    return below_.resolve(host, std::move(done));
  }
  std::unique_ptr<net::HttpExchange> http_post(net::HttpPost post, net::HttpDone done) override {
    return below_.http_post(std::move(post), std::move(done));
  }
  std::unique_ptr<net::Work> work(Function<void()> fn, Function<void()> done) override {
    return below_.work(std::move(fn), std::move(done));
  }
  uint64_t random() override { return below_.random(); }

 protected:
  net::TimePoint read_clock() const override { return below_.now(); }
  int64_t read_wall_clock() const override { return below_.wall_clock_ms(); }

 private:
  net::Reactor& below_;
  std::shared_ptr<const net::TlsContext> context_;
  std::string host_;
};

}  // namespace kafka::test
