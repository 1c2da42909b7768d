// Writes heads from parsed fields, never from raw bytes. Names and values are checked once more:
// nothing with CR, LF or NUL from any source becomes a header. Thread: any.
#pragma once

#include <string>

#include "penstock/http/head.h"

namespace penstock::h1 {

/// Appends the request head to `out`: origin-form target, Host, the fields, then the framing's
/// field. Host, Content-Length and Transfer-Encoding among `head.fields` are left out; an Upgrade
/// among them is a wish of this connection, and Connection says so.
void write_request(const http::RequestHead& head, std::string& out);

enum class ConnectionField : std::uint8_t { none, close, keep_alive, upgrade };

/// Appends the response head to `out`. `framing` is how this side sends the body (it may differ
/// from `head.framing`).
void write_response(const http::ResponseHead& head, http::Framing framing,
                    ConnectionField connection, std::string& out);

}  // namespace penstock::h1
