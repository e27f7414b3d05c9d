#include "host.hpp"

#include <algorithm>

#include "value.hpp"

namespace addon {

Host::Host(napi_env its_env) : env(its_env) { napi_async_init(env, nullptr, make_string(env, "uvkafka"), &context); }
Host::~Host() { napi_async_destroy(env, context); }

void Host::due(Teller& teller) {
  if (std::find(due_.begin(), due_.end(), &teller) == due_.end()) due_.push_back(&teller);
}

void Host::forget(const Teller& teller) {
  std::erase(due_, &teller);
  std::replace(telling_.begin(), telling_.end(), const_cast<Teller*>(&teller), static_cast<Teller*>(nullptr));
}

void Host::tell() {
  if (due_.empty()) return;
  if (!talks_) return due_.clear();
  CallbackScope scope(env, context);
  telling_.swap(due_);
  for (size_t k = 0; k < telling_.size(); ++k) {
    if (telling_[k] != nullptr) telling_[k]->tell(scope);
  }
  telling_.clear();
}

}  // namespace addon
