// The types of the members of message structs, without the visitors.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "codec/uuid.hpp"
