#include <gtest/gtest.h>

#include "inspection.h"
#include "penstock/base/hash.h"

namespace penstock::engine {
namespace {

RequestFacts facts_of(std::string_view body) {
    return inspect_chat(body).facts;
}

TEST(InspectFacts, ReadsAllOfAPlainChat) {
    const RequestFacts facts = facts_of(R"({
        "model": "llama", "messages": [{"role": "user", "content": "hi"}], "stream": true,
        "stream_options": {"include_usage": true}, "max_tokens": 17, "cache_salt": "s",
        "user": "ann"})");

    EXPECT_TRUE(facts.json);
    EXPECT_EQ(facts.model, "llama");
    EXPECT_EQ(facts.cache_salt, "s");
    EXPECT_TRUE(facts.stream);
    EXPECT_TRUE(facts.include_usage);
    EXPECT_EQ(facts.max_tokens, 17U);
    EXPECT_EQ(facts.sessions[SessionKey::user], hash64("ann"));
}

TEST(InspectFacts, AreUnsetWhereTheBodyIsSilent) {
    const RequestFacts facts = facts_of("{}");

    EXPECT_TRUE(facts.json);
    EXPECT_EQ(facts.model, "");
    EXPECT_EQ(facts.adapter, "");
    EXPECT_EQ(facts.cache_salt, "");
    EXPECT_FALSE(facts.stream);
    EXPECT_FALSE(facts.include_usage);
    EXPECT_EQ(facts.max_tokens, 0U);
    EXPECT_EQ(facts.sessions, SessionNames{});
    EXPECT_EQ(facts.prompt_bytes, 0U);
}

TEST(InspectFacts, OfEqualKeysTheLastCounts) {
    const RequestFacts facts =
        facts_of(R"({"model":"a","stream":true,"model":"b","stream":false,"mod\u0065l":"c"})");

    EXPECT_EQ(facts.model, "c");
    EXPECT_FALSE(facts.stream);
}

TEST(InspectFacts, AModelOfAnotherTypeIsNone) {
    EXPECT_EQ(facts_of(R"({"model":null})").model, "");
    EXPECT_EQ(facts_of(R"({"model":3})").model, "");
    EXPECT_EQ(facts_of(R"({"model":["a"]})").model, "");
    EXPECT_TRUE(facts_of(R"({"model":3})").model_malformed);
    EXPECT_FALSE(facts_of(R"({"model":"a"})").model_malformed);
    EXPECT_FALSE(facts_of(R"({"messages":[]})").model_malformed);
    EXPECT_EQ(facts_of(R"({"model":"a","model":null})").model, "");
}

TEST(InspectFacts, NamesAreDecodedAndCutAtTheirBound) {
    EXPECT_EQ(facts_of(R"({"model":"org\/m\u00e9"})").model, "org/m\xC3\xA9");
    const std::string longest(k_name_max, 'm');

    EXPECT_EQ(facts_of("{\"model\":\"" + longest + "\"}").model, longest);
    EXPECT_EQ(facts_of("{\"model\":\"" + longest + "m\"}").model, longest);
}

struct CountCase {
    std::string_view body;
    std::uint32_t max_tokens;
};

TEST(InspectFacts, TakesTheTokenLimitOfEveryApi) {
    const CountCase cases[] = {
        {R"({"max_tokens":1})", 1},
        {R"({"max_completion_tokens":2})", 2},
        {R"({"max_output_tokens":3})", 3},
        {R"({"max_tokens":1,"max_completion_tokens":2})", 2},
        {R"({"max_tokens":1,"max_completion_tokens":null})", 1},
        {R"({"max_tokens":100.0})", 100},
        {R"({"max_tokens":1e3})", 1000},
        {R"({"max_tokens":4294967295})", 4294967295},
        {R"({"max_tokens":4294967296})", 4294967295},
        {R"({"max_tokens":1e300})", 4294967295},
        {R"({"max_tokens":1e999})", 0},
        {R"({"max_tokens":0})", 0},
        {R"({"max_tokens":-1})", 0},
        {R"({"max_tokens":NaN})", 0},
        {R"({"max_tokens":"5"})", 0},
        {R"({"max_tokens":[5]})", 0},
        {R"({"max_tokens":5x})", 0},
    };
    for (const CountCase& c : cases) EXPECT_EQ(facts_of(c.body).max_tokens, c.max_tokens) << c.body;
}

struct SessionCase {
    std::string_view body;
    SessionKey key;
    std::string_view name;
};

TEST(InspectFacts, FindsTheNameOfASession) {
    const SessionCase cases[] = {
        {R"({"user":"u"})", SessionKey::user, "u"},
        {R"({"user":7})", SessionKey::user, "7"},
        {R"({"us\u0065r":"\u0075"})", SessionKey::user, "u"},
        {R"({"safety_identifier":"s"})", SessionKey::safety_identifier, "s"},
        {R"({"metadata":{"user_id":"m"}})", SessionKey::metadata_user_id, "m"},
        {R"({"conversation":"c"})", SessionKey::conversation, "c"},
        {R"({"conversation":{"id":"c"}})", SessionKey::conversation, "c"},
    };
    for (const SessionCase& c : cases) {
        SessionNames expected;
        expected[c.key] = hash64(c.name);
        EXPECT_EQ(facts_of(c.body).sessions, expected) << c.body;
    }
}

TEST(InspectFacts, FindsNoSessionWhereNoneIsNamed) {
    const std::string_view cases[] = {R"({"user":null,"metadata":null,"conversation":[]})",
                                      R"({"metadata":"user_id"})", R"({"conversation":{"di":"c"}})",
                                      R"({"prompt_cache_key":""})"};
    for (const std::string_view body : cases)
        EXPECT_EQ(facts_of(body).sessions, SessionNames{}) << body;
}

TEST(InspectFacts, FindsEachNameOfASession) {
    const RequestFacts facts = facts_of(
        R"({"user":"u","prompt_cache_key":"k","previous_response_id":"p","session_id":"x"})");

    EXPECT_EQ(facts.sessions[SessionKey::user], hash64("u"));
    EXPECT_EQ(facts.sessions[SessionKey::prompt_cache_key], hash64("k"));
    EXPECT_EQ(facts.sessions[SessionKey::previous_response_id], hash64("p"));
    EXPECT_EQ(facts.sessions[SessionKey::session_id], hash64("x"));
    EXPECT_EQ(facts.sessions[SessionKey::conversation], 0U);
}

TEST(InspectFacts, FindsAdaptersNamedApartFromTheModel) {
    EXPECT_EQ(facts_of(R"({"lora_path":"sql"})").adapter, "sql");
    EXPECT_EQ(facts_of(R"({"lora_request":{"lora_int_id":1,"lora_name":"sql"}})").adapter, "sql");
    EXPECT_EQ(facts_of(R"({"lora_path":null})").adapter, "");
    EXPECT_EQ(facts_of(R"({"lora_path":["a","b"]})").adapter, "");
}

TEST(InspectFacts, JoinSaltAndExtraKey) {
    EXPECT_EQ(facts_of(R"({"extra_key":"b","cache_salt":"a"})").cache_salt, "ab");
    EXPECT_EQ(facts_of(R"({"extra_key":"b"})").cache_salt, "b");
    EXPECT_EQ(facts_of(R"({"cache_salt":{}})").cache_salt, "");
}

TEST(InspectFacts, OnlyTrueStreams) {
    EXPECT_TRUE(facts_of(R"({"stream": true })").stream);
    EXPECT_FALSE(facts_of(R"({"stream":"true"})").stream);
    EXPECT_FALSE(facts_of(R"({"stream":null})").stream);
    EXPECT_FALSE(facts_of(R"({"stream_options":[true]})").include_usage);
    EXPECT_FALSE(facts_of(R"({"stream_options":{"include_usage":null}})").include_usage);
}

TEST(InspectFacts, ModelAndSaltAreKnownBeforeThePromptBegins) {
    const Inspection result = inspect_chat(
        R"({"messages":[{"role":"user","content":"hi"}],"cache_salt":"s","model":"m"})");

    EXPECT_EQ(result.sink.begun, 1);
    EXPECT_FALSE(result.sink.early_text);
    EXPECT_EQ(result.sink.model_at_begin, "m");
    EXPECT_EQ(result.sink.salt_at_begin, "s");
}

TEST(InspectFacts, OtherEndpointsNameTheirModelAndBeginNoPrompt) {
    const Inspection result =
        inspect(Endpoint::other, R"({"query":"q","documents":["a"],"model":"rerank","user":"u"})");

    EXPECT_TRUE(result.facts.json);
    EXPECT_EQ(result.facts.model, "rerank");
    EXPECT_EQ(result.facts.sessions[SessionKey::user], hash64("u"));
    EXPECT_EQ(result.sink.begun, 0);
    EXPECT_EQ(result.facts.prompt_bytes, 0U);
}

TEST(InspectFacts, ClearKeepsTheCapacityOfItsBuffers) {
    RequestFacts facts;
    facts.model.assign(500, 'm');
    facts.blocks.resize(100);
    facts.sessions[SessionKey::user] = 3;
    const std::size_t model_capacity = facts.model.capacity();

    facts.clear();

    EXPECT_EQ(facts.model, "");
    EXPECT_EQ(facts.sessions, SessionNames{});
    EXPECT_EQ(facts.model.capacity(), model_capacity);
    EXPECT_TRUE(facts.blocks.empty());
    EXPECT_GE(facts.blocks.capacity(), 100U);
}

TEST(InspectFacts, OneInspectorForgetsTheLastBody) {
    Inspector inspector;
    RequestFacts facts;
    RecordingSink sink;
    const std::string first = R"({"model":"a","user":"u","stream":true})" + std::string(64, '\0');
    const std::string second = "{}" + std::string(64, '\0');
    inspector.inspect(
        {Endpoint::chat_completions, "", std::string_view{first}.substr(0, first.size() - 64)},
        facts, sink);

    inspector.inspect({Endpoint::chat_completions, "", std::string_view{second}.substr(0, 2)},
                      facts, sink);

    EXPECT_EQ(facts.model, "");
    EXPECT_EQ(facts.sessions, SessionNames{});
    EXPECT_FALSE(facts.stream);
}

}  // namespace
}  // namespace penstock::engine
