// HTTP requests by libcurl's multi interface: it says which sockets to watch and when to wake it, and libuv does both.
// It gets the addresses of the host, so that it looks up no name: it would start a thread for that.
#include "net/uv_http.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/error_table.hpp"
#include "net/curl_library.hpp"
#include "net/reactor.hpp"
#include "net/uv_handle.hpp"

namespace kafka::net {
namespace {

class Exchange;

class Socket;
using Poll = HandleBlock<uv_poll_t, Socket>;
using LoopTimer = HandleBlock<uv_timer_t, UvHttp>;

const CurlLibrary& curl() { return CurlLibrary::get(); }

long milliseconds(std::chrono::nanoseconds time) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
  return static_cast<long>(std::clamp<int64_t>(ms, 1, INT32_MAX));
}

}  // namespace

class UvHttp : public std::enable_shared_from_this<UvHttp> {
 public:
  UvHttp(uv_loop_t* loop, Reactor& reactor) : loop_(loop), reactor_(reactor), timer_(new LoopTimer(this)) {
    uv_timer_init(loop_, &timer_->handle);
    uv_unref(timer_->base());
    curl().begin();
    multi_ = curl().multi_init();
    curl().multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl().multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl().multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, on_timeout);
    curl().multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
    curl().multi_setopt(multi_, CURLMOPT_MAXCONNECTS, 1L);
  }
  ~UvHttp() {
    timer_->detach();
    curl().multi_cleanup(multi_);
    curl().end();
  }
  UvHttp(const UvHttp&) = delete;

  CURLM* multi() { return multi_; }
  uv_loop_t* loop() { return loop_; }
  Reactor& reactor() { return reactor_; }
  /// A socket is ready, or the time has come.
  void act(curl_socket_t socket, int events);

 private:
  static int on_socket(CURL*, curl_socket_t socket, int what, void* self, void* mine);
  static int on_timeout(CURLM*, long ms, void* self);

  uv_loop_t* loop_;
  Reactor& reactor_;
  LoopTimer* timer_;
  CURLM* multi_ = nullptr;
};

namespace {

/// A socket that libcurl wants to be watched.
class Socket {
 public:
  Socket(UvHttp& http, curl_socket_t socket) : http_(http), socket_(socket), poll_(new Poll(this)) {
    uv_poll_init_socket(http.loop(), &poll_->handle, socket);
    uv_unref(poll_->base());
  }
  ~Socket() { poll_->detach(); }
  Socket(const Socket&) = delete;

  void watch(int what) {
    const int events = ((what & CURL_POLL_IN) != 0 ? UV_READABLE : 0) | ((what & CURL_POLL_OUT) != 0 ? UV_WRITABLE : 0);
    uv_poll_start(&poll_->handle, events, on_ready);
  }

 private:
  static void on_ready(uv_poll_t* handle, int status, int events) noexcept {
    auto* block = Poll::from(handle);
    if (block->owner == nullptr) return;
    const int flags = status < 0 ? CURL_CSELECT_ERR
                                 : ((events & UV_READABLE) != 0 ? CURL_CSELECT_IN : 0) |
                                       ((events & UV_WRITABLE) != 0 ? CURL_CSELECT_OUT : 0);
    block->owner->http_.act(block->owner->socket_, flags);
  }

  UvHttp& http_;
  curl_socket_t socket_;
  Poll* poll_;
};

/// A list of texts for libcurl, wiped when it ends: a header may be a secret.
class Texts {
 public:
  Texts() = default;
  Texts(const Texts&) = delete;
  ~Texts() {
    for (curl_slist* each = list_; each != nullptr; each = each->next) wipe(each->data, std::strlen(each->data));
    curl().slist_free_all(list_);
  }
  void add(std::string_view name, std::string_view value) {
    WipedString line(name.size() + value.size());
    line.text.replace(0, name.size(), name).replace(name.size(), value.size(), value);
    list_ = curl().slist_append(list_, line.text.c_str());
  }
  curl_slist* get() const { return list_; }

 private:
  curl_slist* list_ = nullptr;
};

class Exchange final : public HttpExchange {
 public:
  Exchange(std::shared_ptr<UvHttp> http, HttpPost post, HttpDone done)
      : http_(std::move(http)), post_(std::move(post)), done_(std::move(done)), easy_(curl().easy_init()) {
    answer_.body = std::make_unique<WipedString>();
    answer_.body->text.reserve(post_.most_bytes);
    set_up();
    curl().multi_add_handle(http_->multi(), easy_);
  }
  ~Exchange() override { stop(); }

  void finish(CURLcode code) {
    if (code == CURLE_OK) {
      long status = 0;
      curl().easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
      answer_.status = static_cast<int>(status);
      return end({});
    }
    end(error(code));
  }

 private:
  void set_up() {
    set(CURLOPT_PRIVATE, this);
    set(CURLOPT_URL, post_.url.c_str());
    // Names that are numeric need no entry, and libcurl takes none for them.
    std::string entry = "+" + (post_.host.find(':') == std::string::npos ? post_.host : "[" + post_.host + "]") + ":" +
                        std::to_string(post_.port) + ":";
    for (size_t i = 0; i < post_.addresses.size(); ++i) {
      const std::string& ip = post_.addresses[i];
      entry += (i > 0 ? "," : "") + (ip.find(':') == std::string::npos ? ip : "[" + ip + "]");
    }
    if (!is_numeric(post_.host)) {
      names_.add(entry.substr(1), "");
      set(CURLOPT_RESOLVE, names_.get());
    }
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_PROXY, "");
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    set(CURLOPT_FORBID_REUSE, 1L);
    set(CURLOPT_FRESH_CONNECT, 1L);
    set(CURLOPT_ERRORBUFFER, text_);
    set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds(post_.connect_timeout));
    if (!post_.ca_location.empty()) set(CURLOPT_CAINFO, post_.ca_location.c_str());
    if (!post_.ca_pem.empty()) {
      curl_blob pem{post_.ca_pem.data(), post_.ca_pem.size(), CURL_BLOB_NOCOPY};
      curl().easy_setopt(easy_, CURLOPT_CAINFO_BLOB, &pem);
    }
    headers_.add("Content-Type: ", post_.content_type);
    headers_.add("Accept: ", post_.accept);
    headers_.add("User-Agent: ", post_.agent);
    headers_.add("Expect:", "");  // none: the body is short
    if (!post_.authorization.empty()) headers_.add("Authorization: ", post_.authorization.reveal());
    set(CURLOPT_HTTPHEADER, headers_.get());
    set(CURLOPT_POSTFIELDSIZE, static_cast<long>(post_.body.reveal().size()));
    set(CURLOPT_POSTFIELDS, post_.body.reveal().data());
    set(CURLOPT_WRITEFUNCTION, on_body);
    set(CURLOPT_WRITEDATA, this);
    set(CURLOPT_PREREQFUNCTION, on_connected);
    set(CURLOPT_PREREQDATA, this);
  }
  template <class Value>
  void set(CURLoption option, Value value) {
    curl().easy_setopt(easy_, option, value);
  }

  static size_t on_body(char* data, size_t size, size_t count, void* self) noexcept {
    auto* exchange = static_cast<Exchange*>(self);
    std::string& body = exchange->answer_.body->text;
    exchange->too_large_ = body.size() + size * count > exchange->post_.most_bytes;
    if (exchange->too_large_) return 0;
    body.append(data, size * count);
    return size * count;
  }
  // The connection stands, and the request is about to be sent.
  static int on_connected(void* self, char*, char*, int, int) noexcept {
    auto* exchange = static_cast<Exchange*>(self);
    exchange->limit_ = exchange->http_->reactor().after(exchange->post_.read_timeout, [exchange] {
      exchange->limit_.cancel();
      exchange->end(Error(Errc::timed_out, "no whole answer within " +
                                               std::to_string(milliseconds(exchange->post_.read_timeout)) + " ms"));
    });
    return CURL_PREREQFUNC_OK;
  }

  Error error(CURLcode code) const {
    const std::string said = escaped(text_[0] != '\0' ? text_ : curl().easy_strerror(code));
    switch (code) {
      case CURLE_WRITE_ERROR:
        if (too_large_) {
          return Error(Errc::too_large, "the answer is huge: more than " + std::to_string(post_.most_bytes) + " bytes");
        }
        return Error(Errc::disconnected, said);
      case CURLE_PARTIAL_FILE:
        return Error(Errc::disconnected, "the answer is truncated: " + said);
      case CURLE_OPERATION_TIMEDOUT:
        return Error(Errc::timed_out, said);
      case CURLE_PEER_FAILED_VERIFICATION:
      case CURLE_SSL_CACERT_BADFILE:
      case CURLE_SSL_CONNECT_ERROR:
        return Error(Errc::ssl_error, said);
      case CURLE_GOT_NOTHING:
      case CURLE_RECV_ERROR:
      case CURLE_SEND_ERROR:
        return Error(Errc::disconnected, said);
      default:
        return Error(Errc::connect_failed, said);
    }
  }

  void stop() {
    limit_.cancel();
    if (easy_ == nullptr) return;
    curl().multi_remove_handle(http_->multi(), easy_);
    curl().easy_cleanup(easy_);
    easy_ = nullptr;
  }
  // It may destroy this object.
  void end(Error why) {
    stop();
    HttpDone done = std::move(done_);
    HttpAnswer answer = std::move(answer_);
    done(std::move(why), std::move(answer));
  }

  std::shared_ptr<UvHttp> http_;
  HttpPost post_;
  HttpDone done_;
  Texts names_, headers_;
  HttpAnswer answer_;
  bool too_large_ = false;
  char text_[CURL_ERROR_SIZE] = {};
  Timer limit_;
  CURL* easy_;
};

}  // namespace

int UvHttp::on_socket(CURL*, curl_socket_t socket, int what, void* self, void* mine) {
  auto* http = static_cast<UvHttp*>(self);
  auto* watched = static_cast<Socket*>(mine);
  if (what == CURL_POLL_REMOVE) {
    delete watched;
    curl().multi_assign(http->multi_, socket, nullptr);
    return 0;
  }
  if (watched == nullptr) {
    watched = new Socket(*http, socket);
    curl().multi_assign(http->multi_, socket, watched);
  }
  watched->watch(what);
  return 0;
}

int UvHttp::on_timeout(CURLM*, long ms, void* self) {
  auto* http = static_cast<UvHttp*>(self);
  if (ms < 0) return uv_timer_stop(&http->timer_->handle), 0;
  uv_timer_start(
      &http->timer_->handle,
      [](uv_timer_t* handle) noexcept {
        auto* block = LoopTimer::from(handle);
        if (block->owner != nullptr) block->owner->act(CURL_SOCKET_TIMEOUT, 0);
      },
      static_cast<uint64_t>(ms), 0);
  return 0;
}

// Those who are told may destroy everything: this object lives until all are.
void UvHttp::act(curl_socket_t socket, int events) {
  const std::shared_ptr<UvHttp> pinned = shared_from_this();
  int running = 0, left = 0;
  curl().multi_socket_action(multi_, socket, events, &running);
  while (const CURLMsg* message = curl().multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    Exchange* exchange = nullptr;
    const CURLcode code = message->data.result;
    curl().easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &exchange);
    exchange->finish(code);
  }
}

std::string http_missing() { return CurlLibrary::missing(); }

std::shared_ptr<UvHttp> make_uv_http(uv_loop_t* loop, Reactor& reactor) {
  return std::make_shared<UvHttp>(loop, reactor);
}

std::unique_ptr<HttpExchange> uv_http_post(const std::shared_ptr<UvHttp>& http, HttpPost post, HttpDone done) {
  return std::make_unique<Exchange>(http, std::move(post), std::move(done));
}

}  // namespace kafka::net
