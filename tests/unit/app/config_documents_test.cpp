// The files of conf/: examples that load, documents that are what the tables say.
#include <fstream>
#include <set>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "penstock/app/load_config.h"
#include "penstock/schema/document.h"
#include "penstock/schema/read.h"
#include "penstock/schema/value_text.h"
#include "tables.h"

namespace penstock::app {
namespace {

std::string conf(const std::string& name) {
    return std::string{SOURCE_ROOT "/conf/"} + name;
}

std::string read(const std::string& path) {
    std::ifstream file{path};
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

class ExampleConfig : public testing::TestWithParam<std::string> {};

TEST_P(ExampleConfig, LoadsWithoutAnyProblem) {
    const LoadedConfig loaded = load_config(conf(GetParam()), {}, {});

    for (const Problem& problem : loaded.problems) ADD_FAILURE() << to_text(problem);
    EXPECT_FALSE(loaded.config.listeners.empty());
    EXPECT_FALSE(loaded.config.pools.empty());
}

INSTANTIATE_TEST_SUITE_P(Conf, ExampleConfig,
                         testing::Values("penstock.toml", "examples/full.toml",
                                         "examples/production.toml", "examples/grpc.toml"));

/// Calls `see(table, option)` for every option there is.
template <class See>
void each_option(const OptionTable& table, const See& see) {
    for (const Option& option : table.options) see(table, option);
    for (const ChildTable& child : table.children) each_option(*child.table, see);
}

/// "pool[0].models[2]" without the numbers.
std::string without_numbers(std::string_view path) {
    std::string out;
    bool inside = false;
    for (const char c : path) {
        if (c == '[') inside = true;
        if (!inside) out += c;
        if (c == ']') inside = false;
    }
    return out;
}

TEST(FullExample, HoldsEveryOption) {
    std::set<std::string> given;
    for (const char* file : {"examples/full.toml", "examples/tls.toml"}) {
        const auto parsed = schema::parse_toml(read(conf(file)));
        ASSERT_TRUE(std::holds_alternative<schema::Node>(parsed));
        Config config;
        schema::Reading reading;
        schema::read_document(k_root_table, &config, std::get<schema::Node>(parsed), reading);
        for (const auto& [path, place] : reading.places) given.insert(without_numbers(path));
    }

    each_option(k_root_table, [&](const OptionTable& table, const Option& option) {
        const std::string path = std::string{table.name} + "." + std::string{option.name};
        EXPECT_TRUE(given.contains(path)) << path << " is not in examples/full.toml";
    });
}

TEST(Reference, IsTheOneInConf) {
    EXPECT_EQ(read(conf("REFERENCE.md")), reference_document()) << "run scripts/generate";
}

TEST(JsonSchema, IsTheOneInConf) {
    EXPECT_EQ(read(conf("schema.json")), json_schema()) << "run scripts/generate";
}

TEST(JsonSchema, KnowsTablesDefaultsAndWhatIsRequired) {
    const auto schema = nlohmann::json::parse(json_schema());

    const auto& server = schema["properties"]["server"]["properties"];
    EXPECT_EQ(server["workers"]["maximum"], 1024);
    EXPECT_EQ(server["workers"]["minimum"], 0);
    EXPECT_EQ(server["max_body"]["default"], "64MiB");
    EXPECT_EQ(schema["properties"]["pool"]["items"]["required"], nlohmann::json{"name"});
    EXPECT_EQ(schema["properties"]["pool"]["items"]["additionalProperties"], false);
}

TEST(OptionTables, SayWhatEachOptionIsFor) {
    each_option(k_root_table, [](const OptionTable& table, const Option& option) {
        EXPECT_GT(option.sentence.size(), 20U) << table.name << "." << option.name;
        EXPECT_TRUE(option.sentence.ends_with('.')) << table.name << "." << option.name;
        EXPECT_EQ(option.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_0123456789"),
                  std::string_view::npos);
    });
}

TEST(OptionTables, HoldNoOptionTwice) {
    std::set<std::string> names;
    each_option(k_root_table, [&](const OptionTable& table, const Option& option) {
        const std::string path = std::string{table.name} + "." + std::string{option.name};
        EXPECT_TRUE(names.insert(path).second) << path;
    });
}

TEST(OptionTables, AllowTheirDefaults) {
    const auto number = [](const OptionValue& value) -> std::optional<double> {
        if (const auto* whole = std::get_if<std::uint64_t>(&value)) {
            return static_cast<double>(*whole);
        }
        if (const auto* real = std::get_if<double>(&value)) return *real;
        if (const auto* time = std::get_if<Millis>(&value)) return time->count();
        if (const auto* size = std::get_if<Bytes>(&value)) return static_cast<double>(size->count);
        return std::nullopt;
    };
    each_option(k_root_table, [&](const OptionTable& table, const Option& option) {
        const auto value = number(schema::default_of(table, option));
        if (!value || (*value == 0 && !option.zero.empty())) return;
        EXPECT_GE(*value, option.range.least) << table.name << "." << option.name;
        EXPECT_LE(*value, option.range.most) << table.name << "." << option.name;
    });
}

TEST(OptionTables, CallEnginesWhatTheyAreCalledEverywhere) {
    each_option(k_root_table, [](const OptionTable& table, const Option& option) {
        if (table.name != "pool" || option.name != "engine") return;
        for (std::size_t n = 0; n < option.binding.words.size(); ++n) {
            EXPECT_EQ(option.binding.words[n], fleet::name(static_cast<fleet::Engine>(n)));
        }
    });
}

TEST(OptionTables, HaveAnExampleThatTheirFormatAllows) {
    each_option(k_root_table, [](const OptionTable& table, const Option& option) {
        if (option.format == nullptr) return;
        EXPECT_TRUE(option.format->check(option.format->example).has_value())
            << table.name << "." << option.name;
    });
}

}  // namespace
}  // namespace penstock::app
