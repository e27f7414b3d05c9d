// Looks whether the topics are there that a member of a group subscribes to. One that is not is waited for.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "alarm.hpp"
#include "app.hpp"

namespace cli {

/// Owns the question, which is asked again until every topic is there.
class TopicCheck {
 public:
  /// A topic that was made a moment ago is not known to every broker. After this it counts as missing.
  static constexpr uint64_t kLateMs = 3000;

  struct Handlers {
    /// A broker has described the topics that are there.
    std::function<void(const std::map<std::string, kafka::TopicInfo>&)> seen;
    /// This topic has been missing for kLateMs; called once for each.
    std::function<void(const std::string& topic, const kafka::Error& why)> missing;
    /// Of each topic it is known whether it is there or missing; called once.
    std::function<void()> decided;
  };

  TopicCheck(App& app, std::vector<std::string> names, Handlers handlers);
  void start();
  void stop();

 private:
  static constexpr uint64_t kAgainMs = 1000;

  void ask();
  void answered(const kafka::Error& error, const kafka::ClusterMetadata& cluster);
  void tell();

  App& app_;
  Handlers handlers_;
  std::map<std::string, kafka::Error> absent_;  // with the broker's error
  Alarm again_;
  Alarm late_;
  bool is_late_ = false;
  bool decided_ = false;
  bool answered_ = false;
  bool stopped_ = false;
};

}  // namespace cli
