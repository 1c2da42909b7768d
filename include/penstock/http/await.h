// Coroutine adapters over the seam: `co_await readable(stream)`, then try again.
#pragma once

#include "penstock/base/await.h"
#include "penstock/http/stream.h"

namespace penstock::http {

template <class Stream>
[[nodiscard]] auto readable(Stream& stream) noexcept {
    return WakeAwaiter{[&stream](Waiter* waiter) noexcept { stream.when_readable(waiter); }};
}

template <class Stream>
[[nodiscard]] auto writable(Stream& stream) noexcept {
    return WakeAwaiter{[&stream](Waiter* waiter) noexcept { stream.when_writable(waiter); }};
}

}  // namespace penstock::http
