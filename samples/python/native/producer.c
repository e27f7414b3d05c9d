/* Producers: a future for each record, the handler of reports, and room. Not here: records with tokens (topic.c), what
   waits for room (waiting.c). */
#include <string.h>

#include "native.h"

PyTypeObject* ProducerType;

kafka_producer* open_producer(Producer* producer) {
  /* Without its session there is no loop any more, from which it could call back. */
  if (open_session(producer->session) == NULL) return NULL;
  return producer->handle;
}

static PyObject* producer_new(PyTypeObject* type, PyObject* arguments, PyObject* names) {
  static char* keywords[] = {"session", "options", NULL};
  PyObject *session, *mapping;
  if (!PyArg_ParseTupleAndKeywords(arguments, names, "O!O", keywords, SessionType, &session, &mapping)) return NULL;
  if (open_session((Session*)session) == NULL) return NULL;
  Producer* self = (Producer*)type->tp_alloc(type, 0);
  if (self == NULL) return NULL;
  self->session = (Session*)new_ref(session);
  self->link = link_new((PyObject*)self);
  kafka_options* options = self->link == NULL ? NULL : options_from(KAFKA_PRODUCER_OPTIONS, mapping);
  if (options != NULL) {
    self->handle = kafka_producer_new(self->session->handle, options);
    kafka_options_free(options);
    if (self->handle == NULL) {
      raise_last();
    } else if (kafka_producer_error(self->handle) != NULL) {
      PyObject* exception = error_object(kafka_producer_error(self->handle));
      if (exception != NULL) PyErr_SetObject((PyObject*)Py_TYPE(exception), exception);
      Py_XDECREF(exception);
    } else {
      return (PyObject*)self;
    }
  }
  Py_DECREF(self);
  return NULL;
}

static int producer_traverse(Producer* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(self->session);
  Py_VISIT(self->on_reports);
  Py_VISIT(self->partitioner);
  Py_VISIT(self->drained);
  return 0;
}
static int producer_clear(Producer* self) {
  Py_CLEAR(self->on_reports);
  Py_CLEAR(self->partitioner);
  Py_CLEAR(self->drained);
  return 0;
}
static void free_producer(void* handle) { kafka_producer_free(handle); }
static void producer_dealloc(Producer* self) {
  PyTypeObject* type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  link_cut(self->link);
  free_on_thread(self->session, self->handle, free_producer);
  producer_clear(self);
  Py_CLEAR(self->session);
  type->tp_free(self);
  Py_DECREF(type);
}

void on_report(void* user, const kafka_report* report) {
  if (report->error == NULL) {
    PyObject* delivery = delivery_object(report);
    future_resolve(user, delivery);
    Py_XDECREF(delivery);
  } else {
    PyObject* exception = report_error(report);
    future_fail(user, exception);
    Py_XDECREF(exception);
  }
  Py_DECREF(user);
}

/* Gives the arguments their places; false with an exception if one is unknown or missing. */
static bool place_arguments(PyObject* const* given, Py_ssize_t count, PyObject* keywords, PyObject** to) {
  static const char* const names[] = {"topic", "value", "key", "headers", "partition", "timestamp"};
  if (count > SEND_ARGUMENTS) {
    PyErr_Format(PyExc_TypeError, "send() takes at most %d arguments", SEND_ARGUMENTS);
    return false;
  }
  memset(to, 0, SEND_ARGUMENTS * sizeof(PyObject*));
  memcpy(to, given, (size_t)count * sizeof(PyObject*));
  const Py_ssize_t named = keywords == NULL ? 0 : PyTuple_GET_SIZE(keywords);
  for (Py_ssize_t k = 0; k < named; ++k) {
    PyObject* keyword = PyTuple_GET_ITEM(keywords, k);
    int place = 0;
    while (place < SEND_ARGUMENTS && PyUnicode_CompareWithASCIIString(keyword, names[place]) != 0) ++place;
    if (place == SEND_ARGUMENTS || to[place] != NULL) {
      PyErr_Format(PyExc_TypeError, "send(): argument %R is %s", keyword,
                   place == SEND_ARGUMENTS ? "unknown" : "given twice");
      return false;
    }
    to[place] = given[count + k];
  }
  if (to[SEND_TOPIC] == NULL || to[SEND_VALUE] == NULL) {
    PyErr_SetString(PyExc_TypeError, "send() needs a topic and a value");
    return false;
  }
  return true;
}

static PyObject* producer_send(Producer* self, PyObject* const* given, Py_ssize_t count, PyObject* keywords) {
  PyObject* arguments[SEND_ARGUMENTS];
  Sending sending;
  if (open_producer(self) == NULL || !place_arguments(given, count, keywords, arguments) ||
      !sending_from(arguments, &sending)) {
    return NULL;
  }
  PyObject* future = future_new(self->session);
  if (future == NULL) {
    sending_release(&sending);
    return NULL;
  }
  Py_INCREF(future); /* the library's */
  const int code =
      self->waiting > 0 ? KAFKA_QUEUE_FULL : kafka_producer_send(self->handle, &sending.record, on_report, future);
  PyObject* result = future;
  if (code == KAFKA_QUEUE_FULL) {
    Py_DECREF(future);
    result = waiting_begin(self, future, arguments, sending.key.bytes.length + sending.value.bytes.length);
  } else if (code != KAFKA_OK) {
    result = future_or_raise(future, code);
  }
  sending_release(&sending);
  return result;
}

static void on_reports(void* user, const kafka_report* reports, size_t count, size_t stride) {
  Producer* self = (Producer*)((Link*)user)->owner;
  if (self == NULL) return;
  Py_INCREF(self);
  PyObject* arguments = Py_BuildValue("(N)", reports_new(reports, count, stride));
  Py_XDECREF(call_handler(self->session, self->on_reports, arguments, "the handler of reports"));
  Py_DECREF(self);
}

static PyObject* producer_on_reports(Producer* self, PyObject* handler) {
  if (open_producer(self) == NULL || set_handler(&self->on_reports, handler) != 0) return NULL;
  if (self->on_reports == NULL) return none_or_raise(kafka_producer_on_reports(self->handle, NULL, NULL));
  return link_given(self->link, kafka_producer_on_reports(self->handle, on_reports, link_give(self->link)));
}

/* -1 fails the record: so does an exception. */
static int32_t on_partition(void* user, const kafka_record* record, int32_t count) {
  Producer* self = (Producer*)((Link*)user)->owner;
  if (self == NULL) return -1;
  PyObject* topic = PyUnicode_DecodeUTF8(record->topic.data, (Py_ssize_t)record->topic.length, "replace");
  PyObject* arguments =
      Py_BuildValue("(NNNi)", topic, bytes_object(record->key), bytes_object(record->value), (int)count);
  PyObject* chosen = call_handler(self->session, self->partitioner, arguments, "the partitioner");
  if (chosen == NULL) return -1;
  const long number = PyLong_AsLong(chosen);
  Py_DECREF(chosen);
  if (number == -1 && PyErr_Occurred()) report_exception(self->session, "the partitioner");
  return number < 0 || number >= count ? -1 : (int32_t)number;
}

static PyObject* producer_set_partitioner(Producer* self, PyObject* handler) {
  if (open_producer(self) == NULL || set_handler(&self->partitioner, handler) != 0) return NULL;
  if (self->partitioner == NULL) return none_or_raise(kafka_producer_set_partitioner(self->handle, NULL, NULL));
  return link_given(self->link, kafka_producer_set_partitioner(self->handle, on_partition, link_give(self->link)));
}

static PyObject* producer_room(Producer* self, PyObject* arguments) {
  Py_ssize_t bytes = 0;
  if (!PyArg_ParseTuple(arguments, "|n", &bytes) || open_producer(self) == NULL) return NULL;
  if (bytes < 0) return PyErr_Format(PyExc_ValueError, "room: %zd bytes", bytes);
  PyObject* future = future_new(self->session);
  if (future == NULL) return NULL;
  return future_or_raise(future,
                         kafka_producer_when_room(self->handle, (size_t)bytes, future_on_plain, new_ref(future)));
}

static void on_drain(void* user) {
  Producer* self = (Producer*)((Link*)user)->owner;
  if (self != NULL) {
    self->full = false;
    PyObject* drained = self->drained;
    self->drained = NULL;
    if (drained != NULL) future_resolve(drained, Py_None);
    Py_XDECREF(drained);
  }
  Py_DECREF(user);
}

/* Whoever asks for the end of this later has to hear of it, so the library is asked at once. */
int producer_noted(Producer* self, int code) {
  if (code != KAFKA_QUEUE_FULL || self->full) return code;
  self->full = kafka_producer_on_drain(self->handle, on_drain, link_give(self->link)) == KAFKA_OK;
  if (!self->full) Py_DECREF(self->link);
  return code;
}

/* The future of all who wait for room after a full queue, or None if it is not full. */
static PyObject* producer_drained(Producer* self, PyObject* none) {
  (void)none;
  if (open_producer(self) == NULL) return NULL;
  if (!self->full) Py_RETURN_NONE;
  if (self->drained == NULL) self->drained = future_new(self->session);
  return self->drained == NULL ? NULL : new_ref(self->drained);
}

static PyObject* producer_flush(Producer* self, PyObject* none) {
  (void)none;
  PyObject* future = open_producer(self) == NULL ? NULL : future_new(self->session);
  if (future == NULL) return NULL;
  return future_or_raise(future, kafka_producer_flush(self->handle, future_on_plain, new_ref(future)));
}

static PyObject* producer_abort(Producer* self, PyObject* none) {
  (void)none;
  return open_producer(self) == NULL ? NULL : none_or_raise(kafka_producer_abort(self->handle));
}

static PyObject* producer_queued(Producer* self, PyObject* none) {
  (void)none;
  size_t bytes = 0;
  if (open_producer(self) == NULL) return NULL;
  const size_t count = kafka_producer_queued(self->handle, &bytes);
  return Py_BuildValue("(nn)", (Py_ssize_t)count + self->waiting, (Py_ssize_t)bytes);
}

static PyObject* producer_close(Producer* self, PyObject* arguments) {
  long long deadline;
  if (!PyArg_ParseTuple(arguments, "L", &deadline) || open_producer(self) == NULL) return NULL;
  PyObject* future = future_new(self->session);
  if (future == NULL) return NULL;
  return future_or_raise(future, kafka_producer_close(self->handle, deadline, future_on_plain, new_ref(future)));
}

static PyMethodDef producer_methods[] = {
    {"send", (PyCFunction)(void (*)(void))producer_send, METH_FASTCALL | METH_KEYWORDS, NULL},
    {"on_reports", (PyCFunction)producer_on_reports, METH_O, NULL},
    {"set_partitioner", (PyCFunction)producer_set_partitioner, METH_O, NULL},
    {"room", (PyCFunction)producer_room, METH_VARARGS, NULL},
    {"_drained", (PyCFunction)producer_drained, METH_NOARGS, NULL},
    {"flush", (PyCFunction)producer_flush, METH_NOARGS, NULL},
    {"abort", (PyCFunction)producer_abort, METH_NOARGS, NULL},
    {"queued", (PyCFunction)producer_queued, METH_NOARGS, NULL},
    {"_close", (PyCFunction)producer_close, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL}};
static PyType_Slot producer_slots[] = {{Py_tp_new, producer_new},           {Py_tp_dealloc, producer_dealloc},
                                       {Py_tp_traverse, producer_traverse}, {Py_tp_clear, producer_clear},
                                       {Py_tp_methods, producer_methods},   {0, NULL}};
static PyType_Spec producer_spec = {"uvkafka._native.Producer", sizeof(Producer), 0,
                                    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE, producer_slots};

int add_producer(PyObject* module) { return (ProducerType = add_type(module, &producer_spec)) == NULL ? -1 : 0; }
