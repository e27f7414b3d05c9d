// What a session asks brokers: topics, brokers, offsets, and the administration of groups. Each is a function of the
// addon whose first argument is the session, and gives a promise of [error or null, tables as JSON or places].
#pragma once

#include <node_api.h>

namespace addon {

void define_admin(napi_env env, napi_value exports);

}  // namespace addon
