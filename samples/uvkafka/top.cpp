// uvkafka top: watches topics, groups and a client.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>
#include <optional>
#include <utility>

#include "alarm.hpp"
#include "app.hpp"
#include "board.hpp"
#include "client_stats.hpp"
#include "cluster_round.hpp"
#include "commands.hpp"
#include "find_topics.hpp"
#include "screen.hpp"

namespace cli {

const Command kTop{
    "top",
    "watch topics, groups and a client",
    "-b HOST:PORT",
    {{"-g", "--group", "GROUP", "watch this group only; repeatable"},
     {"-t", "--topic", "TOPIC", "watch this topic only, and groups that read it; repeatable"},
     {"-d", "--delay", "SECONDS", "time between two rounds, 0.1 to 3600 (default 2)"},
     {"-n", "--rounds", "ROUNDS", "end after so many rounds"},
     {"", "--stats", "FILE|http://HOST:PORT/PATH", "numbers of a client, in the text format of Prometheus"}},
    true,
    "",
    "On a terminal one page, which q or Ctrl-C ends. Elsewhere each round is plain lines: TIME, what it is about, "
    "names "
    "and\nvalues. READ/S is how fast a group's committed offsets move, WRITTEN/S how fast the ends do, LEFT when the "
    "lag "
    "will be\ngone. A + in a lag: some partitions have nothing committed.\n"};

namespace {

struct TopSettings {
  std::vector<std::string> topics;
  std::vector<std::string> groups;
  uint64_t delay_ms = 2000;
  int64_t rounds = 0;  // 0: no end
  std::string stats;

  std::optional<int> read(const Arguments& arguments) {
    topics = arguments.all("-t");
    groups = arguments.all("-g");
    if (!check_topics("top", topics)) return kUsage;
    for (const std::string& group : groups) {
      if (group.empty()) return usage_error("top: -g must not be empty");
    }
    if (arguments.has("-d")) {
      const std::string text = arguments.get("-d");
      char* rest = nullptr;
      const double seconds = std::strtod(text.c_str(), &rest);
      if (text.empty() || *rest != '\0' || !(seconds >= 0.1 && seconds <= 3600)) {
        return usage_error("top: -d wants seconds from 0.1 to 3600");
      }
      delay_ms = static_cast<uint64_t>(std::lround(seconds * 1000));
    }
    if (arguments.has("-n")) {
      const auto given = number(arguments.get("-n"));
      if (!given || *given < 1) return usage_error("top: -n wants a number of 1 or more");
      rounds = *given;
    }
    if (arguments.has("--stats")) {
      stats = arguments.get("--stats");
      if (const std::string wrong = StatsReader::check(stats); !wrong.empty()) return usage_error("top: " + wrong);
    }
    return {};
  }
};

std::string time_of_day() {
  const std::time_t now = std::time(nullptr);
  std::tm parts = {};
  localtime_r(&now, &parts);
  char text[16];
  std::strftime(text, sizeof(text), "%H:%M:%S", &parts);
  return text;
}

std::string title(const TopSettings& wanted, const kafka::Session& session) {
  char delay[32];
  std::snprintf(delay, sizeof(delay), "%g", static_cast<double>(wanted.delay_ms) / 1000);
  return std::string("every ") + delay + " s  " + session.options().bootstrap_servers;
}

constexpr uint64_t kPatienceMs = 3000;  // a round that takes longer is late

// Owns the rounds: one begins when the delay has passed since the last one began, and never before its end.
class Top {
 public:
  Top(App& app, TopSettings wanted)
      : app_(app),
        wanted_(std::move(wanted)),
        reader_(app.session(), wanted_.topics, wanted_.groups),
        board_(title(wanted_, app.session())),
        next_(app.loop(), [this] { begin(); }),
        late_(app.loop(), [this] { wait(); }) {
    if (!wanted_.stats.empty()) stats_.emplace(app.loop(), wanted_.stats);
    if (Screen::possible()) {
      screen_.emplace(
          app.loop(), [this](char key) { pressed(key); }, [this] { show(); });
      // The page has the terminal. What has failed stands there while it makes a round late.
      app.console().divert([](const std::string&) {});
    }
    app.on_stop([this] { end(); });
  }

  void begin() {
    began_ms_ = uv_now(app_.loop());
    late_.set(std::max(kPatienceMs, wanted_.delay_ms));
    look_ = {};
    look_.began_ms = began_ms_;
    open_ = stats_ ? 2 : 1;
    if (stats_) {
      stats_->read([this](std::optional<Samples> samples, const std::string& why) {
        look_.stats = std::move(samples);
        stats_trouble_ = why;
        answered();
      });
    }
    reader_.read([this](ClusterRound round) {
      look_.cluster = std::move(round);
      answered();
    });
  }

 private:
  void answered() {
    if (--open_ > 0 || ended_) return;
    late_.stop();
    look_.ended_ms = uv_now(app_.loop());
    look_.time = time_of_day();
    if (look_.cluster.brokers > 0) app_.heard();
    if (!stats_trouble_.empty()) look_.cluster.troubles.push_back(stats_trouble_);
    failed_ = !look_.cluster.troubles.empty();
    board_.take(look_);
    ++rounds_;
    show();
    if (rounds_ == wanted_.rounds) return end();
    const uint64_t passed = uv_now(app_.loop()) - began_ms_;
    next_.set(passed < wanted_.delay_ms ? wanted_.delay_ms - passed : 1);
  }
  // The round takes long: a page counts the seconds, lines come after twice the time each.
  void wait() {
    const uint64_t passed = uv_now(app_.loop()) - began_ms_;
    board_.wait(passed / 1000, app_.watch().failure_since(began_ms_));
    if (screen_) {
      show();
    } else {
      app_.output().line(time_of_day() + " trouble " + board_.waiting());
    }
    late_.set(screen_ ? 1000 : passed);
  }
  void show() {
    if (ended_) return;
    if (screen_) {
      screen_->show(board_.page(static_cast<size_t>(screen_->width()), static_cast<size_t>(screen_->height())));
    } else {
      for (const std::string& line : board_.lines()) app_.output().line(line);
    }
  }
  void pressed(char key) {
    constexpr char kInterrupt = 3;  // what Ctrl-C is without a terminal's help
    if (key == 'q' || key == 'Q' || key == kInterrupt) end();
  }
  void end() {
    if (std::exchange(ended_, true)) return;
    next_.stop();
    late_.stop();
    screen_.reset();
    app_.console().divert(nullptr);
    stats_.reset();
    // A round that failed is shown. The status is that of the last one.
    if (failed_) app_.fail("the last round is not complete");
    app_.finish();
  }

  App& app_;
  const TopSettings wanted_;
  ClusterReader reader_;
  Board board_;
  Alarm next_;
  Alarm late_;
  std::optional<StatsReader> stats_;
  std::optional<Screen> screen_;
  Look look_;
  std::string stats_trouble_;
  uint64_t began_ms_ = 0;
  int64_t rounds_ = 0;
  int open_ = 0;  // what this round still waits for
  bool failed_ = false;
  bool ended_ = false;
};

}  // namespace

int top(int argc, char** argv) {
  Arguments arguments;
  ClientOptions client;
  TopSettings wanted;
  if (const auto status = arguments.parse(argc, argv, kTop)) return *status;
  if (const auto status = read_client_options(arguments, kTop, client)) return *status;
  if (const auto status = wanted.read(arguments)) return *status;
  App app(client);
  if (const auto error = app.session().error()) return usage_error(error.message());
  Top run(app, std::move(wanted));
  run.begin();
  return app.run();
}

}  // namespace cli
