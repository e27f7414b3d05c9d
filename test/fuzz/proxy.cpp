#include "proxy.hpp"

#include <stdexcept>

namespace kafka::fuzz {

Relay::Relay(Proxy& proxy, std::unique_ptr<net::Stream> client)
    : proxy_(proxy), client_side_(*this), broker_side_(*this), client_(std::move(client)) {
  broker_ = proxy_.reactor_.connect(proxy_.broker_, broker_side_);
}

void Relay::close() {
  client_.reset();
  broker_.reset();
  delays_.clear();
}

void Relay::requested(size_t count) {
  client_side_.frames.advance(count);
  Bytes frame;
  while (broker_ && client_side_.frames.next(frame)) {
    codec::Reader reader(frame);
    asked_.push_back(protocol::read_request_header(reader));
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(frame.size() >> shift);
    bytes += frame.view();
    broker_->write({Bytes::copy(std::string_view(bytes))});
  }
}

void Relay::answered(size_t count) {
  broker_side_.frames.advance(count);
  Bytes frame;
  while (client_ && !asked_.empty() && broker_side_.frames.next(frame)) {
    const protocol::RequestHeader header = asked_.pop_front();
    Verdict verdict = tamper(proxy_.script_, header, frame.view().substr(4));
    if (verdict.delay_ms == 0) {
      take(verdict, header.correlation_id);
      continue;
    }
    delays_.push_back(proxy_.reactor_.after(std::chrono::milliseconds(verdict.delay_ms),
                                            [this, verdict, id = header.correlation_id] { take(verdict, id); }));
  }
}

void Relay::take(const Verdict& verdict, int32_t id) {
  if (!client_) return;
  using Fate = Verdict::Fate;
  switch (verdict.fate) {
    case Fate::send_twice:
      write(verdict.body, id, verdict.body.size());
      [[fallthrough]];
    case Fate::send:
      return write(verdict.body, id, verdict.body.size());
    case Fate::send_part_and_close:
      write(verdict.body, id, verdict.body.size() + 1);
      client_.reset();
      return;
    case Fate::drop:
      return;
    case Fate::close:
      client_.reset();
  }
}

void Relay::write(std::string_view body, int32_t id, size_t claimed) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>((claimed + 4) >> shift);
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(id >> shift);
  bytes += body;
  client_->write({Bytes::copy(std::string_view(bytes))});
}

Proxy::Proxy(net::Reactor& reactor, const net::Address& own, net::Address broker, Input& script)
    : reactor_(reactor), broker_(std::move(broker)), script_(script) {
  Error error;
  listener_ = reactor_.listen(
      own,
      [this](std::unique_ptr<net::Stream> stream, net::StreamHandler*& handler) {
        relays_.push_back(std::make_unique<Relay>(*this, std::move(stream)));
        handler = relays_.back()->client_handler();
      },
      error);
  if (error) throw std::runtime_error(error.message());
}

}  // namespace kafka::fuzz
