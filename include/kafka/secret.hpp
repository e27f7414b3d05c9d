// A password or a key: text that never shows up in a log, an error, a list of options or a dump of what was freed.
#pragma once

#include <kafka/export.hpp>

#include <cstddef>
#include <memory>
#include <string_view>

namespace kafka {

/// Owns a text that must stay secret. Every copy has memory of its own, which is overwritten before it is freed. It
/// does not convert to a string, and no stream and no formatter takes it. So it cannot be printed by accident:
/// reveal() is the only way to its text.
///
/// The text that you make it from is yours to wipe. Do not make it from a std::string that lives on.
class UVKAFKA_API Secret {
 public:
  Secret() noexcept = default;
  explicit Secret(std::string_view text);
  Secret(const Secret& other) : Secret(other.reveal()) {}
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret other) noexcept;
  ~Secret();

  bool empty() const noexcept { return size_ == 0; }
  /// The text itself, for the one place that needs it. The view is valid while this object exists and is not changed.
  std::string_view reveal() const noexcept { return {text_.get(), size_}; }

 private:
  std::unique_ptr<char[]> text_;
  size_t size_ = 0;
};

/// What lists of options and getters show in place of a secret that is set.
inline constexpr std::string_view kHidden = "[hidden]";

}  // namespace kafka
