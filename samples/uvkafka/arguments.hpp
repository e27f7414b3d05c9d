// The arguments of a command, as a table: what may be given, and the help that is printed from it.
// Not here: what the values mean (each command), options of the client (client_options.hpp).
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cli {

constexpr int kDone = 0;
constexpr int kFailed = 1;
constexpr int kUsage = 2;

/// One option of a command. The name that a command asks for is `name`, or `other` if there is no short one.
struct Option {
  const char* name;   ///< "-b", or "" if there is only a long one
  const char* other;  ///< "--bootstrap", or "" if there is only a short one
  const char* value;  ///< what stands behind it ("HOST:PORT"); "" if nothing does
  const char* text;   ///< one line of help
};

/// One command. Its help is printed from this.
struct Command {
  const char* name;             ///< "consume"
  const char* summary;          ///< one line
  const char* usage;            ///< the required part of a call, behind "uvkafka NAME"
  std::vector<Option> options;  ///< without those that every client has
  bool client = true;           ///< it talks to a cluster: it has the options of every client
  const char* files = "";       ///< what may stand behind the options ("[FILE...]"); "": nothing
  const char* notes = "";       ///< whole lines below the options
};

/// Owns the parsed arguments of one call.
class Arguments {
 public:
  /// Reads argv behind the command. A status ends the run: of wrong usage (which was printed), or of --help and -X
  /// list.
  std::optional<int> parse(int argc, char** argv, const Command& command);

  bool has(std::string_view name) const { return values_.contains(name); }
  /// The last one counts.
  std::string get(std::string_view name, std::string otherwise = {}) const;
  std::vector<std::string> all(std::string_view name) const;
  /// What stands behind the options.
  const std::vector<std::string>& files() const { return files_; }

 private:
  bool take_long(const std::string& argument);
  bool take_short(const std::string& argument);
  bool take_value(const Option& option, const std::string& shown, std::optional<std::string> value);
  const Option* find(std::string_view name) const;

  std::vector<Option> known_;
  std::span<char*> left_;  // not read yet
  bool takes_files_ = false;
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
  std::vector<std::string> files_;
};

/// The options that every command has that talks to a cluster.
std::span<const Option> client_command_options();
/// Prints on stdout how the command is called.
void print_help(const Command& command);
/// Prints on stderr what is wrong with the call. Returns kUsage.
int usage_error(const std::string& what);

std::optional<int64_t> number(std::string_view text);
/// Numbers of 0 or more and ranges of them ("0,2-4"), sorted, each once; nothing if the text is something else, or
/// names more than kMostNumbers.
std::optional<std::vector<int32_t>> numbers(std::string_view text);
constexpr size_t kMostNumbers = 1000000;

/// The bytes that a text with \n, \r, \t, \0, \\ and \xNN stands for; nothing if it has another sequence.
std::optional<std::string> unescape(std::string_view text);

}  // namespace cli
