// CRC-32C (Castagnoli), the checksum of record batches v2. The first call chooses the fastest way on this CPU. Kafka's
// other CRC, CRC-32 (IEEE) of the old message formats, comes from zlib.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace kafka {

/// CRC-32C of `bytes`, continuing `crc` (0 to start).
uint32_t crc32c(std::string_view bytes, uint32_t crc = 0) noexcept;

/// CRC-32C of a followed by b, from the checksums of a and of b; b has `b_size` bytes.
uint32_t crc32c_joined(uint32_t a, uint32_t b, size_t b_size) noexcept;

/// crc32c() by tables only, on every CPU.
uint32_t crc32c_portable(std::string_view bytes, uint32_t crc = 0) noexcept;

/// crc32c() by the CPU's own instruction. Call it only if crc32c_has_hardware().
uint32_t crc32c_hardware(std::string_view bytes, uint32_t crc = 0) noexcept;
bool crc32c_has_hardware() noexcept;

}  // namespace kafka
