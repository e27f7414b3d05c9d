/* Envelopes: one message, or the messages of one partition, until it is answered. Its bytes become Python's objects
   when they are asked for. */
#include <stddef.h>

#include "native.h"

PyTypeObject *EnvelopeType, *MessageType;

/* A handle that was let go of on another thread goes back to its own one in a box; who drops the box frees the handle.
 */
typedef struct {
  PyObject_HEAD void* handle;
  kafka_plain_cb free_it;
} Box;
static PyTypeObject* BoxType;

static void box_dealloc(Box* self) {
  PyTypeObject* type = Py_TYPE(self);
  self->free_it(self->handle);
  PyObject_Free(self);
  Py_DECREF(type);
}
static void open_box(void* user) { Py_DECREF((PyObject*)user); }

void free_on_thread(Session* session, void* handle, kafka_plain_cb free_it) {
  if (handle == NULL) return;
  if (on_thread(session)) {
    free_it(handle);
    return;
  }
  Box* box = session->handle == NULL ? NULL : PyObject_New(Box, BoxType);
  if (box == NULL) return; /* nothing can be freed here */
  box->handle = handle;
  box->free_it = free_it;
  if (kafka_session_post(session->handle, open_box, box) != KAFKA_OK) {
    Py_INCREF(box); /* the session is closing: see above */
  }
}

typedef struct {
  PyObject_HEAD kafka_envelope* handle;
  const kafka_message* first;
  Session* session;
  Taken taken;
} Envelope;

static void free_envelope(void* handle) { kafka_envelope_free(handle); }

PyObject* envelope_new(Session* session, kafka_envelope* handle, Taken* ring) {
  Envelope* self = PyObject_New(Envelope, EnvelopeType);
  if (self == NULL) {
    kafka_envelope_free(handle);
    return NULL;
  }
  self->handle = handle;
  self->first = kafka_envelope_messages(handle, NULL);
  self->session = (Session*)new_ref(session);
  taken_join(ring, &self->taken);
  return (PyObject*)self;
}

void envelope_give_up(Taken* one) {
  Envelope* self = (Envelope*)(void*)((char*)one - offsetof(Envelope, taken));
  if (kafka_envelope_cancel(self->handle) == KAFKA_OK) one->given_up = true;
}

/* -1 with an exception: its consumer was closed, and nobody waits for its answer. */
static int refuse_given_up(const Envelope* self) {
  if (!self->taken.given_up) return 0;
  raise_code(KAFKA_LOST, "the consumer was closed before the answer");
  return -1;
}

static void envelope_dealloc(Envelope* self) {
  PyTypeObject* type = Py_TYPE(self);
  taken_leave(&self->taken);
  free_on_thread(self->session, self->handle, free_envelope);
  Py_DECREF(self->session);
  PyObject_Free(self);
  Py_DECREF(type);
}

static PyObject* header_object(const kafka_header* header) {
  PyObject* key = PyUnicode_DecodeUTF8(header->key.data, (Py_ssize_t)header->key.length, "surrogateescape");
  return Py_BuildValue("(NN)", key, bytes_object(header->value));
}

PyObject* headers_object(const kafka_message* message) {
  size_t count = message->header_count < 0 ? 0 : (size_t)message->header_count;
  if (count == 0) return PyList_New(0);
  kafka_header* headers = PyMem_New(kafka_header, count);
  if (headers == NULL) return PyErr_NoMemory();
  PyObject* list = NULL;
  if (checked(kafka_message_headers(message, headers, &count)) == 0) list = PyList_New((Py_ssize_t)count);
  for (size_t k = 0; list != NULL && k < count; ++k) {
    PyObject* header = header_object(&headers[k]);
    if (header == NULL) {
      Py_CLEAR(list);
    } else {
      PyList_SET_ITEM(list, (Py_ssize_t)k, header);
    }
  }
  PyMem_Free(headers);
  return list;
}

PyObject* message_object(PyObject* topic, int32_t partition, const kafka_message* message) {
  PyObject* object = PyStructSequence_New(MessageType);
  if (object == NULL) return NULL;
  PyObject* fields[] = {new_ref(topic),
                        PyLong_FromLong(partition),
                        PyLong_FromLongLong(message->offset),
                        PyLong_FromLongLong(message->timestamp),
                        bytes_object(message->key),
                        bytes_object(message->value),
                        headers_object(message)};
  bool good = true;
  for (int k = 0; k < 7; ++k) {
    good = good && fields[k] != NULL;
    PyStructSequence_SET_ITEM(object, k, fields[k]);
  }
  if (!good) Py_CLEAR(object);
  return object;
}

static PyObject* envelope_topic(Envelope* self, void* closure) {
  (void)closure;
  return text_object(kafka_envelope_topic(self->handle));
}
static PyObject* envelope_partition(Envelope* self, void* closure) {
  (void)closure;
  return PyLong_FromLong(kafka_envelope_partition(self->handle));
}
static PyObject* envelope_offset(Envelope* self, void* closure) {
  (void)closure;
  return PyLong_FromLongLong(self->first->offset);
}
static PyObject* envelope_timestamp(Envelope* self, void* closure) {
  (void)closure;
  return PyLong_FromLongLong(self->first->timestamp);
}
static PyObject* envelope_timestamp_type(Envelope* self, void* closure) {
  (void)closure;
  return PyLong_FromLong(self->first->timestamp_type);
}
static PyObject* envelope_key(Envelope* self, void* closure) {
  (void)closure;
  return bytes_object(self->first->key);
}
static PyObject* envelope_value(Envelope* self, void* closure) {
  (void)closure;
  return bytes_object(self->first->value);
}
static PyObject* envelope_headers(Envelope* self, void* closure) {
  (void)closure;
  return headers_object(self->first);
}
static PyObject* envelope_answered(Envelope* self, void* closure) {
  (void)closure;
  return PyBool_FromLong(kafka_envelope_answered(self->handle));
}

static PyObject* envelope_messages(Envelope* self, void* closure) {
  size_t stride;
  const size_t count = kafka_envelope_count(self->handle);
  const char* message = (const char*)kafka_envelope_messages(self->handle, &stride);
  PyObject* topic = envelope_topic(self, closure);
  PyObject* list = topic == NULL ? NULL : PyList_New((Py_ssize_t)count);
  for (size_t k = 0; list != NULL && k < count; ++k, message += stride) {
    PyObject* object =
        message_object(topic, kafka_envelope_partition(self->handle), (const kafka_message*)(const void*)message);
    if (object == NULL) {
      Py_CLEAR(list);
    } else {
      PyList_SET_ITEM(list, (Py_ssize_t)k, object);
    }
  }
  Py_XDECREF(topic);
  return list;
}

static Py_ssize_t envelope_length(PyObject* self) {
  return (Py_ssize_t)kafka_envelope_count(((Envelope*)self)->handle);
}

/* commit(metadata=None): a future of the outcome. The commit is on its way whether somebody awaits it or not. */
static PyObject* envelope_commit(Envelope* self, PyObject* const* given, Py_ssize_t count) {
  Bytes metadata;
  if (count > 1) return PyErr_Format(PyExc_TypeError, "commit(metadata)");
  if (refuse_given_up(self) != 0) return NULL;
  if (!bytes_from(count == 1 ? given[0] : NULL, "metadata", &metadata)) return NULL;
  PyObject* future = future_new(self->session);
  if (future != NULL) {
    future = future_or_raise(future, kafka_envelope_commit(self->handle, metadata.bytes.data, metadata.bytes.length,
                                                           future_on_done, new_ref(future)));
  }
  bytes_release(&metadata);
  return future;
}

static PyObject* envelope_ack(Envelope* self, PyObject* none) {
  (void)none;
  return refuse_given_up(self) != 0 ? NULL : none_or_raise(kafka_envelope_ack(self->handle));
}
static PyObject* envelope_cancel(Envelope* self, PyObject* none) {
  (void)none;
  return refuse_given_up(self) != 0 ? NULL : none_or_raise(kafka_envelope_cancel(self->handle));
}

static PyMethodDef envelope_methods[] = {{"commit", (PyCFunction)(void (*)(void))envelope_commit, METH_FASTCALL, NULL},
                                         {"ack", (PyCFunction)envelope_ack, METH_NOARGS, NULL},
                                         {"cancel", (PyCFunction)envelope_cancel, METH_NOARGS, NULL},
                                         {NULL, NULL, 0, NULL}};
static PyGetSetDef envelope_members[] = {{"topic", (getter)envelope_topic, NULL, NULL, NULL},
                                         {"partition", (getter)envelope_partition, NULL, NULL, NULL},
                                         {"offset", (getter)envelope_offset, NULL, NULL, NULL},
                                         {"timestamp", (getter)envelope_timestamp, NULL, NULL, NULL},
                                         {"timestamp_type", (getter)envelope_timestamp_type, NULL, NULL, NULL},
                                         {"key", (getter)envelope_key, NULL, NULL, NULL},
                                         {"value", (getter)envelope_value, NULL, NULL, NULL},
                                         {"headers", (getter)envelope_headers, NULL, NULL, NULL},
                                         {"answered", (getter)envelope_answered, NULL, NULL, NULL},
                                         {"messages", (getter)envelope_messages, NULL, NULL, NULL},
                                         {NULL, NULL, NULL, NULL, NULL}};
static PyType_Slot envelope_slots[] = {{Py_tp_dealloc, envelope_dealloc},
                                       {Py_tp_methods, envelope_methods},
                                       {Py_tp_getset, envelope_members},
                                       {Py_sq_length, envelope_length},
                                       {0, NULL}};
static PyType_Spec envelope_spec = {"uvkafka._native.Envelope", sizeof(Envelope), 0, Py_TPFLAGS_DEFAULT,
                                    envelope_slots};

static PyType_Slot box_slots[] = {{Py_tp_dealloc, box_dealloc}, {0, NULL}};
static PyType_Spec box_spec = {"uvkafka._native.Box", sizeof(Box), 0, Py_TPFLAGS_DEFAULT, box_slots};

static PyStructSequence_Field message_fields[] = {{"topic", NULL},     {"partition", NULL}, {"offset", NULL},
                                                  {"timestamp", NULL}, {"key", NULL},       {"value", NULL},
                                                  {"headers", NULL},   {NULL, NULL}};
static PyStructSequence_Desc message_description = {"uvkafka.Message", "A message as it was read.", message_fields, 7};

int add_envelope(PyObject* module) {
  EnvelopeType = add_type(module, &envelope_spec);
  BoxType = add_type(module, &box_spec);
  MessageType = PyStructSequence_NewType(&message_description);
  if (EnvelopeType == NULL || BoxType == NULL || MessageType == NULL) return -1;
  return PyModule_AddObject(module, "Message", new_ref(MessageType));
}
