// A client's connection (see connection.hpp): frames, order, back-pressure, pausing.
#include "devbroker/connection.hpp"

#include <algorithm>
#include <utility>

#include "devbroker/node.hpp"
#include "devbroker/pending.hpp"
#include "records/wire.hpp"

namespace kafka::devbroker {

namespace {

constexpr size_t kCorrelationIdAt = 4;  // after the length

}  // namespace

Connection::Connection(Node& node, std::unique_ptr<net::Stream> stream, int64_t number)
    : node_(node),
      stream_(std::move(stream)),
      number_(number),
      client_host_("/" + stream_->peer().ip),
      login_(node.cluster().security(), node.reactor()),
      input_(kMaxRequestBytes) {
  bound_frames();
  update_reading();
}

Connection::~Connection() = default;

std::span<char> Connection::read_buffer() { return input_.buffer(); }

void Connection::on_read(size_t count) {
  input_.advance(count);
  Bytes frame;
  while (input_.next(frame)) frames_.push_back({std::move(frame), node_.reactor().now()});
  if (input_.error()) return close();
  pump();
}

void Connection::bound_frames() {
  // A token may be shorter than any request: some are empty.
  input_.set_bounds({.largest = login_.trusted() ? kMaxRequestBytes : SaslSession::kMaxFrame,
                     .smallest = login_.trusted() ? net::FrameBounds().smallest : 0});
}

void Connection::pump() {
  if (pumping_) return;
  pumping_ = true;
  while (!closed_ && !busy_ && !clogged_ && !node_.paused() && !frames_.empty()) {
    const Arrived request = std::move(frames_.front());
    frames_.pop_front();
    busy_ = true;
    serve(request);
  }
  pumping_ = false;
  if (!closed_) update_reading();
}

void Connection::update_reading() {
  const bool wanted = frames_.size() < kMaxQueuedRequests && !node_.paused();
  if (wanted == reading_) return;
  reading_ = wanted;
  stream_->set_reading(wanted);
}

void Connection::finished() {
  if (const net::Duration mute = std::exchange(mute_, net::Duration::zero()); mute > net::Duration::zero()) {
    delay_ = node_.reactor().after(mute, [this] {
      delay_.cancel();
      finished();
    });
    return;
  }
  busy_ = false;
  pump();
}

void Connection::close_after(net::Duration delay) {
  if (delay.count() <= 0) return close();
  delay_ = node_.reactor().after(delay, [this] { close(); });
}

void Connection::send(std::vector<Bytes> segments, const FaultAction& fault) {
  bool then_close = false;
  if (fault.corrupt_at || fault.cut_at || fault.wrong_correlation) {
    Buffer flat;
    for (const Bytes& segment : segments) flat.append(segment.view());
    const size_t size = flat.size();
    if (fault.wrong_correlation && size >= kCorrelationIdAt + sizeof(int32_t)) {
      const auto id = records::load_be<int32_t>(flat.data() + kCorrelationIdAt);
      records::store_be<int32_t>(flat.data() + kCorrelationIdAt, id ^ 0x40000000);
    }
    if (fault.corrupt_at && size > 0) {
      const size_t at = *fault.corrupt_at < size ? *fault.corrupt_at : size - 1 - (*fault.corrupt_at - size) % size;
      flat.data()[at] = static_cast<char>(~flat.data()[at]);
    }
    if (fault.cut_at) {
      then_close = true;
      flat.truncate(std::min(size, *fault.cut_at));
    }
    segments.clear();
    if (flat.size() > 0) segments.push_back(flat.take());
  }
  if (fault.delay.count() > 0) {
    delay_ = node_.reactor().after(fault.delay, [this, segments = std::move(segments), then_close]() mutable {
      delay_.cancel();
      send_now(std::move(segments), then_close);
    });
    return;
  }
  send_now(std::move(segments), then_close);
}

void Connection::send_now(std::vector<Bytes> segments, bool then_close) {
  if (node_.paused()) {
    held_.push_back({std::move(segments), then_close});
    return;
  }
  if (!segments.empty()) stream_->write(std::move(segments));
  if (then_close || last_) {
    // The stream is closed when everything has been written.
    if (stream_->unwritten() == 0) {
      close();
    } else {
      clogged_ = true;
      held_.push_back({{}, true});
    }
    return;
  }
  if (stream_->unwritten() > kMaxUnwritten) clogged_ = true;
  finished();
}

void Connection::on_written() {
  if (!clogged_) return;
  clogged_ = false;
  if (!held_.empty() && held_.front().then_close && held_.front().segments.empty()) {
    close();
    return;
  }
  pump();
}

void Connection::pause_changed() {
  if (closed_) return;
  if (!node_.paused()) {
    while (!held_.empty() && !clogged_ && !closed_) {
      Held next = std::move(held_.front());
      held_.pop_front();
      send_now(std::move(next.segments), next.then_close);
    }
    if (closed_) return;
    pump();
  }
  if (!closed_) update_reading();
}

void Connection::on_closed(Error) { close(); }

void Connection::close() {
  if (closed_) return;
  closed_ = true;
  delay_.cancel();
  pending_.reset();
  stream_.reset();
  frames_.clear();
  held_.clear();
  node_.retire(number_);
}

}  // namespace kafka::devbroker
