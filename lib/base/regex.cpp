#include "base/regex.hpp"

#include <string>

#if UVKAFKA_RE2
#include <re2/re2.h>
#endif

namespace kafka {

#if UVKAFKA_RE2

bool Regex::built_in() { return true; }

Error Regex::compile(std::string_view text, Regex& compiled) {
  if (text.size() > kLongest) {
    return Error(Errc::invalid_regular_expression, "the pattern has " + std::to_string(text.size()) +
                                                       " bytes, at most " + std::to_string(kLongest) + " are allowed");
  }
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_encoding(re2::RE2::Options::EncodingLatin1);  // names of topics are ASCII
  auto made = std::make_shared<re2::RE2>(re2::StringPiece(text.data(), text.size()), options);
  if (!made->ok()) return Error(Errc::invalid_regular_expression, made->error());
  compiled.compiled_ = std::move(made);
  return {};
}

bool Regex::matches(std::string_view name) const {
  return compiled_ != nullptr && re2::RE2::FullMatch(re2::StringPiece(name.data(), name.size()), *compiled_);
}

#else

bool Regex::built_in() { return false; }

Error Regex::compile(std::string_view, Regex&) {
  return Error(Errc::unsupported_feature,
               "patterns need RE2, and this library was built without it (meson option re2)");
}

bool Regex::matches(std::string_view) const { return false; }

#endif

}  // namespace kafka
