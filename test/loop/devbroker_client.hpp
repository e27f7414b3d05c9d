// A client by hand for tests of the dev broker over real sockets: one connection, one call at a time,
// on the loop that the broker runs on. Nothing of the library's own client is in it.
#pragma once

#include <uv.h>
#include <kafka/devbroker.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "catch.hpp"
#include "codec/reader.hpp"
#include "codec/writer.hpp"
#include "net/uv_reactor.hpp"
#include "protocol/api_versions.hpp"
#include "protocol/header.hpp"
#include "protocol/message.hpp"
#include "records/builder.hpp"
#include "records/iterator.hpp"
#include "records/wire.hpp"

namespace kafka::test {

constexpr int16_t code(Errc error) { return static_cast<int16_t>(error); }

class Client : public net::StreamHandler {
 public:
  static constexpr auto kPatience = std::chrono::seconds(10);

  Client(uv_loop_t* loop, uint16_t port) : loop_(loop), reactor_(net::make_uv_reactor(loop)), hold_(reactor_->hold()) {
    stream_ = reactor_->connect({"127.0.0.1", port}, *this);
  }

  std::span<char> read_buffer() override { return {chunk_, sizeof chunk_}; }
  void on_read(size_t count) override { received_.append(chunk_, count); }
  void on_closed(Error) override { closed_ = true; }

  bool closed() const { return closed_; }
  size_t received() const { return received_.size(); }
  const std::string& bytes() const { return received_; }

  /// Runs the loop until `done` returns true. False if that takes longer than `limit`.
  template <class Done>
  bool run_until(Done done, std::chrono::milliseconds limit = kPatience) {
    bool late = false;
    net::Timer timer = reactor_->after(limit, [&late] { late = true; });
    while (!done() && !late) uv_run(loop_, UV_RUN_ONCE);
    return done();
  }
  /// True if within this time nothing comes and the connection stays open.
  bool stays_silent(std::chrono::milliseconds time) {
    const size_t before = received_.size();
    return !run_until([&] { return closed_ || received_.size() != before; }, time);
  }
  bool is_closed_soon() {
    return run_until([&] { return closed_; });
  }

  template <class Request>
  void send(const Request& request, int version) {
    codec::Writer writer;
    protocol::begin_request(writer, protocol::key_of<Request>, static_cast<int16_t>(version), ++correlation_, "tester");
    const Error error = protocol::encode(request, version, writer);
    INFO(error.message());
    REQUIRE(!error);
    stream_->write(protocol::end_frame(writer));
  }
  void send_raw(std::string_view bytes) { stream_->write({Bytes::copy(bytes)}); }

  /// The next whole response, or nothing within the limit.
  template <class Request>
  std::optional<protocol::ResponseOf<Request>> receive(int version, std::chrono::milliseconds limit = kPatience) {
    auto whole = [&] {
      return received_.size() >= 4 &&
             received_.size() - 4 >= static_cast<size_t>(records::load_be<uint32_t>(received_.data()));
    };
    if (!run_until([&] { return closed_ || whole(); }, limit) || !whole()) return std::nullopt;
    const size_t size = records::load_be<uint32_t>(received_.data());
    codec::Reader reader(Bytes::copy(std::string_view(received_).substr(4, size)));
    received_.erase(0, 4 + size);
    last_correlation_ = reader.i32();
    protocol::skip_response_header(reader, protocol::key_of<Request>, static_cast<int16_t>(version));
    protocol::ResponseOf<Request> response;
    const Error error = protocol::decode(reader, version, response);
    INFO(error.message());
    REQUIRE(!error);
    REQUIRE(reader.remaining() == 0);
    return response;
  }

  template <class Request>
  protocol::ResponseOf<Request> call(const Request& request, int version) {
    send(request, version);
    auto response = receive<Request>(version);
    REQUIRE(response.has_value());
    CHECK(last_correlation_ == correlation_);
    return std::move(*response);
  }
  bool correlation_matches() const { return last_correlation_ == correlation_; }

 private:
  uv_loop_t* loop_;
  std::unique_ptr<net::Reactor> reactor_;
  net::Hold hold_;
  std::unique_ptr<net::Stream> stream_;
  std::string received_;
  int32_t correlation_ = 0;
  int32_t last_correlation_ = 0;
  bool closed_ = false;
  char chunk_[65536];
};

/// A loop with a dev broker. The destructor closes the broker and checks that nothing is left on the loop.
struct BrokerFixture {
  explicit BrokerFixture(DevBrokerOptions options = {}) {
    REQUIRE(uv_loop_init(&loop) == 0);
    broker = std::make_unique<DevBroker>(&loop, std::move(options));
    INFO(broker->error().message());
    REQUIRE(!broker->error());
  }
  ~BrokerFixture() {
    clients.clear();
    bool closed = false;
    broker->close([&closed] { closed = true; });
    uv_run(&loop, UV_RUN_DEFAULT);
    CHECK(closed);
    broker.reset();
    CHECK(uv_loop_close(&loop) == 0);
  }
  Client& connect(int32_t id = 1) {
    clients.push_back(std::make_unique<Client>(&loop, broker->port(id)));
    return *clients.back();
  }
  uv_loop_t loop;
  std::unique_ptr<DevBroker> broker;
  std::vector<std::unique_ptr<Client>> clients;
};

inline Bytes batch_of(const std::vector<std::string>& values, int64_t first_time = 1000) {
  records::BatchBuilder builder(256);
  for (const std::string& value : values) REQUIRE(builder.append(first_time++, {}, value) == Errc::none);
  Bytes sealed;
  REQUIRE(!builder.seal({}, sealed));
  return sealed;
}

inline std::vector<std::string> values_in(const Bytes& field) {
  std::vector<std::string> values;
  records::BatchIterator batches(field);
  while (batches.next()) {
    records::RecordReader reader;
    REQUIRE(!batches.open(reader));
    records::RecordView record;
    while (reader.next(record)) values.emplace_back(record.value);
  }
  REQUIRE(!batches.error());
  return values;
}

}  // namespace kafka::test
