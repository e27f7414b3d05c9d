/* A record of send() that found no room in buffer.memory. It keeps the arguments, and goes when its turn comes; records
   that are sent later wait behind it, so that their order holds. */
#include "native.h"

PyTypeObject* WaitingType;

typedef struct {
  PyObject_HEAD Producer* producer;
  PyObject* future;
  PyObject* arguments[SEND_ARGUMENTS];
} Waiting;

static void waiting_dealloc(Waiting* self) {
  PyTypeObject* type = Py_TYPE(self);
  Py_XDECREF(self->producer);
  Py_XDECREF(self->future);
  for (int k = 0; k < SEND_ARGUMENTS; ++k) Py_XDECREF(self->arguments[k]);
  PyObject_Free(self);
  Py_DECREF(type);
}

static void fail_with_last(PyObject* future) {
  PyObject* exception = error_object(kafka_last_error());
  future_fail(future, exception);
  Py_XDECREF(exception);
}
/* What was raised becomes the future's. */
static void fail_with_raised(PyObject* future) {
  PyObject *type, *value, *trace;
  PyErr_Fetch(&type, &value, &trace);
  PyErr_NormalizeException(&type, &value, &trace);
  future_fail(future, value);
  Py_XDECREF(type);
  Py_XDECREF(value);
  Py_XDECREF(trace);
}

static void on_room(void* user);

/* Waits for its turn, with a reference to `self` of the library's. Otherwise the future has failed. */
static bool await_room(Waiting* self, size_t bytes) {
  Producer* producer = self->producer;
  if (producer->handle != NULL &&
      kafka_producer_when_room(producer->handle, bytes, on_room, new_ref(self)) == KAFKA_OK) {
    ++producer->waiting;
    return true;
  }
  if (producer->handle != NULL) Py_DECREF(self);
  fail_with_last(self->future);
  return false;
}

static bool cancelled(PyObject* future) {
  PyObject* done = PyObject_CallMethod(future, "done", NULL);
  const bool is_done = done != NULL && PyObject_IsTrue(done) == 1;
  Py_XDECREF(done);
  return is_done;
}

static void on_room(void* user) {
  Waiting* self = user;
  Producer* producer = self->producer;
  Sending sending;
  --producer->waiting;
  if (cancelled(self->future)) {
    /* Nobody wants it any more, and nothing of it was sent. */
  } else if (producer->handle == NULL || !sending_from(self->arguments, &sending)) {
    fail_with_raised(self->future);
  } else {
    const int code = kafka_producer_send(producer->handle, &sending.record, on_report, new_ref(self->future));
    if (code != KAFKA_OK) Py_DECREF(self->future);
    if (code == KAFKA_QUEUE_FULL) {
      await_room(self, sending.key.bytes.length + sending.value.bytes.length);
    } else if (code != KAFKA_OK) {
      fail_with_last(self->future);
    }
    sending_release(&sending);
  }
  Py_DECREF(self);
}

PyObject* waiting_begin(Producer* producer, PyObject* future, PyObject* const* arguments, size_t bytes) {
  Waiting* self = PyObject_New(Waiting, WaitingType);
  if (self == NULL) {
    Py_DECREF(future);
    return NULL;
  }
  self->producer = (Producer*)new_ref(producer);
  self->future = new_ref(future);
  for (int k = 0; k < SEND_ARGUMENTS; ++k) self->arguments[k] = arguments[k] == NULL ? NULL : new_ref(arguments[k]);
  await_room(self, bytes);
  Py_DECREF(self);
  return future;
}

void waiting_dropped(PyObject* waiting) {
  Waiting* self = (Waiting*)waiting;
  --self->producer->waiting;
  PyObject* done = PyObject_CallMethod(self->future, "cancel", NULL);
  if (done == NULL) PyErr_Clear(); /* its loop is closed, so nobody waits any more */
  Py_XDECREF(done);
}

static PyType_Slot waiting_slots[] = {{Py_tp_dealloc, waiting_dealloc}, {0, NULL}};
static PyType_Spec waiting_spec = {"uvkafka._native.Waiting", sizeof(Waiting), 0, Py_TPFLAGS_DEFAULT, waiting_slots};

int add_waiting(PyObject* module) { return (WaitingType = add_type(module, &waiting_spec)) == NULL ? -1 : 0; }
