// libcurl's functions, in a library that is loaded when they are first needed. Linked, it would cost every process 5
// MB: it brings a score of other libraries.
#pragma once

#include <curl/curl.h>

#include <string>

namespace kafka::net {

/// One for the process, as libcurl is. It stays loaded.
class CurlLibrary {
 public:
  static constexpr unsigned kOldest = 0x075500;  ///< 7.85.0

  /// Loads it the first time. "", or why there is none.
  static const std::string& missing();
  /// Its functions. Only where missing() is "".
  static const CurlLibrary& get();

  decltype(&curl_global_init_mem) global_init_mem = nullptr;
  decltype(&curl_global_cleanup) global_cleanup = nullptr;
  decltype(&curl_version_info) version_info = nullptr;
  decltype(&curl_slist_append) slist_append = nullptr;
  decltype(&curl_slist_free_all) slist_free_all = nullptr;
  decltype(&curl_easy_init) easy_init = nullptr;
  decltype(&curl_easy_setopt) easy_setopt = nullptr;
  decltype(&curl_easy_getinfo) easy_getinfo = nullptr;
  decltype(&curl_easy_strerror) easy_strerror = nullptr;
  decltype(&curl_easy_cleanup) easy_cleanup = nullptr;
  decltype(&curl_multi_init) multi_init = nullptr;
  decltype(&curl_multi_setopt) multi_setopt = nullptr;
  decltype(&curl_multi_add_handle) multi_add_handle = nullptr;
  decltype(&curl_multi_remove_handle) multi_remove_handle = nullptr;
  decltype(&curl_multi_assign) multi_assign = nullptr;
  decltype(&curl_multi_socket_action) multi_socket_action = nullptr;
  decltype(&curl_multi_info_read) multi_info_read = nullptr;
  decltype(&curl_multi_cleanup) multi_cleanup = nullptr;

  /// libcurl's memory is wiped when it is freed: it copies bodies and headers, which are secrets. Not if the program
  /// has called libcurl before: then its functions for memory stay.
  void begin() const;
  void end() const { global_cleanup(); }

 private:
  CurlLibrary();

  std::string missing_;
};

}  // namespace kafka::net
