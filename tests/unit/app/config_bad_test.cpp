// Every case of tests/config/bad_configs.txt says exactly what stands there.
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "penstock/app/load_config.h"

namespace penstock::app {
namespace {

constexpr std::string_view k_good_rest =
    "[[listener]]\n"
    "address = \"127.0.0.1:8080\"\n"
    "[[pool]]\n"
    "name = \"default\"\n"
    "backends = [{ url = \"http://127.0.0.1:8001\" }]\n";

struct Case {
    std::string name;
    std::string text;
    std::string expected;
};

void PrintTo(const Case& each, std::ostream* out) {
    *out << each.name;
}

std::vector<Case> read_cases() {
    std::ifstream file{SOURCE_ROOT "/tests/config/bad_configs.txt"};
    std::vector<Case> cases;
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("### ")) {
            cases.push_back({line.substr(4), "", ""});
        } else if (cases.empty()) {
            continue;  // what the file says about itself
        } else if (line.starts_with("> ")) {
            cases.back().expected += line + "\n";
        } else {
            cases.back().text += line + "\n";
        }
    }
    return cases;
}

std::string told(const LoadedConfig& loaded) {
    std::ostringstream out;
    for (const Problem& problem : loaded.problems) {
        const bool error = problem.severity == Severity::error;
        out << "> " << problem.line << ":" << problem.column << (error ? " error: " : " warning: ")
            << problem.message << "\n";
        if (!problem.hint.empty()) out << "> hint: " << problem.hint << "\n";
    }
    return out.str();
}

class BadConfig : public testing::TestWithParam<Case> {};

TEST_P(BadConfig, IsToldAsExpected) {
    std::string text = GetParam().text;
    if (!GetParam().name.ends_with("(whole)")) text += k_good_rest;

    const LoadedConfig loaded = parse_config(text, "bad.toml");

    EXPECT_EQ(told(loaded), GetParam().expected) << text;
}

TEST_P(BadConfig, HasAtLeastOneProblem) {
    EXPECT_FALSE(GetParam().expected.empty());
}

INSTANTIATE_TEST_SUITE_P(Table, BadConfig, testing::ValuesIn(read_cases()));

TEST(BadConfigs, AreAtLeastSixty) {
    EXPECT_GE(read_cases().size(), 60U);
}

}  // namespace
}  // namespace penstock::app
