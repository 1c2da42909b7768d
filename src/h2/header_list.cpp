#include "header_list.h"

namespace penstock::h2 {

namespace {

/// nghttp2 copies and does not write: its signature is older than `const`.
std::uint8_t* bytes_of(std::string_view text) noexcept {
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
}

constexpr bool of_one_connection(http::FieldName id) noexcept {
    using http::FieldName;
    switch (id) {
        case FieldName::connection:
        case FieldName::keep_alive:
        case FieldName::proxy_connection:
        case FieldName::transfer_encoding:
        case FieldName::upgrade:
        case FieldName::host:            // is :authority
        case FieldName::content_length:  // made from the head's framing
            return true;
        default:
            return false;
    }
}

/// An id comes once. In the table of names and values it would drive out what comes again, and each
/// look-up would walk past all the others of its name.
constexpr std::uint8_t flags_of(http::FieldName id) noexcept {
    return id == http::FieldName::x_request_id ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE;
}

}  // namespace

void HeaderList::clear() noexcept {
    list_.clear();
    bytes_ = 0;
}

void HeaderList::add(std::string_view name, std::string_view value, std::uint8_t flags) {
    list_.push_back({bytes_of(name), bytes_of(value), name.size(), value.size(), flags});
    bytes_ += name.size() + value.size();
}

void HeaderList::add(const http::Fields& fields) {
    list_.reserve(list_.size() + fields.size());
    for (std::size_t i = 0; i < fields.size(); ++i) {
        const http::Field field = fields[i];
        if (of_one_connection(field.id)) continue;
        if (field.id == http::FieldName::te && !http::equal_no_case(field.value, "trailers"))
            continue;
        if (!http::valid_name(field.name) || !http::valid_value(field.value)) continue;
        add(field.name, field.value, flags_of(field.id));
    }
}

}  // namespace penstock::h2
