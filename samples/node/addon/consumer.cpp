#include "consumer.hpp"

#include <string>
#include <utility>

#include "class.hpp"
#include "error.hpp"
#include "options.hpp"
#include "partitions.hpp"
#include "promise.hpp"
#include "session.hpp"
#include "tables.hpp"

namespace addon {
namespace {

/// What JavaScript says to read, as one of the library's calls.
kafka_consumer* make_handle(napi_env env, kafka_session* session, napi_value source, const kafka_options* options) {
  const napi_value name = read_property(env, source, "group");
  const std::string group = read_string(env, name);
  const bool grouped = is(env, name, napi_string);
  const Partitions places = read_places(env, read_property(env, source, "partitions"));
  const StringList topics(read_strings(env, read_property(env, source, "topics")));
  const StringList whole(read_strings(env, read_property(env, source, "allPartitions")));
  const std::string pattern = read_string(env, read_property(env, source, "pattern"));
  if (topics.size() > 0) return kafka_member_new(session, group.c_str(), topics.data(), topics.size(), options);
  if (!pattern.empty()) return kafka_member_new_pattern(session, group.c_str(), pattern.c_str(), options);
  if (places != nullptr) {
    return grouped ? kafka_consumer_new(session, group.c_str(), places.get(), options)
                   : kafka_fetcher_new(session, places.get(), options);
  }
  return grouped ? kafka_consumer_new_all(session, group.c_str(), whole.data(), whole.size(), options)
                 : kafka_fetcher_new_all(session, whole.data(), whole.size(), options);
}

}  // namespace

Consumer::Consumer(std::shared_ptr<Host> host, napi_value handler)
    : host_(std::move(host)), handler_(host_->env, handler), membership_(*host_) {}

Consumer::~Consumer() {
  let_go();
  host_->forget(*this);
}

void Consumer::let_go() {
  membership_.end();
  fresh_.clear();
  deliveries_.clear();
  kafka_consumer_free(std::exchange(handle_, nullptr));
  kafka_error_free(std::exchange(end_, nullptr));
}

/// new Consumer(session, options, source, handler, handler of its partitions)
std::unique_ptr<Consumer> Consumer::make(const Arguments& arguments) {
  const napi_env env = arguments.env;
  const Session* const session = session_of(env, arguments[0]);
  if (session == nullptr) return nullptr;
  const Options options = read_options(env, KAFKA_CONSUMER_OPTIONS, arguments[1]);
  if (options == nullptr) return nullptr;
  std::unique_ptr<Consumer> made(new Consumer(session->host(), arguments[3]));
  made->handle_ = make_handle(env, session->handle(), arguments[2], options.get());
  if (made->handle_ == nullptr) return throw_last_error(env), nullptr;
  if (const kafka_error* wrong = kafka_consumer_error(made->handle_); wrong != nullptr) {
    throw_error(env, wrong);
    return nullptr;
  }
  made->membership_.watch(made->handle_, arguments[4]);
  return made;
}

/// consume("messages", "batches" or "columns", most of them at a time): the handler hears of what comes, and of the end
napi_value Consumer::consume(const Arguments& arguments) {
  const std::string what = arguments.string(0);
  void* const user = static_cast<Waiter*>(this);
  if (what == "columns") {
    return outcome(arguments.env, kafka_consumer_consume_columns(handle_, static_cast<size_t>(arguments.number(1)),
                                                                 on_columns, on_end, user));
  }
  if (what == "batches") {
    return outcome(arguments.env,
                   kafka_consumer_consume_batches(handle_, arguments.int32(1), on_envelope, on_end, user));
  }
  constexpr int64_t kNoLimit = 0;
  return outcome(arguments.env, kafka_consumer_consume(handle_, kNoLimit, on_envelope, on_end, user));
}

void Consumer::gathered(Delivery delivery) {
  fresh_.push_back(deliveries_.add(std::move(delivery)));
  host_->due(*this);
}
void Consumer::on_columns(void* user, kafka_columns* columns) {
  static_cast<Consumer*>(static_cast<Waiter*>(user))->gathered(Delivery(columns));
}
void Consumer::on_envelope(void* user, kafka_envelope* envelope) {
  static_cast<Consumer*>(static_cast<Waiter*>(user))->gathered(Delivery(envelope));
}
void Consumer::on_end(void* user, const kafka_error* error) {
  auto& self = *static_cast<Consumer*>(static_cast<Waiter*>(user));
  self.ended_ = true;
  kafka_error_free(std::exchange(self.end_, kafka_error_copy(error)));
  self.host_->due(self);
}

void Consumer::tell(CallbackScope& scope) {
  const napi_env env = host_->env;
  const std::vector<uint32_t> fresh = std::exchange(fresh_, {});
  const bool ended = std::exchange(ended_, false);
  kafka_error* const end = std::exchange(end_, nullptr);
  const napi_value all = make_array(env, fresh.size());
  for (size_t k = 0; k < fresh.size(); ++k) {
    if (const Delivery* each = deliveries_.find(fresh[k]); each != nullptr) {
      set(env, all, static_cast<uint32_t>(k), each->pack(env, fresh[k]));
    }
  }
  const napi_value why = end == nullptr ? make_undefined(env) : make_error(env, end);
  kafka_error_free(end);
  if (handler_) scope.call(handler_.get(), {all, make_boolean(env, ended), why});
}

/// commit(delivery, first, count, metadata): a promise. Metadata may be undefined.
napi_value Consumer::commit(const Arguments& arguments) {
  Delivery* const delivery = deliveries_.find(arguments.number(0, -1));
  if (delivery == nullptr) return lost(arguments.env);
  const std::string metadata = arguments.string(3);
  const bool has_metadata = is(arguments.env, arguments[3], napi_string);
  napi_value made = nullptr;
  Promise* const promise = Promise::make(*host_, &made);
  const int code = delivery->commit(static_cast<size_t>(arguments.number(1)), static_cast<size_t>(arguments.number(2)),
                                    {has_metadata ? metadata.data() : nullptr, metadata.size()}, Promise::on_done,
                                    static_cast<Waiter*>(promise));
  return promise->unless(code, made);
}

/// ack(delivery, first, count)
napi_value Consumer::ack(const Arguments& arguments) {
  Delivery* const delivery = deliveries_.find(arguments.number(0, -1));
  if (delivery == nullptr) return lost(arguments.env);
  return outcome(arguments.env,
                 delivery->ack(static_cast<size_t>(arguments.number(1)), static_cast<size_t>(arguments.number(2))));
}

napi_value Consumer::lost(napi_env env) {
  if (const napi_value made = make_error(env, KAFKA_LOST); made != nullptr) napi_throw(env, made);
  return nullptr;
}

/// giveBack(delivery): frees it. What is not answered of it ends the consumption.
napi_value Consumer::give_back(const Arguments& arguments) {
  deliveries_.remove(arguments.number(0, -1));
  return make_undefined(arguments.env);
}

/// stop(): a promise
napi_value Consumer::stop(const Arguments&) {
  napi_value made = nullptr;
  Promise* const promise = Promise::make(*host_, &made);
  return promise->unless(kafka_consumer_stop(handle_, Promise::on_plain, static_cast<Waiter*>(promise)), made);
}

/// pause(places), resume(places): undefined for all
napi_value Consumer::pause(const Arguments& arguments) {
  const Partitions places = read_places(arguments.env, arguments[0]);
  return outcome(arguments.env, kafka_consumer_pause(handle_, places.get()));
}
napi_value Consumer::resume(const Arguments& arguments) {
  const Partitions places = read_places(arguments.env, arguments[0]);
  return outcome(arguments.env, kafka_consumer_resume(handle_, places.get()));
}
/// seek([place])
napi_value Consumer::seek(const Arguments& arguments) {
  const Partitions places = read_places(arguments.env, arguments[0]);
  kafka_place place = KAFKA_INIT(kafka_place);
  kafka_partitions_get(places.get(), 0, &place);
  return outcome(arguments.env, kafka_consumer_seek(handle_, &place));
}
/// position(topic, partition)
napi_value Consumer::position(const Arguments& arguments) {
  return make_number(arguments.env, static_cast<double>(kafka_consumer_position(handle_, arguments.string(0).c_str(),
                                                                                arguments.int32(1))));
}
/// atEnd(topic, partition)
napi_value Consumer::at_end(const Arguments& arguments) {
  return make_boolean(arguments.env,
                      kafka_consumer_at_end(handle_, arguments.string(0).c_str(), arguments.int32(1)) == 1);
}
napi_value Consumer::partitions(const Arguments& arguments) {
  const Partitions found(kafka_consumer_partitions(handle_));
  return make_places(arguments.env, found.get());
}

/// subscribe(topics)
napi_value Consumer::subscribe(const Arguments& arguments) {
  const StringList topics = arguments.strings(0);
  return outcome(arguments.env, kafka_consumer_subscribe(handle_, topics.data(), topics.size()));
}
napi_value Consumer::subscribe_pattern(const Arguments& arguments) {
  return outcome(arguments.env, kafka_consumer_subscribe_pattern(handle_, arguments.string(0).c_str()));
}
/// rebalance(reason)
napi_value Consumer::rebalance(const Arguments& arguments) {
  return outcome(arguments.env, kafka_consumer_rebalance(handle_, arguments.string(0).c_str()));
}
/// group(): the JSON of its tables
napi_value Consumer::group(const Arguments& arguments) {
  kafka_result* const result = kafka_consumer_group(handle_);
  if (result == nullptr) return throw_last_error(arguments.env);
  return take_tables(arguments.env, result);
}
/// release(number of a revocation)
napi_value Consumer::release(const Arguments& arguments) {
  membership_.release(arguments.number(0, -1));
  return make_undefined(arguments.env);
}

/// close(a kafka_leaving): a promise
napi_value Consumer::close(const Arguments& arguments) {
  napi_value made = nullptr;
  Promise* const promise = Promise::make(*host_, &made);
  return promise->unless(
      kafka_consumer_close(handle_, arguments.int32(0), Promise::on_plain, static_cast<Waiter*>(promise)), made);
}
/// free(): of a consumer that is closed. Calls fail from now on, and the handlers are given up.
napi_value Consumer::free(const Arguments& arguments) {
  let_go();
  handler_.reset();
  return make_undefined(arguments.env);
}

void Consumer::define(napi_env env, napi_value exports) {
  define_class<Consumer>(env, exports, "Consumer",
                         {{"consume", method_of<Consumer, &Consumer::consume>},
                          {"commit", method_of<Consumer, &Consumer::commit>},
                          {"ack", method_of<Consumer, &Consumer::ack>},
                          {"giveBack", method_of<Consumer, &Consumer::give_back>},
                          {"stop", method_of<Consumer, &Consumer::stop>},
                          {"pause", method_of<Consumer, &Consumer::pause>},
                          {"resume", method_of<Consumer, &Consumer::resume>},
                          {"seek", method_of<Consumer, &Consumer::seek>},
                          {"position", method_of<Consumer, &Consumer::position>},
                          {"atEnd", method_of<Consumer, &Consumer::at_end>},
                          {"partitions", method_of<Consumer, &Consumer::partitions>},
                          {"subscribe", method_of<Consumer, &Consumer::subscribe>},
                          {"subscribePattern", method_of<Consumer, &Consumer::subscribe_pattern>},
                          {"rebalance", method_of<Consumer, &Consumer::rebalance>},
                          {"group", method_of<Consumer, &Consumer::group>},
                          {"release", method_of<Consumer, &Consumer::release>},
                          {"close", method_of<Consumer, &Consumer::close>},
                          {"free", method_of<Consumer, &Consumer::free>}});
}

}  // namespace addon
