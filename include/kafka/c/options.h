// Options by the names of the Java client, and the list of all options.
#ifndef KAFKA_C_OPTIONS_H
#define KAFKA_C_OPTIONS_H

#include <kafka/c/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Whose options they are. Fetchers take those of consumers.
typedef enum { KAFKA_SESSION_OPTIONS, KAFKA_PRODUCER_OPTIONS, KAFKA_CONSUMER_OPTIONS } kafka_options_kind;

/// One option. All strings are valid for ever.
typedef struct {
  size_t size;                ///< of this struct, set by KAFKA_INIT
  const char* name;           ///< the Java client's, for example "linger.ms"
  const char* type;           ///< "text", "flag" (true or false), "number", "milliseconds", "choice" or "secret"
  const char* values;         ///< of a choice: what it may be, separated by commas; else ""
  const char* default_value;  ///< NULL: unset
  const char* documentation;  ///< one sentence
  int64_t least, most;        ///< of a number, or a time in milliseconds
} kafka_option_info;

/// Options with their defaults, of a kafka_options_kind; to be freed with kafka_options_free(). NULL if there is no
/// such kind, or no memory.
UVKAFKA_API kafka_options* kafka_options_new(int kind);
/// Sets one option; librdkafka's names are understood too. KAFKA_INVALID_OPTION if there is none of this name, or the
/// value is out of its range: kafka_last_error() says what it may be. Nothing is changed then.
UVKAFKA_API int kafka_options_set(kafka_options* options, const char* name, const char* value);
/// Writes the value and a NUL to `to`, which has room for `*length` bytes, and sets `*length` to what is needed, the
/// NUL included. An unset option has the value "", a secret "[hidden]". `to` may be NULL, to ask for the length alone.
/// @return KAFKA_INVALID_OPTION if no option has this name, KAFKA_TOO_LARGE if there is not enough room.
UVKAFKA_API int kafka_options_get(const kafka_options* options, const char* name, char* to, size_t* length);
/// Objects that were made with the options keep copies. NULL is allowed.
UVKAFKA_API void kafka_options_free(kafka_options* options);

/// How many options this kind of object has; 0 if there is no such kind.
UVKAFKA_API size_t kafka_options_count(int kind);
/// Describes option `index` of that many. KAFKA_INVALID_ARGUMENT if there is none.
UVKAFKA_API int kafka_options_describe(int kind, size_t index, kafka_option_info* to);

#ifdef __cplusplus
}
#endif
#endif
