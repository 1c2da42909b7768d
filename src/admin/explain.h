// /explain: a request is posted, and a worker tells where it would go.
#pragma once

#include <optional>
#include <string_view>

#include "page.h"
#include "penstock/admin/admin.h"
#include "penstock/base/task.h"

namespace penstock::admin {

/// "/explain", or a path below it.
[[nodiscard]] bool is_question(std::string_view path) noexcept;

/// The page for a request to such a path. Nothing when the client has gone. Destroying it leaves
/// the question to itself: its answer is thrown away.
[[nodiscard]] Task<std::optional<Page>> explain(http::ServerStream& stream, const Sources& sources);

}  // namespace penstock::admin
