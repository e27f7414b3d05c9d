/* A topic of one producer: records with tokens, one by one, as lists, and packed. */
#include "native.h"

PyTypeObject* TopicType;

static PyObject* topic_new(PyTypeObject* type, PyObject* arguments, PyObject* names) {
  static char* keywords[] = {"producer", "name", NULL};
  PyObject* producer;
  const char* name;
  if (!PyArg_ParseTupleAndKeywords(arguments, names, "O!s", keywords, ProducerType, &producer, &name)) return NULL;
  if (open_producer((Producer*)producer) == NULL) return NULL;
  kafka_topic* handle = kafka_producer_topic(((Producer*)producer)->handle, name);
  if (handle == NULL) return raise_last();
  if (kafka_topic_error(handle) != KAFKA_OK) {
    const int code = kafka_topic_error(handle);
    kafka_topic_free(handle);
    return raise_code(code, name);
  }
  Topic* self = (Topic*)type->tp_alloc(type, 0);
  if (self == NULL) {
    kafka_topic_free(handle);
    return NULL;
  }
  self->handle = handle;
  self->producer = (Producer*)new_ref(producer);
  return (PyObject*)self;
}

static int topic_traverse(Topic* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(self->producer);
  return 0;
}
static void free_topic(void* handle) { kafka_topic_free(handle); }
static void topic_dealloc(Topic* self) {
  PyTypeObject* type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  free_on_thread(self->producer->session, self->handle, free_topic);
  Py_CLEAR(self->producer);
  type->tp_free(self);
  Py_DECREF(type);
}

static PyObject* topic_name(Topic* self, void* closure) {
  (void)closure;
  return text_object(kafka_topic_name(self->handle));
}

static bool token_from(PyObject* object, uint64_t* token) {
  *token = object == NULL ? 0 : PyLong_AsUnsignedLongLong(object);
  return *token != (uint64_t)-1 || !PyErr_Occurred();
}
static int32_t partition_number(int32_t plus_one) { return plus_one - 1; }

/* send(value, token=0, key=None, partition=None) */
static PyObject* topic_send(Topic* self, PyObject* const* given, Py_ssize_t count) {
  uint64_t token;
  int32_t plus_one = 0;
  Bytes value, key;
  if (count < 1 || count > 4) return PyErr_Format(PyExc_TypeError, "send(value, token, key, partition)");
  if (open_producer(self->producer) == NULL || !token_from(count > 1 ? given[1] : NULL, &token) ||
      !partition_from(count > 3 ? given[3] : NULL, &plus_one) || !bytes_from(given[0], "value", &value)) {
    return NULL;
  }
  PyObject* result = NULL;
  if (bytes_from(count > 2 ? given[2] : NULL, "key", &key)) {
    const int code = kafka_topic_send(self->producer->handle, self->handle, partition_number(plus_one), key.bytes.data,
                                      key.bytes.length, value.bytes.data, value.bytes.length, token);
    result = none_or_raise(producer_noted(self->producer, code));
    bytes_release(&key);
  }
  bytes_release(&value);
  return result;
}

/* One of a list. The library's code, or -1 with an exception of Python's. */
static int send_one(Topic* self, PyObject* value, PyObject* key, int32_t partition, uint64_t token) {
  Bytes value_bytes, key_bytes;
  if (!bytes_from(value, "value", &value_bytes)) return -1;
  int code = -1;
  if (bytes_from(key, "key", &key_bytes)) {
    code = kafka_topic_send(self->producer->handle, self->handle, partition, key_bytes.bytes.data,
                            key_bytes.bytes.length, value_bytes.bytes.data, value_bytes.bytes.length, token);
    bytes_release(&key_bytes);
  }
  bytes_release(&value_bytes);
  return code;
}

static PyObject* send_lists(Topic* self, PyObject* values, PyObject* keys, int32_t partition, uint64_t first) {
  const Py_ssize_t count = PySequence_Fast_GET_SIZE(values);
  if (keys != NULL && PySequence_Fast_GET_SIZE(keys) != count) {
    return PyErr_Format(PyExc_ValueError, "%zd values and %zd keys", count, PySequence_Fast_GET_SIZE(keys));
  }
  Py_ssize_t taken = 0;
  int code = KAFKA_OK;
  for (; taken < count && code == KAFKA_OK; ++taken) {
    code = send_one(self, PySequence_Fast_GET_ITEM(values, taken),
                    keys == NULL ? NULL : PySequence_Fast_GET_ITEM(keys, taken), partition,
                    first == 0 ? 0 : first + (uint64_t)taken);
    if (code != KAFKA_OK) break;
  }
  /* Those before it were taken: the caller has to hear how many, whatever the reason. */
  if (code == KAFKA_OK || code == KAFKA_QUEUE_FULL) {
    producer_noted(self->producer, code);
    return PyLong_FromSsize_t(taken);
  }
  if (code != -1 || !PyErr_Occurred()) raise_last();
  PyObject *type, *value, *trace;
  PyErr_Fetch(&type, &value, &trace);
  PyErr_NormalizeException(&type, &value, &trace);
  PyObject* number = PyLong_FromSsize_t(taken);
  if (number == NULL || PyObject_SetAttrString(value, "taken", number) != 0) PyErr_Clear();
  Py_XDECREF(number);
  PyErr_Restore(type, value, trace);
  return NULL;
}

/* send_many(values, first_token=0, keys=None, partition=None): how many were taken; fewer than all: the queue is full
 */
static PyObject* topic_send_many(Topic* self, PyObject* const* given, Py_ssize_t count) {
  uint64_t first;
  int32_t plus_one = 0;
  if (count < 1 || count > 4) return PyErr_Format(PyExc_TypeError, "send_many(values, first_token, keys, partition)");
  if (open_producer(self->producer) == NULL || !token_from(count > 1 ? given[1] : NULL, &first) ||
      !partition_from(count > 3 ? given[3] : NULL, &plus_one)) {
    return NULL;
  }
  PyObject* values = PySequence_Fast(given[0], "values: a sequence is wanted");
  if (values == NULL) return NULL;
  PyObject* keys = NULL;
  PyObject* result = NULL;
  const bool keyed = count > 2 && given[2] != Py_None;
  if (keyed) keys = PySequence_Fast(given[2], "keys: a sequence is wanted");
  if (!keyed || keys != NULL) result = send_lists(self, values, keys, partition_number(plus_one), first);
  Py_XDECREF(keys);
  Py_DECREF(values);
  return result;
}

/* Ends of packed items, as a buffer of 4-byte numbers; `count` has to fit. */
static bool ends_from(PyObject* object, const char* name, const Bytes* items, Bytes* to, size_t* count) {
  if (!bytes_from(object, name, to)) return false;
  *count = to->bytes.length / sizeof(uint32_t);
  const uint32_t* ends = (const uint32_t*)(const void*)to->bytes.data;
  const char* wrong = NULL;
  if (to->bytes.length % sizeof(uint32_t) != 0 || (size_t)to->bytes.data % sizeof(uint32_t) != 0) {
    wrong = "a buffer of numbers of 4 bytes is wanted";
  }
  for (size_t k = 0; wrong == NULL && k < *count; ++k) {
    if ((ends[k] & ~KAFKA_PACKED_NULL) > items->bytes.length) wrong = "an end lies behind the bytes";
  }
  if (wrong == NULL) return true;
  PyErr_Format(PyExc_ValueError, "%s: %s", name, wrong);
  bytes_release(to);
  return false;
}

/* send_packed(values, value_ends, first_token, keys, key_ends, partition): as send_many() */
static PyObject* topic_send_packed(Topic* self, PyObject* arguments) {
  PyObject *values, *value_ends, *keys, *key_ends, *partition;
  unsigned long long first;
  int32_t plus_one = 0;
  Bytes all[4] = {{.held = NULL}, {.held = NULL}, {.held = NULL}, {.held = NULL}};
  size_t count = 0, key_count = 0, taken = 0;
  if (!PyArg_ParseTuple(arguments, "OOKOOO", &values, &value_ends, &first, &keys, &key_ends, &partition) ||
      open_producer(self->producer) == NULL || !partition_from(partition, &plus_one)) {
    return NULL;
  }
  const bool keyed = keys != Py_None;
  PyObject* result = NULL;
  if (bytes_from(values, "values", &all[0]) && ends_from(value_ends, "value_ends", &all[0], &all[1], &count) &&
      bytes_from(keys, "keys", &all[2]) && (!keyed || ends_from(key_ends, "key_ends", &all[2], &all[3], &key_count))) {
    if (keyed && key_count != count) {
      PyErr_Format(PyExc_ValueError, "%zu values and %zu keys", count, key_count);
    } else {
      const int code =
          kafka_topic_send_packed(self->producer->handle, self->handle, partition_number(plus_one), all[2].bytes.data,
                                  (const uint32_t*)(const void*)all[3].bytes.data, all[0].bytes.data,
                                  (const uint32_t*)(const void*)all[1].bytes.data, count, first, &taken);
      if (code == KAFKA_OK || code == KAFKA_QUEUE_FULL) {
        producer_noted(self->producer, code);
        result = PyLong_FromSize_t(taken);
      } else {
        raise_last();
      }
    }
  }
  for (int k = 0; k < 4; ++k) bytes_release(&all[k]);
  return result;
}

/* The records of produce(), whose bytes stay those of Python's objects until they were sent. */
typedef struct {
  PyObject *values, *keys, *partitions; /* sequences; `keys` NULL: none */
  size_t count;
  kafka_record* records;
  Bytes* bytes; /* value, key, value, key ... */
} Produced;

static void produced_release(Produced* produced) {
  for (size_t k = 0; produced->bytes != NULL && k < 2 * produced->count; ++k) bytes_release(&produced->bytes[k]);
  PyMem_Free(produced->bytes);
  PyMem_Free(produced->records);
  Py_CLEAR(produced->values);
  Py_CLEAR(produced->keys);
  Py_CLEAR(produced->partitions);
}

static bool produced_record(const Topic* topic, Produced* produced, size_t k) {
  kafka_record* record = &produced->records[k];
  Bytes* bytes = &produced->bytes[2 * k];
  PyObject* key = produced->keys == NULL ? NULL : PyTuple_GET_ITEM(produced->keys, (Py_ssize_t)k);
  *record = (kafka_record)KAFKA_INIT(kafka_record);
  if (!bytes_from(PyTuple_GET_ITEM(produced->values, (Py_ssize_t)k), "value", &bytes[0]) ||
      !bytes_from(key, "key", &bytes[1]) ||
      !partition_from(PyTuple_GET_ITEM(produced->partitions, (Py_ssize_t)k), &record->partition_plus_one)) {
    return false;
  }
  record->topic = (kafka_bytes){kafka_topic_name(topic->handle), KAFKA_NTS};
  record->value = bytes[0].bytes;
  record->key = bytes[1].bytes;
  return true;
}

static bool produced_from(const Topic* topic, PyObject* values, PyObject* keys, PyObject* partitions,
                          Produced* produced) {
  *produced = (Produced){.values = PySequence_Tuple(values)};
  if (produced->values == NULL) return false;
  produced->count = (size_t)PyTuple_GET_SIZE(produced->values);
  if (keys != Py_None && (produced->keys = PySequence_Tuple(keys)) == NULL) return false;
  if ((produced->partitions = PySequence_Tuple(partitions)) == NULL) return false;
  if ((produced->keys != NULL && (size_t)PyTuple_GET_SIZE(produced->keys) != produced->count) ||
      (size_t)PyTuple_GET_SIZE(produced->partitions) != produced->count) {
    PyErr_Format(PyExc_ValueError, "%zu values, and not so many keys or partitions", produced->count);
    return false;
  }
  produced->records = PyMem_Calloc(produced->count + 1, sizeof(kafka_record));
  produced->bytes = PyMem_Calloc(2 * produced->count + 1, sizeof(Bytes));
  if (produced->records == NULL || produced->bytes == NULL) return PyErr_NoMemory() != NULL;
  for (size_t k = 0; k < produced->count; ++k) {
    if (!produced_record(topic, produced, k)) return false;
  }
  return true;
}

/* produce(values, keys, partitions): a future of (exception or None, JSON), one outcome for all */
static PyObject* topic_produce(Topic* self, PyObject* arguments) {
  PyObject *values, *keys, *partitions;
  Produced produced;
  if (!PyArg_ParseTuple(arguments, "OOO", &values, &keys, &partitions) || open_producer(self->producer) == NULL) {
    return NULL;
  }
  PyObject* future = NULL;
  if (produced_from(self, values, keys, partitions, &produced)) future = future_new(self->producer->session);
  if (future != NULL) {
    future = future_or_raise(future, kafka_producer_produce(self->producer->handle, produced.records, produced.count,
                                                            future_on_result, new_ref(future)));
  }
  produced_release(&produced);
  return future;
}

static PyMethodDef topic_methods[] = {{"send", (PyCFunction)(void (*)(void))topic_send, METH_FASTCALL, NULL},
                                      {"send_many", (PyCFunction)(void (*)(void))topic_send_many, METH_FASTCALL, NULL},
                                      {"_send_packed", (PyCFunction)topic_send_packed, METH_VARARGS, NULL},
                                      {"_produce", (PyCFunction)topic_produce, METH_VARARGS, NULL},
                                      {NULL, NULL, 0, NULL}};
static PyGetSetDef topic_members[] = {{"name", (getter)topic_name, NULL, NULL, NULL}, {NULL, NULL, NULL, NULL, NULL}};
static PyType_Slot topic_slots[] = {{Py_tp_new, topic_new},           {Py_tp_dealloc, topic_dealloc},
                                    {Py_tp_traverse, topic_traverse}, {Py_tp_methods, topic_methods},
                                    {Py_tp_getset, topic_members},    {0, NULL}};
static PyType_Spec topic_spec = {"uvkafka._native.Topic", sizeof(Topic), 0,
                                 Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE, topic_slots};

int add_topic(PyObject* module) { return (TopicType = add_type(module, &topic_spec)) == NULL ? -1 : 0; }
