// Loops for programs whose own event loop is not libuv's: a private libuv loop behind a file descriptor and a timeout.
// The host waits until the descriptor is readable or the time is up, and calls kafka_loop_run_once() then:
//
//   struct pollfd watched = {kafka_loop_fd(loop), POLLIN, 0};
//   for (;;) {
//     poll(&watched, 1, kafka_loop_timeout(loop));
//     kafka_loop_run_once(loop);
//   }
#ifndef KAFKA_C_LOOP_H
#define KAFKA_C_LOOP_H

#include <kafka/c/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A private loop, which belongs to the thread of this call. NULL if the system gives none.
UVKAFKA_API kafka_loop* kafka_loop_new(void);
/// The libuv loop behind it, for kafka_session_new(). Nobody else may run it. NULL for NULL.
UVKAFKA_API struct uv_loop_s* kafka_loop_uv(kafka_loop* loop);
/// Readable when kafka_loop_run_once() is due. The same as long as the loop lives; -1 for NULL.
UVKAFKA_API int kafka_loop_fd(const kafka_loop* loop);
/// How many milliseconds later kafka_loop_run_once() is due even if the descriptor is not readable. 0: at once, as it
/// is after any call from outside of kafka_loop_run_once(). -1: never. Ask again after each kafka_loop_run_once(), and
/// before each sleep. KAFKA_INVALID_ARGUMENT for NULL, KAFKA_WRONG_THREAD.
UVKAFKA_API int kafka_loop_timeout(kafka_loop* loop);
/// Does what is due, callbacks included, and never waits. A call from inside of one of its callbacks is
/// KAFKA_WRONG_STATE.
UVKAFKA_API int kafka_loop_run_once(kafka_loop* loop);
/// For hosts that cannot ask for the timeout before they sleep. When a call from outside of kafka_loop_run_once() makes
/// the timeout 0, `cb` runs inside of that call, but only once before the next kafka_loop_run_once(). If the timeout is
/// 0 already, it runs now. The callback should only schedule kafka_loop_run_once(). It replaces the callback that was
/// set before; NULL ends it. Its user is not dropped.
UVKAFKA_API int kafka_loop_on_wake(kafka_loop* loop, kafka_plain_cb cb, void* user);
/// Frees it. KAFKA_WRONG_STATE while sessions, or anything else, are on it; then nothing happens. NULL is allowed.
UVKAFKA_API int kafka_loop_free(kafka_loop* loop);

#ifdef __cplusplus
}
#endif
#endif
