/* An array of somebody's as a read-only buffer: no element of it becomes an object before it is asked for. */
#include "native.h"

PyTypeObject* ColumnType;

typedef struct {
  PyObject_HEAD PyObject* owner;
  const void* data;
  Py_ssize_t count, item;
  const char* format;
} Column;

PyObject* column_view(PyObject* owner, const void* data, size_t count, const char* format, size_t item) {
  Column* self = PyObject_New(Column, ColumnType);
  if (self == NULL) return NULL;
  self->owner = new_ref(owner);
  self->data = data;
  self->count = (Py_ssize_t)count;
  self->item = (Py_ssize_t)item;
  self->format = format;
  PyObject* view = PyMemoryView_FromObject((PyObject*)self);
  Py_DECREF(self);
  return view;
}

static int column_buffer(PyObject* object, Py_buffer* view, int flags) {
  Column* self = (Column*)object;
  if ((flags & PyBUF_WRITABLE) == PyBUF_WRITABLE) {
    PyErr_SetString(PyExc_BufferError, "what was read cannot be changed");
    return -1;
  }
  view->obj = new_ref(object);
  view->buf = (void*)(size_t)(self->data == NULL ? "" : self->data);
  view->len = self->count * self->item;
  view->readonly = 1;
  view->itemsize = self->item;
  view->format = (flags & PyBUF_FORMAT) == PyBUF_FORMAT ? (char*)(size_t)self->format : NULL;
  view->ndim = 1;
  view->shape = (flags & PyBUF_ND) == PyBUF_ND ? &self->count : NULL;
  view->strides = (flags & PyBUF_STRIDES) == PyBUF_STRIDES ? &self->item : NULL;
  view->suboffsets = NULL;
  view->internal = NULL;
  return 0;
}

static void column_dealloc(Column* self) {
  PyTypeObject* type = Py_TYPE(self);
  Py_DECREF(self->owner);
  PyObject_Free(self);
  Py_DECREF(type);
}

static PyType_Slot column_slots[] = {{Py_tp_dealloc, column_dealloc}, {Py_bf_getbuffer, column_buffer}, {0, NULL}};
static PyType_Spec column_spec = {"uvkafka._native.Column", sizeof(Column), 0, Py_TPFLAGS_DEFAULT, column_slots};

int add_column(PyObject* module) { return (ColumnType = add_type(module, &column_spec)) == NULL ? -1 : 0; }
