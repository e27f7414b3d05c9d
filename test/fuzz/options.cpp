// Options by name, and addresses. Input: which struct, then lines `name=value`, or a list of contact points. What was
// taken can be checked, and a value that was refused has changed nothing.
#include <kafka/options.hpp>

#include <cstring>

#include "base/error_table.hpp"
#include "base/topic_name.hpp"
#include "input.hpp"
#include "net/reactor.hpp"
#include "session/core.hpp"
#include "target.hpp"

using namespace kafka;

namespace {

template <class Options>
void set_all(std::string_view lines) {
  Options options;
  while (!lines.empty()) {
    const size_t end = lines.find('\n');
    const std::string_view line = lines.substr(0, end);
    lines = end == std::string_view::npos ? std::string_view() : lines.substr(end + 1);
    const size_t equals = line.find('=');
    const std::string_view value = equals == std::string_view::npos ? std::string_view() : line.substr(equals + 1);
    const bool valid = !options.validate();
    if (Error error = options.set(line.substr(0, equals), value)) {
      fuzz::expect(error == Errc::invalid_option, "another error than documented");
      fuzz::expect(valid == !options.validate(), "an option that was refused has changed something");
    }
  }
}

void read_addresses(std::string_view text) {
  std::vector<ContactPoint> points;
  if (session::parse_contact_points(text, points)) return;
  fuzz::expect(!points.empty(), "no contact point and no error");
  for (const ContactPoint& point : points) {
    fuzz::expect(!point.host.empty() && point.port > 0, "a contact point without host or port");
    net::is_numeric(point.host);
    net::to_string({point.host, point.port});
  }
}

void read_names(std::string_view text) {
  const Error error = check_topic_name(text);
  fuzz::expect(error || (!text.empty() && text.size() < 250), "a topic name that Kafka refuses");
  escaped(text, 64);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  const fuzz::Watch watch(size);
  switch (input.byte() % 5) {
    case 0:
      set_all<SessionOptions>(input.rest());
      break;
    case 1:
      set_all<ProducerOptions>(input.rest());
      break;
    case 2:
      set_all<ConsumerOptions>(input.rest());
      break;
    case 3:
      read_addresses(input.rest());
      break;
    default:
      read_names(input.rest());
  }
  return 0;
}

size_t uvkafka_example(uint64_t seed, uint8_t* data, size_t most) {
  static constexpr const char* kLines[] = {
      "client.id=a\nmax.dispatch=10\nbootstrap.servers=a:1,[::1]:2\nretry.backoff.ms=1\nsocket.keepalive.enable=false",
      "acks=all\nlinger.ms=5\ncompression.type=zstd\nbatch.size=100\npartitioner=murmur2\nenable.idempotence=true",
      "auto.offset.reset=latest\nfetch.max.bytes=5\nordering=unordered\nisolation.level=read_committed\nmax.open=7",
      "host:9092, [fe80::1]:1,10.0.0.1", "a.topic_name-1"};
  const size_t which = seed % std::size(kLines);
  const size_t length = std::strlen(kLines[which]);
  if (length + 1 > most) return 0;
  data[0] = static_cast<uint8_t>(which);
  std::memcpy(data + 1, kLines[which], length);
  return length + 1;
}
