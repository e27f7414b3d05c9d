/* A consumption as an asynchronous iterator. What has come and was not taken waits here as handles of the library; it
   becomes Python's objects when somebody takes it. If something waits already, `async for` goes on at once, without a
   turn of the loop. */
#include "native.h"

PyTypeObject *StreamType, *ReadyType;
static PyObject* name_done;

struct Stream {
  PyObject_HEAD Session* session;
  Consumer* consumer;
  int kind;
  bool running, stopping;
  void** items; /* a ring of kafka_envelope or kafka_columns */
  size_t first, count, room;
  Taken taken;
  PyObject* waiters; /* a list of futures, the oldest first */
  PyObject* error;   /* why it ended; NULL: told, or there was none */
  Link* link;
};

/* What `__anext__` gives if an item is there: it ends at the first step. */
typedef struct {
  PyObject_HEAD PyObject* item;
} Ready;

static void* pop(Stream* self) {
  void* item = self->items[self->first];
  self->first = self->first + 1 == self->room ? 0 : self->first + 1;
  --self->count;
  return item;
}

static bool push(Stream* self, void* item) {
  if (self->count == self->room) {
    const size_t room = self->room == 0 ? 64 : 2 * self->room;
    void** items = PyMem_New(void*, room);
    if (items == NULL) return false;
    const size_t count = self->count;
    for (size_t k = 0; k < count; ++k) items[k] = self->items[(self->first + k) % self->room];
    PyMem_Free(self->items);
    self->items = items;
    self->first = 0;
    self->room = room;
  }
  const size_t last = self->first + self->count;
  self->items[last < self->room ? last : last - self->room] = item;
  ++self->count;
  return true;
}

/* Wakes the oldest one that still waits. */
static void wake_one(Stream* self) {
  while (PyList_GET_SIZE(self->waiters) > 0) {
    PyObject* waiter = new_ref(PyList_GET_ITEM(self->waiters, 0));
    PyList_SetSlice(self->waiters, 0, 1, NULL);
    PyObject* done = PyObject_CallMethodNoArgs(waiter, name_done);
    const bool waits = done == Py_False;
    Py_XDECREF(done);
    if (waits) future_resolve(waiter, Py_None);
    Py_DECREF(waiter);
    if (waits) return;
  }
}

/* False: nobody takes it any more. */
static bool arrived(void* user, void* item) {
  Stream* self = (Stream*)((Link*)user)->owner;
  if (self == NULL || self->stopping || !push(self, item)) return false;
  if (PyList_GET_SIZE(self->waiters) > 0) wake_one(self);
  return true;
}
static void on_envelope(void* user, kafka_envelope* envelope) {
  if (!arrived(user, envelope)) kafka_envelope_free(envelope);
}
static void on_columns(void* user, kafka_columns* columns) {
  if (!arrived(user, columns)) kafka_columns_free(columns);
}

/* Its own close() and stop() are no errors. */
static void on_end(void* user, const kafka_error* error) {
  Stream* self = (Stream*)((Link*)user)->owner;
  if (self != NULL) {
    Py_INCREF(self);
    const int code = kafka_error_code(error);
    self->running = false;
    const bool expected = code == KAFKA_CLOSED || (self->stopping && code == KAFKA_ENVELOPE_DROPPED);
    if (error != NULL && !expected) {
      Py_XDECREF(self->error);
      self->error = error_object(error);
      if (self->error == NULL) report_exception(self->session, "a consumption");
    }
    while (PyList_GET_SIZE(self->waiters) > 0) wake_one(self);
    Py_DECREF(self);
  }
  Py_DECREF(user);
}

static int start(Stream* self, Py_ssize_t most) {
  kafka_consumer* consumer = self->consumer->handle;
  void* user = link_give(self->link);
  int code;
  if (self->kind == STREAM_MESSAGES) {
    code = kafka_consumer_consume(consumer, most, on_envelope, on_end, user);
  } else if (self->kind == STREAM_PARTITION_BATCHES) {
    code = kafka_consumer_consume_batches(consumer, most > INT32_MAX ? INT32_MAX : (int32_t)most, on_envelope, on_end,
                                          user);
  } else {
    code = kafka_consumer_consume_columns(consumer, most < 0 ? 0 : (size_t)most, on_columns, on_end, user);
  }
  if (code != KAFKA_OK) Py_DECREF(user);
  return code;
}

Stream* stream_new(Consumer* consumer, int kind, Py_ssize_t most) {
  Stream* self = (Stream*)StreamType->tp_alloc(StreamType, 0);
  if (self == NULL) return NULL;
  self->session = (Session*)new_ref(consumer->session);
  self->consumer = (Consumer*)new_ref(consumer);
  self->kind = kind;
  taken_begin(&self->taken);
  self->waiters = PyList_New(0);
  self->link = link_new((PyObject*)self);
  if (self->waiters != NULL && self->link != NULL && checked(start(self, most)) == 0) {
    self->running = true;
    return self;
  }
  Py_DECREF(self);
  return NULL;
}

bool stream_continues(const Stream* stream, int kind) {
  return stream->kind == kind && !stream->stopping && (stream->running || stream->count > 0 || stream->error != NULL);
}

static void free_envelope(void* handle) { kafka_envelope_free(handle); }
static void free_columns(void* handle) { kafka_columns_free(handle); }
/* Freed without an answer, an item comes again in the next consumption. */
static void give_up_items(Stream* self) {
  while (self->count > 0) {
    free_on_thread(self->session, pop(self), self->kind == STREAM_BATCHES ? free_columns : free_envelope);
  }
}
/* What nobody took is the first of the next consumption. */
void stream_stop(Stream* stream) {
  stream->stopping = true;
  give_up_items(stream);
}

void stream_give_up(Stream* stream) {
  stream_stop(stream);
  for (Taken* one = stream->taken.next; one != &stream->taken; one = one->next) {
    if (stream->kind == STREAM_BATCHES) {
      batch_give_up(one);
    } else {
      envelope_give_up(one);
    }
  }
}

void stream_abandon(Stream* stream) {
  stream->running = false;
  if (stream->link != NULL) stream->link->owner = NULL;
  if (stream->waiters == NULL) return;
  while (PyList_GET_SIZE(stream->waiters) > 0) wake_one(stream);
}

static int stream_traverse(Stream* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(self->session);
  Py_VISIT(self->consumer);
  Py_VISIT(self->waiters);
  Py_VISIT(self->error);
  return 0;
}
static int stream_clear(Stream* self) {
  Py_CLEAR(self->consumer);
  Py_CLEAR(self->waiters);
  Py_CLEAR(self->error);
  return 0;
}
static void stream_dealloc(Stream* self) {
  PyTypeObject* type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  link_cut(self->link);
  give_up_items(self);
  taken_scatter(&self->taken);
  PyMem_Free(self->items);
  stream_clear(self);
  Py_XDECREF(self->session);
  type->tp_free(self);
  Py_DECREF(type);
}

/* The next item as an object. NULL without an exception: none is there yet. */
static PyObject* take(Stream* self) {
  if (self->count > 0) {
    void* item = pop(self);
    return self->kind == STREAM_BATCHES ? batch_new(self->session, item, &self->taken)
                                        : envelope_new(self->session, item, &self->taken);
  }
  if (self->running) return NULL;
  if (self->error != NULL) {
    PyErr_SetObject((PyObject*)Py_TYPE(self->error), self->error);
    Py_CLEAR(self->error);
  } else {
    PyErr_SetNone(PyExc_StopAsyncIteration);
  }
  return NULL;
}

static PyObject* stream_anext(Stream* self) {
  PyObject* item = take(self);
  if (item == NULL) {
    if (PyErr_Occurred() || !have_factories()) return NULL;
    return PyObject_CallOneArg(factories.wait_for_next, (PyObject*)self);
  }
  Ready* ready = PyObject_New(Ready, ReadyType);
  if (ready == NULL) {
    Py_DECREF(item);
    return NULL;
  }
  ready->item = item;
  return (PyObject*)ready;
}

static PyObject* stream_take(Stream* self, PyObject* none) {
  (void)none;
  PyObject* item = take(self);
  if (item != NULL || PyErr_Occurred()) return item;
  Py_RETURN_NONE;
}

/* A future that is resolved when something has come, or when nothing will. */
static PyObject* stream_arrival(Stream* self, PyObject* none) {
  (void)none;
  PyObject* future = future_new(self->session);
  if (future == NULL) return NULL;
  if (self->count > 0 || !self->running) {
    future_resolve(future, Py_None);
  } else if (PyList_Append(self->waiters, future) != 0) {
    Py_CLEAR(future);
  }
  return future;
}

/* Who waited for `arrival` goes away, cancelled. What it was woken for is for another one. */
static PyObject* stream_pass_on(Stream* self, PyObject* arrival) {
  const Py_ssize_t place = PySequence_Index(self->waiters, arrival);
  if (place >= 0) {
    PyList_SetSlice(self->waiters, place, place + 1, NULL);
  } else {
    PyErr_Clear();
    if (self->count > 0 || !self->running) wake_one(self);
  }
  Py_RETURN_NONE;
}

static Py_ssize_t stream_length(PyObject* self) { return (Py_ssize_t)((Stream*)self)->count; }

static PyMethodDef stream_methods[] = {{"take", (PyCFunction)stream_take, METH_NOARGS, NULL},
                                       {"arrival", (PyCFunction)stream_arrival, METH_NOARGS, NULL},
                                       {"pass_on", (PyCFunction)stream_pass_on, METH_O, NULL},
                                       {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS, NULL},
                                       {NULL, NULL, 0, NULL}};
static PyType_Slot stream_slots[] = {{Py_tp_dealloc, stream_dealloc},  {Py_tp_traverse, stream_traverse},
                                     {Py_tp_clear, stream_clear},      {Py_tp_methods, stream_methods},
                                     {Py_am_aiter, PyObject_SelfIter}, {Py_am_anext, stream_anext},
                                     {Py_sq_length, stream_length},    {0, NULL}};
static PyType_Spec stream_spec = {"uvkafka._native.Stream", sizeof(Stream), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
                                  stream_slots};

static void ready_dealloc(Ready* self) {
  PyTypeObject* type = Py_TYPE(self);
  Py_XDECREF(self->item);
  PyObject_Free(self);
  Py_DECREF(type);
}
static PyObject* ready_next(Ready* self) {
  if (self->item == NULL) {
    PyErr_SetString(PyExc_RuntimeError, "this was awaited before");
    return NULL;
  }
  PyErr_SetObject(PyExc_StopIteration, self->item);
  Py_CLEAR(self->item);
  return NULL;
}
#if PY_VERSION_HEX >= 0x030A0000
static PySendResult ready_send(PyObject* self, PyObject* value, PyObject** result) {
  (void)value;
  *result = ((Ready*)self)->item;
  ((Ready*)self)->item = NULL;
  if (*result != NULL) return PYGEN_RETURN;
  PyErr_SetString(PyExc_RuntimeError, "this was awaited before");
  return PYGEN_ERROR;
}
#endif
static PyType_Slot ready_slots[] = {{Py_tp_dealloc, ready_dealloc},
                                    {Py_am_await, PyObject_SelfIter},
                                    {Py_tp_iter, PyObject_SelfIter},
                                    {Py_tp_iternext, ready_next},
#if PY_VERSION_HEX >= 0x030A0000
                                    {Py_am_send, ready_send},
#endif
                                    {0, NULL}};
static PyType_Spec ready_spec = {"uvkafka._native.Ready", sizeof(Ready), 0, Py_TPFLAGS_DEFAULT, ready_slots};

int add_stream(PyObject* module) {
  name_done = PyUnicode_InternFromString("done");
  StreamType = add_type(module, &stream_spec);
  ReadyType = add_type(module, &ready_spec);
  if (StreamType == NULL || ReadyType == NULL || PyModule_AddIntConstant(module, "MESSAGES", STREAM_MESSAGES) != 0 ||
      PyModule_AddIntConstant(module, "PARTITION_BATCHES", STREAM_PARTITION_BATCHES) != 0) {
    return -1;
  }
  return PyModule_AddIntConstant(module, "BATCHES", STREAM_BATCHES);
}
