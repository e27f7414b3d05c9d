// --resolve: the addresses of some host names, as they were told. Other names are looked up as always.
#pragma once

#include <uv.h>
#include <kafka/session.hpp>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace cli {

/// Names with their addresses, in lower case and without a dot at the end.
class Names {
 public:
  /// "HOST:ADDRESS". One name may have several addresses. False if it is something else.
  bool add(std::string_view setting);
  bool empty() const { return names_.empty(); }
  /// The session asks these names from now on. Certificates are still verified for the host's name.
  void serve(uv_loop_t* loop, kafka::Session& session) const;

 private:
  std::map<std::string, std::vector<std::string>> names_;
};

}  // namespace cli
