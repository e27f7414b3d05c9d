/* The ledger of users. */
#include "check.h"

user_t users[MOST_USERS];
int user_count;
