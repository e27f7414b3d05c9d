// The public face of a session.
#include <kafka/session.hpp>

#include <utility>

#include "base/topic_name.hpp"
#include "cluster/description.hpp"
#include "session/core.hpp"
#include "session/topic_creation.hpp"

namespace kafka {

Session::Session(uv_loop_t* loop, SessionOptions options) : core_(session::Core::make(loop, {}, std::move(options))) {}
Session::Session(uv_loop_t* loop, SessionOptions options, std::vector<ContactPoint> contact_points)
    : core_(session::Core::make(loop, std::move(contact_points), std::move(options))) {}
Session::Session(std::shared_ptr<session::Core> core) : core_(std::move(core)) {}
Session::~Session() { core_->abort(); }
Session::Session(Session&& other) noexcept : core_(std::exchange(other.core_, other.core_->moved_from())) {}
Session& Session::operator=(Session&& other) noexcept {
  if (this != &other) {
    core_->abort();
    core_ = std::exchange(other.core_, other.core_->moved_from());
  }
  return *this;
}

Error Session::error() const { return core_->error(); }
const std::vector<ContactPoint>& Session::contact_points() const { return core_->contact_points(); }
const SessionOptions& Session::options() const { return core_->options(); }

namespace {

void describe(session::Core& core, std::optional<std::set<std::string>> topics, bool create,
              Function<void(Error, ClusterMetadata)> done) {
  if (Error refusal = core.refusal()) {
    return core.later([done = std::move(done), refusal]() mutable { done(refusal, {}); });
  }
  core.metadata().fetch(std::move(topics), create, core.options().default_api_timeout,
                        [&core, done = std::move(done)](Error error, protocol::MetadataResponse& response) mutable {
                          if (error) {
                            return core.later([done = std::move(done), error]() mutable { done(error, {}); });
                          }
                          core.callbacks().run_work(
                              session::Lane(),
                              [done = std::move(done), description = cluster::Description(std::move(response))](
                                  session::Budget& budget) mutable {
                                for (bool whole = false; !whole;) {
                                  if (!budget.take()) return false;
                                  whole = description.step();
                                }
                                done({}, description.take());
                                return true;
                              });
                        });
}

}  // namespace

void Session::cluster(Function<void(Error, ClusterMetadata)> done) { describe(*core_, {}, false, std::move(done)); }

void Session::get_metadata(std::set<std::string> topics, Function<void(Error, ClusterMetadata)> done, bool create) {
  if (topics.empty()) {
    const Error error(Errc::invalid_argument, "get_metadata: no topic is named; cluster() describes all");
    return core_->later([done = std::move(done), error]() mutable { done(error, {}); });
  }
  describe(*core_, std::move(topics), create, std::move(done));
}

void Session::create_topic(NewTopic topic, Function<void(Error)> done) {
  Error refusal = core_->refusal();
  if (!refusal) refusal = check_topic_name(topic.name);
  if (!refusal && (topic.partitions == 0 || topic.partitions < -1)) {
    refusal = Error(Errc::invalid_argument, "partitions " + std::to_string(topic.partitions) + ": 1 or more, or -1");
  }
  if (!refusal && (topic.replication_factor == 0 || topic.replication_factor < -1)) {
    refusal = Error(Errc::invalid_argument,
                    "replication_factor " + std::to_string(topic.replication_factor) + ": 1 or more, or -1");
  }
  auto told = [core = core_.get(), done = std::move(done)](Error error) mutable {
    core->later([done = std::move(done), error = std::move(error)]() mutable {
      if (done) done(std::move(error));
    });
  };
  if (refusal) return told(std::move(refusal));
  session::TopicCreation::start(*core_, std::move(topic), std::move(told));
}

void Session::list_topics(Function<void(Error, std::vector<std::string>)> done) {
  cluster([done = std::move(done)](Error error, ClusterMetadata cluster) mutable {
    std::vector<std::string> names;
    for (const auto& [name, topic] : cluster.topics) names.push_back(name);
    done(std::move(error), std::move(names));
  });
}

void Session::on_event(Function<void(const Event&)> handler) { core_->on_event(std::move(handler)); }
void Session::on_turn(Function<void()> handler) { core_->on_turn(std::move(handler)); }
void Session::on_log(LogLevel level, LogSink sink) { core_->on_log(level, std::move(sink)); }

void Session::set_resolver(Function<void(const std::string&, ResolveDone)> resolver) {
  core_->set_resolver(std::move(resolver));
}

Error Session::set_credentials(std::string_view user, Secret password) {
  return session::set_credentials(*core_, user, std::move(password));
}
Error Session::on_token(Function<void(TokenRequest)> handler) { return session::on_token(*core_, std::move(handler)); }
Error Session::set_tls(TlsFiles files) { return session::set_tls(*core_, std::move(files)); }
bool Session::post(Function<void()> fn) { return core_->post(std::move(fn)); }
void Session::close(Function<void()> done) { close(core_->options().close_timeout, std::move(done)); }
void Session::close(std::chrono::milliseconds deadline, Function<void()> done) {
  core_->close(deadline, std::move(done));
}
bool Session::closed() const { return core_->closed(); }
void Session::unref() { core_->set_referenced(false); }
void Session::ref() { core_->set_referenced(true); }

}  // namespace kafka
