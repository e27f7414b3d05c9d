/* A host that brings libuv, and perhaps a zlib of its own, and loads a module with the client inside.
   embed_host MODULE BROKERS */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

int main(int count, char** arguments) {
  if (count != 3) return 2;
  void* module = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
  if (module == NULL) {
    fprintf(stderr, "%s\n", dlerror());
    return 1;
  }
  /* A function of a module is data to dlsym(). */
  int (*run_client)(uv_loop_t*, const char*) = NULL;
  void* found = dlsym(module, "run_client");
  memcpy(&run_client, &found, sizeof(found));
  if (run_client == NULL) return 1;
  const int result = run_client(uv_default_loop(), arguments[2]);
  return result != 0 ? result : uv_loop_close(uv_default_loop()) == 0 ? 0 : 1;
}
