/* Users of callbacks: futures, links to the objects whose handlers they are, and what becomes of each when its callback
   can no longer run. */
#include "native.h"

PyTypeObject* LinkType;
static PyObject *name_set_result, *name_set_exception, *name_done, *name_cancel;

Link* link_new(PyObject* owner) {
  Link* link = PyObject_New(Link, LinkType);
  if (link != NULL) link->owner = owner;
  return link;
}
void link_cut(Link* link) {
  if (link == NULL) return;
  link->owner = NULL;
  Py_DECREF(link);
}
void* link_give(Link* link) { return new_ref(link); }
PyObject* link_given(Link* link, int code) {
  if (code != KAFKA_OK) Py_DECREF(link);
  return none_or_raise(code);
}
static void link_dealloc(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  PyObject_Free(self);
  Py_DECREF(type);
}

PyObject* future_new(Session* session) { return PyObject_CallNoArgs(session->create_future); }

/* A future that its waiter has cancelled takes no result: then there is nobody to tell. */
static void settle(PyObject* future, PyObject* name, PyObject* value) {
  PyObject* done = value == NULL ? NULL : PyObject_CallMethodOneArg(future, name, value);
  if (done != NULL) {
    Py_DECREF(done);
    return;
  }
  PyObject *type, *error, *trace;
  PyErr_Fetch(&type, &error, &trace);
  PyObject* over = PyObject_CallMethodNoArgs(future, name_done);
  const bool nobody = over != NULL && PyObject_IsTrue(over) == 1;
  Py_XDECREF(over);
  if (nobody) {
    Py_XDECREF(type);
    Py_XDECREF(error);
    Py_XDECREF(trace);
  } else {
    PyErr_Restore(type, error, trace);
    PyErr_WriteUnraisable(future);
  }
}
void future_resolve(PyObject* future, PyObject* value) { settle(future, name_set_result, value); }
void future_fail(PyObject* future, PyObject* exception) { settle(future, name_set_exception, exception); }

PyObject* future_or_raise(PyObject* future, int code) {
  if (code == KAFKA_OK) return future;
  Py_DECREF(future); /* the library's */
  Py_DECREF(future);
  return raise_last();
}

void future_on_plain(void* user) {
  future_resolve(user, Py_None);
  Py_DECREF(user);
}

void future_on_done(void* user, const kafka_error* error) {
  if (error == NULL) {
    future_resolve(user, Py_None);
  } else {
    PyObject* exception = error_object(error);
    future_fail(user, exception);
    Py_XDECREF(exception);
  }
  Py_DECREF(user);
}

/* Resolves to (exception or None, JSON). */
void future_on_result(void* user, const kafka_error* error, const kafka_result* result) {
  PyObject* pair = Py_BuildValue("(NN)", error_object(error), tables_object(result));
  future_resolve(user, pair);
  Py_XDECREF(pair);
  Py_DECREF(user);
}

/* Resolves to (exception or None, places). */
void future_on_places(void* user, const kafka_error* error, const kafka_partitions* places) {
  PyObject* pair = Py_BuildValue("(NN)", error_object(error), partitions_object(places));
  future_resolve(user, pair);
  Py_XDECREF(pair);
  Py_DECREF(user);
}

void user_dropped(void* user) {
  PyObject *type, *value, *trace;
  PyErr_Fetch(&type, &value, &trace);
  if (Py_TYPE(user) == WaitingType) {
    waiting_dropped(user);
  } else if (Py_TYPE(user) == LinkType) {
    PyObject* owner = ((Link*)user)->owner;
    if (owner != NULL && Py_TYPE(owner) == StreamType) stream_abandon((Stream*)owner);
  } else {
    PyObject* done = PyObject_CallMethodNoArgs(user, name_cancel);
    if (done == NULL) PyErr_Clear(); /* its loop is closed, so nobody waits any more */
    Py_XDECREF(done);
  }
  Py_DECREF(user);
  PyErr_Restore(type, value, trace);
}

static PyType_Slot link_slots[] = {{Py_tp_dealloc, link_dealloc}, {0, NULL}};
static PyType_Spec link_spec = {"uvkafka._native.Link", sizeof(Link), 0, Py_TPFLAGS_DEFAULT, link_slots};

int add_user(PyObject* module) {
  name_set_result = PyUnicode_InternFromString("set_result");
  name_set_exception = PyUnicode_InternFromString("set_exception");
  name_done = PyUnicode_InternFromString("done");
  name_cancel = PyUnicode_InternFromString("cancel");
  LinkType = add_type(module, &link_spec);
  return LinkType == NULL || name_cancel == NULL ? -1 : 0;
}
