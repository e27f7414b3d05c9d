// Results: tables with named columns. The calls that give them say which tables and columns there are.
#ifndef KAFKA_C_RESULT_H
#define KAFKA_C_RESULT_H

#include <kafka/c/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/// The number of rows of a table; 0 if there is no such table.
UVKAFKA_API size_t kafka_result_count(const kafka_result* result, const char* table);
/// A text of row `row`, or NULL if there is no such table, row or column, or it holds numbers. Valid as long as
/// `result`.
UVKAFKA_API const char* kafka_result_string(const kafka_result* result, const char* table, size_t row,
                                            const char* column);
/// Sets `*to` to a number of row `row`. KAFKA_INVALID_ARGUMENT if there is no such table, row or column, or it holds
/// text.
UVKAFKA_API int kafka_result_number(const kafka_result* result, const char* table, size_t row, const char* column,
                                    int64_t* to);
/// The error of row `row`; NULL if it has none, or there is no such row. Valid as long as `result`.
UVKAFKA_API const kafka_error* kafka_result_error(const kafka_result* result, const char* table, size_t row);
/// All of it as a JSON object: an array of objects for each table. A row that failed has the members "error" (the name
/// of the code) and "message". To be freed with kafka_free(). NULL for NULL.
UVKAFKA_API char* kafka_result_json(const kafka_result* result);
/// A copy that is the caller's, to be freed with kafka_result_free(). NULL for NULL.
UVKAFKA_API kafka_result* kafka_result_copy(const kafka_result* result);
/// Frees a result that is the caller's. NULL is allowed.
UVKAFKA_API void kafka_result_free(kafka_result* result);

#ifdef __cplusplus
}
#endif
#endif
