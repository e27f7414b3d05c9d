// The types that message structs are made of, for those who only need them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "codec/uuid.hpp"
