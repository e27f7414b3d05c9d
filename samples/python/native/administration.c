/* What a session asks the cluster: topics, offsets, groups. Each call gives a future of (exception or None, answer). */
#include "native.h"

/* A future, unless the session is closed. The library's reference is taken here, too. */
static PyObject* begin(Session* self) {
  PyObject* future = open_session(self) == NULL ? NULL : future_new(self);
  return future == NULL ? NULL : new_ref(future);
}
static PyObject* give_up(PyObject* future) {
  Py_XDECREF(future);
  Py_XDECREF(future);
  return NULL;
}

static PyObject* topics(Session* self, PyObject* none) {
  (void)none;
  PyObject* future = begin(self);
  if (future == NULL) return NULL;
  return future_or_raise(future, kafka_session_topics(self->handle, future_on_result, future));
}

static PyObject* metadata(Session* self, PyObject* arguments) {
  PyObject* list;
  int create;
  Names names;
  if (!PyArg_ParseTuple(arguments, "Op", &list, &create) || !names_from(list, &names)) return NULL;
  PyObject* future = begin(self);
  if (future != NULL) {
    future = future_or_raise(
        future, kafka_session_metadata(self->handle, names.list, names.count, create, future_on_result, future));
  }
  names_free(&names);
  return future;
}

static PyObject* offsets_at(Session* self, PyObject* arguments) {
  PyObject* list;
  long long time;
  if (!PyArg_ParseTuple(arguments, "OL", &list, &time)) return NULL;
  PyObject* future = begin(self);
  if (future == NULL) return NULL;
  kafka_partitions* partitions = partitions_from(list);
  if (partitions == NULL) return give_up(future);
  future = future_or_raise(future, kafka_offsets_at(self->handle, partitions, time, future_on_places, future));
  kafka_partitions_free(partitions);
  return future;
}

typedef int (*group_call)(kafka_session*, const char*, const kafka_partitions*, kafka_places_cb, void*);
static int reset_to_begin(kafka_session* session, const char* group, const kafka_partitions* partitions,
                          kafka_places_cb cb, void* user) {
  return kafka_group_reset(session, group, partitions, 0, cb, user);
}
static int reset_to_end(kafka_session* session, const char* group, const kafka_partitions* partitions,
                        kafka_places_cb cb, void* user) {
  return kafka_group_reset(session, group, partitions, 1, cb, user);
}

static PyObject* of_group(Session* self, PyObject* arguments, group_call call) {
  const char* group;
  PyObject* list;
  if (!PyArg_ParseTuple(arguments, "sO", &group, &list)) return NULL;
  PyObject* future = begin(self);
  if (future == NULL) return NULL;
  kafka_partitions* partitions = partitions_from(list);
  if (partitions == NULL) return give_up(future);
  future = future_or_raise(future, call(self->handle, group, partitions, future_on_places, future));
  kafka_partitions_free(partitions);
  return future;
}
static PyObject* group_offsets(Session* self, PyObject* arguments) {
  return of_group(self, arguments, kafka_group_offsets);
}
static PyObject* group_commit(Session* self, PyObject* arguments) {
  return of_group(self, arguments, kafka_group_commit);
}
static PyObject* group_reset_to_begin(Session* self, PyObject* arguments) {
  return of_group(self, arguments, reset_to_begin);
}
static PyObject* group_reset_to_end(Session* self, PyObject* arguments) {
  return of_group(self, arguments, reset_to_end);
}

static PyObject* groups_list(Session* self, PyObject* arguments) {
  const char *states, *types;
  if (!PyArg_ParseTuple(arguments, "zz", &states, &types)) return NULL;
  PyObject* future = begin(self);
  if (future == NULL) return NULL;
  return future_or_raise(future, kafka_groups_list(self->handle, states, types, future_on_result, future));
}

typedef int (*names_call)(kafka_session*, const char* const*, size_t, kafka_result_cb, void*);
static PyObject* of_names(Session* self, PyObject* list, names_call call) {
  Names names;
  if (!names_from(list, &names)) return NULL;
  PyObject* future = begin(self);
  if (future != NULL) {
    future = future_or_raise(future, call(self->handle, names.list, names.count, future_on_result, future));
  }
  names_free(&names);
  return future;
}
static PyObject* groups_describe(Session* self, PyObject* list) { return of_names(self, list, kafka_groups_describe); }
static PyObject* groups_delete(Session* self, PyObject* list) { return of_names(self, list, kafka_groups_delete); }

static PyObject* groups_lag(Session* self, PyObject* arguments) {
  const char* group;
  if (!PyArg_ParseTuple(arguments, "s", &group)) return NULL;
  PyObject* future = begin(self);
  if (future == NULL) return NULL;
  return future_or_raise(future, kafka_groups_lag(self->handle, group, future_on_result, future));
}

static PyObject* groups_delete_offsets(Session* self, PyObject* arguments) {
  const char* group;
  PyObject* list;
  if (!PyArg_ParseTuple(arguments, "sO", &group, &list)) return NULL;
  PyObject* future = begin(self);
  if (future == NULL) return NULL;
  kafka_partitions* partitions = partitions_from(list);
  if (partitions == NULL) return give_up(future);
  future =
      future_or_raise(future, kafka_groups_delete_offsets(self->handle, group, partitions, future_on_result, future));
  kafka_partitions_free(partitions);
  return future;
}

static PyObject* groups_remove_members(Session* self, PyObject* arguments) {
  const char *group, *reason;
  PyObject *ids, *instances;
  Names members, statics;
  if (!PyArg_ParseTuple(arguments, "sOOz", &group, &ids, &instances, &reason) || !names_from(ids, &members))
    return NULL;
  PyObject* future = NULL;
  if (names_from(instances, &statics)) {
    future = begin(self);
    if (future != NULL) {
      future = future_or_raise(
          future, kafka_groups_remove_members(self->handle, group, members.list, members.count, statics.list,
                                              statics.count, reason, future_on_result, future));
    }
    names_free(&statics);
  }
  names_free(&members);
  return future;
}

PyMethodDef administration_methods[] = {
    {"topics", (PyCFunction)topics, METH_NOARGS, NULL},
    {"metadata", (PyCFunction)metadata, METH_VARARGS, NULL},
    {"offsets_at", (PyCFunction)offsets_at, METH_VARARGS, NULL},
    {"group_offsets", (PyCFunction)group_offsets, METH_VARARGS, NULL},
    {"group_commit", (PyCFunction)group_commit, METH_VARARGS, NULL},
    {"group_reset_to_begin", (PyCFunction)group_reset_to_begin, METH_VARARGS, NULL},
    {"group_reset_to_end", (PyCFunction)group_reset_to_end, METH_VARARGS, NULL},
    {"groups_list", (PyCFunction)groups_list, METH_VARARGS, NULL},
    {"groups_describe", (PyCFunction)groups_describe, METH_O, NULL},
    {"groups_lag", (PyCFunction)groups_lag, METH_VARARGS, NULL},
    {"groups_delete", (PyCFunction)groups_delete, METH_O, NULL},
    {"groups_delete_offsets", (PyCFunction)groups_delete_offsets, METH_VARARGS, NULL},
    {"groups_remove_members", (PyCFunction)groups_remove_members, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL}};
