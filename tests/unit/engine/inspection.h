// Runs the inspector over a text and keeps what it said.
#pragma once

#include <string>
#include <string_view>

#include "penstock/engine/inspect.h"

namespace penstock::engine {

/// Joins the prompt's pieces; notes the facts that were known when it began.
class RecordingSink final : public PromptSink {
public:
    void begin(const RequestFacts& facts) override {
        ++begun;
        model_at_begin = facts.model;
        salt_at_begin = facts.cache_salt;
        early_text = !prompt.empty();
    }
    void text(std::string_view piece) override { prompt += piece; }

    std::string prompt;
    std::string model_at_begin;
    std::string salt_at_begin;
    int begun = 0;
    bool early_text = false;
};

struct Inspection {
    RequestFacts facts;
    RecordingSink sink;
};

inline Inspection inspect(Endpoint endpoint, std::string_view body,
                          std::string_view content_type = "application/json") {
    Inspection result;
    std::string padded{body};
    padded.append(k_body_padding, '\0');
    Inspector inspector;
    inspector.inspect({endpoint, content_type, std::string_view{padded}.substr(0, body.size())},
                      result.facts, result.sink);
    return result;
}

inline Inspection inspect_chat(std::string_view body) {
    return inspect(Endpoint::chat_completions, body);
}

}  // namespace penstock::engine
