// Chat completions and completions, as vLLM and SGLang write them.
#include <utility>

#include "answer_format.h"
#include "json_text.h"
#include "penstock/base/assert.h"
#include "penstock/base/json_text.h"
#include "usage_json.h"

namespace penstock::mock_engine {

namespace {

Json usage_json(const Usage& usage, bool cache_report) {
    return {{"prompt_tokens", usage.prompt_tokens},
            {"total_tokens", usage.prompt_tokens + usage.output_tokens},
            {"completion_tokens", usage.output_tokens},
            {"prompt_tokens_details", cached_json(usage, cache_report)}};
}

class OpenAiFormat final : public AnswerFormat {
public:
    OpenAiFormat(bool chat, AnswerFacts facts)
        : facts_{std::move(facts)},
          chat_{chat},
          finish_{facts_.at_limit ? R"("length")" : R"("stop")"} {
        const char* object = chat_ ? "chat.completion.chunk" : "text_completion";
        prefix_ = "data: {\"id\":" + json_string(facts_.id) + ",\"object\":\"" + object +
                  "\",\"created\":" + std::to_string(facts_.created) +
                  ",\"model\":" + json_string(facts_.model) + ",\"choices\":[";
    }

    void open(Events& out, const Usage& /*usage*/) override {
        if (!chat_) return;
        out.push_back(prefix_ + R"({"index":0,"delta":{"role":"assistant","content":""},)"
                                R"("logprobs":null,"finish_reason":null}]})"
                                "\n\n");
    }

    void token(std::string& out, std::string_view escaped, bool last) override {
        out += prefix_;
        out += chat_ ? R"({"index":0,"delta":{"content":")" : R"({"index":0,"text":")";
        out += escaped;
        out += chat_ ? R"("},"logprobs":null,"finish_reason":)"
                     : R"(","logprobs":null,"finish_reason":)";
        out += last && !finishes_apart() ? std::string_view{finish_} : std::string_view{"null"};
        out += "}]}\n\n";
    }

    void close(Events& out, std::string_view /*text*/, const Usage& usage) override {
        if (finishes_apart()) {
            out.push_back(prefix_ +
                          (chat_ ? R"({"index":0,"delta":{},)" : R"({"index":0,"text":"",)") +
                          R"("logprobs":null,"finish_reason":)" + finish_ +
                          R"(,"matched_stop":null}]})"
                          "\n\n");
        }
        if (facts_.include_usage) {
            out.push_back(prefix_ + "],\"usage\":" +
                          to_text(usage_json(usage, facts_.cache_report)) + "}\n\n");
        }
        out.emplace_back("data: [DONE]\n\n");
    }

    std::string whole(std::string_view text, const Usage& usage) override {
        Json choice{{"index", 0}};
        if (chat_) {
            choice["message"] = {{"role", "assistant"}, {"content", text}};
        } else {
            choice["text"] = text;
        }
        choice["logprobs"] = nullptr;
        choice["finish_reason"] = facts_.at_limit ? "length" : "stop";
        return to_text({{"id", facts_.id},
                        {"object", chat_ ? "chat.completion" : "text_completion"},
                        {"created", facts_.created},
                        {"model", facts_.model},
                        {"choices", Json::array({std::move(choice)})},
                        {"usage", usage_json(usage, facts_.cache_report)}});
    }

private:
    // SGLang ends with a choice of its own, vLLM in the last token's.
    [[nodiscard]] bool finishes_apart() const noexcept {
        return facts_.dialect == fleet::Engine::sglang;
    }

    AnswerFacts facts_;
    bool chat_;
    std::string finish_;
    std::string prefix_;
};

}  // namespace

std::unique_ptr<AnswerFormat> make_openai_format(bool chat, AnswerFacts facts) {
    return std::make_unique<OpenAiFormat>(chat, std::move(facts));
}

std::unique_ptr<AnswerFormat> make_answer_format(Api api, AnswerFacts facts) {
    switch (api) {
        case Api::chat:
        case Api::completions:
            return make_openai_format(api == Api::chat, std::move(facts));
        case Api::messages:
            return make_anthropic_format(std::move(facts));
        case Api::responses:
            return make_responses_format(std::move(facts));
        case Api::embeddings:
        case Api::tokenize:
            break;
    }
    PENSTOCK_ASSERT(!"an API with answers");
}

}  // namespace penstock::mock_engine
