// What `uvkafka perf` and the benchmark programs measure, and print in the same way: one JSON object on the last line.
// Not here: what is measured (perf.cpp, test/bench).
#pragma once

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <vector>

namespace measure {

/// What this process has used so far, all its threads.
struct Usage {
  double user = 0;    ///< seconds
  double system = 0;  ///< seconds
  long wakeups = 0;   ///< times a thread went to sleep and was woken

  static Usage now() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
      return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return {seconds(usage.ru_utime), seconds(usage.ru_stime), usage.ru_nvcsw};
  }
};

inline int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

/// Of this program alone: what getrusage() says includes the memory of the process that started it.
inline long peak_rss_kb() {
  long peak = 0;
  if (std::FILE* const status = std::fopen("/proc/self/status", "r")) {
    for (char line[256]; std::fgets(line, sizeof line, status) != nullptr;) {
      if (std::sscanf(line, "VmHWM: %ld kB", &peak) == 1) break;
    }
    std::fclose(status);
  }
  if (peak > 0) return peak;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

/// Owns the counts of one run, and the time and CPU between begin() and end().
struct Measure {
  int64_t messages = 0;
  int64_t failed = 0;
  int64_t began = 0;
  int64_t ended = 0;
  Usage used_before;
  Usage used_after;
  std::vector<double> latencies_us;

  void begin() {
    began = now_ns();
    used_before = Usage::now();
  }
  void end() {
    ended = now_ns();
    used_after = Usage::now();
  }
  double percentile(double part) const {
    if (latencies_us.empty()) return 0;
    return latencies_us[static_cast<size_t>(part * static_cast<double>(latencies_us.size() - 1))];
  }
  /// Ends the measure if nobody has. `details` adds the parts of the CPU time, and how often threads were woken.
  void print(bool with_latency, bool details) {
    if (ended == 0) end();
    const double seconds = std::max(static_cast<double>(ended - began) / 1e9, 1e-9);
    const double user = used_after.user - used_before.user, system = used_after.system - used_before.system;
    std::printf("{\"messages\": %lld, \"failed\": %lld, \"seconds\": %.6f, \"messages_per_second\": %.0f, ",
                static_cast<long long>(messages), static_cast<long long>(failed), seconds,
                static_cast<double>(messages) / seconds);
    std::printf("\"cpu_us_per_message\": %.4f, ",
                (user + system) * 1e6 / static_cast<double>(std::max<int64_t>(messages, 1)));
    if (details) {
      std::printf("\"cpu_seconds\": %.6f, \"cpu_user\": %.6f, \"cpu_system\": %.6f, \"wakeups\": %ld, ", user + system,
                  user, system, used_after.wakeups - used_before.wakeups);
    }
    if (with_latency) {
      std::sort(latencies_us.begin(), latencies_us.end());
      std::printf("\"latency_us\": {\"p50\": %.1f, \"p99\": %.1f, \"p999\": %.1f}, ", percentile(0.5), percentile(0.99),
                  percentile(0.999));
    }
    std::printf("\"peak_rss_kb\": %ld}\n", peak_rss_kb());
    std::fflush(stdout);
  }
};

}  // namespace measure
