// Precompiled for programs of several simulated tests. Each file includes what it uses all the same.
#include "sim_client.hpp"
