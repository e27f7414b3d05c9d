// Records fields in snappy, lz4 and zstd as the Java client wrote them, as hex. The ones named by magic are
// of 3.9.1 and hold the four records of java_vectors.hpp, offsets 101 to 103 missing. The old ones are of
// 0.8.2.2: offsets 0 to 3, keys k0 (the second null) to k3, values "value value value N".
// And streams with all that their formats allow, made by the lz4 and zstd programs: text().
#pragma once

#include <string>
#include <string_view>

namespace java {

inline constexpr std::string_view kV0Snappy =
    "000000000000006a0000007f4b5b128b0002ffffffff0000007182534e415050590000000001000000010000005d7000000901206400"
    "00001257e7496e050f1c026b31000000027601060101386800000010d5960a780000ffffffff051c0432000901246900000010b643ca"
    "6a0001010c026b33ff092201010114380ee38a687600000000000000000000";
inline constexpr std::string_view kV0Lz4 =
    "000000000000006a0000007dd01818fa0003ffffffff0000006f04224d1860401a600000001200010091640000001257e7496e0f0080"
    "026b3100000002760600000200f1006800000010d5960a780000ffffffff1c001032190040000000691c0041b643ca6a0e0033026b33"
    "2200000200001400f0000ee38a68760000000000000000000000000000";
inline constexpr std::string_view kV1Snappy =
    "000000000000006a00000096e8e6aa7e01020000018bcfe56805ffffffff0000008082534e415050590000000001000000010000006c"
    "900100001901341aa5da6a6201000000018bcfe56801181c026b31000000027601060101200400000018820bfd0315261005ffffffff"
    "05240432000901200500000018836ba30d11240467f60120046b330d2a0101200600000016f3fc1a2d11242468010000000000000000";
inline constexpr std::string_view kV1Lz4 =
    "000000000000006a00000092753e531801030000018bcfe56805ffffffff0000007c04224d186040826d00000016000100e01aa5da6a"
    "6201000000018bcfe568180080026b3100000002760600000200950400000018820bfd0326005105ffffffff24001032210040000000"
    "05240044836ba30d24002067f62000236b332a00000200940600000016f3fc1a2d2400a06801000000000000000000000000";
inline constexpr std::string_view kV2Snappy =
    "000000000000006400000074ffffffff02d1c068d30002000000060000018bcfe568000000018bcfe56805ffffffffffffffffffffff"
    "ffffff0000000482534e415050590000000001000000010000002f2db026000000046b310476310404683102780468320110000a0801"
    "047632001000130a046b3301000c00020c000000";
inline constexpr std::string_view kV2Lz4 =
    "00000000000000640000006dffffffff02d04770180003000000060000018bcfe568000000018bcfe56805ffffffffffffffffffffff"
    "ffffff0000000404224d186040822d00008026000000046b310476310404683102780468320110000a0801047632001000130a046b33"
    "01000c00020c00000000000000";
inline constexpr std::string_view kV2Zstd =
    "00000000000000640000006affffffff029a71ad140004000000060000018bcfe568000000018bcfe56805ffffffffffffffffffffff"
    "ffffff0000000428b52ffd005868010026000000046b310476310404683102780468320110000a0801047632001000130a046b330100"
    "0c00020c000000010000";
inline constexpr std::string_view kOldSnappy =
    "00000000000000030000008c4fb4855d0002ffffffff0000007e82534e415050590000000001000000010000006aba01000019011023"
    "0f58f7ab050f30026b300000001376616c7565202e0600011701013801000000217995390e0000ffffffff562d000031012a2c000000"
    "0200000023386d5a88010d0c00026b32562f00011701010003012f0cce4f0f39010d0c00026b33562f000033";
inline constexpr std::string_view kOldLz4 =
    "00000000000000030000008a3da91d320003ffffffff0000007c04224d1860401a6d0000001600010051230f58f7ab0f00d8026b3000"
    "00001376616c7565200600001700000200ff0001000000217995390e0000ffffffff2d000310312a00c20000000200000023386d5a88"
    "0e002f6b322f000300170000020010032f0040ce4f0f390d004e00026b332f00506c7565203300000000";

}  // namespace java

namespace tool {

/// What the streams decompress to.
inline std::string text() {
  std::string lines;
  for (int i = 0; i < 7000; ++i) lines += "line " + std::to_string(i % 50) + " of the text\n";
  return lines;
}
/// Blocks of 64 KiB that refer to each other, checksums of blocks and content, content size.
inline constexpr std::string_view kLz4Linked =
    "04224d185c40681d0200000000006705020000f1046c696e652030206f662074686520746578740a13001e3113001e3213001e331300"
    "1e3413001e3513001e3613001e3713001e3813001f39ab00000fbf00010fc000001f31c100001f31c200001f31c300001f31c400001f"
    "31c500001f31c600001f31c700001f31c800001f32c800001f328801010fc800001f32c800001f32c800001f32c800001f32c800001f"
    "32c800001f32c800001f32c800001f33c800001f33c800001f335102010fc800001f33c800001f33c800001f33c800001f33c800001f"
    "33c800001f33c800001f34c800001f34c800001f34c800001f341a03010fc800001f34c800001f34c800001f34c800001f34c800001e"
    "34c8000fde03ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff0350696e65203135bf8ebc"
    "0a0100000fde03ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe85078740a6c69"
    "b1835d2b270000000fde03ffffffffffffffffffffffffffffffffffffffffffffffffffffffffff6d50746578740af07eb452000000"
    "00574b2ba0";
/// No content size, a checksum.
inline constexpr std::string_view kZstdStream =
    "28b52ffd04682c030072c40d10c07770d46069f9676db29b6c071d300befcdab8967fadebc9a7896efcdab8967f8debc9a78f7debc9a"
    "7800a5802a0c54e2945530a40433a821eceebf01e0a5650c1124048f100cd4dbffffcf1ffce1ab2c54480c9483f23623b4aad4ec6a0d"
    "d8554d000000010065bde7df6b2067620aeb";

}  // namespace tool
