// How handles of libuv outlive the objects that use them: each lies in a heap block of its own, the
// object detaches it, and the close callback only frees the block.
#pragma once

#include <uv.h>

#include <string>
#include <utility>

namespace kafka::net {

/// A block with a libuv handle as its member `handle`, and `owner`, null once detached.
template <class UvType, class Owner>
struct HandleBlock {
  UvType handle;
  Owner* owner = nullptr;
  int references = 1;  // libuv's, until the close callback, and one per Pin

  explicit HandleBlock(Owner* of) : owner(of) { handle.data = this; }

  static HandleBlock* from(UvType* handle) { return static_cast<HandleBlock*>(handle->data); }
  uv_handle_t* base() { return reinterpret_cast<uv_handle_t*>(&handle); }

  /// Ends the use of the handle; the block frees itself.
  void detach() {
    owner = nullptr;
    if (!uv_is_closing(base())) {
      uv_close(base(), [](uv_handle_t* closed) { static_cast<HandleBlock*>(closed->data)->release(); });
    }
  }
  void release() {
    if (--references == 0) delete this;
  }
};

/// Keeps a block in memory for a deferred call, which then looks at `owner`.
template <class Block>
class Pin {
 public:
  explicit Pin(Block* block) : block_(block) { ++block_->references; }
  Pin(Pin&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  Pin(const Pin&) = delete;
  Pin& operator=(Pin&&) = delete;
  ~Pin() {
    if (block_ != nullptr) block_->release();
  }
  auto* owner() const { return block_->owner; }

 private:
  Block* block_;
};

/// libuv's text for one of its (negative) codes, as a detail of an error.
inline std::string uv_text(int code) { return std::string(uv_strerror(code)) + " (" + uv_err_name(code) + ")"; }

}  // namespace kafka::net
