// Header fields in the order they came, in one room of memory.
//
// Way of a request: the codecs fill it, `proxy` edits it by rule, the codecs write it. Owned by its
// head. A name that the proxy looks at has an id (`FieldName`), found once while parsing; no name
// is compared again later. Thread: one worker.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace penstock::http {

/// The names the proxy itself reads or writes. `other` is every other name. Spelled out in
/// field_name.cpp.
enum class FieldName : std::uint8_t {
    other,
    accept_encoding,
    access_control_request_headers,
    access_control_request_method,
    authorization,
    connection,
    content_encoding,
    content_length,
    content_type,
    date,
    expect,
    forwarded,
    host,
    keep_alive,
    origin,
    proxy_authenticate,
    proxy_authorization,
    proxy_connection,
    retry_after,
    server,
    te,
    trailer,
    transfer_encoding,
    upgrade,
    via,
    x_api_key,
    x_forwarded_for,
    x_forwarded_host,
    x_forwarded_proto,
    x_penstock_explain,
    x_penstock_prefer,
    x_penstock_require,
    x_real_ip,
    x_request_id,
};
inline constexpr std::size_t k_field_names = static_cast<std::size_t>(FieldName::x_request_id) + 1;

/// The id of a name, case-insensitive; `FieldName::other` for names not in the list. Thread: any.
/// O(length).
[[nodiscard]] FieldName field_name(std::string_view name) noexcept;

/// The usual spelling of a known name ("Content-Length"). Not for `other`.
[[nodiscard]] std::string_view spelling(FieldName name) noexcept;

/// True when both are the same letters, ASCII case aside.
[[nodiscard]] bool equal_no_case(std::string_view a, std::string_view b) noexcept;

/// One field. The views live until the next change of the `Fields` it came from.
struct Field {
    FieldName id;
    std::string_view name;   // as it was spelled
    std::string_view value;  // without surrounding whitespace
};

class Fields {
public:
    /// Appends a field; bytes are copied. Preconditions: a valid name and value (see `valid_name`,
    /// `valid_value`), and none of them a view into these fields.
    void append(FieldName id, std::string_view name, std::string_view value);
    void append(FieldName id, std::string_view value) { append(id, spelling(id), value); }
    void append(std::string_view name, std::string_view value) {
        append(field_name(name), name, value);
    }

    /// Removes every field of this name. Not for `other`. Returns how many there were.
    std::size_t remove(FieldName id);
    /// Removes every field of this name, compared without case.
    std::size_t remove(std::string_view name);

    [[nodiscard]] bool has(FieldName id) const noexcept {
        return (present_ >> static_cast<unsigned>(id) & 1U) != 0;
    }
    /// The first value of this name. Not for `other`.
    [[nodiscard]] std::optional<std::string_view> find(FieldName id) const noexcept;
    [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const noexcept;
    /// How many fields have this name.
    [[nodiscard]] std::size_t count(FieldName id) const noexcept;

    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
    [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }
    [[nodiscard]] Field operator[](std::size_t index) const noexcept;

    /// Sum of name and value bytes.
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
    void reserve(std::size_t fields, std::size_t bytes);
    void clear() noexcept;
    void swap(Fields& other) noexcept;

private:
    struct Entry {
        FieldName id;
        std::uint16_t name_length;
        std::uint32_t start;
        std::uint32_t value_length;
    };
    template <class Which>
    std::size_t remove_if(Which which);

    std::string room_;
    std::vector<Entry> entries_;
    std::size_t bytes_ = 0;
    std::uint64_t present_ = 0;  // one bit per FieldName
};

/// RFC 9110 5.6.2 token, at least one character.
[[nodiscard]] bool valid_name(std::string_view name) noexcept;
/// RFC 9110 5.5 field value: no CR, LF, NUL or other control characters but HTAB. Checked again at
/// every write.
[[nodiscard]] bool valid_value(std::string_view value) noexcept;

/// True when `list`, a comma-separated value as of Connection, holds `token` (case-insensitive).
[[nodiscard]] bool list_has(std::string_view list, std::string_view token) noexcept;

}  // namespace penstock::http
