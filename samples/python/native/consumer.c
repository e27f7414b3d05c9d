/* Consumers of every kind: making them, positions, pauses, and their end. Not here: what they hand out (stream.c), what
   only members of a group have (member.c). */
#include <string.h>

#include "native.h"

PyTypeObject* ConsumerType;

kafka_consumer* open_consumer(Consumer* consumer) {
  /* Without its session there is no loop any more, from which it could call back. */
  if (open_session(consumer->session) == NULL) return NULL;
  if (consumer->handle == NULL) raise_code(KAFKA_CLOSED, "the consumer");
  return consumer->handle;
}

/* `what`: topics, places, or a pattern, as `kind` says. */
static kafka_consumer* of_names(kafka_session* session, const char* kind, const char* group, PyObject* what,
                                const kafka_options* options) {
  Names names;
  if (!names_from(what, &names)) return NULL;
  kafka_consumer* made = NULL;
  if (strcmp(kind, "topics") == 0) {
    made = kafka_consumer_new_all(session, group, names.list, names.count, options);
  } else if (strcmp(kind, "member") == 0) {
    made = kafka_member_new(session, group, names.list, names.count, options);
  } else {
    made = kafka_fetcher_new_all(session, names.list, names.count, options);
  }
  names_free(&names);
  return made;
}
static kafka_consumer* of_places(kafka_session* session, const char* kind, const char* group, PyObject* what,
                                 const kafka_options* options) {
  kafka_partitions* places = partitions_from(what);
  if (places == NULL) return NULL;
  kafka_consumer* made = strcmp(kind, "partitions") == 0 ? kafka_consumer_new(session, group, places, options)
                                                         : kafka_fetcher_new(session, places, options);
  kafka_partitions_free(places);
  return made;
}
static kafka_consumer* of_pattern(kafka_session* session, const char* group, PyObject* what,
                                  const kafka_options* options) {
  const char* pattern = PyUnicode_AsUTF8(what);
  return pattern == NULL ? NULL : kafka_member_new_pattern(session, group, pattern, options);
}

static kafka_consumer* make(Session* session, const char* kind, const char* group, PyObject* what, PyObject* mapping) {
  kafka_options* options = options_from(KAFKA_CONSUMER_OPTIONS, mapping);
  if (options == NULL) return NULL;
  kafka_consumer* made;
  if (strcmp(kind, "pattern") == 0) {
    made = of_pattern(session->handle, group, what, options);
  } else if (strcmp(kind, "partitions") == 0 || strcmp(kind, "places") == 0) {
    made = of_places(session->handle, kind, group, what, options);
  } else {
    made = of_names(session->handle, kind, group, what, options);
  }
  kafka_options_free(options);
  if (made == NULL && !PyErr_Occurred()) raise_last();
  return made;
}

static PyObject* consumer_new(PyTypeObject* type, PyObject* arguments, PyObject* names) {
  static char* keywords[] = {"session", "kind", "group", "what", "options", NULL};
  PyObject *session, *what, *mapping;
  const char *kind, *group;
  if (!PyArg_ParseTupleAndKeywords(arguments, names, "O!szOO", keywords, SessionType, &session, &kind, &group, &what,
                                   &mapping) ||
      open_session((Session*)session) == NULL) {
    return NULL;
  }
  Consumer* self = (Consumer*)type->tp_alloc(type, 0);
  if (self == NULL) return NULL;
  self->session = (Session*)new_ref(session);
  self->link = link_new((PyObject*)self);
  self->handle = self->link == NULL ? NULL : make(self->session, kind, group, what, mapping);
  if (self->handle != NULL && kafka_consumer_error(self->handle) == NULL) return (PyObject*)self;
  if (self->handle != NULL) {
    PyObject* exception = error_object(kafka_consumer_error(self->handle));
    if (exception != NULL) PyErr_SetObject((PyObject*)Py_TYPE(exception), exception);
    Py_XDECREF(exception);
  }
  Py_DECREF(self);
  return NULL;
}

static int consumer_traverse(Consumer* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(self->session);
  Py_VISIT(self->stream);
  Py_VISIT(self->on_event);
  Py_VISIT(self->on_partition_end);
  Py_VISIT(self->on_assigned);
  Py_VISIT(self->on_revoking);
  Py_VISIT(self->on_revoked);
  Py_VISIT(self->on_lost);
  return 0;
}
static int consumer_clear(Consumer* self) {
  Stream* stream = self->stream;
  self->stream = NULL;
  if (stream != NULL) stream_abandon(stream);
  Py_XDECREF(stream);
  Py_CLEAR(self->on_event);
  Py_CLEAR(self->on_partition_end);
  Py_CLEAR(self->on_assigned);
  Py_CLEAR(self->on_revoking);
  Py_CLEAR(self->on_revoked);
  Py_CLEAR(self->on_lost);
  return 0;
}
static void free_consumer(void* handle) { kafka_consumer_free(handle); }
static void release(Consumer* self) {
  kafka_consumer* handle = self->handle;
  self->handle = NULL;
  free_on_thread(self->session, handle, free_consumer);
  consumer_clear(self);
}
static void consumer_dealloc(Consumer* self) {
  PyTypeObject* type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  link_cut(self->link);
  release(self);
  Py_CLEAR(self->session);
  type->tp_free(self);
  Py_DECREF(type);
}

/* begin(kind, most): the running consumption of that kind, or a new one */
static PyObject* consumer_begin(Consumer* self, PyObject* arguments) {
  int kind;
  Py_ssize_t most;
  if (!PyArg_ParseTuple(arguments, "in", &kind, &most) || open_consumer(self) == NULL) return NULL;
  if (self->stream != NULL && stream_continues(self->stream, kind)) return new_ref(self->stream);
  Stream* stream = stream_new(self, kind, most);
  if (stream == NULL) return NULL;
  Py_XDECREF(self->stream);
  self->stream = stream;
  return new_ref(stream);
}

static PyObject* consumer_stop(Consumer* self, PyObject* none) {
  (void)none;
  PyObject* future = open_consumer(self) == NULL ? NULL : future_new(self->session);
  if (future == NULL) return NULL;
  if (self->stream != NULL) stream_stop(self->stream);
  return future_or_raise(future, kafka_consumer_stop(self->handle, future_on_plain, new_ref(future)));
}

typedef int (*control)(kafka_consumer*, const kafka_partitions*);
static PyObject* of_partitions(Consumer* self, PyObject* list, control call) {
  if (open_consumer(self) == NULL) return NULL;
  if (list == Py_None) return none_or_raise(call(self->handle, NULL));
  kafka_partitions* partitions = partitions_from(list);
  if (partitions == NULL) return NULL;
  const int code = call(self->handle, partitions);
  kafka_partitions_free(partitions);
  return none_or_raise(code);
}
static PyObject* consumer_pause(Consumer* self, PyObject* list) {
  return of_partitions(self, list, kafka_consumer_pause);
}
static PyObject* consumer_resume(Consumer* self, PyObject* list) {
  return of_partitions(self, list, kafka_consumer_resume);
}

static PyObject* consumer_seek(Consumer* self, PyObject* arguments) {
  kafka_place place = KAFKA_INIT(kafka_place);
  int partition;
  long long offset, timestamp = 0;
  if (!PyArg_ParseTuple(arguments, "siL|L", &place.topic, &partition, &offset, &timestamp) ||
      open_consumer(self) == NULL) {
    return NULL;
  }
  place.partition = partition;
  place.offset = offset;
  place.timestamp = timestamp;
  return none_or_raise(kafka_consumer_seek(self->handle, &place));
}

static PyObject* consumer_position(Consumer* self, PyObject* arguments) {
  const char* topic;
  int partition;
  if (!PyArg_ParseTuple(arguments, "si", &topic, &partition) || open_consumer(self) == NULL) return NULL;
  const int64_t position = kafka_consumer_position(self->handle, topic, partition);
  if (position < 0) Py_RETURN_NONE;
  return PyLong_FromLongLong(position);
}
static PyObject* consumer_at_end(Consumer* self, PyObject* arguments) {
  const char* topic;
  int partition;
  if (!PyArg_ParseTuple(arguments, "si", &topic, &partition) || open_consumer(self) == NULL) return NULL;
  const int at_end = kafka_consumer_at_end(self->handle, topic, partition);
  return at_end < 0 ? raise_last() : PyBool_FromLong(at_end);
}
static PyObject* consumer_partitions(Consumer* self, PyObject* none) {
  (void)none;
  if (open_consumer(self) == NULL) return NULL;
  kafka_partitions* list = kafka_consumer_partitions(self->handle);
  if (list == NULL) return raise_last();
  PyObject* places = partitions_object(list);
  kafka_partitions_free(list);
  return places;
}

static void on_event(void* user, const kafka_event* event) {
  Consumer* self = (Consumer*)((Link*)user)->owner;
  if (self == NULL) return;
  Py_INCREF(self);
  PyObject* arguments = Py_BuildValue("(N)", event_object(event));
  Py_XDECREF(call_handler(self->session, self->on_event, arguments, "the handler of a consumer's events"));
  Py_DECREF(self);
}
static PyObject* consumer_on_event(Consumer* self, PyObject* handler) {
  if (open_consumer(self) == NULL || set_handler(&self->on_event, handler) != 0) return NULL;
  if (self->on_event == NULL) return none_or_raise(kafka_consumer_on_event(self->handle, NULL, NULL));
  return link_given(self->link, kafka_consumer_on_event(self->handle, on_event, link_give(self->link)));
}

static void on_partition_end(void* user, const char* topic, int32_t partition, int64_t offset) {
  Consumer* self = (Consumer*)((Link*)user)->owner;
  if (self == NULL) return;
  Py_INCREF(self);
  PyObject* arguments = Py_BuildValue("(siL)", topic, (int)partition, (long long)offset);
  Py_XDECREF(call_handler(self->session, self->on_partition_end, arguments, "the handler of partitions' ends"));
  Py_DECREF(self);
}
static PyObject* consumer_on_partition_end(Consumer* self, PyObject* handler) {
  if (open_consumer(self) == NULL || set_handler(&self->on_partition_end, handler) != 0) return NULL;
  if (self->on_partition_end == NULL) return none_or_raise(kafka_consumer_on_partition_end(self->handle, NULL, NULL));
  return link_given(self->link, kafka_consumer_on_partition_end(self->handle, on_partition_end, link_give(self->link)));
}

/* Nothing more is taken, and what is open is lost. A member would wait for answers otherwise, for as long as its group
   lets it. */
static PyObject* consumer_give_up(Consumer* self, PyObject* none) {
  (void)none;
  if (self->stream != NULL) stream_give_up(self->stream);
  Py_RETURN_NONE;
}

static PyObject* consumer_close(Consumer* self, PyObject* arguments) {
  int leaving;
  if (!PyArg_ParseTuple(arguments, "i", &leaving) || open_consumer(self) == NULL) return NULL;
  PyObject* future = future_new(self->session);
  if (future == NULL) return NULL;
  return future_or_raise(future, kafka_consumer_close(self->handle, leaving, future_on_plain, new_ref(future)));
}
static PyObject* consumer_free(Consumer* self, PyObject* none) {
  (void)none;
  release(self);
  Py_RETURN_NONE;
}

static PyMethodDef consumer_methods[] = {{"_begin", (PyCFunction)consumer_begin, METH_VARARGS, NULL},
                                         {"stop", (PyCFunction)consumer_stop, METH_NOARGS, NULL},
                                         {"_pause", (PyCFunction)consumer_pause, METH_O, NULL},
                                         {"_resume", (PyCFunction)consumer_resume, METH_O, NULL},
                                         {"_seek", (PyCFunction)consumer_seek, METH_VARARGS, NULL},
                                         {"position", (PyCFunction)consumer_position, METH_VARARGS, NULL},
                                         {"at_end", (PyCFunction)consumer_at_end, METH_VARARGS, NULL},
                                         {"partitions", (PyCFunction)consumer_partitions, METH_NOARGS, NULL},
                                         {"on_event", (PyCFunction)consumer_on_event, METH_O, NULL},
                                         {"on_partition_end", (PyCFunction)consumer_on_partition_end, METH_O, NULL},
                                         {"_give_up", (PyCFunction)consumer_give_up, METH_NOARGS, NULL},
                                         {"_close", (PyCFunction)consumer_close, METH_VARARGS, NULL},
                                         {"_free", (PyCFunction)consumer_free, METH_NOARGS, NULL},
                                         {NULL, NULL, 0, NULL}};
static PyType_Slot consumer_slots[] = {{Py_tp_new, consumer_new},           {Py_tp_dealloc, consumer_dealloc},
                                       {Py_tp_traverse, consumer_traverse}, {Py_tp_clear, consumer_clear},
                                       {Py_tp_methods, consumer_methods},   {0, NULL}};
static PyType_Spec consumer_spec = {"uvkafka._native.Consumer", sizeof(Consumer), 0,
                                    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE, consumer_slots};

int add_consumer(PyObject* module) {
  ConsumerType = add_type(module, &consumer_spec);
  return ConsumerType == NULL ? -1 : add_methods(ConsumerType, member_methods);
}
