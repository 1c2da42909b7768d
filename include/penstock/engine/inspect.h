// From a request's body to the facts that routing needs. Reads only; never changes a byte.
//
// Any JSON that is valid for an engine passes; a body that is not JSON yields facts with `json ==
// false`, and the request is routed by load: its engine refuses it in its own words. That is judged
// by UTF-8, closed strings, balance and the outer object's own level; deeper faults may leave a
// prompt cut short. simdjson's structural index; the body must have `k_body_padding` readable bytes
// behind its end. Thread: any; one `Inspector` per thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace penstock::engine {

inline constexpr std::size_t k_body_padding = 64;  // SIMDJSON_PADDING
inline constexpr std::size_t k_name_max = 1024;    // longer models, salts, ids are cut here

/// What the body's shape is, judged by the path's last segments: prefixes such as /openai/v1, a
/// query and trailing slashes do not matter. A multipart/form-data type wins over the path. Rerank,
/// score, tokenize and the like are `other`: only the names are read.
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

/// What of a body may name the session it belongs to.
enum class SessionKey : std::uint8_t {
    session_id,
    prompt_cache_key,
    conversation,
    safety_identifier,
    user,
    metadata_user_id,
    previous_response_id,
};
inline constexpr std::size_t k_session_keys =
    static_cast<std::size_t>(SessionKey::previous_response_id) + 1;

/// A hash of each of them; 0 where it is not there.
class SessionNames {
public:
    std::uint64_t& operator[](SessionKey key) noexcept {
        return hashes_[static_cast<std::size_t>(key)];
    }
    std::uint64_t operator[](SessionKey key) const noexcept {
        return hashes_[static_cast<std::size_t>(key)];
    }
    friend bool operator==(const SessionNames&, const SessionNames&) = default;

private:
    std::array<std::uint64_t, k_session_keys> hashes_{};
};

struct RequestFacts {
    bool json = false;  // the body was read as JSON (an object)
    std::string model;  // empty: none named. An adapter's name, where the engine lists it as such
    bool model_malformed = false;  // "model" is there, and is no string
    std::string adapter;           // named apart from the model: lora_path, lora_request.lora_name
    std::string cache_salt;        // with SGLang's extra_key behind it
    SessionNames sessions;
    bool stream = false;
    bool include_usage = false;  // stream_options.include_usage
    // max_completion_tokens, max_output_tokens or max_tokens, in this order; 0: not said.
    std::uint32_t max_tokens = 0;
    std::uint64_t prompt_bytes = 0;  // handed to the sink; an image counts 16
    // The prompt's chain (routing/prefix_blocks.h), made by the sink below.
    std::vector<std::uint64_t> blocks;
    void clear() noexcept;  // keeps capacity
    void swap(RequestFacts& other) noexcept;
};

/// Takes the prompt's text, in the order the engine will see it: tools (as written), system,
/// messages (role, then content, then tool calls), images by the hash of their bytes, token ids as
/// 4 bytes each. Strings come decoded, in pieces cut anywhere. A conversation's next turn begins
/// with the bytes of the turn before. Implemented by the proxy with a `routing::PrefixHasher`:
/// engine does not know routing.
class PromptSink {
public:
    /// Called once before any text, when all other facts are known (they are looked for first).
    /// Not called for bodies without a prompt: multipart, other endpoints, no JSON.
    virtual void begin(const RequestFacts& facts) = 0;
    virtual void text(std::string_view piece) = 0;

protected:
    ~PromptSink() = default;
};

/// What a request carries. Borrowed.
struct Body {
    Endpoint endpoint;
    std::string_view content_type;
    std::string_view bytes;  // with `k_body_padding` readable ones behind
};

class Inspector {
public:
    Inspector();
    ~Inspector();
    Inspector(const Inspector&) = delete;
    Inspector& operator=(const Inspector&) = delete;

    /// Clears `facts` and fills it from `body`. The content type matters for multipart: its
    /// boundary; of such a body the first 64 KiB are looked at. Of equal keys the last counts, as
    /// in Python's parser. Never fails: what cannot be read leaves its field unset. Items deeper
    /// than 8 levels stay out of the prompt; linear time. Memory: 4 bytes per structural character,
    /// given back after bodies over 1 MiB.
    void inspect(const Body& body, RequestFacts& facts, PromptSink& sink);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// The id of an answer that begins with `head`, a document or an event stream: its first member of
/// that name. Empty where it is not there, or no plain string. Borrowed.
[[nodiscard]] std::string_view answer_id(std::string_view head) noexcept;

/// Token counts out of a usage object, of OpenAI's or Anthropic's names; 0 where absent.
struct Usage {
    bool found = false;
    std::uint64_t prompt_tokens = 0;  // cached ones included, whichever way the API counts
    std::uint64_t output_tokens = 0;
    std::uint64_t cached_tokens = 0;
    bool cached_told = false;  // `cached_tokens` was there, be it 0: most engines leave it out
    friend bool operator==(const Usage&, const Usage&) = default;
};
/// `object`: `{…}` as captured by `http::SseScanner` or cut out by `find_usage`. Tolerant: reads up
/// to what it does not understand.
[[nodiscard]] Usage read_usage(std::string_view object) noexcept;
/// The usage of a whole JSON answer: the last `"usage":{…}` in its last 64 KiB, else in its first.
[[nodiscard]] Usage find_usage(std::string_view answer) noexcept;

}  // namespace penstock::engine
