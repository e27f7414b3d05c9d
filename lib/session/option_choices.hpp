// The names of the values that an option may have, for each option that is a choice.
#pragma once

#include <kafka/options.hpp>

#include <span>
#include <string_view>

namespace kafka::session {

template <class Enum>
struct Choice {
  std::string_view name;
  Enum value;
};
inline constexpr Choice<Acks> kAcks[] = {{"all", Acks::all}, {"-1", Acks::all}, {"1", Acks::leader}, {"0", Acks::none}};
inline constexpr Choice<Compression> kCompressions[] = {{"none", Compression::none},
                                                        {"gzip", Compression::gzip},
                                                        {"snappy", Compression::snappy},
                                                        {"lz4", Compression::lz4},
                                                        {"zstd", Compression::zstd}};
inline constexpr Choice<MetadataRecovery> kRecoveries[] = {{"rebootstrap", MetadataRecovery::rebootstrap},
                                                           {"none", MetadataRecovery::none}};
inline constexpr Choice<OffsetReset> kResets[] = {
    {"earliest", OffsetReset::earliest}, {"latest", OffsetReset::latest},  {"none", OffsetReset::none},
    {"smallest", OffsetReset::earliest}, {"largest", OffsetReset::latest}, {"error", OffsetReset::none}};
inline constexpr Choice<OutOfRange> kOutOfRange[] = {{"fail", OutOfRange::fail},
                                                     {"reset_to_earliest", OutOfRange::reset_to_earliest},
                                                     {"reset_to_latest", OutOfRange::reset_to_latest}};
inline constexpr Choice<IsolationLevel> kIsolations[] = {{"read_committed", IsolationLevel::read_committed},
                                                         {"read_uncommitted", IsolationLevel::read_uncommitted}};
inline constexpr Choice<Ordering> kOrderings[] = {
    {"consumer", Ordering::consumer}, {"partition", Ordering::partition}, {"unordered", Ordering::unordered}};
inline constexpr Choice<CommitMode> kCommitModes[] = {{"confirmed", CommitMode::confirmed},
                                                      {"pipelined", CommitMode::pipelined}};
inline constexpr Choice<GroupProtocol> kGroupProtocols[] = {{"classic", GroupProtocol::classic},
                                                            {"consumer", GroupProtocol::consumer}};
inline constexpr Choice<Partitioner> kPartitioners[] = {{"murmur2_random", Partitioner::murmur2_random},
                                                        {"murmur2", Partitioner::murmur2},
                                                        {"consistent_random", Partitioner::consistent_random},
                                                        {"consistent", Partitioner::consistent},
                                                        {"fnv1a_random", Partitioner::fnv1a_random},
                                                        {"fnv1a", Partitioner::fnv1a},
                                                        {"random", Partitioner::random},
                                                        {"round_robin", Partitioner::round_robin}};

inline constexpr Choice<SecurityProtocol> kProtocols[] = {{"plaintext", SecurityProtocol::plaintext},
                                                          {"ssl", SecurityProtocol::ssl},
                                                          {"sasl_plaintext", SecurityProtocol::sasl_plaintext},
                                                          {"sasl_ssl", SecurityProtocol::sasl_ssl}};
inline constexpr Choice<SaslMechanism> kMechanisms[] = {{"", SaslMechanism::none},
                                                        {"PLAIN", SaslMechanism::plain},
                                                        {"SCRAM-SHA-256", SaslMechanism::scram_sha_256},
                                                        {"SCRAM-SHA-512", SaslMechanism::scram_sha_512},
                                                        {"OAUTHBEARER", SaslMechanism::oauthbearer},
                                                        {"GSSAPI", SaslMechanism::gssapi}};
inline constexpr Choice<OAuthBearerMethod> kMethods[] = {{"default", OAuthBearerMethod::callback},
                                                         {"oidc", OAuthBearerMethod::oidc}};
inline constexpr Choice<EndpointIdentification> kIdentifications[] = {{"https", EndpointIdentification::https},
                                                                      {"none", EndpointIdentification::none},
                                                                      {"", EndpointIdentification::none}};
inline constexpr Choice<StoreFormat> kFormats[] = {
    {"", StoreFormat::by_content}, {"PEM", StoreFormat::pem}, {"PKCS12", StoreFormat::pkcs12}};
inline constexpr Choice<AddressFamily> kFamilies[] = {
    {"any", AddressFamily::any}, {"v4", AddressFamily::v4}, {"v6", AddressFamily::v6}};
inline std::span<const Choice<AddressFamily>> choices(AddressFamily) { return kFamilies; }
inline std::span<const Choice<SecurityProtocol>> choices(SecurityProtocol) { return kProtocols; }
inline std::span<const Choice<SaslMechanism>> choices(SaslMechanism) { return kMechanisms; }
inline std::span<const Choice<OAuthBearerMethod>> choices(OAuthBearerMethod) { return kMethods; }
inline std::span<const Choice<EndpointIdentification>> choices(EndpointIdentification) { return kIdentifications; }
inline std::span<const Choice<StoreFormat>> choices(StoreFormat) { return kFormats; }
inline std::span<const Choice<Acks>> choices(Acks) { return kAcks; }
inline std::span<const Choice<Compression>> choices(Compression) { return kCompressions; }
inline std::span<const Choice<GroupProtocol>> choices(GroupProtocol) { return kGroupProtocols; }
inline std::span<const Choice<IsolationLevel>> choices(IsolationLevel) { return kIsolations; }
inline std::span<const Choice<MetadataRecovery>> choices(MetadataRecovery) { return kRecoveries; }
inline std::span<const Choice<Partitioner>> choices(Partitioner) { return kPartitioners; }
inline std::span<const Choice<OffsetReset>> choices(OffsetReset) { return kResets; }
inline std::span<const Choice<OutOfRange>> choices(OutOfRange) { return kOutOfRange; }
inline std::span<const Choice<CommitMode>> choices(CommitMode) { return kCommitModes; }
inline std::span<const Choice<Ordering>> choices(Ordering) { return kOrderings; }

}  // namespace kafka::session
