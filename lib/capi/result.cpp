// Reading results, and writing them as JSON.
#include "capi/result.hpp"

#include <kafka/kafka.h>

#include <cstdlib>
#include <cstring>

#include "capi/bytes.hpp"
#include "capi/call.hpp"
#include "capi/json.hpp"

using kafka::capi::Cell;
using kafka::capi::failed;
using kafka::capi::Table;
using kafka::capi::wrong_argument;

namespace kafka::capi {

const Cell* Table::find(size_t row, std::string_view column) const {
  if (row >= rows_.size()) return nullptr;
  for (size_t k = 0; k < columns_.size(); ++k) {
    if (columns_[k] == column) return &rows_[row].cells[k];
  }
  return nullptr;
}

char* new_string(std::string_view text) {
  auto* copy = static_cast<char*>(std::malloc(text.size() + 1));
  if (copy == nullptr) return nullptr;
  if (!text.empty()) std::memcpy(copy, text.data(), text.size());
  copy[text.size()] = '\0';
  return copy;
}

namespace {

const Cell* find(const kafka_result* result, const char* table, size_t row, const char* column) {
  if (result == nullptr || table == nullptr || column == nullptr) return nullptr;
  const Table* found = result->find(table);
  return found == nullptr ? nullptr : found->find(row, column);
}

void append_row(std::string& json, const Table& table, size_t row) {
  json += '{';
  bool first = true;
  const auto name = [&](std::string_view text) {
    if (!std::exchange(first, false)) json += ',';
    append_json(json, text);
    json += ':';
  };
  for (size_t k = 0; k < table.columns().size(); ++k) {
    name(table.columns()[k]);
    const Cell& cell = table.cells(row)[k];
    if (const auto* number = std::get_if<int64_t>(&cell)) {
      json += std::to_string(*number);
    } else {
      append_json(json, std::get<std::string>(cell));
    }
  }
  if (const Error& error = table.error(row).error) {
    name("error");
    append_json(json, error.name());
    name("message");
    append_json(json, error.message());
  }
  json += '}';
}

}  // namespace
}  // namespace kafka::capi

const Table* kafka_result::find(const char* name) const {
  for (const Table& table : tables) {
    if (table.name() == name) return &table;
  }
  return nullptr;
}

extern "C" {

size_t kafka_result_count(const kafka_result* result, const char* table) {
  const Table* found = result == nullptr || table == nullptr ? nullptr : result->find(table);
  return found == nullptr ? 0 : found->size();
}

const char* kafka_result_string(const kafka_result* result, const char* table, size_t row, const char* column) {
  const Cell* cell = kafka::capi::find(result, table, row, column);
  const auto* text = cell == nullptr ? nullptr : std::get_if<std::string>(cell);
  return text == nullptr ? nullptr : text->c_str();
}

int kafka_result_number(const kafka_result* result, const char* table, size_t row, const char* column, int64_t* to) {
  const Cell* cell = kafka::capi::find(result, table, row, column);
  const auto* number = cell == nullptr ? nullptr : std::get_if<int64_t>(cell);
  if (number == nullptr || to == nullptr) return failed(wrong_argument(__func__, "there is no such number"));
  *to = *number;
  return KAFKA_OK;
}

const kafka_error* kafka_result_error(const kafka_result* result, const char* table, size_t row) {
  const Table* found = result == nullptr || table == nullptr ? nullptr : result->find(table);
  return found == nullptr || row >= found->size() ? nullptr : found->error(row).or_null();
}

char* kafka_result_json(const kafka_result* result) {
  if (result == nullptr) return nullptr;
  std::string json = "{";
  for (const Table& table : result->tables) {
    if (json.size() > 1) json += ',';
    kafka::capi::append_json(json, table.name());
    json += ":[";
    for (size_t row = 0; row < table.size(); ++row) {
      if (row > 0) json += ',';
      kafka::capi::append_row(json, table, row);
    }
    json += ']';
  }
  json += '}';
  return kafka::capi::new_string(json);
}

kafka_result* kafka_result_copy(const kafka_result* result) {
  return result == nullptr ? nullptr : new (std::nothrow) kafka_result(*result);
}
void kafka_result_free(kafka_result* result) { delete result; }
void kafka_free(void* memory) { std::free(memory); }

}  // extern "C"
