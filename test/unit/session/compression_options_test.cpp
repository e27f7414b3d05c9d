// The options of compression. Their ranges depend on the codec, and the codecs on the build.
// Not here: all other options (options_test.cpp), what the options do.
#include <kafka/options.hpp>

#include <string>

#include "catch.hpp"
#include "records/compression.hpp"

using namespace kafka;
using records::codec_available;
using records::codec_name;

namespace {

bool names(const Error& error, std::string_view text) { return error.message().find(text) != std::string::npos; }

}  // namespace

TEST_CASE("compression levels are checked against the codec, and the error names the range") {
  struct Case {
    Compression codec;
    int32_t least;
    int32_t most;
  };
  for (const Case& each : {Case{Compression::gzip, -1, 9}, Case{Compression::snappy, -1, -1},
                           Case{Compression::lz4, -1, 17}, Case{Compression::zstd, -1, 22}}) {
    if (!codec_available(each.codec)) continue;
    INFO(codec_name(each.codec));
    ProducerOptions options;
    options.compression_type = each.codec;
    for (const int32_t level : {each.least, each.most}) {
      options.compression_level = level;
      CHECK_FALSE(options.validate());
    }
    for (const int32_t level : {each.least - 1, each.most + 1, INT32_MIN, INT32_MAX}) {
      options.compression_level = level;
      const Error error = options.validate();
      INFO(error.message());
      CHECK(error == Errc::invalid_option);
      CHECK(names(error, "compression.level = \"" + std::to_string(level) + "\""));
      CHECK(names(error, each.least < each.most && level <= 22 && level >= -1
                             ? "-1 to " + std::to_string(each.most) + " with " + std::string(codec_name(each.codec))
                             : "-1"));
    }
  }
}

TEST_CASE("the Java client's names of the levels set the level") {
  for (const char* name :
       {"compression.level", "compression.gzip.level", "compression.lz4.level", "compression.zstd.level"}) {
    INFO(name);
    ProducerOptions options;
    CHECK_FALSE(options.set(name, "5"));
    CHECK(options.compression_level == 5);
    const Error error = options.set(name, "23");
    CHECK(error == Errc::invalid_option);
    CHECK(names(error, name));
    CHECK(names(error, "-1 to 22"));
    CHECK(options.compression_level == 5);
  }
  ProducerOptions options;
  CHECK_FALSE(options.set("compression.level", "9"));
  CHECK_FALSE(options.validate());  // nothing is compressed
}

TEST_CASE("a codec that is not built in is a wrong option, and the error names those that are") {
  for (const char* name : {"gzip", "snappy", "lz4", "zstd"}) {
    ProducerOptions options;
    CHECK_FALSE(options.set("compression.type", name));
    const Error error = options.validate();
    if (codec_available(options.compression_type)) {
      CHECK_FALSE(error);
    } else {
      CHECK(error == Errc::invalid_option);
      CHECK(names(error, "compression.type = \"" + std::string(name) + "\""));
      CHECK(names(error, records::codec_list() + " in this build"));
    }
  }
  ProducerOptions options;
  CHECK(names(options.set("compression.type", "brotli"), "zstd"));
}
