#include "net/tls_stream.hpp"

#include <string>
#include <utility>

namespace kafka::net {
namespace {

using Step = TlsEngine::Step;

// What comes is opened before the call returns, so one block serves all streams of a thread. Threads without TLS have
// none: the memory of a thread_local array would be taken from the stack of every thread of the process.
char* read_block() {
  static thread_local const std::unique_ptr<char[]> block =
      std::make_unique_for_overwrite<char[]>(TlsStream::kReadBytes);
  return block.get();
}

}  // namespace

TlsStream::TlsStream(Reactor& reactor, std::unique_ptr<TlsEngine> engine)
    : reactor_(reactor), engine_(std::move(engine)) {}

TlsStream::~TlsStream() {
  if (state_ != State::open || !outbox_.empty() || end_) return;
  engine_->end();
  flush();
}

void TlsStream::connect(const Address& address, StreamHandler& handler) {
  handler_ = &handler;
  lower_ = reactor_.connect(address, *this);
}

StreamHandler& TlsStream::accept(std::unique_ptr<Stream> lower) {
  lower_ = std::move(lower);
  accepted_ = true;
  state_ = State::securing;
  return *this;
}

// --- handshake --------------------------------------------------------------

void TlsStream::on_connected() {
  state_ = State::securing;
  secure();
}

void TlsStream::secure() {
  const Step step = engine_->handshake();
  if (step == Step::failed || step == Step::ended) return fail();
  flush();
  if (step == Step::wants_input) return;
  state_ = State::open;
  if (!reading_) lower_->set_reading(false);
  const Scope::Guard guard = scope_.guard();
  if (!accepted_) handler_->on_connected();
  if (guard.alive() && state_ == State::open) send();
}

// --- reading ----------------------------------------------------------------

std::span<char> TlsStream::read_buffer() { return {read_block(), kReadBytes}; }

void TlsStream::on_read(size_t count) { take({read_block(), count}); }

void TlsStream::take(std::string_view sealed) {
  const Scope::Guard guard = scope_.guard();
  engine_->feed(sealed);
  if (state_ == State::securing) secure();
  if (guard.alive() && state_ == State::open) open_all();
  if (!guard.alive()) return;
  keep_rest();
  if (lower_ == nullptr) return;
  // Part of a record may have come, which the owner does not know of. Less is still to come then than the owner lacks.
  lower_->await(awaited_ > kLargestRecord ? awaited_ - kLargestRecord : 0);
}

void TlsStream::open_all() {
  const Scope::Guard guard = scope_.guard();
  while (reading_) {
    size_t count = 0;
    const Step step = engine_->read(handler_->read_buffer(), count);
    if (count > 0) {
      heard_ = true;
      handler_->on_read(count);
      if (!guard.alive() || state_ != State::open) return;
    }
    if (step == Step::failed) return fail();
    if (step == Step::ended) return finish(Error(Errc::disconnected, "end of stream"));
    if (step == Step::wants_input) break;
  }
  flush();  // answers of TLS itself, to new keys for example
}

// The block belongs to the next stream that reads.
void TlsStream::keep_rest() {
  const std::string_view rest = engine_->unread();
  kept_ = rest.empty() ? Bytes() : Bytes::copy(rest);
  engine_->feed({});
}

void TlsStream::set_reading(bool on) {
  reading_ = on;
  if (state_ != State::open) return;
  if (!on) return lower_->set_reading(false);
  if (kept_.empty() && !engine_->holds_plain() && !end_) return lower_->set_reading(true);
  if (std::exchange(resuming_, true)) return;
  reactor_.defer(scope_.wrap([this] { resume(); }));
}

void TlsStream::resume() {
  resuming_ = false;
  if (!reading_ || state_ != State::open) return;
  const Scope::Guard guard = scope_.guard();
  const Bytes kept = std::move(kept_);
  take(kept.view());
  if (!guard.alive() || !reading_ || state_ != State::open) return;
  if (end_) return finish(std::move(end_));
  lower_->set_reading(true);
}

// --- writing ----------------------------------------------------------------

void TlsStream::write(std::vector<Bytes> segments) {
  if (state_ == State::ended || failure_.active()) return;
  if (outbox_.push(std::move(segments)) == 0) return;
  owes_written_ = true;
  if (state_ == State::open) send();
}

size_t TlsStream::unwritten() const { return outbox_.size() + (lower_ ? lower_->unwritten() : 0); }

void TlsStream::send() {
  if (outbox_.empty()) return;
  const size_t ahead = lower_->unwritten();
  if (ahead >= kSealedAhead) return;  // goes on at on_written()
  if (outbox_.seal(*engine_, kSealedAhead - ahead) == Step::done) return flush();
  fail_later();
}

void TlsStream::flush() {
  Bytes sealed = engine_->take_output();
  if (sealed.empty() || lower_ == nullptr) return;
  std::vector<Bytes> one;
  one.push_back(std::move(sealed));
  lower_->write(std::move(one));
}

void TlsStream::on_written() {
  if (state_ != State::open) return;
  if (!outbox_.empty()) return send();
  if (std::exchange(owes_written_, false)) handler_->on_written();
}

// --- end --------------------------------------------------------------------

void TlsStream::on_closed(Error error) {
  if (state_ == State::securing) {
    error = Error(error.code(),
                  "closed during the TLS handshake: " + std::string(error.detail()) + "; does the port speak TLS?");
  }
  if (state_ == State::open && (!kept_.empty() || engine_->holds_plain())) {
    end_ = std::move(error);
    return;
  }
  finish(std::move(error));
}

void TlsStream::fail() {
  flush();  // the alert that tells the peer why
  if (!heard_)
    return finish(engine_->error() ? engine_->error() : Error(Errc::ssl_error, "closed during the handshake"));
  finish(Error(Errc::protocol_error, std::string(engine_->error().detail())));
}

// Not from inside write(): nothing is called before a call has returned.
void TlsStream::fail_later() {
  failure_ = reactor_.after(Duration::zero(), [this] {
    failure_.cancel();
    if (state_ == State::open) fail();
  });
}

void TlsStream::finish(Error error) {
  state_ = State::ended;
  failure_.cancel();
  lower_.reset();
  handler_->on_closed(std::move(error));  // may destroy this
}

std::unique_ptr<Stream> tls_connect(Reactor& reactor, const Address& address, std::unique_ptr<TlsEngine> engine,
                                    StreamHandler& handler) {
  auto stream = std::make_unique<TlsStream>(reactor, std::move(engine));
  stream->connect(address, handler);
  return stream;
}

AcceptCallback tls_accept(Reactor& reactor, std::shared_ptr<const TlsContext> context, AcceptCallback on_accept) {
  return [&reactor, context = std::move(context), on_accept = std::move(on_accept)](std::unique_ptr<Stream> lower,
                                                                                    StreamHandler*& handler) mutable {
    auto secure = std::make_unique<TlsStream>(reactor, context->server(reactor.wall_clock_ms()));
    TlsStream& stream = *secure;
    const Scope::Guard guard = stream.guard();
    StreamHandler& below = stream.accept(std::move(lower));
    StreamHandler* above = nullptr;
    on_accept(std::move(secure), above);  // may drop the stream
    if (!guard.alive() || above == nullptr) return;
    stream.set_handler(*above);
    handler = &below;
  };
}

}  // namespace kafka::net
