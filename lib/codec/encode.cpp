// The texts of encoding errors (see encode.hpp).
#include "codec/encode.hpp"

namespace kafka::codec {

Error not_in_version(const char* field, int version) {
  return Error(Errc::unsupported_version, std::string("field ") + field + " has a value that version " +
                                              std::to_string(version) + " cannot carry");
}

Error null_not_allowed(const char* field, int version) {
  return Error(Errc::invalid_argument,
               std::string("field ") + field + " may not be null in version " + std::to_string(version));
}

Error too_long(const char* field) {
  return Error(Errc::invalid_argument, std::string("field ") + field + " is too long");
}

}  // namespace kafka::codec
