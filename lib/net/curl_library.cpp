#include "net/curl_library.hpp"

#include <dlfcn.h>
#ifdef __APPLE__
#include <malloc/malloc.h>
#else
#include <malloc.h>
#endif

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <type_traits>

#include "base/wipe.hpp"

namespace kafka::net {
namespace {

#ifdef __APPLE__
constexpr const char* kCurlFile = "libcurl.4.dylib";
size_t usable_size(void* memory) { return malloc_size(memory); }
#else
constexpr const char* kCurlFile = "libcurl.so.4";
size_t usable_size(void* memory) { return malloc_usable_size(memory); }
#endif

// Memory as malloc() gives it: a program may free() what libcurl gave it.
void wiping_free(void* memory) {
  if (memory != nullptr) wipe(memory, usable_size(memory));
  std::free(memory);
}
void* wiping_realloc(void* memory, size_t size) {
  if (memory == nullptr) return std::malloc(size);
  void* const larger = std::malloc(std::max<size_t>(size, 1));
  if (larger == nullptr) return nullptr;
  std::memcpy(larger, memory, std::min(size, usable_size(memory)));
  wiping_free(memory);
  return larger;
}
char* copy(const char* text) {
  const size_t size = std::strlen(text) + 1;
  void* const memory = std::malloc(size);
  return memory == nullptr ? nullptr : static_cast<char*>(std::memcpy(memory, text, size));
}

}  // namespace

CurlLibrary::CurlLibrary() {
  void* const library = dlopen(kCurlFile, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* const why = dlerror();
    missing_ = "libcurl cannot be loaded: " + std::string(why == nullptr ? kCurlFile : why);
    return;
  }
  const auto find = [&](const char* name, auto& function) {
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(dlsym(library, name));
    if (function == nullptr && missing_.empty()) missing_ = std::string(kCurlFile) + " has no " + name;
  };
  find("curl_global_init_mem", global_init_mem);
  find("curl_global_cleanup", global_cleanup);
  find("curl_version_info", version_info);
  find("curl_slist_append", slist_append);
  find("curl_slist_free_all", slist_free_all);
  find("curl_easy_init", easy_init);
  find("curl_easy_setopt", easy_setopt);
  find("curl_easy_getinfo", easy_getinfo);
  find("curl_easy_strerror", easy_strerror);
  find("curl_easy_cleanup", easy_cleanup);
  find("curl_multi_init", multi_init);
  find("curl_multi_setopt", multi_setopt);
  find("curl_multi_add_handle", multi_add_handle);
  find("curl_multi_remove_handle", multi_remove_handle);
  find("curl_multi_assign", multi_assign);
  find("curl_multi_socket_action", multi_socket_action);
  find("curl_multi_info_read", multi_info_read);
  find("curl_multi_cleanup", multi_cleanup);
  if (!missing_.empty()) return;
  const curl_version_info_data* const version = version_info(CURLVERSION_NOW);
  if (version->version_num < kOldest) {
    missing_ = "libcurl 7.85 or later is needed, and " + std::string(kCurlFile) + " is " + version->version;
  }
}

const CurlLibrary& CurlLibrary::get() {
  static const CurlLibrary loaded;
  return loaded;
}

const std::string& CurlLibrary::missing() { return get().missing_; }

void CurlLibrary::begin() const {
  global_init_mem(CURL_GLOBAL_DEFAULT, std::malloc, wiping_free, wiping_realloc, copy, std::calloc);
}

}  // namespace kafka::net
