// Assertions: invariants and impossible states. They stay on in release builds.
#pragma once

namespace penstock {
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line) noexcept;
}

#define PENSTOCK_ASSERT(expression) \
    (static_cast<bool>(expression)  \
         ? void(0)                  \
         : ::penstock::assertion_failed(#expression, __FILE__, __LINE__))
