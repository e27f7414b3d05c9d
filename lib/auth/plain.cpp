#include "auth/plain.hpp"

namespace kafka::auth {

// No name to act for stands in front: Kafka refuses every one but the user's own.
Next Plain::start() {
  constexpr std::string_view kNul("", 1);
  return send({kNul, user_, kNul, password_.reveal()});
}

}  // namespace kafka::auth
