// What texts of the configuration must look like. Thread: any.
#pragma once

#include "penstock/base/option.h"

namespace penstock::app {

extern const TextFormat k_name;              // of pools and routes: they become metric labels
extern const TextFormat k_address;           // "127.0.0.1:8080", "[::1]:8080", "unix:/path"
extern const TextFormat k_backend_url;       // "http://host:port/base", "unix:/path"
extern const TextFormat k_discover_url;      // the same without unix sockets
extern const TextFormat k_network;           // "10.0.0.0/8", "unix"
extern const TextFormat k_model;             // a name with `*`
extern const TextFormat k_host;              // a host name with `*`
extern const TextFormat k_server_name;       // a host name, or an address without brackets
extern const TextFormat k_certificate_name;  // of a certificate, with `*`
extern const TextFormat k_path_pattern;      // "/v1/**"
extern const TextFormat k_path;              // "/metrics"
extern const TextFormat k_method;            // "POST", "*"
extern const TextFormat k_upgrade;           // "websocket"
extern const TextFormat k_header_value;      // with `*`
extern const TextFormat k_origin;            // "https://app.example", "*"
extern const TextFormat k_file;
extern const TextFormat k_metric;  // "my_engine:running"
extern const TextFormat k_label;
extern const TextFormat k_label_condition;  // "eu|ch-*"
extern const TextFormat k_session_source;   // "header:X-Session-Id"

/// Whether only this machine reaches a listener: a good address on loopback or a unix socket.
[[nodiscard]] bool is_local(std::string_view address);

/// RFC 9110 5.6.2 `token`, what a header's name consists of.
[[nodiscard]] bool is_token(std::string_view text) noexcept;

}  // namespace penstock::app
