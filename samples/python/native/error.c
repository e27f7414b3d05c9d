/* Exceptions: those of the library's errors are made by the Python part, which has their classes. */
#include "native.h"

Factories factories;

bool have_factories(void) {
  if (factories.wait_for_next != NULL) return true;
  PyObject* module = PyImport_ImportModule("uvkafka._factories");
  if (module == NULL) return false;
  factories.make_error = PyObject_GetAttrString(module, "make_error");
  factories.make_place = PyObject_GetAttrString(module, "make_place");
  factories.make_event = PyObject_GetAttrString(module, "make_event");
  factories.wait_for_next = PyObject_GetAttrString(module, "wait_for_next");
  Py_DECREF(module);
  return factories.wait_for_next != NULL;
}

static PyObject* make(int code, const char* message, const char* detail, int retriable, int fatal) {
  if (!have_factories()) return NULL;
  return PyObject_CallFunction(factories.make_error, "iNNii", code, text_object(message), text_object(detail),
                               retriable, fatal);
}

PyObject* error_object(const kafka_error* error) {
  if (error == NULL) Py_RETURN_NONE;
  return make(kafka_error_code(error), kafka_error_message(error), kafka_error_detail(error),
              kafka_error_retriable(error), kafka_error_fatal(error));
}

PyObject* error_of_code(int code, const char* detail) {
  char message[400];
  if (detail[0] == '\0') return make(code, kafka_code_text(code), detail, 0, 0);
  PyOS_snprintf(message, sizeof message, "%s: %s", kafka_code_text(code), detail);
  return make(code, message, detail, 0, 0);
}

static PyObject* raise(PyObject* exception) {
  if (exception == NULL) return NULL;
  PyErr_SetObject((PyObject*)Py_TYPE(exception), exception);
  Py_DECREF(exception);
  return NULL;
}

PyObject* raise_last(void) { return raise(error_object(kafka_last_error())); }
PyObject* raise_code(int code, const char* detail) { return raise(error_of_code(code, detail)); }

int checked(int code) {
  if (code == KAFKA_OK) return 0;
  raise_last();
  return -1;
}

PyObject* none_or_raise(int code) {
  if (checked(code) != 0) return NULL;
  Py_RETURN_NONE;
}

/* What is not an Exception ends the run of the loop, as it does in asyncio's own handles. */
static bool kept_for_the_loop(Session* session, PyObject* type, PyObject* value) {
  if (PyErr_GivenExceptionMatches(type, PyExc_Exception) || session->loop->raised != NULL) return false;
  session->loop->raised = new_ref(value);
  return true;
}

void report_exception(Session* session, const char* where) {
  PyObject *type, *value, *trace;
  PyErr_Fetch(&type, &value, &trace);
  if (type == NULL) return;
  PyErr_NormalizeException(&type, &value, &trace);
  if (trace != NULL) PyException_SetTraceback(value, trace);
  if (!kept_for_the_loop(session, type, value)) {
    PyObject* context = Py_BuildValue("{s:N,s:O}", "message", PyUnicode_FromFormat("Exception in %s of uvkafka", where),
                                      "exception", value);
    PyObject* done =
        context == NULL ? NULL : PyObject_CallMethod(session->asyncio_loop, "call_exception_handler", "O", context);
    if (done == NULL) PyErr_WriteUnraisable(session->asyncio_loop);
    Py_XDECREF(done);
    Py_XDECREF(context);
  }
  Py_XDECREF(type);
  Py_XDECREF(value);
  Py_XDECREF(trace);
}
