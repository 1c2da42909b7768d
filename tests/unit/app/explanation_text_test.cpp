#include "commands/explanation_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace penstock::app {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string candidate(std::string_view url, std::string_view more, std::string_view terms) {
    std::string text = R"({"backend":")";
    text.append(url).append(R"(","weight":1,"running":3,"waiting":0,"in_flight":2,)");
    return text.append(more).append(",").append(terms).append("}");
}

std::string document(std::string_view more, std::string_view candidates) {
    std::string text =
        R"({"route":"chat","pool":"default","policy":"prefix_load","model":"llama",)"
        R"("adapter":null,"json":true,"prompt":{"bytes":4100,"tokens":1025,"blocks":4},)";
    return text.append(more).append(R"(,"candidates":[)").append(candidates).append("]}");
}

constexpr std::string_view k_picked =
    R"("backend":"http://10.0.0.1:8000","reason":"prefix","refused":null)";
constexpr std::string_view k_refused =
    R"("backend":null,"reason":null,"refused":{"status":503,"code":"no_healthy_backend","message":"try again"})";
constexpr std::string_view k_chosen =
    R"("chosen":true,"unfit":[],"health":"healthy","ejected":false,"fresh":true,"held_blocks":4)";
constexpr std::string_view k_terms = R"("terms_ms":{"total":15.25,"queue":1.5349,"prefix":-100})";

TEST(ExplanationText, IsATable) {
    const std::string down =
        R"("chosen":false,"unfit":["unhealthy","full"],"health":"loading","ejected":false,)"
        R"("fresh":false,"held_blocks":0)";

    const auto text = explanation_text(
        document(k_picked, candidate("http://10.0.0.1:8000", k_chosen, k_terms) + "," +
                               candidate("http://10.0.0.2:8000", down, k_terms)));

    ASSERT_TRUE(text);
    EXPECT_FALSE(text->refused);
    EXPECT_EQ(text->table,
              "request  model llama, a prompt of 4100 bytes, some 1025 tokens, 4 blocks\n"
              "route    chat, pool default, policy prefix_load\n"
              "pick     http://10.0.0.1:8000: the least total, with a part of the prompt cached\n"
              "\n"
              "   backend               held  running  waiting  in flight  queue  prefix  weight  "
              "total\n"
              ">  http://10.0.0.1:8000   4/4        3        0          2   1.53    -100       1   "
              "15.2\n"
              "   http://10.0.0.2:8000   0/4        3        0          2   1.53    -100       1   "
              "15.2  down (loading), at its limit, no fresh metrics\n"
              "\n"
              "Terms are milliseconds until the first token; their sum is divided by the weight. "
              "Less is better.\n");
}

TEST(ExplanationText, TellsLabelsAndSession) {
    const std::string wishes = R"("labels":{"required":"region=eu","preferred":null},)"
                               R"("session":{"source":"user","home":"http://10.0.0.2:8000"},)";

    const auto known = explanation_text(document(wishes + std::string{k_picked}, ""));
    const auto fresh = explanation_text(
        document(R"("session":{"source":"user","home":null},)" + std::string{k_picked}, ""));

    ASSERT_TRUE(known && fresh);
    EXPECT_THAT(known->table, HasSubstr("policy prefix_load\n"
                                        "labels   region=eu required\n"
                                        "session  by user, last at http://10.0.0.2:8000\n"));
    EXPECT_THAT(fresh->table, HasSubstr("policy prefix_load\nsession  by user, not known here\n"));
}

TEST(ExplanationText, TellsARefusalAndStillTheCandidates) {
    const std::string ejected =
        R"("chosen":false,"unfit":["unhealthy"],"health":"healthy","ejected":true,"fresh":true,)"
        R"("held_blocks":0)";

    const auto text =
        explanation_text(document(k_refused, candidate("http://a", ejected, k_terms)));

    ASSERT_TRUE(text);
    EXPECT_TRUE(text->refused);
    EXPECT_THAT(text->table, HasSubstr("\nrefused  503 no_healthy_backend: try again\n"));
    EXPECT_THAT(text->table, HasSubstr("down (failed requests)"));
}

TEST(ExplanationText, TellsACacheThatFindsNothing) {
    const std::string off =
        R"("chosen":true,"unfit":[],"health":"healthy","ejected":false,"fresh":true,)"
        R"("held_blocks":4,"cache_off":true)";

    const auto text = explanation_text(document(k_picked, candidate("http://a", off, k_terms)));

    ASSERT_TRUE(text);
    EXPECT_THAT(text->table, HasSubstr("finds nothing cached"));
}

TEST(ExplanationText, SaysWhereARequestGoesOnlyWhereItGoes) {
    const auto without_json = [](std::string_view outcome) {
        std::string text = document(outcome, "");
        const std::string_view flag = R"("json":true)";
        return explanation_text(text.replace(text.find(flag), flag.size(), R"("json":false)"));
    };

    const auto picked = without_json(k_picked);
    const auto refused = without_json(k_refused);

    ASSERT_TRUE(picked && refused);
    EXPECT_THAT(picked->table, HasSubstr("its body is not read as JSON: it goes by load\n"));
    EXPECT_THAT(refused->table, HasSubstr("its body is not read as JSON\n"));
}

TEST(ExplanationText, HasNoTableWithoutCandidates) {
    const auto text = explanation_text(document(k_refused, ""));

    ASSERT_TRUE(text);
    EXPECT_THAT(text->table, Not(HasSubstr("held")));
}

TEST(ExplanationText, TellsOtherScoresThanTimes) {
    const auto text = explanation_text(
        document(k_picked, candidate("http://a", k_chosen, R"("terms":{"total":0.5,"queue":0})")));

    ASSERT_TRUE(text);
    EXPECT_THAT(text->table, HasSubstr("0.5\n"));
    EXPECT_THAT(text->table, Not(HasSubstr("milliseconds")));
}

TEST(ExplanationText, ShowsATerminalNothingThatItWouldObey) {
    const auto text =
        explanation_text(document(k_picked, candidate(R"(http://a\u001b[31m)", k_chosen, k_terms)));

    ASSERT_TRUE(text);
    EXPECT_THAT(text->table, Not(HasSubstr("\x1b")));
}

TEST(ExplanationText, RefusesWhatIsNoExplanation) {
    for (const std::string_view other : {"", "<html>", "[]", "{}", R"({"candidates":3})", "null"})
        EXPECT_FALSE(explanation_text(other)) << other;
}

TEST(RefusalText, TellsTheAnswersOwnWords) {
    EXPECT_EQ(refusal_text(413, R"({"error":{"message":"too large"}})"),
              "it answers 413: too large");
    EXPECT_EQ(refusal_text(200, "<html>"),
              "it answers 200, and not in JSON: is it an admin listener?");
    EXPECT_EQ(refusal_text(200, R"({"models":[]})"), "it answers 200 without an explanation");
    EXPECT_EQ(refusal_text(404, R"({"error":"gone"})"), "it answers 404 without an explanation");
}

}  // namespace
}  // namespace penstock::app
