#include "penstock/app/config.h"
#include "tables.h"
#include "text_formats.h"

namespace penstock::app {

namespace {

const Option k_options[] = {
    {.name = "ca_file",
     .binding = bound<&BackendTlsConfig::ca_file>(),
     .format = &k_file,
     .empty = "the system's authorities",
     .sentence =
         "A PEM file with the authorities that sign the backends' certificates, or with the "
         "certificates themselves; intermediate ones may stand alone."},
    {.name = "server_name",
     .binding = bound<&BackendTlsConfig::server_name>(),
     .format = &k_server_name,
     .empty = "the host of the URL; with `discover` that name, not the addresses behind it",
     .sentence = "The name or address that the backends are asked by (SNI), and that their "
                 "certificates must bear."},
    {.name = "cert_file",
     .binding = bound<&BackendTlsConfig::cert_file>(),
     .format = &k_file,
     .empty = "none is shown",
     .sentence = "A PEM file with the certificate that is shown to backends which ask for one, and "
                 "behind it those of the authorities between it and the root."},
    {.name = "key_file",
     .binding = bound<&BackendTlsConfig::key_file>(),
     .format = &k_file,
     .empty = "none",
     .sentence = "A PEM file with its private key, without a password."},
    {.name = "names",
     .binding = bound<&BackendTlsConfig::names>(),
     .format = &k_certificate_name,
     .empty = "the name that it is asked by",
     .sentence =
         "Names of which a backend's certificate must bear one, instead of that by which it "
         "is asked: DNS names, addresses, URIs or e-mail addresses among its subject "
         "alternative names. `*` stands for any text."},
    {.name = "insecure",
     .binding = bound<&BackendTlsConfig::insecure>(),
     .sentence = "Believe whoever answers: no certificate is verified. For trials only; whoever is "
                 "between can read and change everything."},
};

}  // namespace

const OptionTable k_backend_tls_table{
    .name = "pool.tls",
    .sentence =
        "TLS to backends with https:// URLs; requests and polls alike. Certificates are verified; "
        "a backend whose certificate is not good gets no request, and never one in plain text. "
        "The files are read again on SIGHUP and when they change; connections that were made "
        "with the old ones take no new requests.",
    .options = k_options,
    .children = {},
    .defaults = fresh<BackendTlsConfig>};

}  // namespace penstock::app
