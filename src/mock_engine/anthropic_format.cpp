// Anthropic's Messages.
#include <utility>

#include "answer_format.h"
#include "json_text.h"

namespace penstock::mock_engine {

namespace {

// The prompt's tokens are `input_tokens` and the cached ones, which that does not count.
Json usage_json(const Usage& usage) {
    return {{"input_tokens", usage.prompt_tokens - usage.cached_tokens},
            {"output_tokens", usage.output_tokens},
            {"cache_creation_input_tokens", 0},
            {"cache_read_input_tokens", usage.cached_tokens}};
}

std::string event(std::string_view name, const Json& data) {
    Json whole{{"type", name}};
    whole.update(data);
    std::string text{"event: "};
    text.append(name).append("\ndata: ").append(to_text(whole)).append("\n\n");
    return text;
}

class AnthropicFormat final : public AnswerFormat {
public:
    explicit AnthropicFormat(AnswerFacts facts) : facts_{std::move(facts)} {}

    void open(Events& out, const Usage& usage) override {
        Json message = document(Json::array(), nullptr, usage);
        out.push_back(event("message_start", {{"message", std::move(message)}}));
        out.push_back(event("content_block_start",
                            {{"index", 0}, {"content_block", {{"type", "text"}, {"text", ""}}}}));
    }

    void token(std::string& out, std::string_view escaped, bool /*last*/) override {
        out +=
            "event: content_block_delta\n"
            R"(data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":")";
        out += escaped;
        out += "\"}}\n\n";
    }

    void close(Events& out, std::string_view /*text*/, const Usage& usage) override {
        out.push_back(event("content_block_stop", {{"index", 0}}));
        out.push_back(event("message_delta",
                            {{"delta", {{"stop_reason", reason()}, {"stop_sequence", nullptr}}},
                             {"usage", usage_json(usage)}}));
        out.push_back(event("message_stop", Json::object()));
    }

    std::string whole(std::string_view text, const Usage& usage) override {
        Json content = Json::array({{{"type", "text"}, {"text", text}}});
        return to_text(document(std::move(content), reason(), usage));
    }

private:
    [[nodiscard]] const char* reason() const noexcept {
        return facts_.at_limit ? "max_tokens" : "end_turn";
    }

    [[nodiscard]] Json document(Json content, Json stop_reason, const Usage& usage) const {
        return {{"id", facts_.id},          {"type", "message"},
                {"role", "assistant"},      {"content", std::move(content)},
                {"model", facts_.model},    {"stop_reason", std::move(stop_reason)},
                {"stop_sequence", nullptr}, {"usage", usage_json(usage)}};
    }

    AnswerFacts facts_;
};

}  // namespace

std::unique_ptr<AnswerFormat> make_anthropic_format(AnswerFacts facts) {
    return std::make_unique<AnthropicFormat>(std::move(facts));
}

}  // namespace penstock::mock_engine
