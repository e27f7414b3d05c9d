/* A session on a private loop: its options, its handlers, and how it ends. Not here: what it asks the cluster
   (administration.c). */
#include "native.h"

PyTypeObject* SessionType;

kafka_session* open_session(Session* session) {
  if (session->handle == NULL) raise_code(KAFKA_CLOSED, "the session");
  return session->handle;
}
bool on_thread(const Session* session) { return session->thread == PyThread_get_thread_ident(); }

PyObject* call_handler(Session* session, PyObject* handler, PyObject* arguments, const char* where) {
  PyObject* result = NULL;
  if (handler != NULL && arguments != NULL) {
    Py_INCREF(handler); /* it may replace itself */
    result = PyObject_Call(handler, arguments, NULL);
    Py_DECREF(handler);
  }
  Py_XDECREF(arguments);
  if (result == NULL) report_exception(session, where);
  return result;
}

int set_handler(PyObject** slot, PyObject* handler) {
  if (handler != Py_None && !PyCallable_Check(handler)) {
    PyErr_Format(PyExc_TypeError, "a handler is a function or None, not %.100s", Py_TYPE(handler)->tp_name);
    return -1;
  }
  PyObject* before = *slot;
  *slot = handler == Py_None ? NULL : new_ref(handler);
  Py_XDECREF(before);
  return 0;
}

PyObject* event_object(const kafka_event* event) {
  if (!have_factories()) return NULL;
  return PyObject_CallFunction(factories.make_event, "iNNiNiLiN", event->type, text_object(event->text),
                               text_object(event->broker), (int)event->broker_id, text_object(event->topic),
                               (int)event->partition, (long long)event->offset, (int)event->ordinary,
                               error_object(event->error));
}

static void on_event(void* user, const kafka_event* event) {
  Session* self = (Session*)((Link*)user)->owner;
  if (self == NULL) return;
  Py_INCREF(self);
  PyObject* arguments = Py_BuildValue("(N)", event_object(event));
  Py_XDECREF(call_handler(self, self->on_event, arguments, "the handler of events"));
  Py_DECREF(self);
}

static void on_log(void* user, int level, kafka_bytes line) {
  Session* self = (Session*)((Link*)user)->owner;
  if (self == NULL) return;
  Py_INCREF(self);
  PyObject* text = PyUnicode_DecodeUTF8(line.data, (Py_ssize_t)line.length, "replace");
  PyObject* arguments = Py_BuildValue("(iN)", level, text);
  Py_XDECREF(call_handler(self, self->on_log, arguments, "the handler of the log"));
  Py_DECREF(self);
}

static bool begin(Session* self, PyObject* mapping) {
  kafka_options* options = options_from(KAFKA_SESSION_OPTIONS, mapping);
  if (options == NULL) return false;
  self->handle = kafka_session_new(kafka_loop_uv(self->loop->handle), options);
  kafka_options_free(options);
  if (self->handle == NULL) return raise_last(), false;
  if (kafka_session_error(self->handle) != NULL) {
    PyObject* exception = error_object(kafka_session_error(self->handle));
    if (exception != NULL) PyErr_SetObject((PyObject*)Py_TYPE(exception), exception);
    Py_XDECREF(exception);
    return false;
  }
  return checked(kafka_session_on_drop(self->handle, user_dropped)) == 0;
}

static PyObject* session_new(PyTypeObject* type, PyObject* arguments, PyObject* names) {
  static char* keywords[] = {"loop", "asyncio_loop", "options", NULL};
  PyObject *loop, *asyncio_loop, *options;
  if (!PyArg_ParseTupleAndKeywords(arguments, names, "O!OO", keywords, LoopType, &loop, &asyncio_loop, &options)) {
    return NULL;
  }
  Session* self = (Session*)type->tp_alloc(type, 0);
  if (self == NULL) return NULL;
  self->loop = (Loop*)new_ref(loop);
  self->asyncio_loop = new_ref(asyncio_loop);
  self->create_future = PyObject_GetAttrString(asyncio_loop, "create_future");
  self->thread = PyThread_get_thread_ident();
  self->link = link_new((PyObject*)self);
  if (self->create_future != NULL && self->link != NULL && begin(self, options)) return (PyObject*)self;
  Py_DECREF(self);
  return NULL;
}

static int session_traverse(Session* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(self->loop);
  Py_VISIT(self->asyncio_loop);
  Py_VISIT(self->create_future);
  Py_VISIT(self->on_event);
  Py_VISIT(self->on_log);
  return 0;
}
static int session_clear(Session* self) {
  Py_CLEAR(self->on_event);
  Py_CLEAR(self->on_log);
  return 0;
}
static void abort_session(Session* self) {
  kafka_session* handle = self->handle;
  self->handle = NULL;
  kafka_session_free(handle);
  session_clear(self);
}
static void session_dealloc(Session* self) {
  PyTypeObject* type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  link_cut(self->link);
  abort_session(self);
  Py_CLEAR(self->create_future);
  Py_CLEAR(self->asyncio_loop);
  Py_CLEAR(self->loop);
  type->tp_free(self);
  Py_DECREF(type);
}

static PyObject* session_on_event(Session* self, PyObject* handler) {
  if (open_session(self) == NULL || set_handler(&self->on_event, handler) != 0) return NULL;
  if (self->on_event == NULL) return none_or_raise(kafka_session_on_event(self->handle, NULL, NULL));
  return link_given(self->link, kafka_session_on_event(self->handle, on_event, link_give(self->link)));
}

static PyObject* session_on_log(Session* self, PyObject* arguments) {
  int level;
  PyObject* handler;
  if (!PyArg_ParseTuple(arguments, "iO", &level, &handler) || open_session(self) == NULL ||
      set_handler(&self->on_log, handler) != 0) {
    return NULL;
  }
  if (self->on_log == NULL) return none_or_raise(kafka_session_on_log(self->handle, level, NULL, NULL));
  return link_given(self->link, kafka_session_on_log(self->handle, level, on_log, link_give(self->link)));
}

static PyObject* session_close(Session* self, PyObject* arguments) {
  long long deadline;
  if (!PyArg_ParseTuple(arguments, "L", &deadline) || open_session(self) == NULL) return NULL;
  PyObject* future = future_new(self);
  if (future == NULL) return NULL;
  return future_or_raise(future, kafka_session_close(self->handle, deadline, future_on_plain, new_ref(future)));
}

static PyObject* session_free(Session* self, PyObject* none) {
  (void)none;
  abort_session(self);
  Py_RETURN_NONE;
}
static PyObject* session_closed(Session* self, PyObject* none) {
  (void)none;
  return PyBool_FromLong(self->handle == NULL || kafka_session_closed(self->handle));
}

static PyObject* session_stats(Session* self, PyObject* none) {
  (void)none;
  if (open_session(self) == NULL) return NULL;
  kafka_result* result = kafka_session_stats(self->handle);
  if (result == NULL) return raise_last();
  return take_tables(result);
}
static PyObject* session_prometheus(Session* self, PyObject* arguments) {
  const char* prefix;
  if (!PyArg_ParseTuple(arguments, "z", &prefix) || open_session(self) == NULL) return NULL;
  char* text = kafka_session_prometheus(self->handle, prefix);
  if (text == NULL) return raise_last();
  PyObject* object = text_object(text);
  kafka_free(text);
  return object;
}

static PyMethodDef session_methods[] = {{"on_event", (PyCFunction)session_on_event, METH_O, NULL},
                                        {"on_log", (PyCFunction)session_on_log, METH_VARARGS, NULL},
                                        {"close", (PyCFunction)session_close, METH_VARARGS, NULL},
                                        {"free", (PyCFunction)session_free, METH_NOARGS, NULL},
                                        {"closed", (PyCFunction)session_closed, METH_NOARGS, NULL},
                                        {"stats", (PyCFunction)session_stats, METH_NOARGS, NULL},
                                        {"prometheus", (PyCFunction)session_prometheus, METH_VARARGS, NULL},
                                        {NULL, NULL, 0, NULL}};
static PyType_Slot session_slots[] = {{Py_tp_new, session_new},           {Py_tp_dealloc, session_dealloc},
                                      {Py_tp_traverse, session_traverse}, {Py_tp_clear, session_clear},
                                      {Py_tp_methods, session_methods},   {0, NULL}};
static PyType_Spec session_spec = {"uvkafka._native.Session", sizeof(Session), 0,
                                   Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, session_slots};

int add_session(PyObject* module) {
  SessionType = add_type(module, &session_spec);
  return SessionType == NULL ? -1 : add_methods(SessionType, administration_methods);
}
