#include "penstock/app/config.h"
#include "tables.h"
#include "text_formats.h"

namespace penstock::app {

namespace {

constexpr std::array<std::string_view, 2> k_versions{"1.2", "1.3"};
constexpr std::array<std::string_view, 3> k_protocols{"auto", "http/1.1", "h2"};
constexpr std::array<std::string_view, 3> k_client_certificates{"off", "optional", "required"};

const Option k_certificate_options[] = {
    {.name = "cert",
     .binding = bound<&CertificateConfig::cert>(),
     .need = Need::required,
     .format = &k_file,
     .sentence = "A PEM file with the certificate, and behind it those of the authorities between "
                 "it and the root."},
    {.name = "key",
     .binding = bound<&CertificateConfig::key>(),
     .need = Need::required,
     .format = &k_file,
     .sentence = "A PEM file with its private key, without a password."},
};

const OptionTable k_certificate_table{
    .name = "listener.tls.certificates",
    .sentence =
        "The certificates that a listener shows. A client gets the one that bears the host "
        "it asks for, and the first when none does or it asks for none; several may bear "
        "the same host with different kinds of key, of one kind the first counts. Usually written "
        "inline: "
        "`certificates = [{ cert = \"site.crt\", key = \"site.key\" }]`.",
    .options = k_certificate_options,
    .children = {},
    .defaults = fresh<CertificateConfig>};

const Option k_tls_options[] = {
    {.name = "min_version",
     .binding = chosen<&ListenerTlsConfig::min_version, k_versions>(),
     .sentence = "The oldest version of TLS that is spoken."},
    {.name = "client_certificate",
     .binding = chosen<&ListenerTlsConfig::client_certificate, k_client_certificates>(),
     .sentence = "Whether clients show a certificate. optional: one that is shown must be good. "
                 "required: without a good one nobody gets in."},
    {.name = "client_ca",
     .binding = bound<&ListenerTlsConfig::client_ca>(),
     .format = &k_file,
     .empty = "none",
     .sentence = "A PEM file with the authorities that sign clients' certificates; intermediate "
                 "ones may stand alone."},
    {.name = "client_names",
     .binding = bound<&ListenerTlsConfig::client_names>(),
     .format = &k_certificate_name,
     .empty = "any that the authorities have signed",
     .sentence = "Names of which a client's certificate must bear one: DNS names, addresses, URIs "
                 "or e-mail addresses among its subject alternative names, its common name where "
                 "it has none. `*` stands for any text."},
};

constexpr ChildTable k_tls_children[] = {
    table_list<&ListenerTlsConfig::certificates>("certificates", k_certificate_table,
                                                 k_certificates_max),
};

const Option k_listener_options[] = {
    {.name = "address",
     .binding = bound<&ListenerConfig::address>(),
     .format = &k_address,
     .sentence = "Where clients connect: host:port, [v6]:port or unix:/path. Port 0 takes a free "
                 "one, which the log tells at start."},
    {.name = "protocol",
     .binding = chosen<&ListenerConfig::protocol, k_protocols>(),
     .sentence = "What is spoken here. auto: HTTP/1.1 and HTTP/2, told apart by a client's first "
                 "bytes, over TLS by ALPN. http/1.1 or h2: that alone; who comes with the other is "
                 "refused."},
};

constexpr ChildTable k_listener_children[] = {
    one_table<&ListenerConfig::tls>("tls", k_listener_tls_table),
};

}  // namespace

const OptionTable k_listener_tls_table{
    .name = "listener.tls",
    .sentence =
        "TLS to clients; without this table they speak plain text. Versions 1.2 and 1.3, "
        "forward secrecy only. The files are read again on "
        "SIGHUP and when they change: new connections get the new certificates, open ones "
        "stay.",
    .options = k_tls_options,
    .children = k_tls_children,
    .defaults = fresh<ListenerTlsConfig>};

const OptionTable k_listener_table{.name = "listener",
                                   .sentence = "Where clients connect. At least one is needed.",
                                   .options = k_listener_options,
                                   .children = k_listener_children,
                                   .defaults = fresh<ListenerConfig>};

}  // namespace penstock::app
