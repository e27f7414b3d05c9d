/* What the files of the extension share: its types, what it takes from the Python part, and how callbacks find back.

   Every `user` that the library gets is a Python object with a reference of its own: a future, a link to the object
   whose handler it is, or a record that waits for room. The callback, or the drop handler of the session (user.c),
   gives that reference back. All callbacks run with the GIL held, because the library calls back from
   kafka_loop_run_once() only. */
#ifndef UVKAFKA_NATIVE_H
#define UVKAFKA_NATIVE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <kafka/kafka.h>
#include <stdbool.h>

/* Has to be the first of a handle's struct members after the head, for link_owner(). */
typedef struct {
  PyObject_HEAD PyObject* owner; /* borrowed; NULL once it is gone */
} Link;

/* A private loop, which an asyncio loop runs. */
typedef struct {
  PyObject_HEAD kafka_loop* handle;
  PyObject* wake;   /* called when run_once() has become due */
  PyObject* raised; /* what a handler raised and nobody may catch: KeyboardInterrupt, for example */
  bool running;
} Loop;

typedef struct {
  PyObject_HEAD kafka_session* handle;
  Loop* loop;
  PyObject* asyncio_loop;
  PyObject* create_future;
  PyObject* on_event;
  PyObject* on_log;
  Link* link;
  unsigned long thread;
} Session;

typedef struct {
  PyObject_HEAD kafka_producer* handle;
  Session* session;
  PyObject* on_reports;
  PyObject* partitioner;
  PyObject* drained; /* the future of those who wait for room after a full queue; NULL: nobody does */
  bool full;
  Link* link;
  Py_ssize_t waiting; /* records that wait for room: later ones wait behind them */
} Producer;

typedef struct {
  PyObject_HEAD kafka_topic* handle;
  Producer* producer;
} Topic;

typedef struct Stream Stream;

typedef struct {
  PyObject_HEAD kafka_consumer* handle;
  Session* session;
  Stream* stream; /* the newest consumption; NULL: none began */
  PyObject* on_event;
  PyObject* on_partition_end;
  PyObject* on_assigned;
  PyObject* on_revoking;
  PyObject* on_revoked;
  PyObject* on_lost;
  Link* link;
} Consumer;

extern PyTypeObject *LinkType, *LoopType, *SessionType, *ProducerType, *TopicType, *WaitingType, *ConsumerType,
    *StreamType, *ReadyType, *EnvelopeType, *BatchType, *ColumnType, *ReportsType, *RevocationType;
extern PyTypeObject *DeliveryType, *MessageType;

/* Each makes one type, adds it to the module, and is -1 with an exception if it fails. */
int add_loop(PyObject* module);
int add_user(PyObject* module);
int add_session(PyObject* module);
int add_producer(PyObject* module);
int add_topic(PyObject* module);
int add_waiting(PyObject* module);
int add_reports(PyObject* module);
int add_consumer(PyObject* module);
int add_member(PyObject* module);
int add_stream(PyObject* module);
int add_envelope(PyObject* module);
int add_batch(PyObject* module);
int add_column(PyObject* module);
PyTypeObject* add_type(PyObject* module, PyType_Spec* spec);
int add_methods(PyTypeObject* type, PyMethodDef* methods);

/* What the Python part makes for the extension: exceptions, places, events. */
typedef struct {
  PyObject* make_error;    /* (code, message, detail, retriable, fatal) */
  PyObject* make_place;    /* (topic, partition, offset, timestamp, metadata, leader_epoch, error) */
  PyObject* make_event;    /* (type, text, broker, broker_id, topic, partition, offset, ordinary, error) */
  PyObject* wait_for_next; /* (stream): a coroutine, for when nothing is there yet */
} Factories;
extern Factories factories;
/* False with an exception if the Python part cannot be imported. */
bool have_factories(void);

/* error.c */
PyObject* error_object(const kafka_error* error);           /* a new exception, or None for NULL */
PyObject* error_of_code(int code, const char* detail);      /* the same, of a code */
PyObject* raise_last(void);                                 /* raises why the last call failed */
PyObject* raise_code(int code, const char* detail);         /* always NULL */
int checked(int code);                                      /* -1 with an exception if it is not 0 */
PyObject* none_or_raise(int code);                          /* None, or NULL with an exception */
void report_exception(Session* session, const char* where); /* to the exception handler of the asyncio loop */

/* user.c */
Link* link_new(PyObject* owner);
void link_cut(Link* link);   /* the owner goes */
void* link_give(Link* link); /* as `user`, with a reference for it */
/* None, or NULL with an exception: a call that was refused has not kept the link. */
PyObject* link_given(Link* link, int code);
PyObject* future_new(Session* session);
void future_resolve(PyObject* future, PyObject* value);
void future_fail(PyObject* future, PyObject* exception);
/* Callbacks whose user is a future. */
void future_on_plain(void* user);
void future_on_done(void* user, const kafka_error* error);
void future_on_result(void* user, const kafka_error* error, const kafka_result* result);
void future_on_places(void* user, const kafka_error* error, const kafka_partitions* places);
/* The future of a call that returned `code`: NULL with an exception if it was not taken. */
PyObject* future_or_raise(PyObject* future, int code);
void user_dropped(void* user);

/* loop.c, session.c */
Loop* loop_of(Session* session);
kafka_session* open_session(Session* session); /* NULL with an exception if it is closed */
bool on_thread(const Session* session);
/* Calls a handler, which may be NULL, with arguments that it takes over. Its exception is reported. NULL or its result.
 */
PyObject* call_handler(Session* session, PyObject* handler, PyObject* arguments, const char* where);
/* Sets `*slot` to a handler, or to NULL for None. -1 with an exception if it cannot be called. */
int set_handler(PyObject** slot, PyObject* handler);
PyObject* event_object(const kafka_event* event);

/* arguments.c */
kafka_options* options_from(int kind, PyObject* mapping); /* NULL with an exception */
kafka_partitions* partitions_from(PyObject* iterable);    /* the same */
PyObject* partitions_object(const kafka_partitions* list);
PyObject* text_object(const char* text);
PyObject* tables_object(const kafka_result* result); /* the JSON of its tables; None for NULL */
PyObject* take_tables(kafka_result* result);         /* the same, and frees the result */
PyObject* bytes_object(kafka_bytes bytes);           /* None for Kafka's null */
/* Strings that live as long as `keep`. */
typedef struct {
  const char** list;
  size_t count;
  PyObject* keep;
} Names;
bool names_from(PyObject* iterable, Names* names); /* false with an exception */
void names_free(Names* names);
/* Bytes of anything with a buffer; None is Kafka's null. The buffers are given back by bytes_release(). */
typedef struct {
  kafka_bytes bytes;
  Py_buffer view;
  PyObject* held; /* of bytes objects, which need no buffer; borrowed */
} Bytes;
bool bytes_from(PyObject* object, const char* name, Bytes* to);
void bytes_release(Bytes* bytes);

/* taken.c: what was taken out of a stream and lives. A ring of members of envelopes and batches, or the stream's own,
   by which close() finds those that are open: a member of a group would wait for their answers. */
typedef struct Taken Taken;
struct Taken {
  Taken *next, *before;
  bool given_up; /* its answer would change nothing */
};
void taken_begin(Taken* ring);
void taken_join(Taken* ring, Taken* one);
void taken_leave(Taken* one);
void taken_scatter(Taken* ring); /* the stream goes: everybody is alone */

/* envelope.c, batch.c, column.c */
PyObject* envelope_new(Session* session, kafka_envelope* handle, Taken* ring);
PyObject* batch_new(Session* session, kafka_columns* handle, Taken* ring);
void envelope_give_up(Taken* one);
void batch_give_up(Taken* one);
PyObject* headers_object(const kafka_message* message);
PyObject* message_object(PyObject* topic, int32_t partition, const kafka_message* message);
PyObject* column_view(PyObject* owner, const void* data, size_t count, const char* format, size_t item);
/* Frees on the loop's thread, wherever this is. */
void free_on_thread(Session* session, void* handle, kafka_plain_cb free_it);

/* reports.c */
PyObject* delivery_object(const kafka_report* report);
PyObject* reports_new(const kafka_report* reports, size_t count, size_t stride);
PyObject* report_error(const kafka_report* report);

/* waiting.c */
/* Gives `future`. */
PyObject* waiting_begin(Producer* producer, PyObject* future, PyObject* const* arguments, size_t bytes);
void waiting_dropped(PyObject* waiting);

/* sending.c: a record of send()'s arguments, which hold its bytes. */
typedef struct {
  kafka_record record;
  Bytes key, value;
  kafka_header* headers;
  Bytes* header_bytes; /* key, value, key, value ... */
  PyObject* header_items;
} Sending;
/* topic, value, key, headers, partition, timestamp; NULL: not given. */
enum { SEND_TOPIC, SEND_VALUE, SEND_KEY, SEND_HEADERS, SEND_PARTITION, SEND_TIMESTAMP, SEND_ARGUMENTS };
bool sending_from(PyObject* const* arguments, Sending* sending);
void sending_release(Sending* sending);
/* None leaves 0: the partitioner chooses. */
bool partition_from(PyObject* object, int32_t* plus_one);

/* producer.c */
kafka_producer* open_producer(Producer* producer); /* NULL with an exception if it is closed */
int producer_noted(Producer* producer, int code);  /* `code`, the result of a send; a full queue is remembered */
void on_report(void* user, const kafka_report* report);

/* consumer.c */
kafka_consumer* open_consumer(Consumer* consumer); /* NULL with an exception if it is closed */

/* stream.c */
enum { STREAM_MESSAGES, STREAM_PARTITION_BATCHES, STREAM_BATCHES };
Stream* stream_new(Consumer* consumer, int kind, Py_ssize_t most); /* NULL with an exception */
/* Whether it still hands out, so that a new iteration goes on with it. */
bool stream_continues(const Stream* stream, int kind);
void stream_stop(Stream* stream);    /* what was not taken is given up */
void stream_give_up(Stream* stream); /* and what was taken and is open, too */
void stream_abandon(Stream* stream); /* its consumer is freed */

/* member.c */
extern PyMethodDef member_methods[];

/* administration.c */
extern PyMethodDef administration_methods[];

/* Python 3.9 has no such function. */
static inline PyObject* new_ref(void* object) {
  Py_INCREF((PyObject*)object);
  return (PyObject*)object;
}

#endif
