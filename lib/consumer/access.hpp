// How this library's own tests, and later groups, get from a public Consumer or Fetcher to its reader.
// Not installed.
#pragma once

#include <kafka/consumer.hpp>

#include "consumer/reader.hpp"

namespace kafka::consumer {

struct ReaderAccess {
  static Reader& reader(const PartitionReader& face) { return *face.reader_; }
};

}  // namespace kafka::consumer
