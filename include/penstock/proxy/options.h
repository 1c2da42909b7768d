// Words of the configuration that the proxy itself reads.
#pragma once

#include <cstdint>

namespace penstock::proxy {

/// How a request's body goes upstream. `inspect`: buffered, looked at, and sent again after a
/// failure.
enum class BodyMode : std::uint8_t { inspect, stream };

/// What is done about token usage in responses.
enum class UsageMode : std::uint8_t { observe, inject, off };

/// A request for a model that no backend lists.
enum class UnknownModel : std::uint8_t { refuse, pass };

}  // namespace penstock::proxy
