// Owners of what nghttp2 allocates.
#pragma once

#include <memory>

#include <nghttp2/nghttp2.h>

namespace penstock::h2 {

template <auto destroy>
struct Destroyer {
    template <class Handle>
    void operator()(Handle* handle) const noexcept {
        destroy(handle);
    }
};

using SessionHandle = std::unique_ptr<nghttp2_session, Destroyer<nghttp2_session_del>>;
using CallbacksHandle =
    std::unique_ptr<nghttp2_session_callbacks, Destroyer<nghttp2_session_callbacks_del>>;
using OptionHandle = std::unique_ptr<nghttp2_option, Destroyer<nghttp2_option_del>>;

[[nodiscard]] CallbacksHandle new_callbacks();
[[nodiscard]] OptionHandle new_option();

}  // namespace penstock::h2
