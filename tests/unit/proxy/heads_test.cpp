// What the proxy changes in heads, as a table: which fields of a message come out on the other
// side.
#include "heads.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "fake_server_stream.h"
#include "proxy_bench.h"

namespace penstock::proxy {
namespace {

using support::FakeServerStream;
using support::ProxyBench;
using Lines = std::vector<std::string>;

http::RequestHead post_with(const std::vector<std::pair<std::string, std::string>>& fields) {
    http::RequestHead head = support::request(http::Method::post, "/v1/chat/completions?x=1");
    for (const auto& [name, value] : fields) head.fields.append(name, value);
    return head;
}

template <class Head>
Lines lines_of(const Head& head) {
    Lines lines;
    for (std::size_t i = 0; i < head.fields.size(); ++i) {
        lines.push_back(std::string{head.fields[i].name} + ": " +
                        std::string{head.fields[i].value});
    }
    return lines;
}

/// A worker with one pool and route, and the heads it would send.
class HeadsTest : public testing::Test {
protected:
    http::RequestHead upstream(http::RequestHead from, unsigned attempt = 1,
                               http::Version spoken = http::Version::http_1_1) {
        bench.add_engine();
        bench.publish();
        FakeServerStream client{std::move(from)};
        client.encrypt(encryption);
        if (!peer.empty()) client.come_from(peer);
        Exchange exchange{*bench.worker, client};
        exchange.record.request_id = "id";
        exchange.route = &exchange.generation->routes.front();
        exchange.pool = &exchange.generation->pools.front();
        http::RequestHead head =
            upstream_head(exchange, exchange.pool->backends.front(), spoken, attempt);
        exchange.ended(telemetry::Outcome::ok);
        return head;
    }
    /// Those lines of the upstream head that a client's fields gave rise to: not ours.
    Lines passed(const std::vector<std::pair<std::string, std::string>>& fields) {
        Lines lines;
        for (std::string& line : lines_of(upstream(post_with(fields)))) {
            if (!line.starts_with("X-Forwarded-For:") && !line.starts_with("X-Forwarded-Proto:") &&
                !line.starts_with("X-Forwarded-Host:") && line != "Via: 1.1 penstock" &&
                !line.starts_with("X-Request-Id:")) {
                lines.push_back(std::move(line));
            }
        }
        return lines;
    }
    Lines downstream(const std::vector<std::pair<std::string, std::string>>& fields,
                     const std::vector<std::pair<std::string, std::string>>& cors = {}) {
        bench.publish();
        FakeServerStream client{support::get("/")};
        Exchange exchange{*bench.worker, client};
        exchange.record.request_id = "id";
        for (const auto& [name, value] : cors) exchange.cors_fields.append(name, value);
        http::ResponseHead from;
        for (const auto& [name, value] : fields) from.fields.append(name, value);
        exchange.ended(telemetry::Outcome::ok);
        return lines_of(downstream_head(exchange, from, {}));
    }

    ProxyBench bench;
    const http::Encryption* encryption = nullptr;  // of the client
    std::string_view peer;                         // empty: an address
};

TEST_F(HeadsTest, Upstream_PassesEndToEndFieldsUnchangedAndInOrder) {
    EXPECT_EQ(passed({{"User-AGENT", "x"},
                      {"X-b", "1"},
                      {"Content-Type", "application/json"},
                      {"X-b", "2"},
                      {"Authorization", "Bearer k"},
                      {"Cookie", "a=b"}}),
              (Lines{"User-AGENT: x", "X-b: 1", "Content-Type: application/json", "X-b: 2",
                     "Authorization: Bearer k", "Cookie: a=b"}));
}

TEST_F(HeadsTest, Upstream_RemovesHopByHopFields) {
    EXPECT_EQ(passed({{"Connection", "keep-alive, Upgrade"},
                      {"Keep-Alive", "timeout=5"},
                      {"Proxy-Connection", "keep-alive"},
                      {"TE", "trailers"},
                      {"Trailer", "X"},
                      {"Upgrade", "h2c"},
                      {"HTTP2-Settings", "AAMAAABkAARAAAAAAAIAAAAA"},
                      {"Proxy-Authorization", "Basic x"},
                      {"Proxy-Authenticate", "Basic"}}),
              Lines{});
}

TEST_F(HeadsTest, Upstream_TellsThatTrailersArePassedOnWhereHttp2IsSpoken) {
    for (const auto& [te, passed] : {std::pair{"trailers", true}, std::pair{"deflate", false}}) {
        const http::RequestHead head = upstream(post_with({{"TE", te}}), 1, http::Version::http_2);

        EXPECT_EQ(head.fields.find(http::FieldName::te) == "trailers", passed) << te;
    }
}

TEST_F(HeadsTest, Upstream_RemovesWhatConnectionNames) {
    EXPECT_EQ(passed({{"Connection", "close, X-Hop"}, {"x-hop", "1"}, {"X-Stays", "2"}}),
              Lines{"X-Stays: 2"});
}

TEST_F(HeadsTest, Upstream_KeepsEndToEndFieldsThatConnectionNames) {
    EXPECT_EQ(
        passed({{"Connection", "Authorization, Cookie, Content-Type, Content-Language, Origin"},
                {"Authorization", "Bearer k"},
                {"Cookie", "a=b"},
                {"Content-Type", "application/json"},
                {"Content-Language", "de"},
                {"Origin", "https://a"}}),
        (Lines{"Authorization: Bearer k", "Cookie: a=b", "Content-Type: application/json",
               "Content-Language: de", "Origin: https://a"}));
}

TEST_F(HeadsTest, Upstream_OwnFieldsSurviveAConnectionThatNamesThem) {
    const Lines lines = lines_of(upstream(
        post_with({{"Connection", "X-Forwarded-For, Via, X-Request-Id"}, {"Via", "1.1 front"}})));

    EXPECT_EQ(lines[0], "Via: 1.1 front");
    EXPECT_EQ(lines[1], "X-Forwarded-For: 192.0.2.1");
    EXPECT_EQ(lines[2], "X-Forwarded-Proto: http");
    EXPECT_EQ(lines[3], "X-Forwarded-Host: penstock.test");
    EXPECT_EQ(lines[4], "Via: 1.1 penstock");
    EXPECT_TRUE(lines[5].starts_with("X-Request-Id: id-1-")) << lines[5];
}

TEST_F(HeadsTest, Upstream_TellsThatTheClientCameByTls) {
    const http::Encryption by_tls;
    encryption = &by_tls;

    const Lines lines = lines_of(upstream(post_with({{"X-Forwarded-Proto", "http"}})));

    EXPECT_EQ(lines[1], "X-Forwarded-Proto: https");
}

TEST_F(HeadsTest, Upstream_DropsWhatAnUntrustedPeerSaysOfTheClient) {
    const Lines lines = lines_of(upstream(post_with({{"X-Forwarded-For", "6.6.6.6"},
                                                     {"X-Forwarded-Proto", "https"},
                                                     {"X-Forwarded-Host", "evil"},
                                                     {"X-Forwarded-Port", "1"},
                                                     {"X-Real-IP", "6.6.6.6"},
                                                     {"Forwarded", "for=6.6.6.6"}})));

    EXPECT_EQ(lines[0], "X-Forwarded-For: 192.0.2.1");
    EXPECT_EQ(lines[1], "X-Forwarded-Proto: http");
    EXPECT_EQ(lines[2], "X-Forwarded-Host: penstock.test");
    EXPECT_EQ(lines.size(), 5U);
}

TEST_F(HeadsTest, Upstream_KeepsAndAppendsWhatATrustedPeerSays) {
    bench.generation.trusted = *TrustedProxies::parse({"192.0.2.0/24"});

    const Lines lines = lines_of(upstream(post_with({{"X-Forwarded-For", "1.1.1.1"},
                                                     {"X-Forwarded-Proto", "https"},
                                                     {"X-Forwarded-For", "10.0.0.1"},
                                                     {"X-Forwarded-Host", "front"},
                                                     {"X-Forwarded-Port", "443"},
                                                     {"Forwarded", "for=1.1.1.1"}})));

    EXPECT_EQ(lines[0], "X-Forwarded-Port: 443");
    EXPECT_EQ(lines[1], "Forwarded: for=1.1.1.1");
    EXPECT_EQ(lines[2], "X-Forwarded-For: 1.1.1.1, 10.0.0.1, 192.0.2.1");
    EXPECT_EQ(lines[3], "X-Forwarded-Proto: https");
    EXPECT_EQ(lines[4], "X-Forwarded-Host: front");
}

TEST_F(HeadsTest, Upstream_AUnixPeerHasNoAddressToAppend) {
    bench.generation.trusted = *TrustedProxies::parse({"unix"});
    peer = "unix";

    EXPECT_FALSE(upstream(post_with({})).fields.has(http::FieldName::x_forwarded_for));
}

TEST_F(HeadsTest, Upstream_ATrustedUnixPeersChainStaysAsItIs) {
    bench.generation.trusted = *TrustedProxies::parse({"unix"});
    peer = "unix";

    const Lines lines = lines_of(
        upstream(post_with({{"X-Forwarded-For", "1.1.1.1"}, {"X-Forwarded-For", "10.0.0.1"}})));

    EXPECT_EQ(lines[0], "X-Forwarded-For: 1.1.1.1, 10.0.0.1");
}

TEST_F(HeadsTest, Upstream_LeavesOutAcceptEncodingWhileItObserves) {
    EXPECT_EQ(passed({{"Accept-Encoding", "gzip"}}), Lines{});
}

TEST_F(HeadsTest, Upstream_PassesAcceptEncodingWhereNothingIsObserved) {
    bench.route.usage = UsageMode::off;

    EXPECT_EQ(passed({{"Accept-Encoding", "gzip"}}), Lines{"Accept-Encoding: gzip"});
}

TEST_F(HeadsTest, Upstream_AKeyOfOursIsNoneOfTheEnginesBusiness) {
    bench.generation.keys = *ApiKeys::parse("");

    EXPECT_EQ(passed({{"Authorization", "Bearer k"}, {"x-api-key", "k"}}), Lines{});
}

TEST_F(HeadsTest, Upstream_ThePoolsAuthorizationReplacesTheClients) {
    bench.pool.authorization = "Bearer pool";

    EXPECT_EQ(passed({{"Authorization", "Bearer k"}}), Lines{"Authorization: Bearer pool"});
}

TEST_F(HeadsTest, Upstream_LeavesOutTheWishForAnExplanation) {
    EXPECT_EQ(passed({{"X-Penstock-Explain", "1"}}), Lines{});
}

TEST_F(HeadsTest, Upstream_TargetGoesBehindTheBackendsBasePath) {
    bench.add_engine();
    bench.pool.backends.front().address.base_path = "/base";

    const http::RequestHead head = upstream(post_with({}));

    EXPECT_EQ(head.target, "/base/v1/chat/completions?x=1");
    EXPECT_EQ(head.authority,
              bench.worker->newest().generation->pools[0].backends[0].address.authority());
}

TEST_F(HeadsTest, Upstream_NamesTheRankAndLeavesOutTheClients) {
    bench.add_engine();
    bench.pool.backends.front().rank = fleet::Rank{.number = 3, .first = 0};

    EXPECT_EQ(passed({{"x-data-parallel-rank", "1"}}), (Lines{"X-Data-Parallel-Rank: 3"}));
}

TEST_F(HeadsTest, Upstream_AClientMayNameTheRankOfAServerThatIsOneBackend) {
    EXPECT_EQ(passed({{"x-data-parallel-rank", "1"}}), (Lines{"x-data-parallel-rank: 1"}));
}

TEST_F(HeadsTest, Upstream_ViaTellsTheVersionTheClientSpoke) {
    http::RequestHead from = post_with({});
    from.version = http::Version::http_1_0;

    EXPECT_EQ(upstream(std::move(from)).fields.find(http::FieldName::via), "1.0 penstock");
}

TEST_F(HeadsTest, Downstream_RemovesHopByHopAndTheEnginesRequestId) {
    EXPECT_EQ(downstream({{"Server", "uvicorn"},
                          {"Connection", "keep-alive, x-hop"},
                          {"X-Hop", "1"},
                          {"Keep-Alive", "timeout=5"},
                          {"x-request-id", "id-1-abc"},
                          {"Set-Cookie", "a=b"},
                          {"Set-Cookie", "c=d"}}),
              (Lines{"Server: uvicorn", "Set-Cookie: a=b", "Set-Cookie: c=d", "Via: 1.1 penstock",
                     "X-Request-Id: id"}));
}

TEST_F(HeadsTest, Downstream_OurCorsAnswerReplacesTheEngines) {
    bench.generation.cors_origins = {"https://app"};

    EXPECT_EQ(downstream({{"access-control-allow-origin", "*"},
                          {"Access-Control-Expose-Headers", "X-a"},
                          {"X-a", "1"}},
                         {{"Access-Control-Allow-Origin", "https://app"}}),
              (Lines{"X-a: 1", "Via: 1.1 penstock", "X-Request-Id: id",
                     "Access-Control-Allow-Origin: https://app"}));
}

TEST_F(HeadsTest, Downstream_AnEngineLetsInNoOriginThatWeKeepOut) {
    bench.generation.cors_origins = {"https://app"};

    EXPECT_EQ(downstream({{"access-control-allow-origin", "*"},
                          {"Access-Control-Allow-Credentials", "true"},
                          {"X-a", "1"}}),
              (Lines{"X-a: 1", "Via: 1.1 penstock", "X-Request-Id: id"}));
}

TEST_F(HeadsTest, Downstream_KeepsTheEnginesCorsAnswerWhereWeGiveNone) {
    EXPECT_EQ(downstream({{"access-control-allow-origin", "*"}}),
              (Lines{"access-control-allow-origin: *", "Via: 1.1 penstock", "X-Request-Id: id"}));
}

}  // namespace
}  // namespace penstock::proxy
