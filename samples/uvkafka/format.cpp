#include "format.hpp"

#include <cstdio>

namespace cli {
namespace {

void write(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }
void length(std::string_view text) {
  std::printf("%lld", text.data() == nullptr ? -1LL : static_cast<long long>(text.size()));
}
void headers(const kafka::MessageEnvelope& message) {
  bool first = true;
  for (const kafka::Header& header : message.headers()) {
    if (!std::exchange(first, false)) std::fputc(',', stdout);
    write(header.key);
    std::fputc('=', stdout);
    if (header.value.data() == nullptr) {
      write("NULL");
    } else {
      write(header.value);
    }
  }
}

}  // namespace

std::optional<Format> Format::parse(std::string_view text) {
  Format format;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if ((c != '%' && c != '\\') || i + 1 == text.size()) {
      format.parts_.push_back({c, true});
      continue;
    }
    const char next = text[++i];
    if (c == '\\') {
      const std::string_view from = "nt\\r0", to{"\n\t\\\r\0", 5};
      const size_t at = from.find(next);
      if (at == std::string_view::npos) return {};
      format.parts_.push_back({to[at], true});
    } else if (next == '%') {
      format.parts_.push_back({'%', true});
    } else if (std::string_view("tpokKsSTh").find(next) != std::string_view::npos) {
      format.parts_.push_back({next, false});
    } else {
      return {};
    }
  }
  return format;
}

void Format::print(const kafka::MessageEnvelope& message) const {
  for (const auto& [c, literal] : parts_) {
    if (literal) {
      std::fputc(c, stdout);
      continue;
    }
    switch (c) {
      case 't':
        write(message.topic());
        break;
      case 'p':
        std::printf("%d", message.partition());
        break;
      case 'o':
        std::printf("%lld", static_cast<long long>(message.offset()));
        break;
      case 'k':
        write(message.key());
        break;
      case 's':
        write(message.value());
        break;
      case 'K':
        length(message.key());
        break;
      case 'S':
        length(message.value());
        break;
      case 'T':
        std::printf("%lld", static_cast<long long>(message.timestamp()));
        break;
      default:
        headers(message);
        break;
    }
  }
}

}  // namespace cli
