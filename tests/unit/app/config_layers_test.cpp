// Defaults, file, environment, flags; origins; restart diff; what is printed.
#include <algorithm>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "penstock/app/load_config.h"
#include "print_config.h"
#include "temporary_directory.h"

namespace penstock::app {
namespace {

constexpr std::string_view k_minimal =
    "[[listener]]\n"
    "address = \"127.0.0.1:8080\"\n"
    "[admin]\n"
    "address = \"127.0.0.1:9090\"\n"
    "[[pool]]\n"
    "name = \"default\"\n"
    "engine = \"vllm\"\n"
    "backends = [{ url = \"http://127.0.0.1:8001\" }, { url = \"http://127.0.0.1:8002\" }]\n";

std::string with(std::string_view more) {
    return std::string{k_minimal} + std::string{more};
}

const Origin* origin_of(const LoadedConfig& loaded, std::string_view path) {
    const auto found = std::find_if(loaded.origins.begin(), loaded.origins.end(),
                                    [&](const Origin& each) { return each.path == path; });
    return found == loaded.origins.end() ? nullptr : &*found;
}

TEST(ParseConfig, ReadsTheMinimalFile) {
    const LoadedConfig loaded = parse_config(k_minimal, "p.toml");

    ASSERT_TRUE(loaded.ok());
    EXPECT_TRUE(loaded.problems.empty());
    ASSERT_EQ(loaded.config.listeners.size(), 1U);
    EXPECT_EQ(loaded.config.listeners[0].address, "127.0.0.1:8080");
    ASSERT_EQ(loaded.config.pools.size(), 1U);
    EXPECT_EQ(loaded.config.pools[0].engine, fleet::Engine::vllm);
    ASSERT_EQ(loaded.config.pools[0].backends.size(), 2U);
    EXPECT_EQ(loaded.config.pools[0].backends[1].url, "http://127.0.0.1:8002");
    EXPECT_EQ(loaded.config.server.max_body, 64_MiB);
    EXPECT_EQ(loaded.config.file, "");
}

TEST(ParseConfig, ReadsEveryTypeOfOption) {
    const LoadedConfig loaded = parse_config(
        with(
            "[pool.balance]\npolicy = \"power_of_two\"\nbounded_load = 2\nblock_size = \"2KiB\"\n"
            "[pool.poll]\nenabled = false\nmetrics_interval = \"1m30s\"\n"
            "[[route]]\npool = \"default\"\nmodels = [\"a\", \"b-*\"]\nheaders = { x-a = \"1*\" }\n"
            "body = \"stream\"\n[server]\nmax_failovers = 3\n"),
        "p.toml");

    const PoolConfig& pool = loaded.config.pools.at(0);
    EXPECT_EQ(pool.balance.policy, routing::PolicyName::power_of_two);
    EXPECT_EQ(pool.balance.bounded_load, 2.0);
    EXPECT_EQ(pool.balance.block_size, 2_KiB);
    EXPECT_FALSE(pool.poll.enabled);
    EXPECT_EQ(pool.poll.metrics_interval, Millis{90'000});
    EXPECT_EQ(loaded.config.routes.at(0).models, (std::vector<std::string>{"a", "b-*"}));
    EXPECT_EQ(loaded.config.routes.at(0).headers.at("x-a"), "1*");
    EXPECT_EQ(loaded.config.routes.at(0).body, BodyMode::stream);
    EXPECT_EQ(loaded.config.server.max_failovers, 3U);
}

TEST(ParseConfig, LetsTheEnvironmentWinOverTheFile) {
    const LoadedConfig loaded =
        parse_config(with("[server]\nworkers = 2\n"), "p.toml", {{"PENSTOCK_SERVER_WORKERS", "3"}});

    EXPECT_EQ(loaded.config.server.workers, 3U);
    EXPECT_EQ(origin_of(loaded, "server.workers")->origin, "environment PENSTOCK_SERVER_WORKERS");
}

TEST(ParseConfig, LetsFlagsWinOverTheEnvironment) {
    const LoadedConfig loaded =
        parse_config(with("[server]\nworkers = 2\n"), "p.toml", {{"PENSTOCK_SERVER_WORKERS", "3"}},
                     {{"server.workers", "4"}});

    EXPECT_EQ(loaded.config.server.workers, 4U);
    EXPECT_EQ(origin_of(loaded, "server.workers")->origin, "flag --set server.workers");
}

TEST(ParseConfig, TakesListsFromTheEnvironmentByCommas) {
    const LoadedConfig loaded =
        parse_config(k_minimal, "p.toml",
                     {{"PENSTOCK_CORS_ALLOW_ORIGINS", "https://a.example, https://b.example"},
                      {"PENSTOCK_LOG_LEVEL", "debug"},
                      {"PENSTOCK_SERVER_MAX_BODY", "1MiB"},
                      {"PENSTOCK_ADMIN_ENABLED", "false"}});

    EXPECT_TRUE(loaded.problems.empty());
    EXPECT_EQ(loaded.config.cors.allow_origins,
              (std::vector<std::string>{"https://a.example", "https://b.example"}));
    EXPECT_EQ(loaded.config.log.level, telemetry::LogLevel::debug);
    EXPECT_EQ(loaded.config.server.max_body, 1_MiB);
    EXPECT_FALSE(loaded.config.admin.enabled);
}

TEST(ParseConfig, ReachesATableWithinATable) {
    const LoadedConfig loaded =
        parse_config(k_minimal, "p.toml", {{"PENSTOCK_SERVER_HTTP2_MAX_STREAMS", "7"}},
                     {{"server.http2.enabled", "false"}});

    EXPECT_TRUE(loaded.problems.empty());
    EXPECT_EQ(loaded.config.server.http2.max_streams, 7U);
    EXPECT_FALSE(loaded.config.server.http2.enabled);
    EXPECT_EQ(origin_of(loaded, "server.http2.max_streams")->origin,
              "environment PENSTOCK_SERVER_HTTP2_MAX_STREAMS");
    EXPECT_EQ(settable_tables(), "server, server.http2, admin, auth, cors, policy or log");
}

TEST(ParseConfig, RefusesABadValueOfTheEnvironment) {
    const LoadedConfig loaded =
        parse_config(k_minimal, "p.toml", {{"PENSTOCK_SERVER_WORKERS", "many"}});

    ASSERT_EQ(loaded.problems.size(), 1U);
    EXPECT_FALSE(loaded.ok());
    EXPECT_EQ(to_text(loaded.problems[0]),
              "environment: error: PENSTOCK_SERVER_WORKERS: \"workers\" is \"many\"; it must be an "
              "integer from 1 to 1024, or 0 (one per usable core)");
}

TEST(ParseConfig, WarnsOfAMisspeltEnvironmentName) {
    const LoadedConfig loaded =
        parse_config(k_minimal, "p.toml", {{"PENSTOCK_SERVER_WORKER", "3"}});

    ASSERT_EQ(loaded.problems.size(), 1U);
    EXPECT_TRUE(loaded.ok());
    EXPECT_EQ(loaded.problems[0].hint, "did you mean PENSTOCK_SERVER_WORKERS?");
}

TEST(ParseConfig, SaysNothingOfKubernetesServiceVariables) {
    const LoadedConfig loaded = parse_config(k_minimal, "p.toml",
                                             {{"PENSTOCK_SERVICE_HOST", "10.0.0.1"},
                                              {"PENSTOCK_SERVICE_PORT_HTTP", "80"},
                                              {"PENSTOCK_PORT", "tcp://10.0.0.1:80"},
                                              {"PENSTOCK_PORT_80_TCP_ADDR", "10.0.0.1"}});

    EXPECT_TRUE(loaded.problems.empty());
}

TEST(ParseConfig, RefusesAnUnknownFlag) {
    const LoadedConfig loaded = parse_config(k_minimal, "p.toml", {}, {{"server.worker", "3"}});

    ASSERT_EQ(loaded.problems.size(), 1U);
    EXPECT_FALSE(loaded.ok());
    EXPECT_EQ(loaded.problems[0].hint, "did you mean server.workers?");
}

TEST(ParseConfig, TellsTheFilesMistakeEvenWhereTheEnvironmentWins) {
    const LoadedConfig loaded = parse_config(with("[server]\nworkers = \"x\"\n"), "p.toml",
                                             {{"PENSTOCK_SERVER_WORKERS", "3"}});

    EXPECT_FALSE(loaded.ok());
}

TEST(ParseConfig, TellsTheOriginOfEachValue) {
    const LoadedConfig loaded = parse_config(
        with("[[pool]]\nname = \"b\"\nbackends = [{ url = \"unix:/b\", labels = { zone = \"a\" } "
             "}]\n"),
        "p.toml");

    EXPECT_EQ(origin_of(loaded, "server.workers")->origin, "default");
    EXPECT_EQ(origin_of(loaded, "listener[0].address")->origin, "p.toml:2");
    EXPECT_EQ(origin_of(loaded, "pool[0].backends[1].url")->origin, "p.toml:8");
    EXPECT_EQ(origin_of(loaded, "pool[1].name")->value, "\"b\"");
    EXPECT_EQ(origin_of(loaded, "pool[1].name")->origin, "p.toml:10");
    EXPECT_EQ(origin_of(loaded, "pool[1].backends[0].labels.zone")->value, "\"a\"");
    EXPECT_EQ(origin_of(loaded, "pool[0].balance.policy")->origin, "default");
}

TEST(ParseConfig, HidesValuesOfHeadersThatMayBeSecrets) {
    const LoadedConfig loaded =
        parse_config(with("[[route]]\npool = \"default\"\nheaders = { X-Api-Key = \"hush\", "
                          "x-tenant = \"a\" }\n"),
                     "p.toml");

    EXPECT_EQ(origin_of(loaded, "route[0].headers.X-Api-Key")->value, "\"***\"");
    EXPECT_EQ(origin_of(loaded, "route[0].headers.x-tenant")->value, "\"a\"");
    EXPECT_EQ(config_text(loaded).find("hush"), std::string::npos);
    EXPECT_EQ(config_json(loaded).find("hush"), std::string::npos);
}

TEST(ParseConfig, HashesTheBytes) {
    const LoadedConfig one = parse_config(k_minimal, "p.toml");

    EXPECT_EQ(parse_config(k_minimal, "q.toml").content_hash, one.content_hash);
    EXPECT_NE(parse_config(with("\n"), "p.toml").content_hash, one.content_hash);
}

TEST(LoadConfig, TellsThatAFileIsNotThere) {
    const LoadedConfig loaded = load_config("/nowhere/penstock.toml", {}, {});

    EXPECT_FALSE(loaded.ok());
    EXPECT_EQ(to_text(loaded.problems.at(0)),
              "/nowhere/penstock.toml: error: cannot read \"/nowhere/penstock.toml\": No such file "
              "or directory");
    EXPECT_FALSE(loaded.content_hash.empty());
}

TEST(LoadConfig, TakesAFileOfOneMebibyteAndNoByteMore) {
    const TemporaryDirectory room;
    const std::string fill(k_file_limit - k_minimal.size() - 1, ' ');
    room.write("fits.toml", with("#" + fill));
    room.write("over.toml", with("#" + fill + " "));

    EXPECT_TRUE(load_config(room.path("fits.toml"), {}, {}).ok());
    EXPECT_FALSE(load_config(room.path("over.toml"), {}, {}).ok());
}

TEST(LoadConfig, ReadsKeyFilesRelativeToItself) {
    const TemporaryDirectory room;
    room.write("keys", std::string(64, 'a') + "  somebody\n");
    room.write("p.toml", with("[auth]\nkeys_file = \"keys\"\n"));

    const LoadedConfig loaded = load_config(room.path("p.toml"), {}, {});

    EXPECT_TRUE(loaded.ok());
    EXPECT_EQ(loaded.config.auth.keys_file, room.path("keys"));
    EXPECT_EQ(loaded.config.file, room.path("p.toml"));
}

TEST(LoadConfig, HashesTheFilesItNames) {
    const TemporaryDirectory room;
    room.write("keys", std::string(64, 'a') + "\n");
    room.write("p.toml", with("[auth]\nkeys_file = \"keys\"\n"));
    const std::string before = load_config(room.path("p.toml"), {}, {}).content_hash;

    room.write("keys", std::string(64, 'b') + "\n");

    EXPECT_NE(load_config(room.path("p.toml"), {}, {}).content_hash, before);
}

TEST(LoadConfig, RefusesAFileOfKeysWithABadLine) {
    const TemporaryDirectory room;
    room.write("keys", std::string(64, 'a') + "\nsecret\n");
    room.write("p.toml", with("[auth]\nkeys_file = \"keys\"\n"));

    const LoadedConfig loaded = load_config(room.path("p.toml"), {}, {});

    ASSERT_EQ(loaded.problems.size(), 1U);
    EXPECT_EQ(loaded.problems[0].line, 10U);
    EXPECT_NE(loaded.problems[0].message.find("line 2"), std::string::npos);
}

TEST(LoadConfig, RefusesAnEngineKeyOfTwoLines) {
    const TemporaryDirectory room;
    room.write("key", "one\ntwo\n");
    room.write("p.toml", with("[[pool]]\nname = \"b\"\nbackends = [{ url = \"unix:/b\" }]\n"
                              "api_key_file = \"key\"\n"));

    EXPECT_FALSE(load_config(room.path("p.toml"), {}, {}).ok());
}

TEST(LoadConfig, DoesNotWarnOfAnOpenListenerWithKeys) {
    const TemporaryDirectory room;
    room.write("keys", std::string(64, 'a') + "\n");
    room.write("p.toml", with("[auth]\nkeys_file = \"keys\"\n[[listener]]\naddress = "
                              "\"0.0.0.0:8081\"\n"));

    EXPECT_TRUE(load_config(room.path("p.toml"), {}, {}).problems.empty());
}

TEST(NeedsRestart, NamesWhatDiffersAndCannotChange) {
    const Config running;
    Config wanted;
    wanted.server.workers = 7;
    wanted.server.max_failovers = 0;
    wanted.admin.address = "127.0.0.1:1";

    EXPECT_EQ(needs_restart(running, wanted),
              (std::vector<std::string>{"server.workers", "admin.address"}));
}

TEST(NeedsRestart, IsContentWithWhatAReloadDoes) {
    const Config running;
    Config wanted;
    wanted.server.max_body = 1_MiB;
    wanted.listeners.emplace_back();
    wanted.pools.emplace_back();
    wanted.log.level = telemetry::LogLevel::debug;

    EXPECT_TRUE(needs_restart(running, wanted).empty());
}

TEST(ProblemText, ShowsTheLineAndACaret) {
    const LoadedConfig loaded = parse_config(with("[server]\n\tworkrs = 2\n"), "p.toml");

    EXPECT_EQ(to_text(loaded.problems.at(0)),
              "p.toml:10:2: error: unknown option \"workrs\" in [server]\n"
              "  10 |  workrs = 2\n"
              "     |  ^\n"
              "  hint: did you mean \"workers\"?");
}

TEST(ProblemText, ShowsNoPasswordOfAUrl) {
    const std::string text =
        "[[pool]]\nname = \"p\"\nbackends = [{ url = \"http://me:secret@h\" }, { url = 7 }]\n";
    const LoadedConfig loaded =
        parse_config(text, "p.toml", {}, {{"cors.allow_origins", "https://me:secret@h"}});

    ASSERT_GE(loaded.problems.size(), 3U);
    for (const Problem& problem : loaded.problems) {
        EXPECT_EQ(to_text(problem).find("secret"), std::string::npos) << to_text(problem);
    }
    EXPECT_EQ(problems_json(loaded).find("secret"), std::string::npos);
}

TEST(ConfigText, ShowsNoPasswordOfAUrl) {
    const std::string labelled =
        "backends = [{ url = \"http://127.0.0.1:1\", labels = { board = \"http://u:secret@h\" } }]";
    const LoadedConfig loaded =
        parse_config("[[listener]]\n[[pool]]\nname = \"p\"\n" + labelled + "\n", "p.toml");

    ASSERT_TRUE(loaded.ok());
    EXPECT_EQ(config_text(loaded).find("secret"), std::string::npos);
    EXPECT_EQ(config_json(loaded).find("secret"), std::string::npos);
}

TEST(ProblemText, ShowsAWindowOfALongLine) {
    Problem problem{.file = "p.toml", .line = 1, .column = 501, .message = "m"};
    problem.source_line = std::string(500, 'a') + "X" + std::string(500, 'b');

    EXPECT_EQ(to_text(problem), "p.toml:1:501: error: m\n  1 | " + std::string(60, 'a') + "X" +
                                    std::string(59, 'b') + "\n    | " + std::string(60, ' ') + "^");
}

TEST(ConfigText, HasALineForEachValue) {
    const LoadedConfig loaded = parse_config(k_minimal, "p.toml");

    const std::string text = config_text(loaded);

    EXPECT_EQ(static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1,
              loaded.origins.size());
    EXPECT_NE(text.find("\nadmin.address = \"127.0.0.1:9090\" "), std::string::npos);
    EXPECT_NE(text.find("# p.toml:4\n"), std::string::npos);
}

TEST(ConfigJson, HoldsEachValueWithItsOrigin) {
    const auto json = nlohmann::json::parse(config_json(parse_config(
        with("[[route]]\npool = \"default\"\nheaders = { a = \"\\\"\" }\n"), "p.toml")));

    EXPECT_EQ(json["options"]["server.max_failovers"]["value"], 2);
    EXPECT_EQ(json["options"]["server.max_failovers"]["origin"], "default");
    EXPECT_EQ(json["options"]["admin.enabled"]["value"], true);
    EXPECT_EQ(json["options"]["pool[0].balance.bounded_load"]["value"], 1.25);
    EXPECT_EQ(json["options"]["pool[0].backends[0].url"]["value"], "http://127.0.0.1:8001");
    EXPECT_EQ(json["options"]["route[0].headers.a"]["value"], "\"");
    EXPECT_EQ(json["options"]["route[0].paths"]["value"], nlohmann::json::array());
}

TEST(ProblemsJson, HoldsEachProblem) {
    const auto json = nlohmann::json::parse(
        problems_json(parse_config(with("[server]\nworkrs = \"\\u0007\"\n"), "p.toml")));

    EXPECT_EQ(json["ok"], false);
    ASSERT_EQ(json["problems"].size(), 1U);
    EXPECT_EQ(json["problems"][0]["severity"], "error");
    EXPECT_EQ(json["problems"][0]["line"], 10);
    EXPECT_EQ(json["problems"][0]["column"], 1);
    EXPECT_EQ(json["problems"][0]["hint"], "did you mean \"workers\"?");
}

}  // namespace
}  // namespace penstock::app
