#include "answer_format.h"

#include <gtest/gtest.h>

#include "json_text.h"

namespace penstock::mock_engine {
namespace {

constexpr Usage k_usage{.prompt_tokens = 20, .cached_tokens = 16, .output_tokens = 2};

AnswerFacts facts() {
    return {.id = "id-1", .model = "demo \"model\"", .created = 1'700'000'000};
}

/// "name" of an event without one is empty.
struct Event {
    std::string name;
    Json data;
};

Event parse(const std::string& text) {
    EXPECT_TRUE(text.ends_with("\n\n"));
    Event event;
    std::string_view rest = text;
    if (rest.starts_with("event: ")) {
        event.name = rest.substr(7, rest.find('\n') - 7);
        rest.remove_prefix(rest.find('\n') + 1);
    }
    EXPECT_TRUE(rest.starts_with("data: "));
    event.data = Json::parse(rest.substr(6), nullptr, false);
    return event;
}

/// All events of an answer "Hi \"you\"" of two tokens.
Events stream(AnswerFormat& format) {
    Events events;
    format.open(events, k_usage);
    format.token(events.emplace_back(), "Hi", false);
    format.token(events.emplace_back(), R"( \"you\")", true);
    format.close(events, "Hi \"you\"", k_usage);
    return events;
}

TEST(OpenAiFormat, Chat_StreamsRoleTokensAndDone) {
    const auto format = make_answer_format(Api::chat, facts());

    const Events events = stream(*format);

    ASSERT_EQ(events.size(), 4U);
    const Json role = parse(events[0]).data;
    EXPECT_EQ(role["object"], "chat.completion.chunk");
    EXPECT_EQ(role["id"], "id-1");
    EXPECT_EQ(role["model"], "demo \"model\"");
    EXPECT_EQ(role["created"], 1'700'000'000);
    EXPECT_EQ(role["choices"][0]["delta"]["role"], "assistant");
    const Json last = parse(events[2]).data;
    EXPECT_EQ(last["choices"][0]["delta"]["content"], " \"you\"");
    EXPECT_EQ(last["choices"][0]["finish_reason"], "stop");
    EXPECT_TRUE(parse(events[1]).data["choices"][0]["finish_reason"].is_null());
    EXPECT_EQ(events[3], "data: [DONE]\n\n");
}

TEST(OpenAiFormat, Chat_TellsUsageInAnEventOfItsOwnWhenAsked) {
    AnswerFacts asked = facts();
    asked.include_usage = true;
    const auto format = make_answer_format(Api::chat, asked);

    const Events events = stream(*format);

    ASSERT_EQ(events.size(), 5U);
    const Json usage = parse(events[3]).data;
    EXPECT_EQ(usage["choices"], Json::array());
    EXPECT_EQ(usage["usage"]["prompt_tokens"], 20);
    EXPECT_EQ(usage["usage"]["completion_tokens"], 2);
    EXPECT_EQ(usage["usage"]["total_tokens"], 22);
    EXPECT_EQ(usage["usage"]["prompt_tokens_details"]["cached_tokens"], 16);
}

TEST(OpenAiFormat, Sglang_EndsWithAChoiceOfItsOwn) {
    AnswerFacts sglang = facts();
    sglang.dialect = fleet::Engine::sglang;
    sglang.at_limit = true;
    const auto format = make_answer_format(Api::chat, sglang);

    const Events events = stream(*format);

    ASSERT_EQ(events.size(), 5U);
    EXPECT_TRUE(parse(events[2]).data["choices"][0]["finish_reason"].is_null());
    const Json end = parse(events[3]).data;
    EXPECT_EQ(end["choices"][0]["finish_reason"], "length");
    EXPECT_EQ(end["choices"][0]["delta"], Json::object());
}

TEST(OpenAiFormat, Completions_StreamTextWithoutARole) {
    const auto format = make_answer_format(Api::completions, facts());

    const Events events = stream(*format);

    ASSERT_EQ(events.size(), 3U);
    EXPECT_EQ(parse(events[0]).data["object"], "text_completion");
    EXPECT_EQ(parse(events[0]).data["choices"][0]["text"], "Hi");
}

TEST(OpenAiFormat, Chat_AnswersWhole) {
    AnswerFacts limited = facts();
    limited.at_limit = true;
    const auto format = make_answer_format(Api::chat, limited);

    const Json answer = Json::parse(format->whole("Hi \"you\"", k_usage));

    EXPECT_EQ(answer["object"], "chat.completion");
    EXPECT_EQ(answer["choices"][0]["message"]["role"], "assistant");
    EXPECT_EQ(answer["choices"][0]["message"]["content"], "Hi \"you\"");
    EXPECT_EQ(answer["choices"][0]["finish_reason"], "length");
    EXPECT_EQ(answer["usage"]["prompt_tokens_details"]["cached_tokens"], 16);
}

TEST(OpenAiFormat, Completions_AnswerWhole) {
    const auto format = make_answer_format(Api::completions, facts());

    const Json answer = Json::parse(format->whole("Hi", k_usage));

    EXPECT_EQ(answer["object"], "text_completion");
    EXPECT_EQ(answer["choices"][0]["text"], "Hi");
    EXPECT_EQ(answer["choices"][0]["finish_reason"], "stop");
}

TEST(AnthropicFormat, Messages_StreamNamedEventsInOrder) {
    const auto format = make_answer_format(Api::messages, facts());

    const Events events = stream(*format);

    std::vector<std::string> names;
    for (const std::string& text : events) {
        const Event event = parse(text);
        EXPECT_EQ(event.data["type"], event.name);
        names.push_back(event.name);
    }
    EXPECT_EQ(names,
              (std::vector<std::string>{"message_start", "content_block_start",
                                        "content_block_delta", "content_block_delta",
                                        "content_block_stop", "message_delta", "message_stop"}));
    EXPECT_EQ(parse(events[3]).data["delta"]["text"], " \"you\"");
    EXPECT_EQ(parse(events[5]).data["delta"]["stop_reason"], "end_turn");
    EXPECT_EQ(parse(events[5]).data["usage"]["output_tokens"], 2);
}

TEST(AnthropicFormat, Messages_CountCachedTokensApart) {
    const auto format = make_answer_format(Api::messages, facts());

    const Json answer = Json::parse(format->whole("Hi", k_usage));

    EXPECT_EQ(answer["type"], "message");
    EXPECT_EQ(answer["content"][0]["text"], "Hi");
    EXPECT_EQ(answer["usage"]["input_tokens"], 4);
    EXPECT_EQ(answer["usage"]["cache_read_input_tokens"], 16);
}

TEST(ResponsesFormat, Responses_StreamNumberedEventsInOrder) {
    const auto format = make_answer_format(Api::responses, facts());

    const Events events = stream(*format);

    std::vector<std::string> names;
    for (std::size_t i = 0; i < events.size(); ++i) {
        const Event event = parse(events[i]);
        EXPECT_EQ(event.data["type"], event.name);
        EXPECT_EQ(event.data["sequence_number"], i);
        names.push_back(event.name.substr(std::string{"response."}.size()));
    }
    EXPECT_EQ(names, (std::vector<std::string>{
                         "created", "in_progress", "output_item.added", "content_part.added",
                         "output_text.delta", "output_text.delta", "output_text.done",
                         "content_part.done", "output_item.done", "completed"}));
    EXPECT_EQ(parse(events[5]).data["delta"], " \"you\"");
    const Json response = parse(events[9]).data["response"];
    EXPECT_EQ(response["output"][0]["content"][0]["text"], "Hi \"you\"");
    EXPECT_EQ(response["usage"]["input_tokens_details"]["cached_tokens"], 16);
}

TEST(ResponsesFormat, Responses_AreIncompleteAtTheLimit) {
    AnswerFacts limited = facts();
    limited.at_limit = true;
    const auto format = make_answer_format(Api::responses, limited);

    const Json answer = Json::parse(format->whole("Hi", k_usage));

    EXPECT_EQ(answer["status"], "incomplete");
    EXPECT_EQ(answer["incomplete_details"]["reason"], "max_output_tokens");
}

}  // namespace
}  // namespace penstock::mock_engine
