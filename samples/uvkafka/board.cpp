#include "board.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include "base/error_table.hpp"

namespace cli {
namespace {

constexpr size_t kGap = 2;        // blanks between columns
constexpr size_t kLeastName = 8;  // a name is not cut below this

// Others chose these names: a terminal shall show them and not obey them.
std::string shown(const std::string& name) { return kafka::escaped(name, SIZE_MAX); }

std::string text_of(int64_t number) { return number < 0 ? "-" : std::to_string(number); }

std::string rate_text(std::optional<double> rate) {
  if (!rate) return "-";
  char text[32];
  std::snprintf(text, sizeof(text), *rate < 99.95 && *rate > 0 ? "%.1f" : "%.0f", *rate);
  return text;
}

// When a lag will be gone at this speed.
std::string time_left(double lag, std::optional<double> read, std::optional<double> written) {
  if (lag <= 0) return "0 s";
  if (!read || !written || *read <= *written) return "-";
  const double seconds = lag / (*read - *written);
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

// How far a group is: the sums of what is known.
struct Progress {
  int64_t committed = 0;
  int64_t end = 0;
  int64_t lag = 0;
  size_t unknown = 0;  // partitions

  explicit Progress(const std::vector<kafka::PartitionLag>& partitions) {
    for (const kafka::PartitionLag& each : partitions) {
      if (each.lag < 0) {
        ++unknown;
        continue;
      }
      committed += each.committed;
      end += each.end;
      lag += each.lag;
    }
  }
};

}  // namespace

void Rates::next(uint64_t at_ms) {
  before_ = std::exchange(now_, {});
  before_ms_ = std::exchange(now_ms_, at_ms);
}

std::optional<double> Rates::of(const std::string& name, double value) {
  now_[name] = value;
  const auto found = before_.find(name);
  if (found == before_.end() || now_ms_ <= before_ms_ || value < found->second) return {};
  return (value - found->second) * 1000 / static_cast<double>(now_ms_ - before_ms_);
}

void Board::take(const Look& look) {
  rates_.next(look.at_ms);
  time_ = look.time;
  tables_.clear();
  troubles_ = look.cluster.troubles;
  head_ = time_ + "  brokers " + std::to_string(look.cluster.brokers) + "  topics " +
          std::to_string(look.cluster.topics.size()) + "  groups " + std::to_string(look.cluster.groups.size()) + "  " +
          title_;
  add_groups(look.cluster);
  if (look.stats) add_client(*look.stats);
  add_topics(look.cluster);
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
    const Progress progress(group.partitions);
    const auto read = rates_.of("group read " + name, static_cast<double>(progress.committed));
    const auto written = rates_.of("group end " + name, static_cast<double>(progress.end));
    const bool known = group.description.error.code() == kafka::Errc::none;
    const std::string state = known ? std::string(kafka::to_string(group.description.state))
                              : group.description.error == kafka::Errc::group_id_not_found ? "NotThere"
                                                                                           : "Unknown";
    rows.push_back({progress.lag,
                    {shown(name), state, known ? std::to_string(group.description.members.size()) : "-",
                     std::to_string(progress.lag) + (progress.unknown > 0 ? "+?" : ""), rate_text(read),
                     rate_text(written), time_left(static_cast<double>(progress.lag), read, written)}});
    for (const kafka::PartitionLag& each : group.partitions) {
      const std::string key = "partition " + name + " " + each.topic + " " + std::to_string(each.partition);
      const auto rate =
          each.committed < 0 ? std::optional<double>() : rates_.of(key, static_cast<double>(each.committed));
      places.push_back({each.lag,
                        {shown(name), shown(each.topic), each.member_id.empty() ? "-" : shown(each.member_id),
                         std::to_string(each.partition), text_of(each.committed), text_of(each.end), text_of(each.lag),
                         rate_text(rate)}});
    }
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

std::vector<std::string> Board::page(size_t width, size_t height) const {
  constexpr std::string_view kKeys = "q quits";
  std::string head = head_.substr(0, width);
  if (head.size() + kGap + kKeys.size() <= width) {
    head += std::string(width - head.size() - kKeys.size(), ' ') + std::string(kKeys);
  }
  std::vector<std::string> page = {std::move(head)};
  for (const std::string& trouble : troubles_) page.push_back("! " + trouble);
  size_t left = 0;  // tables that are not on the page yet
  for (const Table& table : tables_) left += table.rows.size() > 1 ? 1 : 0;
  for (const Table& table : tables_) {
    if (table.rows.size() == 1) continue;
    const size_t free = height > page.size() ? height - page.size() : 0;
    // A table takes what it needs, and leaves the others their part: a blank line, the titles and some rows.
    const size_t part = free / left;
    const size_t room = left == 1 ? free : std::max(part, free > 4 * (left - 1) ? free - 4 * (left - 1) : 0);
    --left;
    if (room < 3) continue;
    page.emplace_back();
    const std::vector<std::string> lines = print(table, width, std::min(table.rows.size(), room - 1));
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
