#include "handles.h"

#include <new>

namespace penstock::h2 {

CallbacksHandle new_callbacks() {
    nghttp2_session_callbacks* made = nullptr;
    if (nghttp2_session_callbacks_new(&made) != 0) throw std::bad_alloc{};
    return CallbacksHandle{made};
}

OptionHandle new_option() {
    nghttp2_option* made = nullptr;
    if (nghttp2_option_new(&made) != 0) throw std::bad_alloc{};
    return OptionHandle{made};
}

}  // namespace penstock::h2
