// From a request's body to the facts that routing needs. Reads only; never changes a byte.
//
// Any JSON that is valid for an engine passes; a body that is not JSON yields facts with `json ==
// false`, and the request is routed by load. simdjson on demand; the body must have
// `k_body_padding` readable bytes behind its end. Thread: any; one `Inspector` per thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace penstock::engine {

inline constexpr std::size_t k_body_padding = 64;  // SIMDJSON_PADDING

/// What the body's shape is, judged by the path.
enum class Endpoint : std::uint8_t {
    chat_completions,
    completions,
    responses,
    messages,
    embeddings,
    multipart,
    other,
};
[[nodiscard]] Endpoint endpoint_of(std::string_view path, std::string_view content_type) noexcept;

struct RequestFacts {
    bool json = false;  // the body was read as JSON (an object)
    std::string model;  // empty: none named
    std::string cache_salt;
    std::uint64_t session =
        0;  // hash of user / prompt_cache_key / metadata.user_id / conversation; 0: none
    bool stream = false;
    bool include_usage = false;  // stream_options.include_usage
    std::uint32_t max_tokens =
        0;  // max_tokens, max_completion_tokens or max_output_tokens; 0: not said
    std::uint64_t prompt_bytes = 0;
    std::vector<std::uint64_t>
        blocks;  // the prompt's chain (routing/prefix_blocks.h), filled by the sink below
    void clear() noexcept;  // keeps capacity
};

/// Takes the prompt's text, in the order the engine will see it: tools, system, messages (role,
/// then content), images by the hash of their bytes. Implemented by the proxy with a
/// `routing::PrefixHasher`: engine does not know routing.
class PromptSink {
public:
    /// Called once before any text, when model and salt are known (they are looked for first).
    virtual void begin(const RequestFacts& facts) = 0;
    virtual void text(std::string_view piece) = 0;

protected:
    ~PromptSink() = default;
};

class Inspector {
public:
    Inspector();
    ~Inspector();
    Inspector(const Inspector&) = delete;
    Inspector& operator=(const Inspector&) = delete;

    /// Reads `body` (with padding behind it). `content_type` matters for multipart: its boundary.
    /// Never fails: what cannot be read leaves its field unset. Bounded depth (64) and linear time.
    void inspect(Endpoint endpoint, std::string_view content_type, std::string_view body,
                 RequestFacts& facts, PromptSink& sink);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// Token counts out of a usage object, of OpenAI's or Anthropic's names; 0 where absent.
struct Usage {
    bool found = false;
    std::uint64_t prompt_tokens = 0;
    std::uint64_t output_tokens = 0;
    std::uint64_t cached_tokens = 0;
};
/// `object`: `{…}` as captured by `http::SseScanner` or cut out by `find_usage`.
[[nodiscard]] Usage read_usage(std::string_view object) noexcept;
/// The usage of a whole JSON answer (the last `"usage":{…}` in it).
[[nodiscard]] Usage find_usage(std::string_view answer) noexcept;

}  // namespace penstock::engine
