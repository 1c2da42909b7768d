// Members of a JSON object that is written by hand: each is appended with a comma before it, and
// `close_object` makes the first comma the brace that opens.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace penstock::proxy {

/// `,"key":`
void append_key(std::string& out, std::string_view key);
/// Null for an empty text.
void append_text(std::string& out, std::string_view key, std::string_view value);
/// At most six digits, which is more than anybody needs; -0 is 0. Null for what is no number.
void append_figure(std::string& out, std::string_view key, double value);
void append_count(std::string& out, std::string_view key, std::uint64_t value);
void append_flag(std::string& out, std::string_view key, bool value);

/// Of the members that were appended since `out` had `begin` bytes, at least one.
void close_object(std::string& out, std::size_t begin);

}  // namespace penstock::proxy
