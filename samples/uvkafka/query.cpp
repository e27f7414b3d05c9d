// uvkafka query: the offsets that belong to a time.
#include <algorithm>
#include <map>
#include <memory>

#include "app.hpp"
#include "commands.hpp"
#include "find_topics.hpp"

namespace cli {

const Command kQuery{
    "query",
    "look up offsets by time",
    "-b HOST:PORT -t TOPIC[:PARTITION]:TIME",
    {{"-t", "--topic", "TOPIC[:P]:TIME", "a question; repeatable. Without a partition: all of the topic"},
     {"-J", "--json", "", "print one JSON object per line"}},
    true,
    "",
    "TIME: milliseconds since 1970; -1 or latest, the end; -2 or earliest, the beginning.\n"
    "Prints: TOPIC [PARTITION] offset OFFSET. It is the offset of the first message that is that young, or -1.\n"};

namespace {

// One -t.
struct TimeQuestion {
  std::string topic;
  std::optional<int32_t> partition;
  int64_t time = 0;  // or kLatestOffset, kEarliestOffset

  static std::optional<TimeQuestion> parse(const std::string& text) {
    const size_t last = text.rfind(':');
    if (last == std::string::npos) return {};
    TimeQuestion question;
    const std::string time = text.substr(last + 1);
    const auto parsed = time == "latest"     ? std::optional<int64_t>(kafka::kLatestOffset)
                        : time == "earliest" ? std::optional<int64_t>(kafka::kEarliestOffset)
                                             : number(time);
    if (!parsed || *parsed < kafka::kEarliestOffset) return {};
    question.time = *parsed;
    question.topic = text.substr(0, last);
    const size_t colon = question.topic.find(':');
    if (colon == std::string::npos) return question;
    const auto partition = number(std::string_view(question.topic).substr(colon + 1));
    if (!partition || *partition < 0 || *partition > INT32_MAX) return {};
    question.partition = static_cast<int32_t>(*partition);
    question.topic.resize(colon);
    return question;
  }
};

// Owns the questions under way.
class Asking {
 public:
  Asking(App& app, std::vector<TimeQuestion> questions, bool json)
      : app_(app), offsets_(app.session()), questions_(std::move(questions)), json_(json) {}

  void start(const FoundTopics& topics) {
    // One request for all partitions that are asked for the same time.
    for (const TimeQuestion& question : questions_) {
      const size_t count = topics.at(question.topic).partitions.size();
      std::vector<int32_t>& numbers = by_time_[question.time][question.topic];
      if (!question.partition) {
        numbers.clear();
        for (size_t i = 0; i < count; ++i) numbers.push_back(static_cast<int32_t>(i));
      } else if (static_cast<size_t>(*question.partition) < count) {
        if (std::find(numbers.begin(), numbers.end(), *question.partition) == numbers.end())
          numbers.push_back(*question.partition);
      } else {
        app_.fail(no_such_partition(question.topic, *question.partition, count));
        return app_.finish();
      }
    }
    left_ = by_time_.size();
    for (const auto& [time, partitions] : by_time_) {
      auto done = [this](kafka::Error error, std::vector<kafka::TopicOffset> found) { answered(error, found); };
      if (time == kafka::kLatestOffset) {
        offsets_.fetch_latest(partitions, done);
      } else if (time == kafka::kEarliestOffset) {
        offsets_.fetch_earliest(partitions, done);
      } else {
        offsets_.fetch_by_time(partitions, time, done);
      }
    }
  }

 private:
  void answered(const kafka::Error& error, const std::vector<kafka::TopicOffset>& found) {
    for (const kafka::TopicOffset& entry : found) {
      if (entry.error) {
        app_.fail(entry.error, entry.topic + "/" + std::to_string(entry.partition) + ": ");
      } else if (json_) {
        app_.output().line("{\"topic\":\"" + entry.topic + "\",\"partition\":" + std::to_string(entry.partition) +
                           ",\"offset\":" + std::to_string(entry.offset) +
                           ",\"ts\":" + std::to_string(entry.timestamp) + "}");
      } else {
        app_.output().line(entry.topic + " [" + std::to_string(entry.partition) + "] offset " +
                           std::to_string(entry.offset));
      }
    }
    if (error && found.empty() && !app_.interrupted()) app_.fail(error);
    if (--left_ == 0) app_.finish();
  }

  App& app_;
  kafka::OffsetMaster offsets_;
  std::vector<TimeQuestion> questions_;
  bool json_;
  std::map<int64_t, kafka::Partitions> by_time_;
  size_t left_ = 0;
};

}  // namespace

int query(int argc, char** argv) {
  Arguments arguments;
  ClientOptions client;
  if (const auto status = arguments.parse(argc, argv, kQuery)) return *status;
  if (const auto status = read_client_options(arguments, kQuery, client)) return *status;
  std::vector<TimeQuestion> questions;
  std::vector<std::string> topics;
  for (const std::string& text : arguments.all("-t")) {
    const auto question = TimeQuestion::parse(text);
    if (!question) return usage_error("query: -t " + text + ": TOPIC[:PARTITION]:TIME is wanted, TIME in milliseconds");
    questions.push_back(*question);
    topics.push_back(question->topic);
  }
  if (questions.empty()) return usage_error("query: -t TOPIC[:PARTITION]:TIME is needed");
  if (!check_topics("query", topics)) return kUsage;
  App app(client);
  if (const auto error = app.session().error()) return usage_error(error.message());
  Asking asking(app, std::move(questions), arguments.has("-J"));
  find_topics(app, {topics}, [&](const FoundTopics& found) { asking.start(found); });
  return app.run();
}

}  // namespace cli
