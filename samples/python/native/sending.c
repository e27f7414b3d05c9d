/* One record, from the arguments of send(): its bytes stay those of Python's objects until it was sent. */
#include "native.h"

static bool headers_from(PyObject* object, Sending* sending) {
  if (object == NULL || object == Py_None) return true;
  PyObject* items = PyMapping_Check(object) && PyObject_HasAttrString(object, "items")
                        ? PyMapping_Items(object)
                        : PySequence_Fast(object, "headers: a mapping or a sequence of (key, value) is wanted");
  if (items == NULL) return false;
  const Py_ssize_t count = PySequence_Fast_GET_SIZE(items);
  sending->headers = PyMem_Calloc((size_t)count + 1, sizeof(kafka_header));
  sending->header_bytes = PyMem_Calloc(2 * (size_t)count + 1, sizeof(Bytes));
  sending->header_items = items;
  bool good = sending->headers != NULL && sending->header_bytes != NULL;
  if (!good) PyErr_NoMemory();
  for (Py_ssize_t k = 0; good && k < count; ++k) {
    PyObject *key, *value;
    PyObject* pair = PySequence_Fast_GET_ITEM(items, k);
    if (!PyTuple_Check(pair)) {
      PyErr_SetString(PyExc_TypeError, "headers: each is a tuple (key, value)");
      return false;
    }
    Bytes* bytes = sending->header_bytes + 2 * k;
    good = PyArg_ParseTuple(pair, "OO:header", &key, &value) && bytes_from(key, "the key of a header", bytes) &&
           bytes_from(value, "the value of a header", bytes + 1);
    sending->headers[k] = (kafka_header){bytes[0].bytes, bytes[1].bytes};
    sending->record.header_count = (size_t)k + 1;
  }
  sending->record.headers = sending->headers;
  return good;
}

static bool topic_from(PyObject* object, Sending* sending) {
  Py_ssize_t length;
  if (!PyUnicode_Check(object)) {
    PyErr_Format(PyExc_TypeError, "topic: a str is wanted, not %.100s", Py_TYPE(object)->tp_name);
    return false;
  }
  sending->record.topic.data = PyUnicode_AsUTF8AndSize(object, &length);
  sending->record.topic.length = (size_t)length;
  return sending->record.topic.data != NULL;
}

bool partition_from(PyObject* object, int32_t* plus_one) {
  if (object == NULL || object == Py_None) return true;
  const long number = PyLong_AsLong(object);
  if (number == -1 && PyErr_Occurred()) return false;
  if (number < 0 || number >= INT32_MAX) {
    PyErr_Format(PyExc_ValueError, "partition %ld: 0 to 2147483646, or None, is wanted", number);
    return false;
  }
  *plus_one = (int32_t)number + 1;
  return true;
}

bool sending_from(PyObject* const* arguments, Sending* sending) {
  *sending = (Sending){.record = KAFKA_INIT(kafka_record)};
  if (topic_from(arguments[SEND_TOPIC], sending) && bytes_from(arguments[SEND_VALUE], "value", &sending->value) &&
      bytes_from(arguments[SEND_KEY], "key", &sending->key) && headers_from(arguments[SEND_HEADERS], sending) &&
      partition_from(arguments[SEND_PARTITION], &sending->record.partition_plus_one)) {
    sending->record.key = sending->key.bytes;
    sending->record.value = sending->value.bytes;
    PyObject* timestamp = arguments[SEND_TIMESTAMP];
    if (timestamp != NULL && timestamp != Py_None) sending->record.timestamp = PyLong_AsLongLong(timestamp);
    if (sending->record.timestamp != -1 || !PyErr_Occurred()) return true;
  }
  sending_release(sending);
  return false;
}

void sending_release(Sending* sending) {
  bytes_release(&sending->key);
  bytes_release(&sending->value);
  if (sending->header_items == NULL) return;
  for (size_t k = 0; sending->header_bytes != NULL && k < 2 * sending->record.header_count; ++k) {
    bytes_release(sending->header_bytes + k);
  }
  PyMem_Free(sending->headers);
  PyMem_Free(sending->header_bytes);
  Py_CLEAR(sending->header_items);
}
