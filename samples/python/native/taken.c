/* A ring of what was taken out of a stream. */
#include "native.h"

void taken_begin(Taken* ring) {
  ring->next = ring->before = ring;
  ring->given_up = false;
}
void taken_join(Taken* ring, Taken* one) {
  one->given_up = false;
  one->next = ring;
  one->before = ring->before;
  ring->before->next = one;
  ring->before = one;
}
void taken_leave(Taken* one) {
  one->next->before = one->before;
  one->before->next = one->next;
  one->next = one->before = one;
}
void taken_scatter(Taken* ring) {
  while (ring->next != ring) taken_leave(ring->next);
}
