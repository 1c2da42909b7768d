#include "server/build_generation.h"

#include <gtest/gtest.h>

#include "penstock/app/load_config.h"

namespace penstock::app {
namespace {

Config config_of(const std::string& more) {
    const std::string text = R"(
[[listener]]
address = "127.0.0.1:0"
[[pool]]
name = "a"
backends = [{ url = "http://127.0.0.1:8001/base" }, { url = "unix:/run/engine.sock", weight = 2.0 }]
)";
    LoadedConfig loaded = parse_config(text + more, "test.toml");
    for (const Problem& problem : loaded.problems) ADD_FAILURE() << to_text(problem);
    return std::move(loaded.config);
}

TEST(BuildGeneration, GivesAnImpliedRouteToEveryPool) {
    fleet::SlotTable slots;

    const Built built = build_generation(
        config_of("[[pool]]\nname = \"b\"\nbackends = [{ url = \"http://h:1\" }]\n"), {}, slots, 7);

    EXPECT_EQ(built.generation->number, 7U);
    ASSERT_EQ(built.generation->routes.size(), 1U);
    EXPECT_EQ(built.generation->routes[0].pools, (std::vector<std::uint32_t>{0, 1}));
    EXPECT_EQ(built.targets.size(), 3U);
}

TEST(BuildGeneration, ReadsAddressesOfBothKinds) {
    fleet::SlotTable slots;

    const Built built = build_generation(config_of(""), {}, slots, 1);

    const auto& backends = built.generation->pools[0].backends;
    ASSERT_EQ(backends.size(), 2U);
    EXPECT_EQ(backends[0].address.base_path, "/base");
    EXPECT_EQ(backends[1].address.unix_path, "/run/engine.sock");
    EXPECT_EQ(backends[1].weight, 2.0);
    EXPECT_NE(backends[0].identity, backends[1].identity);
}

TEST(BuildGeneration, GivesAPoolItsShadow) {
    fleet::SlotTable slots;

    const Built built =
        build_generation(config_of("[pool.balance]\npolicy = \"least_load\"\nshadow = "
                                   "\"prefix_hash\"\n[[pool]]\nname = \"b\"\n"
                                   "backends = [{ url = \"http://h:1\" }]\n"),
                         {}, slots, 1);

    const proxy::Pool& pool = built.generation->pools[0];
    EXPECT_EQ(pool.policy->name(), "least_load");
    ASSERT_TRUE(pool.shadow);
    EXPECT_EQ(pool.shadow->policy->name(), "prefix_hash");
    EXPECT_TRUE(pool.shadow->estimate->in_seconds());
    EXPECT_FALSE(built.generation->pools[1].shadow);
}

TEST(BuildGeneration, KeepsTheSlotOfABackendThatStays) {
    fleet::SlotTable slots;
    const Built before = build_generation(config_of(""), {}, slots, 1);

    const Built after = build_generation(config_of(""), {}, slots, 2);

    EXPECT_EQ(before.generation->pools[0].backends, after.generation->pools[0].backends);
    EXPECT_EQ(before.targets, after.targets);
}

TEST(BuildGeneration, AddsWhatDiscoveryFound) {
    fleet::SlotTable slots;
    const Config config = config_of("[[pool]]\nname = \"d\"\ndiscover = \"http://engines:8000\"\n");

    const Built built = build_generation(
        config, {.discovered = {{"d", {"10.0.0.1", "fd00::1"}}}, .tls = {}}, slots, 1);

    const auto& backends = built.generation->pools[1].backends;
    ASSERT_EQ(backends.size(), 2U);
    EXPECT_EQ(backends[0].url, "http://10.0.0.1:8000");
    EXPECT_EQ(backends[1].url, "http://[fd00::1]:8000");
    EXPECT_EQ(backends[1].address.host, "fd00::1");
}

TEST(BuildGeneration, GivesTlsToBackendsOfHttpsAlone) {
    fleet::SlotTable slots;
    const Config config = config_of(
        "[[pool]]\nname = \"t\"\n"
        "backends = [{ url = \"https://engine.test\" }, { url = \"http://engine.test:81\" }]\n");
    const auto settings = net::ClientTls::load({}).tls;

    const Built built =
        build_generation(config, {.discovered = {}, .tls = {{"t", settings}}}, slots, 1);

    const auto& backends = built.generation->pools[1].backends;
    EXPECT_EQ(backends[0].tls, (fleet::BackendTls{settings, "engine.test"}));
    EXPECT_EQ(backends[0].address.port, 443);
    EXPECT_EQ(backends[1].tls, fleet::BackendTls{});
    EXPECT_EQ(built.targets[2].backend.tls.settings, settings);
}

TEST(BuildGeneration, AsksWhatWasDiscoveredByTheNameThatWasLookedUp) {
    fleet::SlotTable slots;
    const Config config =
        config_of("[[pool]]\nname = \"d\"\ndiscover = \"https://engines.test\"\n");
    const auto settings = net::ClientTls::load({}).tls;

    const Built built = build_generation(
        config, {.discovered = {{"d", {"fd00::1"}}}, .tls = {{"d", settings}}}, slots, 1);

    const auto& backend = built.generation->pools[1].backends.at(0);
    EXPECT_EQ(backend.url, "https://[fd00::1]:443");
    EXPECT_EQ(backend.tls, (fleet::BackendTls{settings, "engines.test"}));
}

TEST(BuildGeneration, AsksByTheNameThatAnOperatorHasChosen) {
    fleet::SlotTable slots;
    const Config config = config_of(
        "[[pool]]\nname = \"t\"\nbackends = [{ url = \"https://10.0.0.1:8443\" }]\n"
        "[pool.tls]\nserver_name = \"engine.test\"\n");
    const auto settings = net::ClientTls::load({}).tls;

    const Built built =
        build_generation(config, {.discovered = {}, .tls = {{"t", settings}}}, slots, 1);

    EXPECT_EQ(built.generation->pools[1].backends.at(0).tls.server_name, "engine.test");
}

TEST(BuildGeneration, PassesUnknownModelsWhereNobodyListsThem) {
    fleet::SlotTable slots;

    const Built built = build_generation(config_of("[pool.poll]\nenabled = false\n"), {}, slots, 1);

    EXPECT_EQ(built.generation->pools[0].unknown_model, UnknownModel::pass);
}

TEST(BuildGeneration, PollsAnEngineAsOftenAsItBears) {
    fleet::SlotTable slots;
    const Config config = config_of(
        "[[pool]]\nname = \"b\"\nengine = \"llamacpp\"\nbackends = [{ url = \"http://h:1\" }]\n"
        "[[pool]]\nname = \"c\"\nengine = \"llamacpp\"\nbackends = [{ url = \"http://h:2\" }]\n"
        "[pool.poll]\nmetrics_interval = \"50ms\"\n");

    const Built built = build_generation(config, {}, slots, 1);

    ASSERT_EQ(built.targets.size(), 4U);
    EXPECT_EQ(built.targets[0].options.metrics_interval, Millis{100});
    EXPECT_EQ(built.targets[2].options.metrics_interval, Millis{1'500});
    EXPECT_EQ(built.targets[3].options.metrics_interval, Millis{50});
}

TEST(BuildGeneration, BelievesMetricsUntilTheNextCanBeThere) {
    fleet::SlotTable slots;
    const Config config = config_of(
        "[pool.poll]\nmetrics_interval = \"500ms\"\n"
        "[[pool]]\nname = \"b\"\nbackends = [{ url = \"http://h:1\" }]\n"
        "[pool.poll]\nmetrics_interval = \"501ms\"\n");

    const Built built = build_generation(config, {}, slots, 1);

    EXPECT_EQ(built.generation->pools[0].balance.stale_after, Millis{1'000});
    EXPECT_EQ(built.generation->pools[1].balance.stale_after, Millis{1'002});
}

TEST(BuildGeneration, GivesEachBackendItsPoolsLabelsWhereItHasNoOwn) {
    fleet::SlotTable slots;
    const Config config = config_of(R"([[pool]]
name = "b"
labels = { region = "eu", zone = "a" }
discover = "http://engines.example:8000"
backends = [{ url = "http://h:1", labels = { zone = "b", rack = "7" } }]
)");

    const Built built =
        build_generation(config, {.discovered = {{"b", {"10.0.0.1"}}}, .tls = {}}, slots, 1);

    using Labels = std::map<std::string, std::string>;
    const auto& backends = built.generation->pools[1].backends;
    ASSERT_EQ(backends.size(), 2U);
    EXPECT_EQ(backends[0].labels, (Labels{{"region", "eu"}, {"zone", "b"}, {"rack", "7"}}));
    EXPECT_EQ(backends[1].labels, (Labels{{"region", "eu"}, {"zone", "a"}}));
}

TEST(BuildGeneration, TellsHowBackendsStandToARoutesLabels) {
    fleet::SlotTable slots;
    const Config config = config_of(R"([[pool]]
name = "b"
backends = [{ url = "http://h:1", labels = { zone = "b", gpu = "h100" } },
            { url = "http://h:2", labels = { zone = "a" } }, { url = "http://h:3" }]
[[route]]
pool = "b"
require_labels = { zone = "a|b" }
prefer_labels = { gpu = "h*" }
spill_cost = "200ms"
[[route]]
pool = "b"
paths = ["/other"]
label_headers = true
)");

    const Built built = build_generation(config, {}, slots, 1);

    const auto& routes = built.generation->routes;
    EXPECT_EQ(routes[0].standings, (std::vector<fleet::Standings>{{0, 1, fleet::k_barred}}));
    EXPECT_FLOAT_EQ(routes[0].spill_cost, 0.2F);
    EXPECT_FALSE(routes[0].label_fields);
    EXPECT_TRUE(routes[1].standings.empty());
    EXPECT_TRUE(routes[1].label_fields);
}

TEST(BuildGeneration, GivesARouteItsOwnTimeoutsAndTheServersForTheRest) {
    fleet::SlotTable slots;
    const Config config = config_of(
        "[[route]]\npool = \"a\"\nidle_timeout = \"7s\"\n[server]\nfirst_byte_timeout = "
        "\"9s\"\nidle_timeout = \"8s\"\n");

    const Built built = build_generation(config, {}, slots, 1);

    const proxy::Route& route = built.generation->routes[0];
    EXPECT_EQ(route.name, "route-1");
    EXPECT_EQ(route.timeouts.idle, Millis{7'000});
    EXPECT_EQ(route.timeouts.first_byte, Millis{9'000});
}

}  // namespace
}  // namespace penstock::app
