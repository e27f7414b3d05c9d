// `-X list` and `uvkafka help options`: every option of the client, from the library's own table.
#pragma once

namespace cli {

/// To stdout: for sessions, producers and consumers each option with its default, what is allowed, and a text.
void print_option_list();

}  // namespace cli
