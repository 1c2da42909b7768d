// OpenAI's Responses: one message of one text.
#include <utility>

#include "answer_format.h"
#include "json_text.h"
#include "penstock/base/json_text.h"
#include "usage_json.h"

namespace penstock::mock_engine {

namespace {

class ResponsesFormat final : public AnswerFormat {
public:
    explicit ResponsesFormat(AnswerFacts facts)
        : facts_{std::move(facts)}, item_id_{"msg_" + facts_.id} {
        delta_prefix_ = R"("item_id":)" + json_string(item_id_) +
                        R"(,"output_index":0,"content_index":0,"logprobs":[],"delta":")";
    }

    void open(Events& out, const Usage& /*usage*/) override {
        const Json started = document("in_progress", Json::array(), nullptr);
        add(out, "response.created", {{"response", started}});
        add(out, "response.in_progress", {{"response", started}});
        add(out, "response.output_item.added",
            {{"output_index", 0}, {"item", item("in_progress", Json::array())}});
        add(out, "response.content_part.added",
            {{"item_id", item_id_}, {"output_index", 0}, {"content_index", 0}, {"part", part("")}});
    }

    void token(std::string& out, std::string_view escaped, bool /*last*/) override {
        out +=
            "event: response.output_text.delta\n"
            R"(data: {"type":"response.output_text.delta","sequence_number":)";
        out += std::to_string(sequence_++);
        out += ",";
        out += delta_prefix_;
        out += escaped;
        out += "\"}\n\n";
    }

    void close(Events& out, std::string_view text, const Usage& usage) override {
        const Json where{{"item_id", item_id_}, {"output_index", 0}, {"content_index", 0}};
        Json text_done = where;
        text_done["logprobs"] = Json::array();
        text_done["text"] = text;
        Json part_done = where;
        part_done["part"] = part(text);
        Json done_item = item("completed", Json::array({part(text)}));
        add(out, "response.output_text.done", text_done);
        add(out, "response.content_part.done", part_done);
        add(out, "response.output_item.done", {{"output_index", 0}, {"item", done_item}});
        add(out, facts_.at_limit ? "response.incomplete" : "response.completed",
            {{"response", ended(text, usage)}});
    }

    std::string whole(std::string_view text, const Usage& usage) override {
        return to_text(ended(text, usage));
    }

private:
    void add(Events& out, std::string_view name, const Json& data) {
        Json whole{{"type", name}, {"sequence_number", sequence_++}};
        whole.update(data);
        std::string text{"event: "};
        text.append(name).append("\ndata: ").append(to_text(whole)).append("\n\n");
        out.push_back(std::move(text));
    }

    [[nodiscard]] static Json part(std::string_view text) {
        return {{"type", "output_text"},
                {"text", text},
                {"annotations", Json::array()},
                {"logprobs", Json::array()}};
    }

    [[nodiscard]] Json item(std::string_view status, Json content) const {
        return {{"id", item_id_},
                {"type", "message"},
                {"status", status},
                {"role", "assistant"},
                {"content", std::move(content)}};
    }

    [[nodiscard]] Json ended(std::string_view text, const Usage& usage) const {
        const char* status = facts_.at_limit ? "incomplete" : "completed";
        Json output = Json::array({item(status, Json::array({part(text)}))});
        return document(status, std::move(output),
                        {{"input_tokens", usage.prompt_tokens},
                         {"input_tokens_details", cached_json(usage, facts_.cache_report)},
                         {"output_tokens", usage.output_tokens},
                         {"output_tokens_details", {{"reasoning_tokens", 0}}},
                         {"total_tokens", usage.prompt_tokens + usage.output_tokens}});
    }

    [[nodiscard]] Json document(std::string_view status, Json output, Json usage) const {
        Json incomplete;
        if (status == "incomplete") incomplete = {{"reason", "max_output_tokens"}};
        return {{"id", facts_.id},
                {"object", "response"},
                {"created_at", facts_.created},
                {"status", status},
                {"error", nullptr},
                {"incomplete_details", std::move(incomplete)},
                {"model", facts_.model},
                {"output", std::move(output)},
                {"parallel_tool_calls", true},
                {"tool_choice", "auto"},
                {"tools", Json::array()},
                {"usage", std::move(usage)}};
    }

    AnswerFacts facts_;
    std::string item_id_;
    std::string delta_prefix_;
    std::uint64_t sequence_ = 0;
};

}  // namespace

std::unique_ptr<AnswerFormat> make_responses_format(AnswerFacts facts) {
    return std::make_unique<ResponsesFormat>(std::move(facts));
}

}  // namespace penstock::mock_engine
