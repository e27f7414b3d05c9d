// How old is the broker behind an address? The one place that knows, and the rules by which the client finds out.
// Not here: asking (version_step), sending what a release understands (protocol/negotiation).
//
// A broker from 0.10 on answers ApiVersions. Older ones cannot be asked:
//   0.8.2  reads the request and closes the connection,
//   0.9    drops the request and leaves the connection open; it answers the next request (ListGroups, from 0.9 on).
// A closed connection proves little, since a firewall or a restart looks the same. So the client becomes sure in steps:
//   kRefusalsToTry      closed handshakes in a row: this connection tries again as to an old broker,
//   kRefusalsToBelieve  in a row: other connections to the address do not ask for versions either,
//   kRefusalsToTrust    in a row: those that must not be wrong (an idempotent producer) believe it, too.
// An address that answered ApiVersions once is never taken for an old broker again in this session.
#pragma once

#include <chrono>
#include <cstdint>

#include "net/reactor.hpp"
#include "protocol/negotiation.hpp"

namespace kafka::cluster {

/// How a connection speaks to its peer.
enum class Dialect : uint8_t {
  negotiated,   ///< in the versions that the peer's answer to ApiVersions allows
  old_guessed,  ///< in the versions of 0.8.2, because the peer closed a few connections instead of answering
  old,          ///< in those of 0.8.2 or 0.9 (PeerAge::is_0_9), because the peer has shown that it is that old
};

/// Owns what is known of the age of one endpoint's broker, over all connections to it.
class PeerAge {
 public:
  static constexpr uint32_t kRefusalsToTry = 2;
  static constexpr uint32_t kRefusalsToBelieve = 3;
  static constexpr uint32_t kRefusalsToTrust = 6;
  /// An old broker may have been upgraded: after this time it is asked for its versions again.
  static constexpr net::Duration kMemory = std::chrono::seconds(60);
  /// The pause before asking once more. What cut the first handshake may be over by then.
  static constexpr net::Duration kAskAgain = std::chrono::milliseconds(50);

  /// What follows when the peer has closed the connection instead of answering ApiVersions.
  enum class Refusal : uint8_t {
    none,       ///< it is no old broker: an ordinary failure
    ask_again,  ///< ask the same address once more, after kAskAgain
    speak_old,  ///< connect to the same address at once, in the dialect of guess()
  };

  // --- what happened ---
  /// The peer has answered ApiVersions.
  void answered(const protocol::ApiVersionSet& versions);
  /// The peer has ignored ApiVersions and answered the next request, or has taken a login without SaslHandshake: it is
  /// of 0.9.
  void showed_0_9(net::TimePoint now);
  /// The peer has read ApiVersions and closed the connection.
  Refusal refused(net::TimePoint now);
  /// A connection ended before it was set up, for another reason.
  void not_set_up(Dialect dialect);
  /// A connection in an old dialect broke before the peer had answered anything: it is no old broker either.
  void not_old();
  /// The caller knows of a reason why `dialect` is wrong, and will close the connection that speaks it, with these
  /// versions. False if it is no guess and not outlived: then the connection stays. If true, the next connection asks.
  bool doubt(Dialect dialect, const protocol::ApiVersionSet& versions);

  // --- what follows from it ---
  /// How the next connection begins.
  Dialect dialect(net::TimePoint now) const;
  /// How a connection begins that takes the peer for an old broker.
  Dialect guess() const;
  /// True if the peer may be a broker of 0.9, so that silence behind ApiVersions means something.
  bool may_be_old() const noexcept { return !ever_modern_; }
  /// True if a connection in this dialect is out of date: another one has got an answer to ApiVersions since, or has
  /// shown that a broker is of 0.9 which was guessed to be older.
  bool outdated(Dialect dialect) const noexcept {
    return (dialect != Dialect::negotiated && ever_modern_) || (dialect == Dialect::old_guessed && is_0_9_);
  }
  /// True if the peer has shown that it is of 0.9: it has what came with that release.
  bool is_0_9() const noexcept { return is_0_9_; }
  /// True if the peer gives out producer ids (0.11 or later), as far as its last answer to ApiVersions says.
  bool gives_ids() const noexcept { return gives_ids_; }

 private:
  bool ever_modern_ = false;    // it has answered ApiVersions: never old again
  bool gives_ids_ = false;      // the last answer to ApiVersions named InitProducerId
  bool is_0_9_ = false;         // it has done what only a broker of 0.9 does
  uint32_t refusals_ = 0;       // connections in a row that it closed instead of answering ApiVersions
  net::TimePoint old_until_{};  // it is taken for an old broker until then
};

}  // namespace kafka::cluster
