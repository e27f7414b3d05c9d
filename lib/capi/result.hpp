// Results of the C API: tables with named columns, for calls whose answers have many shapes.
#pragma once

#include <kafka/c/result.h>

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "capi/error.hpp"

namespace kafka::capi {

using Cell = std::variant<int64_t, std::string>;

/// Rows with the same columns. Each row has an error, or none.
class Table {
 public:
  Table(std::string_view name, std::vector<std::string_view> columns) : name_(name), columns_(std::move(columns)) {}

  /// A row: as many cells as there are columns, in their order.
  void add(std::vector<Cell> cells, Error error = {}) {
    rows_.push_back({std::move(cells), kafka_error(std::move(error))});
  }

  std::string_view name() const { return name_; }
  const std::vector<std::string_view>& columns() const { return columns_; }
  size_t size() const { return rows_.size(); }
  const std::vector<Cell>& cells(size_t row) const { return rows_[row].cells; }
  const kafka_error& error(size_t row) const { return rows_[row].error; }
  /// Null if there is no such row or column.
  const Cell* find(size_t row, std::string_view column) const;

 private:
  struct Row {
    std::vector<Cell> cells;
    kafka_error error;
  };
  std::string_view name_;
  std::vector<std::string_view> columns_;
  std::vector<Row> rows_;
};

}  // namespace kafka::capi

struct kafka_result {
  /// Names and columns are literals.
  kafka::capi::Table& add(std::string_view name, std::vector<std::string_view> columns) {
    return tables.emplace_back(name, std::move(columns));
  }
  const kafka::capi::Table* find(const char* name) const;

  std::deque<kafka::capi::Table> tables;
};
