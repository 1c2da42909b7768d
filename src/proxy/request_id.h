// Ids of requests: the client's where it is fit, else made; to the engine one of its own per
// attempt.
#pragma once

#include <string>
#include <string_view>

#include "penstock/base/rng.h"

namespace penstock::proxy {

/// `[A-Za-z0-9._-]{1,128}`.
[[nodiscard]] bool valid_request_id(std::string_view id) noexcept;
/// "req-" and 24 hex digits.
[[nodiscard]] std::string make_request_id(Rng& rng);
/// `<id>-<attempt>-<64 random bits>`: vLLM refuses an id that it is working on already.
void set_upstream_request_id(std::string& out, std::string_view id, unsigned attempt, Rng& rng);

}  // namespace penstock::proxy
