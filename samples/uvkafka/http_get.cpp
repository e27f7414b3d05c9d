#include "http_get.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

namespace cli {
namespace {

HttpGet* of(void* data) { return static_cast<HttpGet*>(data); }

bool is_number(std::string_view text) {
  return !text.empty() && text.size() <= 5 &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
}

}  // namespace

std::optional<HttpGet::Address> HttpGet::parse(std::string_view url) {
  Address address;
  const size_t slash = std::min(url.find('/'), url.size());
  if (slash < url.size()) address.path = url.substr(slash);
  std::string_view place = url.substr(0, slash);
  if (place.starts_with('[')) {
    const size_t end = place.find(']');
    if (end == std::string_view::npos) return {};
    address.host = place.substr(1, end - 1);
    place.remove_prefix(end + 1);
  } else {
    address.host = place.substr(0, place.find(':'));
    place.remove_prefix(address.host.size());
  }
  if (place.starts_with(':')) {
    address.port = place.substr(1);
    place = {};
  }
  const bool printable = std::all_of(url.begin(), url.end(), [](unsigned char c) { return c > ' ' && c != 127; });
  if (address.host.empty() || !place.empty() || !is_number(address.port) || !printable) return {};
  return address;
}

std::shared_ptr<HttpGet> HttpGet::start(uv_loop_t* loop, Address address, size_t most_bytes, uint64_t patience_ms,
                                        Done done) {
  std::shared_ptr<HttpGet> get(new HttpGet(std::move(address), most_bytes, std::move(done)));
  get->self_ = get;
  get->open_ = 3;
  uv_tcp_init(loop, &get->socket_);
  uv_timer_init(loop, &get->timer_);
  for (void** data : {&get->socket_.data, &get->timer_.data, &get->lookup_.data, &get->connect_.data})
    *data = get.get();
  uv_timer_start(
      &get->timer_, [](uv_timer_t* timer) { of(timer->data)->end("no answer in time"); }, patience_ms, 0);
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  const int refused = uv_getaddrinfo(
      loop, &get->lookup_,
      [](uv_getaddrinfo_t* lookup, int status, addrinfo* found) {
        const std::shared_ptr<HttpGet> pinned = of(lookup->data)->self_;
        pinned->resolved(status, found);
        uv_freeaddrinfo(found);
        if (--pinned->open_ == 0) pinned->self_.reset();
      },
      get->address_.host.c_str(), get->address_.port.c_str(), &hints);
  if (refused != 0) {
    --get->open_;
    // Never inside of this call: the timer tells.
    uv_timer_start(
        &get->timer_, [](uv_timer_t* timer) { of(timer->data)->end("the host cannot be looked up"); }, 0, 0);
  }
  return get;
}

void HttpGet::cancel() {
  done_ = nullptr;
  end("");
}

void HttpGet::resolved(int status, addrinfo* found) {
  if (!done_) return;
  if (status != 0) return end(uv_strerror(status));
  const int refused = uv_tcp_connect(&connect_, &socket_, found->ai_addr, [](uv_connect_t* connect, int result) {
    if (result != UV_ECANCELED) of(connect->data)->connected(result);
  });
  if (refused != 0) end(uv_strerror(refused));
}

void HttpGet::connected(int status) {
  if (status != 0) return end(uv_strerror(status));
  request_ = "GET " + address_.path + " HTTP/1.0\r\nHost: " + address_.host + "\r\nConnection: close\r\n\r\n";
  const uv_buf_t buffer = uv_buf_init(request_.data(), static_cast<unsigned>(request_.size()));
  uv_write(&write_, reinterpret_cast<uv_stream_t*>(&socket_), &buffer, 1, nullptr);
  uv_read_start(
      reinterpret_cast<uv_stream_t*>(&socket_),
      [](uv_handle_t* handle, size_t, uv_buf_t* into) {
        *into = uv_buf_init(of(handle->data)->piece_, sizeof(piece_));
      },
      [](uv_stream_t* stream, ssize_t count, const uv_buf_t*) { of(stream->data)->received(count); });
}

void HttpGet::received(ssize_t count) {
  if (count == UV_EOF) return page();
  if (count < 0) return end(uv_strerror(static_cast<int>(count)));
  if (answer_.size() + static_cast<size_t>(count) > most_bytes_) {
    return end("more than " + std::to_string(most_bytes_) + " bytes");
  }
  answer_.append(piece_, static_cast<size_t>(count));
}

void HttpGet::page() {
  const size_t blank = answer_.find("\r\n\r\n");
  const size_t line_end = answer_.find("\r\n");
  if (!answer_.starts_with("HTTP/1.") || blank == std::string::npos) return end("it does not answer HTTP");
  const std::string status = answer_.substr(9, line_end - 9);  // behind "HTTP/1.1 "
  if (!status.starts_with("200")) return end("it answers " + status);
  end("", std::string_view(answer_).substr(blank + 4));
}

void HttpGet::end(const std::string& why, std::string_view body) {
  const std::shared_ptr<HttpGet> pinned = self_;
  if (pinned == nullptr || uv_is_closing(reinterpret_cast<uv_handle_t*>(&timer_)) != 0) return;
  uv_cancel(reinterpret_cast<uv_req_t*>(&lookup_));
  for (uv_handle_t* handle : {reinterpret_cast<uv_handle_t*>(&timer_), reinterpret_cast<uv_handle_t*>(&socket_)}) {
    uv_close(handle, [](uv_handle_t* closed) {
      HttpGet* const get = of(closed->data);
      if (--get->open_ == 0) get->self_.reset();
    });
  }
  if (Done done = std::exchange(done_, nullptr)) done(why, body);
}

}  // namespace cli
