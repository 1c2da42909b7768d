#include "outgoing.h"

#include <algorithm>

#include "header_list.h"

namespace penstock::h2 {

void Outgoing::append(http::Pieces pieces) {
    for (const std::string_view piece : pieces) bytes_.append(piece);
}

void Outgoing::end(const http::Fields& trailers) {
    trailers_ = trailers;
    ending_ = Ending::proper;
}

std::size_t Outgoing::take(std::uint8_t* into, std::size_t most) noexcept {
    const bool lent = !lent_.empty();
    const std::string_view from = lent ? lent_ : std::string_view{bytes_}.substr(used_);
    const std::size_t count = std::min(from.size(), most);
    std::copy_n(from.data(), count, into);
    if (lent) {
        lent_.remove_prefix(count);
    } else {
        used_ += count;
    }
    taken_ += count;
    return count;
}

// NOLINTNEXTLINE(readability-function-size): nghttp2 asks so
ssize_t Outgoing::read(nghttp2_session* session, std::int32_t stream, std::uint8_t* into,
                       std::size_t most, std::uint32_t* flags) {
    const std::size_t count = take(into, most);
    if (waiting() == 0) {
        release();
        if (ending_ == Ending::proper) {
            *flags |= NGHTTP2_DATA_FLAG_EOF;
            if (!trailers_.empty()) {
                HeaderList list;
                list.add(trailers_);
                *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
                nghttp2_submit_trailer(session, stream, list.data(), list.size());
            }
            return static_cast<ssize_t>(count);
        }
        if (count == 0 && ending_ == Ending::broken) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
        if (count == 0) {
            parked_ = true;
            return NGHTTP2_ERR_DEFERRED;
        }
    }
    return static_cast<ssize_t>(count);
}

// A long stream of short tokens keeps its small buffer; one big piece is not kept for the next.
void Outgoing::release() noexcept {
    constexpr std::size_t k_kept = 4 * 1024;
    used_ = 0;
    if (bytes_.capacity() > k_kept) {
        std::string{}.swap(bytes_);
    } else {
        bytes_.clear();
    }
}

nghttp2_data_provider Outgoing::provider() noexcept {
    nghttp2_data_provider provider{};
    provider.source.ptr = this;
    provider.read_callback = [](nghttp2_session* session, std::int32_t stream, std::uint8_t* into,
                                std::size_t most, std::uint32_t* flags, nghttp2_data_source* source,
                                void* /*user*/) -> ssize_t {
        return static_cast<Outgoing*>(source->ptr)->read(session, stream, into, most, flags);
    };
    return provider;
}

}  // namespace penstock::h2
