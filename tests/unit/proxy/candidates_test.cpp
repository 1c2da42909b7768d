// How candidates are ordered and told.
#include "candidates.h"

#include <limits>

#include <gtest/gtest.h>

namespace penstock::proxy {
namespace {

class CandidatesTest : public testing::Test {
protected:
    CandidatesTest() {
        for (std::size_t i = 0; i < backends.size(); ++i)
            backends[i].url = "http://" + std::string(1, static_cast<char>('a' + i));
    }
    Candidate candidate(std::size_t backend, float total, std::uint8_t unfit = fleet::k_fit) const {
        Candidate made{.backend = &backends[backend], .row = {.unfit = unfit}};
        made.terms[0] = total;
        return made;
    }
    [[nodiscard]] static std::string order(std::vector<Candidate> candidates) {
        rank(candidates);
        std::string names;
        for (const Candidate& each : candidates) names += each.backend->url.back();
        return names;
    }
    [[nodiscard]] static std::string text(const Candidate& told, routing::PolicyName policy) {
        return candidate_text(told, *routing::make_policy({.policy = policy}));
    }
    [[nodiscard]] static std::string json(const Candidate& told, routing::PolicyName policy) {
        return candidates_json({&told, 1}, *routing::make_policy({.policy = policy}));
    }

    std::array<fleet::Backend, 4> backends;
};

TEST_F(CandidatesTest, FitOnesStandByTheirTotals) {
    EXPECT_EQ(order({candidate(0, 3), candidate(1, 1), candidate(2, 2)}), "bca");
}

TEST_F(CandidatesTest, UnfitOnesStandLast) {
    EXPECT_EQ(order({candidate(0, 0, fleet::k_full), candidate(1, 9)}), "ba");
}

TEST_F(CandidatesTest, TheChosenOneStandsFirstThoughItBeNotTheLeast) {
    std::vector<Candidate> all{candidate(0, 1), candidate(1, 5)};
    all[1].chosen = true;

    EXPECT_EQ(order(all), "ba");
}

TEST_F(CandidatesTest, UnfitnessIsToldInWords) {
    EXPECT_EQ(unfit_words(fleet::k_fit), "");
    EXPECT_EQ(unfit_words(fleet::k_no_weight), "no_weight");
    EXPECT_EQ(unfit_words(fleet::k_unhealthy | fleet::k_draining | fleet::k_other_model |
                          fleet::k_full | fleet::k_excluded),
              "unhealthy,draining,other_model,full,excluded");
}

TEST_F(CandidatesTest, AFieldTellsTimesInMilliseconds) {
    Candidate told = candidate(0, 0.2504F);
    told.row.held_blocks = 3;
    told.terms[1] = -0.0F;
    told.terms[5] = 0.000092041F;

    EXPECT_EQ(text(told, routing::PolicyName::prefix_load),
              "backend=http://a; held=3; total=250ms; prefix=0ms; queue=0ms; prefill=0ms; "
              "others=0ms; kv=0.092ms; adapter=0ms; place=0ms; session=0ms");
}

TEST_F(CandidatesTest, AFieldTellsOtherScoresAsTheyAre) {
    EXPECT_TRUE(text(candidate(0, 0.25F), routing::PolicyName::least_load)
                    .starts_with("backend=http://a; held=0; total=0.25; prefix=0; "));
}

TEST_F(CandidatesTest, AFieldTellsWhyOneIsUnfit) {
    EXPECT_TRUE(
        text(candidate(0, 1, fleet::k_full | fleet::k_draining), routing::PolicyName::least_load)
            .starts_with("backend=http://a; unfit=draining,full; held=0; total=1;"));
}

TEST_F(CandidatesTest, JsonTellsTimesInMilliseconds) {
    Candidate told = candidate(1, 0.25F, fleet::k_unhealthy | fleet::k_full);
    told.row.fresh = true;
    told.row.running = 3;
    told.row.waiting = 1;
    told.row.in_flight = 2;
    told.row.kv_use = 0.5F;
    told.row.held_blocks = 9;
    told.row.adapter.room = fleet::AdapterRoom::idle;
    told.health = fleet::Health::loading;
    told.ejected = true;

    EXPECT_EQ(json(told, routing::PolicyName::prefix_load),
              R"([{"backend":"http://b","chosen":false,"unfit":["unhealthy","full"],)"
              R"("health":"loading","ejected":true,"weight":1,"fresh":true,"running":3,)"
              R"("waiting":1,"in_flight":2,"kv_usage":0.5,"held_blocks":9,"cache_off":false,)"
              R"("adapter":"idle",)"
              R"("terms_ms":{"total":250,"prefix":0,"queue":0,"prefill":0,"others":0,"kv":0,)"
              R"("adapter":0,"place":0,"session":0}}])");
}

TEST_F(CandidatesTest, JsonTellsOtherScoresAsTheyAre) {
    const std::string text = json(candidate(0, 0.25F), routing::PolicyName::least_load);

    EXPECT_NE(text.find(R"("unfit":[],)"), std::string::npos) << text;
    EXPECT_NE(text.find(R"("kv_usage":null)"), std::string::npos) << text;
    EXPECT_NE(text.find(R"("terms":{"total":0.25,)"), std::string::npos) << text;
}

TEST_F(CandidatesTest, JsonStaysJsonWhateverAnUrlOrAnEngineSays) {
    backends[0].url = "unix:/a\"b\n";
    Candidate told = candidate(0, std::numeric_limits<float>::infinity());
    told.row.running = std::numeric_limits<float>::quiet_NaN();

    const std::string text = json(told, routing::PolicyName::prefix_load);

    EXPECT_NE(text.find(R"("backend":"unix:/a\"b\n")"), std::string::npos) << text;
    EXPECT_NE(text.find(R"("running":null)"), std::string::npos) << text;
    EXPECT_NE(text.find(R"("total":null)"), std::string::npos) << text;
}

TEST_F(CandidatesTest, NoneAreAnEmptyList) {
    EXPECT_EQ(candidates_json({}, *routing::make_policy({})), "[]");
}

}  // namespace
}  // namespace penstock::proxy
