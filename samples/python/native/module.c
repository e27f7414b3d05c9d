/* The module uvkafka._native: its types, and what the library says of itself. The Python part around it has the public
   classes. One interpreter per process uses it. */
#include "native.h"

PyTypeObject* add_type(PyObject* module, PyType_Spec* spec) {
  PyObject* type = PyType_FromSpec(spec);
  if (type == NULL) return NULL;
  const char* name = spec->name;
  for (const char* at = name; *at != '\0'; ++at) {
    if (*at == '.') name = at + 1;
  }
  if (PyModule_AddObject(module, name, new_ref(type)) != 0) return NULL;
  return (PyTypeObject*)type;
}

int add_methods(PyTypeObject* type, PyMethodDef* methods) {
  for (; methods->ml_name != NULL; ++methods) {
    PyObject* method = PyDescr_NewMethod(type, methods);
    const int set = method == NULL ? -1 : PyObject_SetAttrString((PyObject*)type, methods->ml_name, method);
    Py_XDECREF(method);
    if (set != 0) return -1;
  }
  return 0;
}

/* code_name(code): None for a number that nobody knows */
static PyObject* code_name(PyObject* module, PyObject* number) {
  (void)module;
  const long code = PyLong_AsLong(number);
  if (code == -1 && PyErr_Occurred()) return NULL;
  return text_object(kafka_code_name((int)code));
}

static PyObject* option_object(int kind, size_t index) {
  kafka_option_info info = KAFKA_INIT(kafka_option_info);
  if (checked(kafka_options_describe(kind, index, &info)) != 0) return NULL;
  return Py_BuildValue("(sssNsLL)", info.name, info.type, info.values, text_object(info.default_value),
                       info.documentation, (long long)info.least, (long long)info.most);
}

/* options(kind): a list of (name, type, values, default, documentation, least, most) */
static PyObject* options(PyObject* module, PyObject* number) {
  (void)module;
  const long kind = PyLong_AsLong(number);
  if (kind == -1 && PyErr_Occurred()) return NULL;
  const size_t count = kafka_options_count((int)kind);
  PyObject* list = PyList_New(0);
  for (size_t k = 0; list != NULL && k < count; ++k) {
    PyObject* option = option_object((int)kind, k);
    if (option == NULL || PyList_Append(list, option) != 0) Py_CLEAR(list);
    Py_XDECREF(option);
  }
  return list;
}

static PyObject* version(PyObject* module, PyObject* none) {
  (void)module;
  (void)none;
  return text_object(kafka_version_string());
}

static PyMethodDef functions[] = {{"code_name", code_name, METH_O, NULL},
                                  {"options", options, METH_O, NULL},
                                  {"version", version, METH_NOARGS, NULL},
                                  {NULL, NULL, 0, NULL}};
static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "uvkafka._native", NULL, -1, functions, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__native(void) {
  static int (*const parts[])(PyObject*) = {add_user,    add_loop,     add_session,  add_producer, add_topic,
                                            add_waiting, add_reports,  add_consumer, add_member,   add_stream,
                                            add_column,  add_envelope, add_batch};
  PyObject* module = PyModule_Create(&definition);
  for (size_t k = 0; module != NULL && k < sizeof parts / sizeof *parts; ++k) {
    if (parts[k](module) != 0) Py_CLEAR(module);
  }
  return module;
}
