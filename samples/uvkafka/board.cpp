#include "board.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include "console.hpp"

namespace cli {
namespace {

constexpr size_t kGap = 2;        // blanks between columns
constexpr size_t kLeastName = 8;  // a name is not cut below this

std::string text_of(int64_t number) { return number < 0 ? "-" : std::to_string(number); }

std::string rate_text(std::optional<double> rate) {
  if (!rate) return "-";
  char text[32];
  std::snprintf(text, sizeof(text), *rate < 99.95 && *rate > 0 ? "%.1f" : "%.0f", *rate);
  return text;
}

// How far a group is, and how fast it moves: the sums of the partitions of which that is known. A first commit is no
// movement, so these are sums of speeds and not the speed of sums.
struct LagTrend {
  int64_t lag = 0;
  size_t known = 0;  // partitions with a lag
  std::optional<double> read = {};
  std::optional<double> written = {};

  void add(const kafka::PartitionLag& partition, std::optional<double> committed_moves,
           std::optional<double> end_moves) {
    if (partition.lag < 0) return;
    ++known;
    lag += partition.lag;
    if (committed_moves) read = read.value_or(0) + *committed_moves;
    if (end_moves) written = written.value_or(0) + *end_moves;
  }
  std::string lag_text(size_t partitions) const {
    return known == 0 ? "-" : std::to_string(lag) + (known < partitions ? "+?" : "");
  }
};

// When a lag will be gone at this speed.
std::string time_left(const LagTrend& progress) {
  if (progress.lag <= 0) return "0 s";
  if (!progress.read || !progress.written || *progress.read <= *progress.written) return "-";
  const double seconds = static_cast<double>(progress.lag) / (*progress.read - *progress.written);
  char text[32];
  if (seconds < 120) {
    std::snprintf(text, sizeof(text), "%.0f s", std::ceil(seconds));
  } else if (seconds < 7200) {
    std::snprintf(text, sizeof(text), "%.0f min", seconds / 60);
  } else {
    std::snprintf(text, sizeof(text), "%.0f h", seconds / 3600);
  }
  return text;
}

}  // namespace

void Rates::next(uint64_t began_ms, uint64_t ended_ms) {
  before_ = std::exchange(now_, {});
  apart_ms_ = began_ms - began_ms_;
  const uint64_t longest = std::max(ended_ms_ - began_ms_, ended_ms - began_ms);
  if (longest > apart_ms_ / 2) apart_ms_ = ended_ms - began_ms_;
  began_ms_ = began_ms;
  ended_ms_ = ended_ms;
}

std::optional<double> Rates::of(const std::string& name, double value) {
  now_[name] = value;
  const auto found = before_.find(name);
  if (found == before_.end() || apart_ms_ == 0 || value < found->second) return {};
  return (value - found->second) * 1000 / static_cast<double>(apart_ms_);
}

void Board::take(const Look& look) {
  rates_.next(look.began_ms, look.ended_ms);
  time_ = look.time;
  tables_.clear();
  troubles_ = look.cluster.troubles;
  waiting_.clear();
  head_ = time_ + "  brokers " + std::to_string(look.cluster.brokers) + "  topics " +
          std::to_string(look.cluster.topics.size()) + "  groups " + std::to_string(look.cluster.groups.size()) + "  " +
          title_;
  add_groups(look.cluster);
  if (look.stats) add_client(*look.stats);
  add_topics(look.cluster);
}

void Board::wait(uint64_t seconds, const std::string& why) {
  waiting_ = "no answer for " + std::to_string(seconds) + " s";
  if (!time_.empty()) waiting_ += ", the numbers are those of " + time_;
  if (!why.empty()) waiting_ += ": " + why;
}

void Board::add_topics(const ClusterRound& cluster) {
  Table table{"topic", {{"TOPIC", "PARTITIONS", "END", "WRITTEN/S", "LEADERLESS", "UNDER-REPLICATED"}}, 1};
  std::vector<std::pair<double, std::vector<std::string>>> rows;
  for (const auto& [name, topic] : cluster.topics) {
    const auto rate = rates_.of("topic " + name, static_cast<double>(topic.end));
    // A topic that lacks something comes first, then the busiest.
    const double weight = topic.without_leader > 0 ? 1e18 : topic.under_replicated > 0 ? 1e17 : rate.value_or(0);
    rows.push_back({weight,
                    {shown(name), std::to_string(topic.partitions), std::to_string(topic.end), rate_text(rate),
                     std::to_string(topic.without_leader), std::to_string(topic.under_replicated)}});
  }
  std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  for (auto& [weight, row] : rows) table.rows.push_back(std::move(row));
  tables_.push_back(std::move(table));
}

void Board::add_groups(const ClusterRound& cluster) {
  Table groups{"group", {{"GROUP", "STATE", "MEMBERS", "LAG", "READ/S", "WRITTEN/S", "LEFT"}}, 2};
  Table partitions{"partition", {{"GROUP", "TOPIC", "MEMBER", "PARTITION", "COMMITTED", "END", "LAG", "READ/S"}}, 3};
  std::vector<std::pair<int64_t, std::vector<std::string>>> rows;
  std::vector<std::pair<int64_t, std::vector<std::string>>> places;
  for (const auto& [name, group] : cluster.groups) {
    LagTrend progress;
    for (const kafka::PartitionLag& each : group.partitions) {
      const std::string key = name + " " + each.topic + " " + std::to_string(each.partition);
      const auto speed = [&](const char* what, int64_t offset) {
        return offset < 0 ? std::optional<double>() : rates_.of(what + key, static_cast<double>(offset));
      };
      const auto read = speed("committed ", each.committed);
      progress.add(each, read, speed("end ", each.end));
      places.push_back({each.lag,
                        {shown(name), shown(each.topic), each.member_id.empty() ? "-" : shown(each.member_id),
                         std::to_string(each.partition), text_of(each.committed), text_of(each.end), text_of(each.lag),
                         rate_text(read)}});
    }
    const bool known = group.description.error.code() == kafka::Errc::none;
    const std::string state = known ? std::string(kafka::to_string(group.description.state))
                              : group.description.error == kafka::Errc::group_id_not_found ? "NotThere"
                                                                                           : "Unknown";
    rows.push_back({progress.lag,
                    {shown(name), state, known ? std::to_string(group.description.members.size()) : "-",
                     progress.lag_text(group.partitions.size()), rate_text(progress.read), rate_text(progress.written),
                     progress.known == 0 ? "-" : time_left(progress)}});
  }
  const auto by_lag = [](const auto& a, const auto& b) { return a.first > b.first; };
  std::stable_sort(rows.begin(), rows.end(), by_lag);
  std::stable_sort(places.begin(), places.end(), by_lag);
  for (auto& [lag, row] : rows) groups.rows.push_back(std::move(row));
  for (auto& [lag, row] : places) partitions.rows.push_back(std::move(row));
  tables_.push_back(std::move(groups));
  tables_.push_back(std::move(partitions));
}

void Board::add_client(const Samples& stats) {
  const auto now = [&](const char* metric) { return text_of(static_cast<int64_t>(sum_of(stats, metric))); };
  const auto rate = [&](const char* metric) { return rate_text(rates_.of(metric, sum_of(stats, metric))); };
  tables_.push_back(
      {"producers",
       {{"PRODUCERS", "QUEUED", "QUEUED BYTES", "DELIVERED/S", "RETRIES/S", "FAILED", "UNKNOWN"},
        {"all", now("producer_queued_records"), now("producer_queued_bytes"), rate("producer_delivered_records_total"),
         rate("producer_retries_total"), now("producer_failed_records_total"), now("producer_unknown_records_total")}},
       1});
  tables_.push_back(
      {"consumers",
       {{"CONSUMERS", "OPEN", "HELD BYTES", "MESSAGES/S", "COMMITS/S", "LAG", "LOST PARTITIONS"},
        {"all", now("consumer_open_envelopes"), now("consumer_fetched_bytes"), rate("consumer_envelopes_total"),
         rate("consumer_commits_total"), now("consumer_partition_lag"), now("consumer_lost_partitions_total")}},
       1});
  Table brokers{"broker", {{"BROKER", "CONNECTIONS", "IN FLIGHT", "REQUESTS/S", "SENT B/S", "RECEIVED B/S"}}, 1};
  constexpr std::string_view kConnections = "broker_connections{";
  for (const auto& [name, connections] : stats) {
    const size_t at = name.find(kConnections);
    if (at == std::string::npos) continue;
    const std::string prefix = name.substr(0, at);
    const std::string labels = name.substr(at + kConnections.size() - 1);
    const auto value = [&](const char* metric) {
      const auto found = stats.find(prefix + metric + labels);
      return found == stats.end() ? 0.0 : found->second;
    };
    const auto speed = [&](const char* metric) { return rate_text(rates_.of(metric + labels, value(metric))); };
    brokers.rows.push_back({shown(label_of(name, "address")), text_of(static_cast<int64_t>(connections)),
                            text_of(static_cast<int64_t>(value("broker_requests_in_flight"))),
                            speed("broker_requests_total"), speed("broker_sent_bytes_total"),
                            speed("broker_received_bytes_total")});
  }
  tables_.push_back(std::move(brokers));
}

// The columns are as wide as they need to be. If that is too much, the names are cut, the longest first.
std::vector<std::string> Board::print(const Table& table, size_t width, size_t height) {
  const size_t columns = table.rows.front().size();
  std::vector<size_t> widths(columns, 0);
  for (const auto& row : table.rows) {
    for (size_t i = 0; i < columns; ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  const auto total = [&] {
    size_t sum = (columns - 1) * kGap;
    for (const size_t each : widths) sum += each;
    return sum;
  };
  while (total() > width) {
    const auto longest = std::max_element(widths.begin(), widths.begin() + static_cast<std::ptrdiff_t>(table.names));
    if (*longest <= kLeastName) break;
    --*longest;
  }
  std::vector<std::string> lines;
  for (size_t k = 0; k < table.rows.size() && lines.size() < height; ++k) {
    // The last line that has room tells how many have none.
    if (lines.size() + 1 == height && k + 1 < table.rows.size() && k > 0) {
      lines.push_back("... " + std::to_string(table.rows.size() - k) + " more");
      break;
    }
    std::string line;
    for (size_t i = 0; i < columns; ++i) {
      std::string cell = table.rows[k][i];
      if (cell.size() > widths[i]) cell = cell.substr(0, widths[i] - 1) + "~";
      const std::string blanks(widths[i] - cell.size(), ' ');
      line += (i > 0 ? std::string(kGap, ' ') : "") + (i < table.names ? cell + blanks : blanks + cell);
    }
    while (!line.empty() && line.back() == ' ') line.pop_back();
    lines.push_back(std::move(line));
  }
  return lines;
}

// Each table gets a few lines first, so that none pushes the others out; then they take turns until all have what they
// need.
std::vector<size_t> Board::share_out(size_t height) const {
  constexpr size_t kLeast = 3;  // a blank line, the titles, a row
  constexpr size_t kFirst = 4;  // and one more, or how many have no room
  std::vector<size_t> shares(tables_.size(), 0);
  const auto wanted = [&](size_t i) { return tables_[i].rows.size() > 1 ? tables_[i].rows.size() + 1 : 0; };
  for (size_t i = 0; i < tables_.size(); ++i) {
    const size_t share = std::min({wanted(i), kFirst, height});
    if (share < kLeast) continue;
    shares[i] = share;
    height -= share;
  }
  for (bool changed = true; changed && height > 0;) {
    changed = false;
    for (size_t i = 0; i < tables_.size() && height > 0; ++i) {
      if (shares[i] == 0 || shares[i] == wanted(i)) continue;
      ++shares[i];
      --height;
      changed = true;
    }
  }
  return shares;
}

std::vector<std::string> Board::page(size_t width, size_t height) const {
  constexpr std::string_view kKeys = "q quits";
  std::string head = head_;
  const size_t room = width > kGap + kKeys.size() ? width - kGap - kKeys.size() : 0;
  if (head.size() > room) head = head.substr(0, std::max<size_t>(room, 1) - 1) + "~";
  head += std::string(room + kGap - std::min(room, head.size()), ' ') + std::string(kKeys);
  std::vector<std::string> page = {std::move(head)};
  if (!waiting_.empty()) page.push_back("! " + waiting_);
  for (const std::string& trouble : troubles_) page.push_back("! " + trouble);
  const std::vector<size_t> shares = share_out(height > page.size() ? height - page.size() : 0);
  for (size_t i = 0; i < tables_.size(); ++i) {
    if (shares[i] == 0) continue;
    page.emplace_back();
    const std::vector<std::string> lines = print(tables_[i], width, shares[i] - 1);
    page.insert(page.end(), lines.begin(), lines.end());
  }
  return page;
}

std::vector<std::string> Board::lines() const {
  std::vector<std::string> lines;
  for (const std::string& trouble : troubles_) lines.push_back(time_ + " trouble " + trouble);
  for (const Table& table : tables_) {
    const auto& titles = table.rows.front();
    for (size_t k = 1; k < table.rows.size(); ++k) {
      std::string line = time_ + " " + table.word + " " + table.rows[k][0];
      for (size_t i = 1; i < titles.size(); ++i) {
        std::string title = titles[i];
        for (char& c : title) c = c == ' ' ? '-' : static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
        std::string value = table.rows[k][i];
        value.erase(std::remove(value.begin(), value.end(), ' '), value.end());
        line += " " + title + " " + value;
      }
      lines.push_back(std::move(line));
    }
  }
  return lines;
}

}  // namespace cli
