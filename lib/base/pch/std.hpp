// Precompiled for the library: what most of its files include of the standard library. Each file includes what it uses
// all the same; -Db_pch=false compiles without this.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
