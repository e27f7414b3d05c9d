/* A private loop: its descriptor, its timeout, and one run of what is due. */
#include "native.h"

PyTypeObject* LoopType;

static PyObject* loop_new(PyTypeObject* type, PyObject* arguments, PyObject* names) {
  if (!PyArg_ParseTuple(arguments, "") || (names != NULL && PyDict_GET_SIZE(names) != 0)) return NULL;
  Loop* self = (Loop*)type->tp_alloc(type, 0);
  if (self == NULL) return NULL;
  self->handle = kafka_loop_new();
  if (self->handle != NULL) return (PyObject*)self;
  Py_DECREF(self);
  return raise_last();
}

static int loop_traverse(Loop* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(self->wake);
  Py_VISIT(self->raised);
  return 0;
}
static int loop_clear(Loop* self) {
  Py_CLEAR(self->wake);
  Py_CLEAR(self->raised);
  return 0;
}

/* Sessions hold their loop, so there is none on it when it goes. What a session leaves ends in one more turn. */
static void loop_dealloc(Loop* self) {
  PyTypeObject* type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  if (self->handle != NULL && kafka_loop_on_wake(self->handle, NULL, NULL) == KAFKA_OK) {
    kafka_loop_run_once(self->handle);
    kafka_loop_free(self->handle);
  }
  loop_clear(self);
  type->tp_free(self);
  Py_DECREF(type);
}

static kafka_loop* open_loop(Loop* self) {
  if (self->handle == NULL) raise_code(KAFKA_CLOSED, "the loop");
  return self->handle;
}

static PyObject* loop_fd(Loop* self, PyObject* none) {
  (void)none;
  return open_loop(self) == NULL ? NULL : PyLong_FromLong(kafka_loop_fd(self->handle));
}

/* Runs it, and gives the milliseconds after which that is due again: -1 for never. */
static PyObject* loop_run_once(Loop* self, PyObject* none) {
  (void)none;
  if (open_loop(self) == NULL) return NULL;
  self->running = true;
  const int code = kafka_loop_run_once(self->handle);
  self->running = false;
  if (checked(code) != 0) return NULL;
  if (self->raised != NULL) {
    PyErr_SetObject((PyObject*)Py_TYPE(self->raised), self->raised);
    Py_CLEAR(self->raised);
    return NULL;
  }
  return PyLong_FromLong(kafka_loop_timeout(self->handle));
}

static PyObject* loop_timeout(Loop* self, PyObject* none) {
  (void)none;
  return open_loop(self) == NULL ? NULL : PyLong_FromLong(kafka_loop_timeout(self->handle));
}

/* It may come out of a destructor, while an exception is on its way. */
static void on_wake(void* user) {
  PyObject* wake = ((Loop*)user)->wake;
  if (wake == NULL) return; /* it is being collected */
  PyObject *type, *value, *trace;
  PyErr_Fetch(&type, &value, &trace);
  PyObject* done = PyObject_CallNoArgs(wake);
  if (done == NULL) PyErr_WriteUnraisable(wake);
  Py_XDECREF(done);
  PyErr_Restore(type, value, trace);
}

static PyObject* loop_on_wake(Loop* self, PyObject* handler) {
  if (open_loop(self) == NULL || set_handler(&self->wake, handler) != 0) return NULL;
  return none_or_raise(kafka_loop_on_wake(self->handle, self->wake == NULL ? NULL : on_wake, self));
}

/* KAFKA_WRONG_STATE while anything is on it. */
static PyObject* loop_free(Loop* self, PyObject* none) {
  (void)none;
  if (self->handle == NULL) Py_RETURN_NONE;
  if (checked(kafka_loop_free(self->handle)) != 0) return NULL;
  self->handle = NULL;
  Py_CLEAR(self->wake);
  Py_RETURN_NONE;
}

static PyMethodDef loop_methods[] = {{"fd", (PyCFunction)loop_fd, METH_NOARGS, NULL},
                                     {"timeout", (PyCFunction)loop_timeout, METH_NOARGS, NULL},
                                     {"run_once", (PyCFunction)loop_run_once, METH_NOARGS, NULL},
                                     {"on_wake", (PyCFunction)loop_on_wake, METH_O, NULL},
                                     {"free", (PyCFunction)loop_free, METH_NOARGS, NULL},
                                     {NULL, NULL, 0, NULL}};
static PyType_Slot loop_slots[] = {{Py_tp_new, loop_new},           {Py_tp_dealloc, loop_dealloc},
                                   {Py_tp_traverse, loop_traverse}, {Py_tp_clear, loop_clear},
                                   {Py_tp_methods, loop_methods},   {0, NULL}};
static PyType_Spec loop_spec = {"uvkafka._native.Loop", sizeof(Loop), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
                                loop_slots};

int add_loop(PyObject* module) { return (LoopType = add_type(module, &loop_spec)) == NULL ? -1 : 0; }
