// How an answer looks in each API: as one document, or as events. Pure; one object an answer.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ask.h"
#include "penstock/fleet/identity.h"
#include "text.h"

namespace penstock::mock_engine {

/// What is fixed when a request is taken in.
struct AnswerFacts {
    std::string id;
    std::string model;
    std::int64_t created = 0;  // Unix seconds
    fleet::Engine dialect = fleet::Engine::vllm;
    bool include_usage = false;
    bool cache_report = true;  // usage tells what of the prompt was cached
    bool at_limit = false;     // ends because the client's maximum is reached, not by itself
};

struct Usage {
    std::uint32_t prompt_tokens = 0;
    std::uint32_t cached_tokens = 0;  // of the prompt
    std::uint32_t output_tokens = 0;
};

/// Each event goes out in a chunk of its own.
using Events = std::vector<std::string>;

class AnswerFormat {
public:
    AnswerFormat() = default;
    AnswerFormat(const AnswerFormat&) = delete;
    AnswerFormat& operator=(const AnswerFormat&) = delete;
    virtual ~AnswerFormat() = default;

    /// Events before the first token, sent together with it.
    virtual void open(Events& out, const Usage& usage) = 0;
    /// A token's event; `out` is empty. `last`: nothing follows but `close`.
    virtual void token(std::string& out, std::string_view escaped, bool last) = 0;
    /// Events after the last token. `text` is the whole answer.
    virtual void close(Events& out, std::string_view text, const Usage& usage) = 0;
    /// The answer as a document.
    [[nodiscard]] virtual std::string whole(std::string_view text, const Usage& usage) = 0;
};

/// Not for embeddings and tokenize.
[[nodiscard]] std::unique_ptr<AnswerFormat> make_answer_format(Api api, AnswerFacts facts);

[[nodiscard]] std::unique_ptr<AnswerFormat> make_openai_format(bool chat, AnswerFacts facts);
[[nodiscard]] std::unique_ptr<AnswerFormat> make_anthropic_format(AnswerFacts facts);
[[nodiscard]] std::unique_ptr<AnswerFormat> make_responses_format(AnswerFacts facts);

}  // namespace penstock::mock_engine
