// Releases per broker (see releases.hpp).
#include "devbroker/releases.hpp"

#include <string>

namespace kafka::devbroker {

Error Releases::as_version(std::string_view release, int32_t broker) {
  const Profile* profile = find_profile(release);
  if (profile == nullptr) {
    return Error(Errc::invalid_argument, "version \"" + std::string(release) + "\" is not one of " + release_names());
  }
  if (broker != 0) {
    of_one_[broker] = profile;
    return {};
  }
  of_one_.clear();
  of_all_ = profile;
  return {};
}

const Profile& Releases::profile(int32_t broker) const {
  const auto own = of_one_.find(broker);
  return own == of_one_.end() ? *of_all_ : *own->second;
}

}  // namespace kafka::devbroker
