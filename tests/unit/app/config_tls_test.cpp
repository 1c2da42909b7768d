// The TLS of listeners: what its files hold, and what is said when they do not.
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "certificates.h"
#include "penstock/app/load_config.h"
#include "temporary_directory.h"

namespace penstock::app {
namespace {

class ConfigTls : public testing::Test {
protected:
    ConfigTls() {
        write("a", authority.issue({.names = "DNS:a.test"}));
        write("b", authority.issue({.names = "DNS:b.test"}));
        room.write("ca.crt", authority.pem());
    }
    void write(const std::string& name, const test::Issued& issued) const {
        room.write(name + ".crt", issued.certificate);
        room.write(name + ".key", issued.key);
    }
    /// A config whose listener has these lines in [listener.tls].
    LoadedConfig load(std::string_view tls, std::string_view address = "127.0.0.1:8443") const {
        return load_listener("[listener.tls]\n" + std::string{tls}, address);
    }
    /// A config whose listener has these lines.
    LoadedConfig load_listener(std::string_view lines,
                               std::string_view address = "127.0.0.1:8443") const {
        room.write("p.toml", "[[listener]]\naddress = \"" + std::string{address} + "\"\n" +
                                 std::string{lines} +
                                 "[[pool]]\nname = \"default\"\nengine = \"vllm\"\n"
                                 "backends = [{ url = \"http://127.0.0.1:8001\" }]\n");
        return load_config(room.path("p.toml"), {}, {});
    }
    /// "line:column: message" of each problem.
    static std::vector<std::string> told(const LoadedConfig& loaded) {
        std::vector<std::string> all;
        for (const Problem& each : loaded.problems) {
            all.push_back(std::to_string(each.line) + ":" + std::to_string(each.column) + ": " +
                          each.message);
        }
        return all;
    }

    static constexpr std::string_view k_pair =
        "certificates = [{ cert = \"a.crt\", key = \"a.key\" }]\n";
    TemporaryDirectory room;
    test::Authority authority;
};

TEST_F(ConfigTls, HandsOnWhatItHasChecked) {
    const LoadedConfig loaded = load(std::string{k_pair} +
                                     "min_version = \"1.3\"\nclient_certificate = \"optional\"\n"
                                     "client_ca = \"ca.crt\"\nclient_names = [\"*.test\"]\n");

    EXPECT_THAT(told(loaded), testing::IsEmpty());
    ASSERT_TRUE(loaded.tls.contains("127.0.0.1:8443"));
    const net::ServerTlsOptions& tls = loaded.tls.at("127.0.0.1:8443");
    ASSERT_EQ(tls.certificates.size(), 1U);
    EXPECT_EQ(tls.certificates[0].certificate.path, room.path("a.crt"));
    EXPECT_EQ(tls.min_version, net::TlsVersion::tls_1_3);
    EXPECT_EQ(tls.client_certificate, net::ClientCertificate::optional);
    EXPECT_EQ(tls.client_ca.pem, authority.pem());
    EXPECT_THAT(tls.client_names, testing::ElementsAre("*.test"));
    EXPECT_THAT(tls.alpn, testing::ElementsAre("h2", "http/1.1", "http/1.0"));
}

TEST_F(ConfigTls, OffersNoProtocolThatIsSwitchedOff) {
    const LoadedConfig loaded = load(std::string{k_pair} + "[server.http2]\nenabled = false\n");

    EXPECT_THAT(loaded.tls.at("127.0.0.1:8443").alpn, testing::ElementsAre("http/1.1", "http/1.0"));
}

TEST_F(ConfigTls, OffersWhatTheListenerSpeaks) {
    constexpr std::string_view k_tls = "[listener.tls]\n";
    using Protocols = std::vector<std::string>;
    for (const auto& [protocol, offered] :
         std::map<std::string, Protocols>{{"h2", {"h2"}}, {"http/1.1", {"http/1.1", "http/1.0"}}}) {
        const LoadedConfig loaded = load_listener("protocol = \"" + protocol + "\"\n" +
                                                  std::string{k_tls} + std::string{k_pair});

        EXPECT_EQ(loaded.tls.at("127.0.0.1:8443").alpn, offered);
    }
}

TEST_F(ConfigTls, NoticesThatAFileHasChanged) {
    const std::string before = load(k_pair).content_hash;
    EXPECT_EQ(load(k_pair).content_hash, before);

    write("a", authority.issue({.names = "DNS:a.test"}));

    EXPECT_NE(load(k_pair).content_hash, before);
}

TEST_F(ConfigTls, SaysAtTheOptionWhatIsWrongWithItsFile) {
    const LoadedConfig loaded = load(
        "certificates = [{ cert = \"a.crt\", key = \"a.key\" },\n"
        "  { cert = \"b.crt\", key = \"a.key\" }]\n");

    EXPECT_FALSE(loaded.ok());
    EXPECT_THAT(told(loaded), testing::ElementsAre("5:27: the key in \"" + room.path("a.key") +
                                                   "\" does not belong to the certificate in \"" +
                                                   room.path("b.crt") + "\""));
}

TEST_F(ConfigTls, SaysWhichFileCannotBeRead) {
    const LoadedConfig loaded = load("certificates = [{ cert = \"none.crt\", key = \"a.key\" }]\n");

    EXPECT_THAT(told(loaded), testing::ElementsAre("4:26: cannot read \"" + room.path("none.crt") +
                                                   "\": No such file or directory"));
}

TEST_F(ConfigTls, WarnsOfACertificateThatHasExpired) {
    write("a", authority.issue({.names = "DNS:a.test", .from_seconds = -7200, .to_seconds = -60}));

    const LoadedConfig loaded = load(k_pair);

    EXPECT_TRUE(loaded.ok());
    EXPECT_THAT(told(loaded), testing::ElementsAre(testing::HasSubstr("has expired")));
}

TEST_F(ConfigTls, RefusesATableWithoutCertificatesInsteadOfSpeakingPlainText) {
    for (const char* tls : {"", "certificates = []\n", "min_version = \"1.2\"\n"}) {
        EXPECT_THAT(told(load(tls)),
                    testing::ElementsAre(testing::EndsWith("[listener.tls] names no certificate")))
            << tls;
    }
}

TEST_F(ConfigTls, NeedsAnAuthorityToVerifyClients) {
    EXPECT_THAT(
        told(load(std::string{k_pair} + "client_certificate = \"required\"\n")),
        testing::ElementsAre("5:22: client certificates cannot be verified without \"client_ca\""));
}

TEST_F(ConfigTls, RefusesRulesForCertificatesThatNobodyIsAskedFor) {
    EXPECT_THAT(told(load(std::string{k_pair} + "client_ca = \"ca.crt\"\n")),
                testing::ElementsAre("5:13: clients are not asked for certificates"));
    EXPECT_THAT(told(load(std::string{k_pair} + "client_names = [\"a\"]\n")),
                testing::ElementsAre("5:16: clients are not asked for certificates"));
}

TEST_F(ConfigTls, CountsARequiredCertificateAsAKey) {
    const std::string required =
        std::string{k_pair} + "client_certificate = \"required\"\nclient_ca = \"ca.crt\"\n";
    const std::string optional =
        std::string{k_pair} + "client_certificate = \"optional\"\nclient_ca = \"ca.crt\"\n";

    EXPECT_THAT(told(load(required, "0.0.0.0:8443")), testing::IsEmpty());
    EXPECT_THAT(told(load(optional, "0.0.0.0:8443")),
                testing::ElementsAre(testing::HasSubstr("may use it without an API key")));
}

TEST_F(ConfigTls, WarnsOfARouteForNamesThatNobodyCanShow) {
    const LoadedConfig loaded =
        load(std::string{k_pair} + "[[route]]\npool = \"default\"\nclient_names = [\"a\"]\n");

    EXPECT_TRUE(loaded.ok());
    EXPECT_THAT(told(loaded),
                testing::ElementsAre(testing::HasSubstr("this route can never match")));
}

}  // namespace
}  // namespace penstock::app
