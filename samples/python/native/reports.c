/* Outcomes of records: a delivery for each awaited one, and arrays of those that were sent with tokens. */
#include <stdlib.h>

#include "native.h"

PyTypeObject *ReportsType, *DeliveryType;

typedef struct {
  PyObject_HEAD size_t count, failed;
  uint64_t* tokens; /* one block: the other arrays lie behind */
  int64_t* offsets;
  int64_t* timestamps;
  int32_t* partitions;
  int32_t* codes;
  int32_t* persistences;
  PyObject* errors; /* a dict: token -> exception of each that failed; NULL: none did */
} Reports;

PyObject* delivery_object(const kafka_report* report) {
  PyObject* delivery = PyStructSequence_New(DeliveryType);
  if (delivery == NULL) return NULL;
  PyStructSequence_SET_ITEM(delivery, 0, PyLong_FromLong(report->partition));
  PyStructSequence_SET_ITEM(delivery, 1, PyLong_FromLongLong(report->offset));
  PyStructSequence_SET_ITEM(delivery, 2, PyLong_FromLongLong(report->timestamp));
  return delivery;
}

PyObject* report_error(const kafka_report* report) {
  PyObject* exception = error_object(report->error);
  PyObject* persistence = exception == NULL ? NULL : PyLong_FromLong(report->persistence);
  if (persistence == NULL || PyObject_SetAttrString(exception, "persistence", persistence) != 0) Py_CLEAR(exception);
  Py_XDECREF(persistence);
  return exception;
}

static bool keep_error(Reports* self, const kafka_report* report) {
  ++self->failed;
  if (self->errors == NULL) self->errors = PyDict_New();
  PyObject* token = PyLong_FromUnsignedLongLong(report->token);
  PyObject* exception = report_error(report);
  const bool kept =
      self->errors != NULL && token != NULL && exception != NULL && PyDict_SetItem(self->errors, token, exception) == 0;
  Py_XDECREF(token);
  Py_XDECREF(exception);
  return kept;
}

PyObject* reports_new(const kafka_report* reports, size_t count, size_t stride) {
  Reports* self = (Reports*)ReportsType->tp_alloc(ReportsType, 0);
  if (self == NULL) return NULL;
  self->count = count;
  self->tokens = malloc(count * (3 * sizeof(int64_t) + 3 * sizeof(int32_t)));
  if (self->tokens == NULL) {
    Py_DECREF(self);
    return PyErr_NoMemory();
  }
  self->offsets = (int64_t*)(self->tokens + count);
  self->timestamps = self->offsets + count;
  self->partitions = (int32_t*)(self->timestamps + count);
  self->codes = self->partitions + count;
  self->persistences = self->codes + count;
  for (size_t k = 0; k < count; ++k) {
    const kafka_report* report = (const kafka_report*)(const void*)((const char*)reports + k * stride);
    self->tokens[k] = report->token;
    self->offsets[k] = report->offset;
    self->timestamps[k] = report->timestamp;
    self->partitions[k] = report->partition;
    self->codes[k] = report->code;
    self->persistences[k] = report->persistence;
    if (report->error != NULL && !keep_error(self, report)) {
      Py_DECREF(self);
      return NULL;
    }
  }
  return (PyObject*)self;
}

static int reports_traverse(Reports* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(self->errors);
  return 0;
}
static int reports_clear(Reports* self) {
  Py_CLEAR(self->errors);
  return 0;
}
static void reports_dealloc(Reports* self) {
  PyTypeObject* type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  reports_clear(self);
  free(self->tokens);
  type->tp_free(self);
  Py_DECREF(type);
}

static Py_ssize_t reports_length(PyObject* self) { return (Py_ssize_t)((Reports*)self)->count; }

#define COLUMN(name, format)                                                                  \
  static PyObject* reports_##name(Reports* self, void* closure) {                             \
    (void)closure;                                                                            \
    return column_view((PyObject*)self, self->name, self->count, format, sizeof *self->name); \
  }
COLUMN(tokens, "Q")
COLUMN(offsets, "q")
COLUMN(timestamps, "q")
COLUMN(partitions, "i")
COLUMN(codes, "i")
COLUMN(persistences, "i")
#undef COLUMN

static PyObject* reports_failed(Reports* self, void* closure) {
  (void)closure;
  return PyLong_FromSize_t(self->failed);
}
static PyObject* reports_errors(Reports* self, void* closure) {
  (void)closure;
  return self->errors == NULL ? PyDict_New() : PyDict_Copy(self->errors);
}

static PyGetSetDef reports_members[] = {{"tokens", (getter)reports_tokens, NULL, NULL, NULL},
                                        {"offsets", (getter)reports_offsets, NULL, NULL, NULL},
                                        {"timestamps", (getter)reports_timestamps, NULL, NULL, NULL},
                                        {"partitions", (getter)reports_partitions, NULL, NULL, NULL},
                                        {"codes", (getter)reports_codes, NULL, NULL, NULL},
                                        {"persistences", (getter)reports_persistences, NULL, NULL, NULL},
                                        {"failed", (getter)reports_failed, NULL, NULL, NULL},
                                        {"errors", (getter)reports_errors, NULL, NULL, NULL},
                                        {NULL, NULL, NULL, NULL, NULL}};
static PyType_Slot reports_slots[] = {{Py_tp_dealloc, reports_dealloc}, {Py_tp_traverse, reports_traverse},
                                      {Py_tp_clear, reports_clear},     {Py_sq_length, reports_length},
                                      {Py_tp_getset, reports_members},  {0, NULL}};
static PyType_Spec reports_spec = {"uvkafka._native.Reports", sizeof(Reports), 0,
                                   Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, reports_slots};

static PyStructSequence_Field delivery_fields[] = {
    {"partition", NULL}, {"offset", NULL}, {"timestamp", NULL}, {NULL, NULL}};
static PyStructSequence_Desc delivery_description = {
    "uvkafka.Delivery", "Where a record is in the log: offset -1 if the leader did not tell it.", delivery_fields, 3};

int add_reports(PyObject* module) {
  ReportsType = add_type(module, &reports_spec);
  DeliveryType = PyStructSequence_NewType(&delivery_description);
  if (ReportsType == NULL || DeliveryType == NULL) return -1;
  return PyModule_AddObject(module, "Delivery", new_ref(DeliveryType));
}
