/* Links the library from a project that has no C++ compiler. */
#include <uv.h>

int main(void) {
  return uv_loop_close(uv_default_loop());
}
