// An HTTP server that stores what it gets: `POST /` makes the body a record, and is answered when the record has its
// report. While the producer's memory is full, the server stops reading from the sockets whose records wait, so the
// pressure reaches the clients.
//
//   http_server HOST:PORT TOPIC [BUFFER_MEMORY]     prints its port; ends on SIGTERM, when everything is answered
//   curl -d 'a record' http://127.0.0.1:PORT/
#include <uv.h>
#include <kafka/kafka.hpp>

#include <algorithm>
#include <cctype>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace {

constexpr size_t kMostHead = 8 * 1024;
constexpr size_t kMostBody = 1024 * 1024;

class Server;

/// One connection: it reads a request, waits for the report of its record, answers, and goes on with the next one. It
/// keeps itself alive until its socket is closed, and its record's callbacks keep it too.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  explicit Connection(Server& server) : server_(server) {}
  bool accept(uv_stream_t* listener);
  /// No further request: closed when the one that is under way is answered.
  void finish() {
    last_ = true;
    if (!busy_) close();
  }

 private:
  void read(bool on) {
    auto* const stream = reinterpret_cast<uv_stream_t*>(&socket_);
    if (closed_) return;
    if (on) {
      uv_read_start(stream, allocate, received);
    } else {
      uv_read_stop(stream);
    }
  }
  static void allocate(uv_handle_t* handle, size_t, uv_buf_t* buffer) {
    auto* const self = static_cast<Connection*>(handle->data);
    *buffer = uv_buf_init(self->chunk_, sizeof self->chunk_);
  }
  static void received(uv_stream_t* stream, ssize_t count, const uv_buf_t* buffer) {
    auto* const self = static_cast<Connection*>(stream->data);
    if (count < 0) return self->close();
    self->input_.append(buffer->base, static_cast<size_t>(count));
    self->look();
  }
  void look();
  void send(std::string body);
  void reported(const kafka::DeliveryReport& report);
  void answer(const char* status, const std::string& text);
  void close();

  Server& server_;
  std::shared_ptr<Connection> self_;  // until the socket is closed
  uv_tcp_t socket_ = {};
  std::string input_;
  char chunk_[16 * 1024];
  bool busy_ = false;  // a request is under way
  bool last_ = false;
  bool closed_ = false;
};

class Server {
 public:
  Server(uv_loop_t* loop, const char* brokers, const char* topic, int64_t memory)
      : session_(loop, {.bootstrap_servers = brokers}),
        producer_(session_, {.buffer_memory = memory}),
        topic_(producer_.topic(topic)) {
    uv_tcp_init(loop, &listener_);
    listener_.data = this;
    sockaddr_in any;
    uv_ip4_addr("127.0.0.1", 0, &any);
    uv_tcp_bind(&listener_, reinterpret_cast<const sockaddr*>(&any), 0);
    uv_listen(reinterpret_cast<uv_stream_t*>(&listener_), 128, [](uv_stream_t* stream, int status) {
      if (status == 0) static_cast<Server*>(stream->data)->accept();
    });
    int size = sizeof any;
    uv_tcp_getsockname(&listener_, reinterpret_cast<sockaddr*>(&any), &size);
    std::printf("listening on 127.0.0.1:%d\n", ntohs(any.sin_port));
    std::fflush(stdout);
  }

  kafka::Producer& producer() { return producer_; }
  const kafka::Topic& topic() const { return topic_; }
  void paused() { ++pauses_; }
  void gone(const std::shared_ptr<Connection>& connection) { connections_.erase(connection); }

  /// Takes no more requests, answers those that are under way, and closes everything.
  void stop() {
    uv_close(reinterpret_cast<uv_handle_t*>(&listener_), nullptr);
    session_.close([this] {  // every record has its report now, and so every request its answer
      for (const auto& connection : std::set(connections_)) connection->finish();
      std::printf("paused reading %d times\n", pauses_);
    });
  }

 private:
  void accept() {
    const auto connection = std::make_shared<Connection>(*this);
    connections_.insert(connection);
    if (!connection->accept(reinterpret_cast<uv_stream_t*>(&listener_))) connections_.erase(connection);
  }

  kafka::Session session_;
  kafka::Producer producer_;
  kafka::Topic topic_;
  uv_tcp_t listener_ = {};
  std::set<std::shared_ptr<Connection>> connections_;
  int pauses_ = 0;
};

bool Connection::accept(uv_stream_t* listener) {
  uv_tcp_init(listener->loop, &socket_);
  socket_.data = this;
  self_ = shared_from_this();
  if (uv_accept(listener, reinterpret_cast<uv_stream_t*>(&socket_)) != 0) return close(), false;
  read(true);
  return true;
}

// Takes one whole request from the input, if it is there.
void Connection::look() {
  if (busy_ || closed_) return;
  const size_t head = input_.find("\r\n\r\n");
  if (head == std::string::npos) {
    if (input_.size() <= kMostHead) return;
    last_ = true;
    return answer("431 Request Header Fields Too Large", "");
  }
  std::string lower = input_.substr(0, head + 2);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  last_ = last_ || lower.find("\r\nconnection: close\r\n") != std::string::npos;
  if (lower.rfind("post ", 0) != 0) {
    last_ = true;
    return answer("405 Method Not Allowed", "");
  }
  const size_t at = lower.find("\r\ncontent-length:");
  const size_t length = at == std::string::npos ? 0 : std::strtoull(lower.c_str() + at + 17, nullptr, 10);
  if (at == std::string::npos || length > kMostBody) {
    last_ = true;
    return at == std::string::npos ? answer("411 Length Required", "") : answer("413 Content Too Large", "");
  }
  if (input_.size() < head + 4 + length) return;
  std::string body = input_.substr(head + 4, length);
  input_.erase(0, head + 4 + length);
  busy_ = true;
  read(false);  // one request at a time
  send(std::move(body));
}

void Connection::send(std::string body) {
  kafka::Producer& producer = server_.producer();
  const kafka::Record record{.value = body};
  if (producer.would_block(server_.topic(), record)) {
    // Nothing is read from this socket until there is room. Those that wait get it in their order.
    server_.paused();
    const size_t bytes = body.size();
    const kafka::Error refused = producer.when_room(
        bytes, [self = shared_from_this(), kept = std::move(body)]() mutable { self->send(std::move(kept)); });
    if (refused) answer("503 Service Unavailable", refused.message());
    return;
  }
  const kafka::Error refused =
      producer.send(server_.topic(), record,
                    [self = shared_from_this()](const kafka::DeliveryReport& report) { self->reported(report); });
  if (refused == kafka::Errc::message_too_large) return answer("413 Content Too Large", refused.message());
  if (refused) answer("503 Service Unavailable", refused.message());
}

void Connection::reported(const kafka::DeliveryReport& report) {
  if (report.error) return answer("503 Service Unavailable", report.error.message());
  answer("200 OK", "partition " + std::to_string(report.partition) + " offset " + std::to_string(report.offset));
}

void Connection::answer(const char* status, const std::string& text) {
  busy_ = false;
  if (closed_) return;
  struct Answer {
    uv_write_t request;
    std::string bytes;
  };
  auto* const answer = new Answer{};
  answer->bytes = std::string("HTTP/1.1 ") + status + "\r\nContent-Length: " + std::to_string(text.size() + 1) +
                  (last_ ? "\r\nConnection: close" : "") + "\r\n\r\n" + text + "\n";
  answer->request.data = answer;
  const uv_buf_t buffer = uv_buf_init(answer->bytes.data(), static_cast<unsigned>(answer->bytes.size()));
  uv_write(&answer->request, reinterpret_cast<uv_stream_t*>(&socket_), &buffer, 1,
           [](uv_write_t* request, int) { delete static_cast<Answer*>(request->data); });
  if (last_) return close();
  read(true);
  look();  // the next request may be there already
}

// What was written before is sent first: uv_shutdown() waits for it.
void Connection::close() {
  if (std::exchange(closed_, true)) return;
  server_.gone(shared_from_this());
  auto* const request = new uv_shutdown_t{};
  request->data = this;
  const auto end = [](uv_shutdown_t* done, int) {
    auto* const self = static_cast<Connection*>(done->data);
    delete done;
    uv_close(reinterpret_cast<uv_handle_t*>(&self->socket_),
             [](uv_handle_t* handle) { static_cast<Connection*>(handle->data)->self_.reset(); });
  };
  if (uv_shutdown(request, reinterpret_cast<uv_stream_t*>(&socket_), end) != 0) end(request, 0);
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 3) return std::fprintf(stderr, "usage: http_server HOST:PORT TOPIC [BUFFER_MEMORY]\n"), 2;
  uv_loop_t* const loop = uv_default_loop();
  uv_signal_t terminate;
  {
    Server server(loop, arguments[1], arguments[2], count > 3 ? std::atoll(arguments[3]) : 32 * 1024 * 1024);
    uv_signal_init(loop, &terminate);
    terminate.data = &server;
    uv_signal_start(
        &terminate,
        [](uv_signal_t* signal, int) {
          static_cast<Server*>(signal->data)->stop();
          uv_close(reinterpret_cast<uv_handle_t*>(signal), nullptr);
        },
        SIGTERM);
    uv_run(loop, UV_RUN_DEFAULT);
  }
  uv_run(loop, UV_RUN_DEFAULT);
  return uv_loop_close(loop) == 0 ? 0 : 1;
}
