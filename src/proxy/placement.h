// Where in its pool a request may go, and would rather go, by the backends' labels.
#pragma once

#include <span>
#include <string>

#include "penstock/fleet/labels.h"

namespace penstock::proxy {

struct Exchange;

struct Placement {
    fleet::LabelWish asked;                      // by the request's own fields, beside its route's
    fleet::Standings own;                        // by both, where the request asks
    std::span<const fleet::Standing> standings;  // of the pool's backends; empty: all are alike
};

/// What its route and its own fields ask for together.
[[nodiscard]] fleet::LabelWish wish_of(const Exchange& exchange);

/// What is to be told where no backend was found that bears them; empty: none are required.
[[nodiscard]] std::string required_labels_text(const Exchange& exchange);

}  // namespace penstock::proxy
