#include "penstock/h1/writer.h"

#include "penstock/base/number_text.h"
#include "penstock/http/grammar.h"

namespace penstock::h1 {

namespace {

/// Fields that the writer makes itself: a second one would be a second opinion on the framing.
constexpr bool own_field(http::FieldName id) noexcept {
    return id == http::FieldName::content_length || id == http::FieldName::transfer_encoding ||
           id == http::FieldName::host;
}

void append_fields(const http::Fields& fields, std::string& out) {
    for (std::size_t i = 0; i < fields.size(); ++i) {
        const http::Field field = fields[i];
        if (own_field(field.id)) continue;
        if (!http::valid_name(field.name) || !http::valid_value(field.value)) continue;
        out.append(field.name).append(": ").append(field.value).append("\r\n");
    }
}

void append_length(std::uint64_t length, std::string& out) {
    out.append("Content-Length: ");
    append_number(out, length);
    out.append("\r\n");
}

/// Nothing that ends a line or a word may come out of a target or an authority.
bool fit_for_request_line(std::string_view text) noexcept {
    return !text.empty() && http::all_of_class(text, http::k_word_char);
}

}  // namespace

void write_request(const http::RequestHead& head, std::string& out) {
    out.reserve(out.size() + head.target.size() + head.fields.bytes() + head.fields.size() * 4 +
                128);
    out.append(http::name(head.method)).append(" ");
    out.append(fit_for_request_line(head.target) ? std::string_view{head.target}
                                                 : std::string_view{"/"});
    out.append(" HTTP/1.1\r\nHost: ");
    if (fit_for_request_line(head.authority)) out.append(head.authority);
    out.append("\r\n");
    append_fields(head.fields, out);
    if (head.fields.has(http::FieldName::upgrade)) out.append("Connection: Upgrade\r\n");
    if (head.framing == http::Framing::length) append_length(head.length, out);
    if (head.framing == http::Framing::chunked) out.append("Transfer-Encoding: chunked\r\n");
    out.append("\r\n");
}

void write_response(const http::ResponseHead& head, http::Framing framing,
                    ConnectionField connection, std::string& out) {
    out.reserve(out.size() + head.fields.bytes() + head.fields.size() * 4 + 128);
    out.append("HTTP/1.1 ");
    append_number(out, static_cast<std::uint64_t>(head.status));
    out.append(" ");
    const std::string_view reason =
        head.reason.empty() ? http::reason_phrase(head.status) : head.reason;
    if (http::valid_value(reason)) out.append(reason);
    out.append("\r\n");
    append_fields(head.fields, out);
    if (framing == http::Framing::length || (framing == http::Framing::none && head.has_length)) {
        append_length(head.length, out);
    }
    if (framing == http::Framing::chunked) out.append("Transfer-Encoding: chunked\r\n");
    if (connection == ConnectionField::close) out.append("Connection: close\r\n");
    if (connection == ConnectionField::upgrade) out.append("Connection: Upgrade\r\n");
    if (connection == ConnectionField::keep_alive) out.append("Connection: keep-alive\r\n");
    out.append("\r\n");
}

}  // namespace penstock::h1
