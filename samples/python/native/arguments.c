/* Python's values as the library's arguments, and the reverse: options, partitions, names, bytes. */
#include <string.h>

#include "native.h"

PyObject* text_object(const char* text) {
  if (text == NULL) Py_RETURN_NONE;
  return PyUnicode_DecodeUTF8(text, (Py_ssize_t)strlen(text), "replace");
}
PyObject* tables_object(const kafka_result* result) {
  char* json = kafka_result_json(result);
  PyObject* text = text_object(json);
  kafka_free(json);
  return text;
}
PyObject* take_tables(kafka_result* result) {
  PyObject* text = tables_object(result);
  kafka_result_free(result);
  return text;
}
PyObject* bytes_object(kafka_bytes bytes) {
  if (bytes.data == NULL) Py_RETURN_NONE;
  return PyBytes_FromStringAndSize(bytes.data, (Py_ssize_t)bytes.length);
}

/* True and False are Java's words; numbers are written as Python writes them. */
static PyObject* option_text(PyObject* name, PyObject* value) {
  if (PyUnicode_Check(value)) return new_ref(value);
  if (PyBool_Check(value)) return PyUnicode_FromString(value == Py_True ? "true" : "false");
  if (PyLong_Check(value) || PyFloat_Check(value)) return PyObject_Str(value);
  return PyErr_Format(PyExc_TypeError, "option %R: a str, int, float or bool is wanted, not %.100s", name,
                      Py_TYPE(value)->tp_name);
}

static bool set_option(kafka_options* options, PyObject* name, PyObject* value) {
  if (!PyUnicode_Check(name)) {
    PyErr_Format(PyExc_TypeError, "option %R: names are of type str", name);
    return false;
  }
  PyObject* text = option_text(name, value);
  if (text == NULL) return false;
  Py_ssize_t length = 0;
  const char* name_text = PyUnicode_AsUTF8(name);
  const char* value_text = name_text == NULL ? NULL : PyUnicode_AsUTF8AndSize(text, &length);
  bool good = value_text != NULL;
  if (good && strlen(value_text) != (size_t)length) {
    PyErr_Format(PyExc_ValueError, "option %R: the value has a NUL", name);
    good = false;
  }
  good = good && checked(kafka_options_set(options, name_text, value_text)) == 0;
  Py_DECREF(text);
  return good;
}

kafka_options* options_from(int kind, PyObject* mapping) {
  PyObject* items = mapping == Py_None ? PyList_New(0) : PyMapping_Items(mapping);
  if (items == NULL) return NULL;
  kafka_options* options = kafka_options_new(kind);
  bool good = options != NULL;
  if (!good) raise_last();
  for (Py_ssize_t k = 0; good && k < PyList_GET_SIZE(items); ++k) {
    PyObject* pair = PyList_GET_ITEM(items, k);
    good = set_option(options, PyTuple_GET_ITEM(pair, 0), PyTuple_GET_ITEM(pair, 1));
  }
  Py_DECREF(items);
  if (good) return options;
  kafka_options_free(options);
  return NULL;
}

/* A place is (topic, partition[, offset[, timestamp[, metadata[, leader_epoch]]]]); what follows is ignored, so that
   places that a call gave can be passed on. */
static bool add_place(kafka_partitions* list, PyObject* item) {
  PyObject* tuple = PySequence_Tuple(item);
  if (tuple == NULL) return false;
  const char* topic;
  int partition;
  long long offset = KAFKA_EARLIEST_OFFSET, timestamp = 0;
  PyObject *metadata = Py_None, *epoch = Py_None, *rest = NULL;
  Bytes bytes = {.held = NULL};
  bool good = PyArg_ParseTuple(tuple, "si|LLOOO:place", &topic, &partition, &offset, &timestamp, &metadata, &epoch,
                               &rest) != 0 &&
              bytes_from(metadata, "metadata", &bytes);
  const long epoch_number = !good || epoch == Py_None ? -1 : PyLong_AsLong(epoch);
  good = good && !(epoch_number == -1 && PyErr_Occurred());
  if (good) {
    kafka_place place = KAFKA_INIT(kafka_place);
    place.topic = topic;
    place.partition = partition;
    place.leader_epoch_plus_one = (int32_t)epoch_number + 1;
    place.offset = offset;
    place.timestamp = timestamp < 0 ? 0 : timestamp;
    place.metadata = bytes.bytes;
    good = checked(kafka_partitions_add(list, &place)) == 0;
  }
  bytes_release(&bytes);
  Py_DECREF(tuple);
  return good;
}

kafka_partitions* partitions_from(PyObject* iterable) {
  PyObject* items = PySequence_Fast(iterable, "partitions have to be a sequence of (topic, partition, ...)");
  if (items == NULL) return NULL;
  kafka_partitions* list = kafka_partitions_new();
  bool good = list != NULL;
  if (!good) raise_last();
  for (Py_ssize_t k = 0; good && k < PySequence_Fast_GET_SIZE(items); ++k) {
    good = add_place(list, PySequence_Fast_GET_ITEM(items, k));
  }
  Py_DECREF(items);
  if (good) return list;
  kafka_partitions_free(list);
  return NULL;
}

static PyObject* place_object(const kafka_place* place) {
  PyObject* epoch =
      place->leader_epoch_plus_one == 0 ? new_ref(Py_None) : PyLong_FromLong(place->leader_epoch_plus_one - 1);
  return PyObject_CallFunction(factories.make_place, "NiLLNNN", text_object(place->topic), (int)place->partition,
                               (long long)place->offset, (long long)place->timestamp, bytes_object(place->metadata),
                               epoch, error_object(place->error));
}

PyObject* partitions_object(const kafka_partitions* list) {
  if (!have_factories()) return NULL;
  const size_t count = kafka_partitions_count(list);
  PyObject* places = PyList_New((Py_ssize_t)count);
  for (size_t k = 0; places != NULL && k < count; ++k) {
    kafka_place place = KAFKA_INIT(kafka_place);
    kafka_partitions_get(list, k, &place);
    PyObject* object = place_object(&place);
    if (object == NULL) {
      Py_CLEAR(places);
    } else {
      PyList_SET_ITEM(places, (Py_ssize_t)k, object);
    }
  }
  return places;
}

bool names_from(PyObject* iterable, Names* names) {
  *names = (Names){NULL, 0, NULL};
  if (PyUnicode_Check(iterable)) {
    PyErr_SetString(PyExc_TypeError, "a sequence of names is wanted, not one str");
    return false;
  }
  names->keep = PySequence_Tuple(iterable);
  if (names->keep == NULL) return false;
  names->count = (size_t)PyTuple_GET_SIZE(names->keep);
  names->list = PyMem_Calloc(names->count + 1, sizeof(const char*));
  bool good = names->list != NULL;
  if (!good) PyErr_NoMemory();
  for (size_t k = 0; good && k < names->count; ++k) {
    names->list[k] = PyUnicode_AsUTF8(PyTuple_GET_ITEM(names->keep, (Py_ssize_t)k));
    good = names->list[k] != NULL;
  }
  if (!good) names_free(names);
  return good;
}
void names_free(Names* names) {
  PyMem_Free(names->list);
  Py_CLEAR(names->keep);
}

bool bytes_from(PyObject* object, const char* name, Bytes* to) {
  to->held = NULL;
  to->view.obj = NULL;
  to->bytes = (kafka_bytes){NULL, 0};
  if (object == NULL || object == Py_None) return true;
  if (PyBytes_CheckExact(object)) {
    to->held = object;
    to->bytes = (kafka_bytes){PyBytes_AS_STRING(object), (size_t)PyBytes_GET_SIZE(object)};
    return true;
  }
  if (PyUnicode_Check(object)) {
    Py_ssize_t length;
    to->held = object;
    to->bytes.data = PyUnicode_AsUTF8AndSize(object, &length);
    to->bytes.length = (size_t)length;
    return to->bytes.data != NULL;
  }
  if (PyObject_GetBuffer(object, &to->view, PyBUF_SIMPLE) != 0) {
    PyErr_Format(PyExc_TypeError, "%s: bytes, another buffer, str or None is wanted, not %.100s", name,
                 Py_TYPE(object)->tp_name);
    return false;
  }
  to->bytes = (kafka_bytes){to->view.buf == NULL ? "" : to->view.buf, (size_t)to->view.len};
  return true;
}
void bytes_release(Bytes* bytes) {
  if (bytes->view.obj != NULL) PyBuffer_Release(&bytes->view);
}
