// Everything of uvkafka's C API, for C11 and for C++11 and later. Rules for every function:
//
// - Handles are opaque. A *_new gives NULL if an argument is wrong: kafka_last_error() says why. A bad option leaves an
//   object that does nothing, and its *_error says why. A NULL handle is KAFKA_INVALID_ARGUMENT and never a crash;
//   *_free(NULL) does nothing. Objects may be freed in any order, also inside their own callbacks.
// - An `int` result is 0, a code of this library (-1000 and below), or a broker's code (above 0, or -1), unless the
//   function says something else. kafka_last_error() has the details.
// - If a call returns 0 and has a callback, the callback runs exactly once, later, from the loop, and never inside the
//   call. If it returns anything else, the callback never runs, and nothing was taken (there are two exceptions:
//   kafka_topic_send_packed(), and kafka_envelope_ack_free(), which frees its envelope all the same). `user` goes to
//   the callback as it is. If an object is freed without being closed, callbacks that have not run are dropped:
//   kafka_session_on_drop() tells of each.
// - What is passed in is read before the call returns. What a callback gets is valid during it, unless its text says
//   something else. Names end with NUL. Keys, values and metadata have a length, which may be KAFKA_NTS.
// - Everything belongs to the thread that made the session, which runs the loop. The one exception is
//   kafka_session_post(). A call from another thread is KAFKA_WRONG_THREAD, and does nothing.
// - Structs begin with `size`, which KAFKA_INIT sets. Members are only ever added at the end, and zero is the default.
// - Callbacks must not throw or longjmp. Without memory the program ends.
#ifndef KAFKA_KAFKA_H
#define KAFKA_KAFKA_H

#include <kafka/c/columns.h>
#include <kafka/c/consumer.h>
#include <kafka/c/envelope.h>
#include <kafka/c/error.h>
#include <kafka/c/groups.h>
#include <kafka/c/loop.h>
#include <kafka/c/options.h>
#include <kafka/c/partitions.h>
#include <kafka/c/producer.h>
#include <kafka/c/result.h>
#include <kafka/c/session.h>
#include <kafka/c/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/// The library's version: major * 65536 + minor * 256 + patch.
UVKAFKA_API uint32_t kafka_version(void);
/// The library's version, for example "0.1.0".
UVKAFKA_API const char* kafka_version_string(void);
/// Frees a string that was handed over. NULL is allowed.
UVKAFKA_API void kafka_free(void* memory);

#ifdef __cplusplus
}
#endif
#endif
