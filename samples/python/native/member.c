/* What members of a group have beyond other consumers: subscriptions, and partitions that come and go. */
#include "native.h"

PyTypeObject* RevocationType;

/* Partitions that have gone. The group goes on when it is released, at the latest when it is collected. */
typedef struct {
  PyObject_HEAD kafka_revocation* handle;
  Session* session;
} Revocation;

static PyObject* subscribe(Consumer* self, PyObject* topics) {
  if (open_consumer(self) == NULL) return NULL;
  if (PyUnicode_Check(topics)) {
    const char* pattern = PyUnicode_AsUTF8(topics);
    return pattern == NULL ? NULL : none_or_raise(kafka_consumer_subscribe_pattern(self->handle, pattern));
  }
  Names names;
  if (!names_from(topics, &names)) return NULL;
  const int code = kafka_consumer_subscribe(self->handle, names.list, names.count);
  names_free(&names);
  return none_or_raise(code);
}

static PyObject* rebalance(Consumer* self, PyObject* arguments) {
  const char* reason = "the application asked for it";
  if (!PyArg_ParseTuple(arguments, "|s", &reason) || open_consumer(self) == NULL) return NULL;
  return none_or_raise(kafka_consumer_rebalance(self->handle, reason));
}

static PyObject* group(Consumer* self, PyObject* none) {
  (void)none;
  if (open_consumer(self) == NULL) return NULL;
  kafka_result* result = kafka_consumer_group(self->handle);
  if (result == NULL) return raise_last();
  return take_tables(result);
}

static void on_assigned(void* user, const kafka_partitions* partitions) {
  Consumer* self = (Consumer*)((Link*)user)->owner;
  if (self == NULL) return;
  Py_INCREF(self);
  PyObject* arguments = Py_BuildValue("(N)", partitions_object(partitions));
  Py_XDECREF(call_handler(self->session, self->on_assigned, arguments, "the handler of assigned partitions"));
  Py_DECREF(self);
}
static void on_revoking(void* user, const kafka_partitions* partitions, int64_t left_ms) {
  Consumer* self = (Consumer*)((Link*)user)->owner;
  if (self == NULL) return;
  Py_INCREF(self);
  PyObject* arguments = Py_BuildValue("(Nd)", partitions_object(partitions), (double)left_ms / 1000.0);
  Py_XDECREF(call_handler(self->session, self->on_revoking, arguments, "the handler of partitions that go"));
  Py_DECREF(self);
}
static void on_lost(void* user, const kafka_partitions* partitions, const kafka_error* error) {
  Consumer* self = (Consumer*)((Link*)user)->owner;
  if (self == NULL) return;
  Py_INCREF(self);
  PyObject* arguments = Py_BuildValue("(NN)", partitions_object(partitions), error_object(error));
  Py_XDECREF(call_handler(self->session, self->on_lost, arguments, "the handler of lost partitions"));
  Py_DECREF(self);
}

static void on_revoked(void* user, kafka_revocation* handle) {
  Consumer* self = (Consumer*)((Link*)user)->owner;
  Revocation* revocation = self == NULL ? NULL : PyObject_New(Revocation, RevocationType);
  if (revocation == NULL) {
    if (self != NULL) report_exception(self->session, "the handler of revoked partitions");
    kafka_revocation_release(handle);
    return;
  }
  Py_INCREF(self);
  revocation->handle = handle;
  revocation->session = (Session*)new_ref(self->session);
  PyObject* arguments = Py_BuildValue("(NN)", partitions_object(kafka_revocation_partitions(handle)), revocation);
  Py_XDECREF(call_handler(self->session, self->on_revoked, arguments, "the handler of revoked partitions"));
  Py_DECREF(self);
}

static void release_handle(void* handle) { kafka_revocation_release(handle); }
static PyObject* revocation_release(Revocation* self, PyObject* none) {
  (void)none;
  kafka_revocation* handle = self->handle;
  self->handle = NULL;
  free_on_thread(self->session, handle, release_handle);
  Py_RETURN_NONE;
}
static void revocation_dealloc(Revocation* self) {
  PyTypeObject* type = Py_TYPE(self);
  free_on_thread(self->session, self->handle, release_handle);
  Py_DECREF(self->session);
  PyObject_Free(self);
  Py_DECREF(type);
}

#define SETTER(name)                                                                                 \
  static PyObject* set_##name(Consumer* self, PyObject* handler) {                                   \
    if (open_consumer(self) == NULL || set_handler(&self->name, handler) != 0) return NULL;          \
    if (self->name == NULL) return none_or_raise(kafka_consumer_##name(self->handle, NULL, NULL));   \
    return link_given(self->link, kafka_consumer_##name(self->handle, name, link_give(self->link))); \
  }
SETTER(on_assigned)
SETTER(on_revoking)
SETTER(on_revoked)
SETTER(on_lost)
#undef SETTER

PyMethodDef member_methods[] = {{"subscribe", (PyCFunction)subscribe, METH_O, NULL},
                                {"rebalance", (PyCFunction)rebalance, METH_VARARGS, NULL},
                                {"_group", (PyCFunction)group, METH_NOARGS, NULL},
                                {"on_assigned", (PyCFunction)set_on_assigned, METH_O, NULL},
                                {"on_revoking", (PyCFunction)set_on_revoking, METH_O, NULL},
                                {"_on_revoked", (PyCFunction)set_on_revoked, METH_O, NULL},
                                {"on_lost", (PyCFunction)set_on_lost, METH_O, NULL},
                                {NULL, NULL, 0, NULL}};

static PyMethodDef revocation_methods[] = {{"release", (PyCFunction)revocation_release, METH_NOARGS, NULL},
                                           {NULL, NULL, 0, NULL}};
static PyType_Slot revocation_slots[] = {
    {Py_tp_dealloc, revocation_dealloc}, {Py_tp_methods, revocation_methods}, {0, NULL}};
static PyType_Spec revocation_spec = {"uvkafka._native.Revocation", sizeof(Revocation), 0, Py_TPFLAGS_DEFAULT,
                                      revocation_slots};

int add_member(PyObject* module) { return (RevocationType = add_type(module, &revocation_spec)) == NULL ? -1 : 0; }
