// CRC-32C (Castagnoli), the checksum of record batches v2. The fastest way this CPU knows is chosen
// at the first call. The other CRC of Kafka, CRC-32 (IEEE) of the old message formats, is zlib's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace kafka {

/// CRC-32C of `bytes`, continuing `crc` (0 to start).
uint32_t crc32c(std::string_view bytes, uint32_t crc = 0) noexcept;

/// CRC-32C of a ++ b from those of a and of b, which has `b_size` bytes.
uint32_t crc32c_joined(uint32_t a, uint32_t b, size_t b_size) noexcept;

/// crc32c() by tables alone, on every CPU.
uint32_t crc32c_portable(std::string_view bytes, uint32_t crc = 0) noexcept;

/// The same by the CPU's own instruction; only where crc32c_has_hardware().
uint32_t crc32c_hardware(std::string_view bytes, uint32_t crc = 0) noexcept;
bool crc32c_has_hardware() noexcept;

}  // namespace kafka
