#include "admin.hpp"

#include <kafka/kafka.h>

#include <iterator>
#include <string>

#include "partitions.hpp"
#include "promise.hpp"
#include "session.hpp"
#include "value.hpp"

namespace addon {
namespace {

/// Runs `ask(session, arguments, user)`, whose callback settles the promise that this returns.
template <class Ask>
napi_value ask_broker(napi_env env, napi_callback_info info, Ask ask) {
  const Arguments arguments(env, info);
  const Session* const session = session_of(env, arguments[0]);
  if (session == nullptr) {
    napi_throw_type_error(env, nullptr, "not a session");
    return nullptr;
  }
  napi_value made = nullptr;
  Promise* const promise = Promise::make(*session->host(), &made);
  return promise->unless(ask(session->handle(), arguments, static_cast<Waiter*>(promise)), made);
}

/// Text, or NULL for undefined.
class Text {
 public:
  Text(napi_env env, napi_value value) : given_(is(env, value, napi_string)), text_(read_string(env, value)) {}
  const char* or_null() const { return given_ ? text_.c_str() : nullptr; }

 private:
  bool given_;
  std::string text_;
};

/// topics(session)
napi_value topics(napi_env env, napi_callback_info info) {
  return ask_broker(env, info, [](kafka_session* session, const Arguments&, void* user) {
    return kafka_session_topics(session, Promise::on_result, user);
  });
}

/// metadata(session, topics, create)
napi_value metadata(napi_env env, napi_callback_info info) {
  return ask_broker(env, info, [](kafka_session* session, const Arguments& arguments, void* user) {
    const StringList names = arguments.strings(1);
    return kafka_session_metadata(session, names.data(), names.size(), arguments.flag(2), Promise::on_result, user);
  });
}

/// offsetsAt(session, places, time)
napi_value offsets_at(napi_env env, napi_callback_info info) {
  return ask_broker(env, info, [](kafka_session* session, const Arguments& arguments, void* user) {
    const Partitions places = read_places(arguments.env, arguments[1]);
    return kafka_offsets_at(session, places.get(), static_cast<int64_t>(arguments.number(2)), Promise::on_places, user);
  });
}

/// groupOffsets(session, group, places)
napi_value group_offsets(napi_env env, napi_callback_info info) {
  return ask_broker(env, info, [](kafka_session* session, const Arguments& arguments, void* user) {
    const Partitions places = read_places(arguments.env, arguments[2]);
    return kafka_group_offsets(session, arguments.string(1).c_str(), places.get(), Promise::on_places, user);
  });
}

/// groupCommit(session, group, places)
napi_value group_commit(napi_env env, napi_callback_info info) {
  return ask_broker(env, info, [](kafka_session* session, const Arguments& arguments, void* user) {
    const Partitions places = read_places(arguments.env, arguments[2]);
    return kafka_group_commit(session, arguments.string(1).c_str(), places.get(), Promise::on_places, user);
  });
}

/// groupReset(session, group, places, to end)
napi_value group_reset(napi_env env, napi_callback_info info) {
  return ask_broker(env, info, [](kafka_session* session, const Arguments& arguments, void* user) {
    const Partitions places = read_places(arguments.env, arguments[2]);
    return kafka_group_reset(session, arguments.string(1).c_str(), places.get(), arguments.flag(3), Promise::on_places,
                             user);
  });
}

/// listGroups(session, states, types)
napi_value list_groups(napi_env env, napi_callback_info info) {
  return ask_broker(env, info, [](kafka_session* session, const Arguments& arguments, void* user) {
    const Text states(arguments.env, arguments[1]), types(arguments.env, arguments[2]);
    return kafka_groups_list(session, states.or_null(), types.or_null(), Promise::on_result, user);
  });
}

/// describeGroups(session, names)
napi_value describe_groups(napi_env env, napi_callback_info info) {
  return ask_broker(env, info, [](kafka_session* session, const Arguments& arguments, void* user) {
    const StringList names = arguments.strings(1);
    return kafka_groups_describe(session, names.data(), names.size(), Promise::on_result, user);
  });
}

/// groupLag(session, group)
napi_value group_lag(napi_env env, napi_callback_info info) {
  return ask_broker(env, info, [](kafka_session* session, const Arguments& arguments, void* user) {
    return kafka_groups_lag(session, arguments.string(1).c_str(), Promise::on_result, user);
  });
}

/// deleteGroups(session, names)
napi_value delete_groups(napi_env env, napi_callback_info info) {
  return ask_broker(env, info, [](kafka_session* session, const Arguments& arguments, void* user) {
    const StringList names = arguments.strings(1);
    return kafka_groups_delete(session, names.data(), names.size(), Promise::on_result, user);
  });
}

/// deleteGroupOffsets(session, group, places)
napi_value delete_group_offsets(napi_env env, napi_callback_info info) {
  return ask_broker(env, info, [](kafka_session* session, const Arguments& arguments, void* user) {
    const Partitions places = read_places(arguments.env, arguments[2]);
    return kafka_groups_delete_offsets(session, arguments.string(1).c_str(), places.get(), Promise::on_result, user);
  });
}

/// removeMembers(session, group, member ids, instance ids, reason)
napi_value remove_members(napi_env env, napi_callback_info info) {
  return ask_broker(env, info, [](kafka_session* session, const Arguments& arguments, void* user) {
    const StringList members = arguments.strings(2), instances = arguments.strings(3);
    const Text reason(arguments.env, arguments[4]);
    return kafka_groups_remove_members(session, arguments.string(1).c_str(), members.data(), members.size(),
                                       instances.data(), instances.size(), reason.or_null(), Promise::on_result, user);
  });
}

}  // namespace

void define_admin(napi_env env, napi_value exports) {
  const napi_property_descriptor functions[] = {
      {"topics", nullptr, topics, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"metadata", nullptr, metadata, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"offsetsAt", nullptr, offsets_at, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"groupOffsets", nullptr, group_offsets, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"groupCommit", nullptr, group_commit, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"groupReset", nullptr, group_reset, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"listGroups", nullptr, list_groups, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"describeGroups", nullptr, describe_groups, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"groupLag", nullptr, group_lag, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"deleteGroups", nullptr, delete_groups, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"deleteGroupOffsets", nullptr, delete_group_offsets, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"removeMembers", nullptr, remove_members, nullptr, nullptr, nullptr, napi_default, nullptr}};
  napi_define_properties(env, exports, std::size(functions), functions);
}

}  // namespace addon
