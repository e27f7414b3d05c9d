// A member of a consumer group that says what happens to it: a peer for trials with members of several clients.
//
//   group_member BOOTSTRAP GROUP TOPIC[,TOPIC...]|^REGEX [name=value]...
//
// Of the values these are its own:
//   name=m1                  stands in every line; the default is client.id, or the process id
//   assignor=range,...       partition.assignment.strategy, or with group.protocol=consumer group.remote.assignor
//   commit=each|batch|never  each: one envelope, one commit; batch: batch_consume(500), one commit; never: ack()
//   work_ms=0                how long one record takes, on a timer while the loop turns
//   seconds=0                closes after so long; 0: at the end of standard input, or SIGTERM
//   close=leave|stay|kill    stay: without leaving the group; kill: SIGKILL to itself
// All others are options of the session or the consumer. An unknown one is status 2.
//
// One JSON object per line on standard output, written at once; `t` is the wall clock in ns:
//   {"t":..,"m":name,"e":"start","client":..,"protocol":"classic","instance":..,"pid":..}
//   {"e":"assigned"|"revoked"|"lost","p":[["t",0],...],"gen":..,"id":member id}
//   {"e":"record","p":["t",0],"o":5,"v":"..."}       before it is worked on
//   {"e":"answer","p":["t",0],"o":5,"ok":true}       after commit() or ack(); false: it said `lost`
//   {"e":"commit","c":[["t",0,6],...]}               the offset is the next one
//   {"e":"committed"|"failed","c":[...],"err":..}    its outcome
//   {"e":"error","err":..}  {"e":"closing"}  {"e":"closed"}
#include <kafka/consumer.hpp>
#include <kafka/session.hpp>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <unistd.h>
#include <uv.h>

#include "base/version.hpp"

namespace {

constexpr int32_t kBatch = 500;

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 32) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\u%04x", byte);
      out += escaped;
    } else {
      out += c;
    }
  }
  return out + '"';
}

struct Arguments {
  std::string bootstrap, group, topics;
  std::map<std::string, std::string> own{{"name", ""},     {"assignor", ""}, {"commit", "batch"},
                                         {"work_ms", "0"}, {"seconds", "0"}, {"close", "leave"}};
  kafka::SessionOptions session;
  kafka::ConsumerOptions consumer;
};

bool read(int argc, char** argv, Arguments& arguments) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: group_member BOOTSTRAP GROUP TOPIC[,TOPIC...]|^REGEX [name=value]...\n");
    return false;
  }
  arguments.bootstrap = argv[1];
  arguments.group = argv[2];
  arguments.topics = argv[3];
  arguments.session.bootstrap_servers = arguments.bootstrap;
  for (int i = 4; i < argc; ++i) {
    const std::string_view pair = argv[i];
    const size_t equals = pair.find('=');
    const std::string name(pair.substr(0, equals));
    const std::string value(equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1));
    if (const auto own = arguments.own.find(name); own != arguments.own.end()) {
      own->second = value;
      continue;
    }
    const kafka::Error consumer = arguments.consumer.set(name, value);
    const kafka::Error session = arguments.session.set(name, value);
    if (consumer && session) {
      std::fprintf(stderr, "%s\n", consumer.message().c_str());
      return false;
    }
  }
  if (!arguments.own["assignor"].empty()) {
    const bool classic = arguments.consumer.group_protocol == kafka::GroupProtocol::classic;
    const char* const option = classic ? "partition.assignment.strategy" : "group.remote.assignor";
    if (const kafka::Error error = arguments.consumer.set(option, arguments.own["assignor"])) {
      std::fprintf(stderr, "%s\n", error.message().c_str());
      return false;
    }
  }
  return true;
}

class Member {
 public:
  Member(uv_loop_t* loop, Arguments arguments)
      : arguments_(std::move(arguments)), loop_(loop), work_ms_(std::strtoull(own("work_ms").c_str(), nullptr, 10)) {
    name_ = own("name");
    if (name_.empty() && arguments_.session.client_id != "uvkafka") name_ = arguments_.session.client_id;
    if (name_.empty()) name_ = "uvkafka-" + std::to_string(getpid());
    if (arguments_.session.client_id == "uvkafka") arguments_.session.client_id = name_;
    uv_timer_init(loop_, &end_);
    uv_signal_init(loop_, &term_);
    uv_signal_init(loop_, &interrupt_);
    end_.data = term_.data = interrupt_.data = this;
  }

  int run() {
    session_.emplace(loop_, arguments_.session);
    if (arguments_.topics.starts_with('^')) {
      consumer_.emplace(*session_, arguments_.group, kafka::TopicPattern(arguments_.topics.substr(1)),
                        arguments_.consumer);
    } else {
      consumer_.emplace(*session_, arguments_.group, kafka::Topics(split(arguments_.topics)), arguments_.consumer);
    }
    for (const kafka::Error& error : {session_->error(), consumer_->error()}) {
      if (!error) continue;
      std::fprintf(stderr, "%s\n", error.message().c_str());
      return 2;
    }
    const std::string& instance = arguments_.consumer.group_instance_id;
    const bool classic = arguments_.consumer.group_protocol == kafka::GroupProtocol::classic;
    say("start", ",\"client\":\"uvkafka " + std::string(kafka::kVersion) + "\",\"protocol\":\"" +
                     (classic ? "classic" : "consumer") + "\",\"instance\":" +
                     (instance.empty() ? "null" : quoted(instance)) + ",\"pid\":" + std::to_string(getpid()));
    listen();
    watch_for_the_end();
    consume();
    uv_run(loop_, UV_RUN_DEFAULT);
    return status_;
  }

 private:
  const std::string& own(const char* name) { return arguments_.own[name]; }

  static std::vector<std::string> split(const std::string& list) {
    std::vector<std::string> names;
    for (size_t at = 0; at <= list.size();) {
      const size_t comma = std::min(list.find(',', at), list.size());
      names.push_back(list.substr(at, comma - at));
      at = comma + 1;
    }
    return names;
  }

  void say(const char* event, const std::string& rest = {}) {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    const std::string line = "{\"t\":" + std::to_string(int64_t{now.tv_sec} * 1000000000 + now.tv_nsec) +
                             ",\"m\":" + quoted(name_) + ",\"e\":\"" + event + "\"" + rest + "}\n";
    if (write(STDOUT_FILENO, line.data(), line.size()) < 0) std::exit(1);
  }
  std::string identity() {
    const kafka::GroupView view = consumer_->group();
    return ",\"gen\":" + std::to_string(view.generation) + ",\"id\":" + quoted(view.member_id);
  }
  static std::string list(const kafka::Partitions& partitions) {
    std::string all;
    for (const auto& [topic, numbers] : partitions) {
      for (const int32_t number : numbers)
        all += (all.empty() ? "[" : ",[") + quoted(topic) + "," + std::to_string(number) + "]";
    }
    return ",\"p\":[" + all + "]";
  }
  static std::string where(const std::string& topic, int32_t partition, int64_t offset) {
    return ",\"p\":[" + quoted(topic) + "," + std::to_string(partition) + "],\"o\":" + std::to_string(offset);
  }
  static std::string offset(const std::string& topic, int32_t partition, int64_t next) {
    return ",\"c\":[[" + quoted(topic) + "," + std::to_string(partition) + "," + std::to_string(next) + "]]";
  }

  void listen() {
    consumer_->on_event([this](const kafka::Event& event) {
      if (event.type == kafka::Event::Type::partition_stopped) say("error", ",\"err\":" + quoted(event.message()));
    });
    consumer_->on_assigned([this](const kafka::Partitions& p) { say("assigned", list(p) + identity()); });
    consumer_->on_revoked([this](const kafka::Revocation& r) { say("revoked", list(r.partitions()) + identity()); });
    consumer_->on_lost([this](const kafka::Partitions& p, const kafka::Error&) { say("lost", list(p) + identity()); });
  }

  void consume() {
    auto on_end = [this](const kafka::Error& error) {
      if (closing_) return;
      if (error) {
        say("error", ",\"err\":" + quoted(error.message()));
        status_ = 1;
      }
      close();
    };
    if (own("commit") == "batch") {
      consumer_->batch_consume(
          kBatch, [this](kafka::BatchEnvelope batch) { take(std::move(batch)); }, on_end);
    } else {
      consumer_->consume([this](kafka::MessageEnvelope envelope) { take(std::move(envelope)); }, on_end);
    }
  }

  // --- one envelope, then its work ------------------------------------------

  void take(kafka::MessageEnvelope envelope) {
    say("record", where(envelope.topic(), envelope.partition(), envelope.offset()) +
                      ",\"v\":" + (envelope.value().data() == nullptr ? "null" : quoted(envelope.value())));
    if (work_ms_ == 0) return answer(envelope);
    // With orderings that open several, each has a timer of its own.
    later(std::make_shared<kafka::MessageEnvelope>(std::move(envelope)), work_ms_);
  }
  void take(kafka::BatchEnvelope batch) {
    for (const kafka::MessageView& item : batch.items()) {
      say("record", where(batch.topic(), batch.partition(), item.offset) +
                        ",\"v\":" + (item.value.data() == nullptr ? "null" : quoted(item.value)));
    }
    if (work_ms_ == 0) return answer(batch);
    const uint64_t all = work_ms_ * batch.size();
    later(std::make_shared<kafka::BatchEnvelope>(std::move(batch)), all);
  }

  template <class Envelope>
  struct Job {
    uv_timer_t timer;
    Member* member;
    std::shared_ptr<Envelope> envelope;
  };
  template <class Envelope>
  void later(std::shared_ptr<Envelope> envelope, uint64_t ms) {
    auto* const job = new Job<Envelope>{{}, this, std::move(envelope)};
    uv_timer_init(loop_, &job->timer);
    job->timer.data = job;
    uv_timer_start(
        &job->timer,
        [](uv_timer_t* timer) {
          auto* const done = static_cast<Job<Envelope>*>(timer->data);
          done->member->answer(*done->envelope);
          done->envelope.reset();
          uv_close(reinterpret_cast<uv_handle_t*>(timer),
                   [](uv_handle_t* handle) { delete static_cast<Job<Envelope>*>(handle->data); });
        },
        ms, 0);
  }

  void answer(kafka::MessageEnvelope& envelope) {
    const std::string place = where(envelope.topic(), envelope.partition(), envelope.offset());
    const std::string stored = offset(envelope.topic(), envelope.partition(), envelope.offset() + 1);
    const bool commits = own("commit") == "each";
    const kafka::Error error = commits ? envelope.commit({}, told(stored)) : envelope.ack();
    say("answer", place + ",\"ok\":" + (error ? "false" : "true"));
    if (commits && !error) say("commit", stored + identity());
  }
  void answer(kafka::BatchEnvelope& batch) {
    const std::string stored = offset(batch.topic(), batch.partition(), batch.items().back().offset + 1);
    const kafka::Error error = batch.commit({}, told(stored));
    for (const kafka::MessageView& item : batch.items()) {
      say("answer", where(batch.topic(), batch.partition(), item.offset) + ",\"ok\":" + (error ? "false" : "true"));
    }
    if (!error) say("commit", stored + identity());
  }
  kafka::Function<void(kafka::Error)> told(const std::string& stored) {
    return [this, stored](const kafka::Error& error) {
      if (error) {
        say("failed", stored + ",\"err\":" + quoted(error.message()));
      } else {
        say("committed", stored);
      }
    };
  }

  // --- the end --------------------------------------------------------------

  void watch_for_the_end() {
    const auto on_signal = [](uv_signal_t* signal, int) { static_cast<Member*>(signal->data)->close(); };
    uv_signal_start(&term_, on_signal, SIGTERM);
    uv_signal_start(&interrupt_, on_signal, SIGINT);
    const double seconds = std::strtod(own("seconds").c_str(), nullptr);
    if (seconds > 0) {
      uv_timer_start(
          &end_, [](uv_timer_t* timer) { static_cast<Member*>(timer->data)->close(); },
          static_cast<uint64_t>(seconds * 1000), 0);
      return;
    }
    if (uv_guess_handle(STDIN_FILENO) != UV_NAMED_PIPE) return;
    uv_pipe_init(loop_, &input_, 0);
    input_.data = this;
    reading_ = uv_pipe_open(&input_, STDIN_FILENO) == 0;
    if (!reading_) return;
    uv_read_start(
        reinterpret_cast<uv_stream_t*>(&input_),
        [](uv_handle_t*, size_t, uv_buf_t* buffer) {
          static char bytes[4096];
          *buffer = uv_buf_init(bytes, sizeof bytes);
        },
        [](uv_stream_t* stream, ssize_t count, const uv_buf_t*) {
          if (count < 0) static_cast<Member*>(stream->data)->close();
        });
  }

  void close() {
    if (std::exchange(closing_, true)) return;
    if (own("close") == "kill") raise(SIGKILL);
    say("closing");
    consumer_->close(own("close") == "stay" ? kafka::Leaving::stay : kafka::Leaving::by_kind, [this] {
      session_->close([this] {
        say("closed");
        for (uv_handle_t* handle : {reinterpret_cast<uv_handle_t*>(&end_), reinterpret_cast<uv_handle_t*>(&term_),
                                    reinterpret_cast<uv_handle_t*>(&interrupt_)})
          uv_close(handle, nullptr);
        if (reading_) uv_close(reinterpret_cast<uv_handle_t*>(&input_), nullptr);
      });
    });
  }

  Arguments arguments_;
  uv_loop_t* loop_;
  uint64_t work_ms_;
  std::string name_;
  std::optional<kafka::Session> session_;
  std::optional<kafka::Consumer> consumer_;
  uv_timer_t end_{};
  uv_signal_t term_{};
  uv_signal_t interrupt_{};
  uv_pipe_t input_{};
  bool reading_ = false;
  bool closing_ = false;
  int status_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  if (!read(argc, argv, arguments)) return 2;
  uv_loop_t loop;
  uv_loop_init(&loop);
  int status = 0;
  {
    Member member(&loop, std::move(arguments));
    status = member.run();
  }
  uv_run(&loop, UV_RUN_DEFAULT);
  uv_loop_close(&loop);
  return status;
}
