#include "client_stats.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <utility>

#include "http_get.hpp"

namespace cli {
namespace {

constexpr std::string_view kScheme = "http://";

}  // namespace

std::optional<Samples> parse_samples(std::string_view text) {
  Samples samples;
  while (!text.empty()) {
    const size_t length = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, length);
    text.remove_prefix(std::min(length + 1, text.size()));
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.empty() || line.front() == '#') continue;
    // Labels may have blanks in them, so the name ends behind their brace.
    const size_t brace = line.find('{');
    const size_t end = brace == std::string_view::npos ? line.find(' ') : line.rfind('}') + 1;
    if (end == 0 || end >= line.size() || line[end] != ' ') return {};
    const std::string value(line.substr(end + 1));
    char* rest = nullptr;
    const double parsed = std::strtod(value.c_str(), &rest);
    if (rest == value.c_str()) return {};
    samples[std::string(line.substr(0, end))] = parsed;
  }
  if (samples.empty()) return {};
  return samples;
}

std::string label_of(std::string_view sample, std::string_view label) {
  const std::string wanted = std::string(label) + "=\"";
  const size_t found = sample.find(wanted);
  if (found == std::string_view::npos) return {};
  std::string value;
  for (size_t i = found + wanted.size(); i < sample.size() && sample[i] != '"'; ++i) {
    if (sample[i] == '\\' && i + 1 < sample.size()) ++i;
    value += sample[i];
  }
  return value;
}

double sum_of(const Samples& samples, std::string_view metric) {
  double sum = 0;
  const std::string ending = "_" + std::string(metric);
  for (const auto& [name, value] : samples) {
    const std::string_view bare = std::string_view(name).substr(0, name.find('{'));
    if (bare.ends_with(ending)) sum += value;
  }
  return sum;
}

StatsReader::StatsReader(uv_loop_t* loop, std::string from) : loop_(loop), from_(std::move(from)) {}
StatsReader::~StatsReader() {
  if (request_ != nullptr) request_->cancel();
}

std::string StatsReader::check(const std::string& from) {
  if (from.starts_with("https://")) return "--stats reads files and http://, not https://";
  if (!from.starts_with(kScheme)) return from.empty() ? "--stats wants FILE or http://HOST:PORT/PATH" : "";
  return HttpGet::parse(from.substr(kScheme.size())) ? "" : "--stats: " + from + " is no http://HOST:PORT/PATH";
}

void StatsReader::read(std::function<void(std::optional<Samples>, std::string)> done) {
  auto finish = [done = std::move(done), from = from_](const std::string& why, std::string_view body) {
    if (!why.empty()) return done({}, from + ": " + why);
    auto samples = parse_samples(body);
    const std::string wrong = samples ? "" : from + ": no numbers in the text format of Prometheus";
    done(std::move(samples), wrong);
  };
  if (from_.starts_with(kScheme)) {
    request_ = HttpGet::start(loop_, *HttpGet::parse(from_.substr(kScheme.size())), kMostBytes, kPatienceMs,
                              std::move(finish));
    return;
  }
  std::ifstream file(from_, std::ios::binary);
  if (!file) return finish(std::strerror(errno), {});
  std::string text(kMostBytes, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file.eof()) return finish("more than " + std::to_string(kMostBytes) + " bytes", {});
  text.resize(static_cast<size_t>(file.gcount()));
  finish("", text);
}

}  // namespace cli
