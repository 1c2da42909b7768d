// The TLS of pools: what its files hold, and what is said when they do not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "certificates.h"
#include "penstock/app/load_config.h"
#include "temporary_directory.h"

namespace penstock::app {
namespace {

class ConfigBackendTls : public testing::Test {
protected:
    ConfigBackendTls() {
        const test::Issued own = authority.issue({.names = "DNS:proxy.test"});
        room.write("own.crt", own.certificate);
        room.write("own.key", own.key);
        room.write("ca.crt", authority.pem());
    }
    /// A config whose pool has these lines, the first of them its sixth.
    LoadedConfig load(const std::string& pool) const {
        room.write("p.toml",
                   "[[listener]]\naddress = \"127.0.0.1:8080\"\n[[pool]]\nname = \"default\"\n"
                   "backends = [{ url = \"https://engine.test:8001\" }]\n" +
                       pool);
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

    TemporaryDirectory room;
    test::Authority authority;
};

TEST_F(ConfigBackendTls, HandsOnWhatItHasChecked) {
    const LoadedConfig loaded = load(
        "[pool.tls]\nca_file = \"ca.crt\"\ncert_file = \"own.crt\"\nkey_file = \"own.key\"\n"
        "names = [\"*.test\"]\n");

    EXPECT_THAT(told(loaded), testing::IsEmpty());
    const net::ClientTlsOptions& tls = loaded.backend_tls.at("default");
    EXPECT_EQ(tls.ca.path, room.path("ca.crt"));
    EXPECT_EQ(tls.ca.pem, authority.pem());
    EXPECT_EQ(tls.own.certificate.path, room.path("own.crt"));
    EXPECT_THAT(tls.names, testing::ElementsAre("*.test"));
    EXPECT_FALSE(tls.insecure);
}

TEST_F(ConfigBackendTls, NeedsNoTableForTheSystemsAuthorities) {
    const LoadedConfig loaded = load("");

    EXPECT_THAT(told(loaded), testing::IsEmpty());
    EXPECT_EQ(loaded.backend_tls.at("default").ca.path, "");
}

TEST_F(ConfigBackendTls, OffersWhatThePoolSpeaks) {
    using testing::ElementsAre;
    EXPECT_THAT(load("").backend_tls.at("default").alpn, ElementsAre("h2", "http/1.1"));
    EXPECT_THAT(load("protocol = \"h2\"\n").backend_tls.at("default").alpn, ElementsAre("h2"));
    EXPECT_THAT(load("protocol = \"http/1.1\"\n").backend_tls.at("default").alpn,
                ElementsAre("http/1.1"));
}

TEST_F(ConfigBackendTls, NoticesThatAFileHasChanged) {
    const std::string table = "[pool.tls]\nca_file = \"ca.crt\"\n";
    const std::string before = load(table).content_hash;
    EXPECT_EQ(load(table).content_hash, before);

    room.write("ca.crt", test::Authority{"Other"}.pem());

    EXPECT_NE(load(table).content_hash, before);
}

TEST_F(ConfigBackendTls, SaysAtTheOptionWhatIsWrongWithItsFile) {
    room.write("bad.crt", "no certificate\n");

    const LoadedConfig loaded = load("[pool.tls]\nca_file = \"bad.crt\"\n");

    EXPECT_FALSE(loaded.ok());
    EXPECT_THAT(told(loaded),
                testing::ElementsAre(testing::AllOf(testing::StartsWith("7:11: "),
                                                    testing::HasSubstr(room.path("bad.crt")))));
}

TEST_F(ConfigBackendTls, SaysThatAKeyBelongsToAnotherCertificate) {
    room.write("own.key", authority.issue({}).key);

    const LoadedConfig loaded =
        load("[pool.tls]\ncert_file = \"own.crt\"\nkey_file = \"own.key\"\n");

    EXPECT_THAT(told(loaded), testing::ElementsAre("8:12: the key in \"" + room.path("own.key") +
                                                   "\" does not belong to the certificate in \"" +
                                                   room.path("own.crt") + "\""));
}

TEST_F(ConfigBackendTls, IsNotMadeForPoolsInClearText) {
    const LoadedConfig loaded =
        load("[[pool]]\nname = \"clear\"\nbackends = [{ url = \"http://engine.test\" }]\n");

    EXPECT_FALSE(loaded.backend_tls.contains("clear"));
}

}  // namespace
}  // namespace penstock::app
