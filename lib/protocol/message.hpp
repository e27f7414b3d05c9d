// Encoding, decoding and printing of whole messages, without headers. The templates are only declared here. Each is
// instantiated for all messages in a file of its own (encode.cpp, decode.cpp, to_json.cpp), so that a file that sends
// a message need not compile the visitors again.
#pragma once

#include <kafka/error.hpp>

#include <string>

#include "codec/reader.hpp"
#include "codec/writer.hpp"
#include "protocol/api.hpp"

namespace kafka::protocol {

/// Writes the body. After an error the writer holds a part of it.
/// Errors: unsupported_version (a field has a value that this version cannot carry; the text names it),
/// invalid_argument (a field is null that may not be, or is too long).
template <class M>
Error encode(const M& message, int version, codec::Writer& writer);

/// Reads the body into a message that has its defaults. Bytes after the last known field stay in the reader. `bytes`
/// and `records` fields share the reader's memory. Errors: protocol_error with the place.
template <class M>
Error decode(codec::Reader& reader, int version, M& message);

/// Appends the message as Kafka's own tools print it; secret fields are masked.
/// Errors: as encode().
template <class M>
Error to_json(const M& message, int version, std::string& out);

}  // namespace kafka::protocol
