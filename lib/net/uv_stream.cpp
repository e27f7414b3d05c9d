// A TCP connection. Writes go to the kernel at once when nothing waits; the rest is queued in libuv with
// its segments pinned until libuv lets go of them, whatever becomes of the stream meanwhile.
#include "net/uv_stream.hpp"

#include <algorithm>
#include <climits>

namespace kafka::net {
namespace {

constexpr unsigned kKeepAliveSeconds = 60;
constexpr int kBacklog = 511;
// Less is not worth a call of the system. With more, opening what came of TLS could not begin while the rest arrives.
constexpr size_t kLeastAwaited = 16 * 1024;
constexpr size_t kMostAwaited = 128 * 1024;

Address to_address(const sockaddr_storage& storage) {
  char text[INET6_ADDRSTRLEN] = {};
  if (storage.ss_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(&storage);
    uv_ip4_name(v4, text, sizeof text);
    return {text, ntohs(v4->sin_port)};
  }
  if (storage.ss_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&storage);
    uv_ip6_name(v6, text, sizeof text);
    return {text, ntohs(v6->sin6_port)};
  }
  return {};
}

int from_address(const Address& address, sockaddr_storage& storage) {
  if (address.ip.find(':') != std::string::npos) {
    return uv_ip6_addr(address.ip.c_str(), address.port, reinterpret_cast<sockaddr_in6*>(&storage));
  }
  return uv_ip4_addr(address.ip.c_str(), address.port, reinterpret_cast<sockaddr_in*>(&storage));
}

class UvStream;
using TcpBlock = HandleBlock<uv_tcp_t, UvStream>;

struct Write {
  uv_write_t request{};
  UvStream* owner = nullptr;
  size_t bytes = 0;
  std::vector<Bytes> segments;
};

class UvStream final : public Stream {
 public:
  UvStream(Reactor& reactor, const SocketOptions& options, StreamHandler* handler)
      : reactor_(reactor), options_(options), handler_(handler) {}
  ~UvStream() override {
    for (Write* write : writes_) write->owner = nullptr;
    if (block_ != nullptr) block_->detach();
    if (connecting_ != nullptr) *connecting_ = nullptr;
  }

  int open(uv_loop_t* loop) {
    auto block = std::make_unique<TcpBlock>(this);
    if (const int code = uv_tcp_init(loop, &block->handle)) return code;
    block_ = block.release();
    uv_unref(block_->base());
    return 0;
  }
  void connect(const Address& address) {
    sockaddr_storage storage{};
    int code = from_address(address, storage);
    if (code == 0) {
      auto request = std::make_unique<Connect>();
      request->request.data = request.get();
      request->owner = this;
      code = uv_tcp_connect(&request->request, &block_->handle, reinterpret_cast<sockaddr*>(&storage), on_connect);
      if (code == 0) connecting_ = &request.release()->owner;
    }
    if (code != 0) fail_later(Error(Errc::connect_failed, uv_text(code)));
  }
  /// An accepted or connected socket: options and reading.
  void begin() {
    uv_tcp_nodelay(&block_->handle, 1);
    if (options_.keepalive) uv_tcp_keepalive(&block_->handle, 1, kKeepAliveSeconds);
    if (int size = options_.receive_buffer; size > 0) uv_recv_buffer_size(block_->base(), &size);
    if (int size = options_.send_buffer; size > 0) uv_send_buffer_size(block_->base(), &size);
    connected_ = true;
    update_reading();
    if (!early_.empty()) write(std::exchange(early_, {}));
  }
  void set_handler(StreamHandler* handler) { handler_ = handler; }
  bool has_handler() const { return handler_ != nullptr; }
  uv_stream_t* raw() { return reinterpret_cast<uv_stream_t*>(&block_->handle); }
  void fail_later(Error error) {
    if (failed_) return;
    failed_ = true;
    failure_ = reactor_.after(Duration::zero(), [this, error = std::move(error)]() mutable { end(std::move(error)); });
  }

  void write(std::vector<Bytes> segments) override {
    if (ended_ || failed_) return;
    if (!connected_) {
      for (Bytes& segment : segments) early_.push_back(std::move(segment));
      return;
    }
    std::vector<uv_buf_t>& buffers = buffers_;
    buffers.clear();
    size_t total = 0;
    for (const Bytes& segment : segments) {
      if (segment.empty()) continue;
      buffers.push_back(uv_buf_init(const_cast<char*>(segment.data()), static_cast<unsigned>(segment.size())));
      total += segment.size();
    }
    if (total == 0) return;
    size_t done = 0;
    if (writes_.empty()) {
      const int code = uv_try_write(raw(), buffers.data(), static_cast<unsigned>(buffers.size()));
      if (code < 0 && code != UV_EAGAIN) return fail_later(Error(Errc::disconnected, uv_text(code)));
      done = code > 0 ? static_cast<size_t>(code) : 0;
    }
    if (done == total) {
      written_later();
      return;
    }
    size_t first = 0;
    for (size_t left = done; first < buffers.size() && left >= buffers[first].len; ++first) left -= buffers[first].len;
    size_t skipped = done;
    for (size_t i = 0; i < first; ++i) skipped -= buffers[i].len;
    buffers[first].base += skipped;
    buffers[first].len -= skipped;

    auto request = std::make_unique<Write>();
    request->request.data = request.get();
    request->owner = this;
    request->bytes = total - done;
    request->segments = std::move(segments);
    const int code = uv_write(&request->request, raw(), buffers.data() + first,
                              static_cast<unsigned>(buffers.size() - first), on_write);
    if (code != 0) return fail_later(Error(Errc::disconnected, uv_text(code)));
    unwritten_ += request->bytes;
    writes_.push_back(request.release());
  }
  size_t unwritten() const override {
    size_t early = 0;
    for (const Bytes& segment : early_) early += segment.size();
    return unwritten_ + early;
  }
  void set_reading(bool on) override {
    reading_ = on;
    update_reading();
  }
  // A large answer arrives in many segments, and the broker's TLS sends it in records of 16 KB. Woken for each of them,
  // the loop would turn 64 times for 1 MiB.
  void await(size_t bytes) override {
    const int wanted = bytes < kLeastAwaited ? 1 : static_cast<int>(std::min(bytes, kMostAwaited));
    if (wanted == awaited_ || !connected_ || ended_) return;
    uv_os_fd_t descriptor{};
    if (uv_fileno(block_->base(), &descriptor) != 0) return;
    // Where the system cannot do that, it wakes the loop more often.
    if (setsockopt(descriptor, SOL_SOCKET, SO_RCVLOWAT, &wanted, sizeof wanted) == 0) awaited_ = wanted;
  }
  Address local() const override {
    sockaddr_storage storage{};
    int length = sizeof storage;
    if (block_ == nullptr) return {};
    if (uv_tcp_getsockname(&block_->handle, reinterpret_cast<sockaddr*>(&storage), &length) != 0) return {};
    return to_address(storage);
  }
  Address peer() const override {
    sockaddr_storage storage{};
    int length = sizeof storage;
    if (block_ == nullptr) return {};
    if (uv_tcp_getpeername(&block_->handle, reinterpret_cast<sockaddr*>(&storage), &length) != 0) return {};
    return to_address(storage);
  }

 private:
  struct Connect {
    uv_connect_t request{};
    UvStream* owner = nullptr;
  };

  void update_reading() {
    if (!connected_ || ended_ || failed_ || reading_ == uv_reading_) return;
    uv_reading_ = reading_;
    if (!reading_) {
      uv_read_stop(raw());
    } else if (const int code = uv_read_start(raw(), on_alloc, on_read)) {
      fail_later(Error(Errc::disconnected, uv_text(code)));
    }
  }
  void written_later() {
    if (telling_written_) return;
    telling_written_ = true;
    reactor_.defer([pin = Pin<TcpBlock>(block_)] {
      UvStream* self = pin.owner();
      if (self == nullptr) return;
      self->telling_written_ = false;
      if (!self->ended_ && self->writes_.empty()) self->handler_->on_written();
    });
  }
  void end(Error error) {
    if (ended_) return;
    ended_ = true;
    if (uv_reading_) uv_read_stop(raw());
    handler_->on_closed(std::move(error));  // may destroy this
  }

  static void on_connect(uv_connect_t* raw_request, int status) noexcept {
    std::unique_ptr<Connect> request(static_cast<Connect*>(raw_request->data));
    UvStream* self = request->owner;
    if (self == nullptr || self->ended_) return;
    self->connecting_ = nullptr;
    if (status != 0) return self->end(Error(Errc::connect_failed, uv_text(status)));
    // Reading begins after the handler knows of the connection; it may destroy the stream there.
    TcpBlock* block = self->block_;
    self->handler_->on_connected();
    if (block->owner != nullptr) block->owner->begin();
  }
  static void on_alloc(uv_handle_t* handle, size_t, uv_buf_t* buffer) noexcept {
    UvStream* self = static_cast<TcpBlock*>(handle->data)->owner;
    if (self == nullptr || self->ended_) {
      *buffer = uv_buf_init(nullptr, 0);
      return;
    }
    TcpBlock* block = self->block_;
    const std::span<char> room = self->handler_->read_buffer();
    if (block->owner == nullptr) {  // destroyed while it was asked: there is no memory any more
      *buffer = uv_buf_init(nullptr, 0);
      return;
    }
    *buffer = uv_buf_init(room.data(), static_cast<unsigned>(std::min<size_t>(room.size(), INT_MAX)));
  }
  static void on_read(uv_stream_t* handle, ssize_t count, const uv_buf_t*) noexcept {
    UvStream* self = static_cast<TcpBlock*>(handle->data)->owner;
    if (self == nullptr || self->ended_ || count == 0) return;
    if (count > 0) return self->handler_->on_read(static_cast<size_t>(count));
    const int code = static_cast<int>(count);
    self->end(Error(Errc::disconnected, code == UV_EOF ? "end of stream" : uv_text(code)));
  }
  static void on_write(uv_write_t* raw_request, int status) noexcept {
    std::unique_ptr<Write> request(static_cast<Write*>(raw_request->data));
    UvStream* self = request->owner;
    if (self == nullptr) return;
    self->writes_.erase(std::find(self->writes_.begin(), self->writes_.end(), request.get()));
    self->unwritten_ -= request->bytes;
    if (self->ended_) return;
    if (status != 0) return self->end(Error(Errc::disconnected, uv_text(status)));
    if (self->writes_.empty()) self->handler_->on_written();
  }

  Reactor& reactor_;
  SocketOptions options_;
  StreamHandler* handler_;
  TcpBlock* block_ = nullptr;
  UvStream** connecting_ = nullptr;  // the owner field of a connect request under way
  std::vector<Write*> writes_;       // in libuv's hands, oldest first
  std::vector<Bytes> early_;         // written before the connection stood
  std::vector<uv_buf_t> buffers_;    // of the write being made; kept for its capacity
  size_t unwritten_ = 0;
  int awaited_ = 1;  // bytes that wake the loop
  Timer failure_;
  bool connected_ = false;
  bool reading_ = true;
  bool uv_reading_ = false;
  bool failed_ = false;
  bool ended_ = false;
  bool telling_written_ = false;
};

class UvListener;
using ListenBlock = HandleBlock<uv_tcp_t, UvListener>;

class UvListener final : public Listener {
 public:
  UvListener(uv_loop_t* loop, Reactor& reactor, AcceptCallback on_accept)
      : loop_(loop), reactor_(reactor), on_accept_(std::move(on_accept)) {}
  ~UvListener() override {
    if (block_ != nullptr) block_->detach();
  }

  int open(const Address& address) {
    sockaddr_storage storage{};
    if (const int code = from_address(address, storage)) return code;
    auto block = std::make_unique<ListenBlock>(this);
    if (const int code = uv_tcp_init(loop_, &block->handle)) return code;
    block_ = block.release();
    uv_unref(block_->base());
    if (const int code = uv_tcp_bind(&block_->handle, reinterpret_cast<sockaddr*>(&storage), 0)) return code;
    return uv_listen(reinterpret_cast<uv_stream_t*>(&block_->handle), kBacklog, on_connection);
  }
  Address local() const override {
    sockaddr_storage storage{};
    int length = sizeof storage;
    if (uv_tcp_getsockname(&block_->handle, reinterpret_cast<sockaddr*>(&storage), &length) != 0) return {};
    return to_address(storage);
  }

 private:
  static void on_connection(uv_stream_t* server, int status) noexcept {
    UvListener* self = static_cast<ListenBlock*>(server->data)->owner;
    if (self == nullptr || status != 0) return;  // libuv itself backs off when descriptors run out
    auto stream = std::make_unique<UvStream>(self->reactor_, SocketOptions(), nullptr);
    if (stream->open(self->loop_) != 0 || uv_accept(server, stream->raw()) != 0) return;
    UvStream* raw = stream.get();
    StreamHandler* handler = nullptr;
    ListenBlock* block = self->block_;
    // The callback may destroy the listener; it may not run twice at once, so it is pinned here.
    AcceptCallback callback = std::move(self->on_accept_);
    uv_tcp_t* alive = reinterpret_cast<uv_tcp_t*>(raw->raw());
    callback(std::move(stream), handler);
    if (block->owner != nullptr) block->owner->on_accept_ = std::move(callback);
    UvStream* accepted = TcpBlock::from(alive)->owner;
    if (accepted == nullptr) return;
    accepted->set_handler(handler);
    if (handler != nullptr) accepted->begin();
  }

  uv_loop_t* loop_;
  Reactor& reactor_;
  AcceptCallback on_accept_;
  ListenBlock* block_ = nullptr;
};

}  // namespace

std::unique_ptr<Stream> uv_connect(uv_loop_t* loop, Reactor& reactor, const Address& address,
                                   const SocketOptions& sockets, StreamHandler& handler) {
  auto stream = std::make_unique<UvStream>(reactor, sockets, &handler);
  if (const int code = stream->open(loop)) {
    stream->fail_later(Error(Errc::connect_failed, uv_text(code)));
  } else {
    stream->connect(address);
  }
  return stream;
}

std::unique_ptr<Listener> uv_listen_on(uv_loop_t* loop, Reactor& reactor, const Address& address,
                                       AcceptCallback on_accept, Error& error) {
  auto listener = std::make_unique<UvListener>(loop, reactor, std::move(on_accept));
  if (const int code = listener->open(address)) {
    error = Error(Errc::address_error, to_string(address) + ": " + uv_text(code));
    return nullptr;
  }
  return listener;
}

}  // namespace kafka::net
