/* Batches by columns: many messages of one turn, of which only the parts that are asked for become objects. */
#include <stddef.h>

#include "native.h"

PyTypeObject* BatchType;

typedef struct {
  PyObject_HEAD kafka_columns* handle;
  Session* session;
  kafka_column_arrays arrays;
  Taken taken;
} Batch;

static void free_columns(void* handle) { kafka_columns_free(handle); }

PyObject* batch_new(Session* session, kafka_columns* handle, Taken* ring) {
  Batch* self = PyObject_New(Batch, BatchType);
  if (self == NULL) {
    kafka_columns_free(handle);
    return NULL;
  }
  self->handle = handle;
  self->session = (Session*)new_ref(session);
  self->arrays = (kafka_column_arrays)KAFKA_INIT(kafka_column_arrays);
  kafka_columns_get(handle, &self->arrays);
  taken_join(ring, &self->taken);
  return (PyObject*)self;
}

/* Some of its messages may be answered. */
void batch_give_up(Taken* one) {
  Batch* self = (Batch*)(void*)((char*)one - offsetof(Batch, taken));
  for (size_t k = 0; k < self->arrays.count; ++k) {
    if (kafka_columns_cancel(self->handle, k, 1) == KAFKA_OK) one->given_up = true;
  }
}

static void batch_dealloc(Batch* self) {
  PyTypeObject* type = Py_TYPE(self);
  taken_leave(&self->taken);
  free_on_thread(self->session, self->handle, free_columns);
  Py_DECREF(self->session);
  PyObject_Free(self);
  Py_DECREF(type);
}

static Py_ssize_t batch_length(PyObject* self) { return (Py_ssize_t)((Batch*)self)->arrays.count; }

static uint32_t end_of(const uint32_t* ends, size_t k) { return ends[k] & ~KAFKA_PACKED_NULL; }
static kafka_bytes item_of(const char* bytes, const uint32_t* ends, size_t k) {
  const uint32_t begin = k == 0 ? 0 : end_of(ends, k - 1);
  if ((ends[k] & KAFKA_PACKED_NULL) != 0) return (kafka_bytes){NULL, 0};
  return (kafka_bytes){bytes == NULL ? "" : bytes + begin, end_of(ends, k) - begin};
}

static PyObject* list_of(const Batch* self, const char* bytes, const uint32_t* ends) {
  const size_t count = self->arrays.count;
  PyObject* list = PyList_New((Py_ssize_t)count);
  for (size_t k = 0; list != NULL && k < count; ++k) {
    PyObject* item = bytes_object(item_of(bytes, ends, k));
    if (item == NULL) {
      Py_CLEAR(list);
    } else {
      PyList_SET_ITEM(list, (Py_ssize_t)k, item);
    }
  }
  return list;
}
static PyObject* batch_values(Batch* self, void* closure) {
  (void)closure;
  return list_of(self, self->arrays.values, self->arrays.value_ends);
}
static PyObject* batch_keys(Batch* self, void* closure) {
  (void)closure;
  return list_of(self, self->arrays.keys, self->arrays.key_ends);
}

#define COLUMN(name, format)                                                                                       \
  static PyObject* batch_##name(Batch* self, void* closure) {                                                      \
    (void)closure;                                                                                                 \
    return column_view((PyObject*)self, self->arrays.name, self->arrays.count, format, sizeof *self->arrays.name); \
  }
COLUMN(value_ends, "I")
COLUMN(key_ends, "I")
COLUMN(offsets, "q")
COLUMN(timestamps, "q")
COLUMN(partitions, "i")
COLUMN(topic_indexes, "I")
#undef COLUMN

static PyObject* bytes_of(Batch* self, const char* bytes, const uint32_t* ends) {
  const size_t count = self->arrays.count;
  return column_view((PyObject*)self, bytes, count == 0 ? 0 : end_of(ends, count - 1), "B", 1);
}
static PyObject* batch_packed_values(Batch* self, void* closure) {
  (void)closure;
  return bytes_of(self, self->arrays.values, self->arrays.value_ends);
}
static PyObject* batch_packed_keys(Batch* self, void* closure) {
  (void)closure;
  return bytes_of(self, self->arrays.keys, self->arrays.key_ends);
}

static PyObject* batch_topics(Batch* self, void* closure) {
  (void)closure;
  PyObject* list = PyList_New(0);
  for (size_t k = 0; list != NULL && k < self->arrays.topic_count; ++k) {
    PyObject* name = text_object(self->arrays.topics[k]);
    if (name == NULL || PyList_Append(list, name) != 0) Py_CLEAR(list);
    Py_XDECREF(name);
  }
  return list;
}

/* The headers of message `k`, as far as kafka_message_headers() wants to know it. */
static bool headers_of(Batch* self, size_t k, kafka_message* message) {
  kafka_header_arrays arrays = KAFKA_INIT(kafka_header_arrays);
  if (checked(kafka_columns_headers(self->handle, &arrays)) != 0) return false;
  message->raw_headers = item_of(arrays.raw_headers, arrays.ends, k);
  message->header_count = arrays.counts[k];
  return true;
}

static PyObject* batch_item(PyObject* object, Py_ssize_t index) {
  Batch* self = (Batch*)object;
  const size_t k = (size_t)index;
  if (index < 0 || k >= self->arrays.count) {
    PyErr_SetString(PyExc_IndexError, "there is no such message");
    return NULL;
  }
  kafka_message message = KAFKA_INIT(kafka_message);
  if (!headers_of(self, k, &message)) return NULL;
  message.offset = self->arrays.offsets[k];
  message.timestamp = self->arrays.timestamps[k];
  message.key = item_of(self->arrays.keys, self->arrays.key_ends, k);
  message.value = item_of(self->arrays.values, self->arrays.value_ends, k);
  PyObject* topic = text_object(self->arrays.topics[self->arrays.topic_indexes[k]]);
  if (topic == NULL) return NULL;
  PyObject* made = message_object(topic, self->arrays.partitions[k], &message);
  Py_DECREF(topic);
  return made;
}

/* first=0, count=None: all that follow */
static bool range_from(Batch* self, PyObject* first, PyObject* count, size_t* from, size_t* length) {
  if (self->taken.given_up) {
    raise_code(KAFKA_LOST, "the consumer was closed before the answer");
    return false;
  }
  *from = first == NULL ? 0 : PyLong_AsSize_t(first);
  if (*from == (size_t)-1 && PyErr_Occurred()) return false;
  if (count != NULL && count != Py_None) {
    *length = PyLong_AsSize_t(count);
    return *length != (size_t)-1 || !PyErr_Occurred();
  }
  *length = *from > self->arrays.count ? 0 : self->arrays.count - *from;
  return true;
}

static PyObject* batch_commit(Batch* self, PyObject* arguments, PyObject* names) {
  static char* keywords[] = {"first", "count", "metadata", NULL};
  PyObject *first = NULL, *count = NULL, *text = NULL;
  size_t from, length;
  Bytes metadata;
  if (!PyArg_ParseTupleAndKeywords(arguments, names, "|OOO:commit", keywords, &first, &count, &text) ||
      !range_from(self, first, count, &from, &length) || !bytes_from(text, "metadata", &metadata)) {
    return NULL;
  }
  PyObject* future = future_new(self->session);
  if (future != NULL) {
    future = future_or_raise(
        future, kafka_columns_commit(self->handle, from, length, metadata.bytes, future_on_done, new_ref(future)));
  }
  bytes_release(&metadata);
  return future;
}

static PyObject* batch_ack(Batch* self, PyObject* arguments, PyObject* names) {
  static char* keywords[] = {"first", "count", NULL};
  PyObject *first = NULL, *count = NULL;
  size_t from, length;
  if (!PyArg_ParseTupleAndKeywords(arguments, names, "|OO:ack", keywords, &first, &count) ||
      !range_from(self, first, count, &from, &length)) {
    return NULL;
  }
  return none_or_raise(kafka_columns_ack(self->handle, from, length));
}

static PyMethodDef batch_methods[] = {
    {"commit", (PyCFunction)(void (*)(void))batch_commit, METH_VARARGS | METH_KEYWORDS, NULL},
    {"ack", (PyCFunction)(void (*)(void))batch_ack, METH_VARARGS | METH_KEYWORDS, NULL},
    {NULL, NULL, 0, NULL}};
static PyGetSetDef batch_members[] = {{"values", (getter)batch_values, NULL, NULL, NULL},
                                      {"keys", (getter)batch_keys, NULL, NULL, NULL},
                                      {"packed_values", (getter)batch_packed_values, NULL, NULL, NULL},
                                      {"packed_keys", (getter)batch_packed_keys, NULL, NULL, NULL},
                                      {"value_ends", (getter)batch_value_ends, NULL, NULL, NULL},
                                      {"key_ends", (getter)batch_key_ends, NULL, NULL, NULL},
                                      {"offsets", (getter)batch_offsets, NULL, NULL, NULL},
                                      {"timestamps", (getter)batch_timestamps, NULL, NULL, NULL},
                                      {"partitions", (getter)batch_partitions, NULL, NULL, NULL},
                                      {"topic_indexes", (getter)batch_topic_indexes, NULL, NULL, NULL},
                                      {"topics", (getter)batch_topics, NULL, NULL, NULL},
                                      {NULL, NULL, NULL, NULL, NULL}};
static PyType_Slot batch_slots[] = {{Py_tp_dealloc, batch_dealloc}, {Py_tp_methods, batch_methods},
                                    {Py_tp_getset, batch_members},  {Py_sq_length, batch_length},
                                    {Py_sq_item, batch_item},       {0, NULL}};
static PyType_Spec batch_spec = {"uvkafka._native.Batch", sizeof(Batch), 0, Py_TPFLAGS_DEFAULT, batch_slots};

int add_batch(PyObject* module) { return (BatchType = add_type(module, &batch_spec)) == NULL ? -1 : 0; }
