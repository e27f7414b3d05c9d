// What `uvkafka top` shows: looks at a cluster and at a client, one after the other, and how fast things move between
// two of them. Not here: where they come from (cluster_round.hpp, client_stats.hpp), the terminal (screen.hpp).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "client_stats.hpp"
#include "cluster_round.hpp"

namespace cli {

/// One round.
struct Look {
  uint64_t began_ms = 0;  ///< of the loop's clock: when it was asked for
  uint64_t ended_ms = 0;  ///< and when the last answer came
  std::string time = {};  ///< "21:04:59"
  ClusterRound cluster = {};
  std::optional<Samples> stats = {};  ///< none if they were not asked for, or cannot be had
};

/// How fast numbers grow from one look to the next. Nobody knows when between its beginning and its end a look has
/// found a number out: after long looks the time between two numbers is taken as the longest that it may be.
class Rates {
 public:
  /// The numbers of the next look follow.
  void next(uint64_t began_ms, uint64_t ended_ms);
  /// Growth of `name` per second since the look before; none at the first one, and where the number went down.
  std::optional<double> of(const std::string& name, double value);

 private:
  std::map<std::string, double> before_;
  std::map<std::string, double> now_;
  uint64_t began_ms_ = 0;
  uint64_t ended_ms_ = 0;
  uint64_t apart_ms_ = 0;  // the numbers of this look and of the one before
};

/// Owns the last look, as text.
class Board {
 public:
  /// `title`: where the numbers come from, and how often.
  explicit Board(std::string title) : title_(std::move(title)), head_(title_) {}

  void take(const Look& look);
  /// The look that should have come `seconds` ago has not. `why`: what failed last, or "".
  void wait(uint64_t seconds, const std::string& why);
  /// What wait() has made known, in a sentence; "" after the next look.
  const std::string& waiting() const { return waiting_; }
  /// For a terminal of this size. The first line is the title; tables follow; what needs the most attention comes first
  /// in each.
  std::vector<std::string> page(size_t width, size_t height) const;
  /// For pipes and files: one line for each topic, group, partition of a group and part of the client, each with the
  /// time first and words behind it.
  std::vector<std::string> lines() const;

 private:
  /// A table of texts. The first row has the titles.
  struct Table {
    std::string word;  ///< what a row is, in lines()
    std::vector<std::vector<std::string>> rows;
    size_t names = 1;  ///< so many columns at the left are texts, the others are numbers
  };

  void add_topics(const ClusterRound& cluster);
  void add_groups(const ClusterRound& cluster);
  void add_client(const Samples& stats);
  /// How many of these lines each table gets.
  std::vector<size_t> share_out(size_t height) const;
  static std::vector<std::string> print(const Table& table, size_t width, size_t height);

  const std::string title_;
  Rates rates_;
  std::string time_;
  std::string head_;
  std::vector<std::string> troubles_;
  std::string waiting_;  // for the next look, which is late; otherwise ""
  std::vector<Table> tables_;
};

}  // namespace cli
