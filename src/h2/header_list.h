// A list of fields as nghttp2 takes it. Nothing that RFC 9113 8.2 forbids gets in: every value is
// checked again, whatever its source.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include <nghttp2/nghttp2.h>

#include "penstock/http/head.h"

namespace penstock::h2 {

/// Borrows names and values until it has been submitted.
class HeaderList {
public:
    /// `flags`: nghttp2's.
    void add(std::string_view name, std::string_view value,
             std::uint8_t flags = NGHTTP2_NV_FLAG_NONE);
    /// All fields but those of one connection (RFC 9113 8.2.2) and invalid ones.
    void add(const http::Fields& fields);

    /// Empty again, but the memory is kept.
    void clear() noexcept;
    [[nodiscard]] const nghttp2_nv* data() const noexcept { return list_.data(); }
    [[nodiscard]] std::size_t size() const noexcept { return list_.size(); }
    /// What nghttp2 makes room for before it encodes the list: names and values as they are, two
    /// lengths of 6 bytes each, and what it needs besides.
    [[nodiscard]] std::size_t sent_most() const noexcept { return bytes_ + 12 * list_.size() + 32; }

private:
    std::vector<nghttp2_nv> list_;
    std::size_t bytes_ = 0;
};

}  // namespace penstock::h2
