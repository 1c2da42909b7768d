#include "penstock/engine/inspect.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include "json_index.h"
#include "json_text.h"
#include "multipart.h"
#include "penstock/base/hash.h"
#include "prompt_reader.h"
#include "request_keys.h"

namespace penstock::engine {
namespace {

constexpr std::string_view k_utf8_mark = "\xEF\xBB\xBF";  // Python's json.loads takes it

std::uint32_t read_count(const JsonIndex& json, JsonNode node) noexcept {
    if (!node) return 0;
    const std::string_view text = json.scalar(node);
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || !(value > 0)) return 0;
    constexpr double k_max = std::numeric_limits<std::uint32_t>::max();
    return static_cast<std::uint32_t>(std::min(std::floor(value), k_max));
}

bool is_true(const JsonIndex& json, JsonNode node) noexcept {
    return node && json.scalar(node) == "true";
}

/// One inspection of a JSON body: what it needs, and its steps.
struct Reading {
    const JsonIndex& json;
    RequestKeys keys;
    RequestFacts& facts;
    std::string& scratch;

    void read_names();
    void read_session();
    void read_numbers();
    void read_prompt(Endpoint endpoint, PromptSink& sink) const;

    void append_salt(Key key);
    [[nodiscard]] std::uint64_t hash_session(JsonNode node);
};

void Reading::read_names() {
    if (const JsonNode model = keys[Key::model]) {
        decode_string(json.string(model), k_name_max, facts.model);
        facts.model_malformed = json.kind(model) != '"';
    }
    if (const JsonNode adapter = keys[Key::adapter]) {
        const JsonNode name =
            json.kind(adapter) == '{' ? field(json, adapter, "lora_name") : adapter;
        if (name) decode_string(json.string(name), k_name_max, facts.adapter);
    }
    append_salt(Key::cache_salt);
    append_salt(Key::extra_key);
}

void Reading::append_salt(Key key) {
    if (!keys[key]) return;
    decode_string(json.string(keys[key]), k_name_max, scratch);
    facts.cache_salt += scratch;
}

std::uint64_t Reading::hash_session(JsonNode node) {
    if (!node) return 0;
    if (json.kind(node) == '{') node = field(json, node, "id");
    if (!node || json.kind(node) == 'n') return 0;
    if (json.kind(node) == '"') {
        decode_string(json.string(node), k_name_max, scratch);
    } else {
        scratch.assign(json.scalar(node));
    }
    return scratch.empty() ? 0 : std::max<std::uint64_t>(hash64(scratch), 1);  // 0 says none
}

void Reading::read_session() {
    // In the order of `SessionKey`.
    const std::array<JsonNode, k_session_keys> nodes{
        keys[Key::session_id],
        keys[Key::prompt_cache_key],
        keys[Key::conversation],
        keys[Key::safety_identifier],
        keys[Key::user],
        field(json, keys[Key::metadata], "user_id"),
        keys[Key::previous_response_id],
    };
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        facts.sessions[static_cast<SessionKey>(i)] = hash_session(nodes[i]);
    }
}

void Reading::read_numbers() {
    facts.stream = is_true(json, keys[Key::stream]);
    facts.include_usage = is_true(json, field(json, keys[Key::stream_options], "include_usage"));
    for (const Key key : {Key::max_completion_tokens, Key::max_output_tokens, Key::max_tokens}) {
        if (facts.max_tokens == 0) facts.max_tokens = read_count(json, keys[key]);
    }
}

void Reading::read_prompt(Endpoint endpoint, PromptSink& sink) const {
    if (endpoint == Endpoint::other || endpoint == Endpoint::multipart) return;
    sink.begin(facts);
    PromptWriter writer{sink, facts};
    PromptReader prompt{json, writer};
    switch (endpoint) {
        case Endpoint::completions:
            prompt.plain_prompt(keys[Key::prompt]);
            break;
        case Endpoint::embeddings:
            prompt.plain_prompt(keys[Key::input]);
            prompt.messages(keys[Key::messages]);
            break;
        case Endpoint::responses:
            prompt.verbatim(keys[Key::tools]);
            prompt.content(keys[Key::instructions]);
            prompt.messages(keys[Key::input]);
            break;
        default:  // chat completions and messages
            prompt.verbatim(keys[Key::tools]);
            prompt.verbatim(keys[Key::functions]);
            prompt.verbatim(keys[Key::documents]);
            prompt.content(keys[Key::system]);
            prompt.messages(keys[Key::messages]);
            break;
    }
    writer.flush();
}

void inspect_multipart(std::string_view content_type, std::string_view body, RequestFacts& facts) {
    const MultipartFields fields = read_multipart(content_type, body);
    facts.model.assign(fields.model.substr(0, k_name_max));
    facts.stream = fields.stream == "true" || fields.stream == "True" || fields.stream == "1";
    if (!fields.user.empty()) {
        facts.sessions[SessionKey::user] =
            std::max<std::uint64_t>(hash64(fields.user.substr(0, k_name_max)), 1);
    }
}

}  // namespace

void RequestFacts::clear() noexcept {
    json = false;
    model.clear();
    model_malformed = false;
    adapter.clear();
    cache_salt.clear();
    sessions = {};
    stream = false;
    include_usage = false;
    max_tokens = 0;
    prompt_bytes = 0;
    blocks.clear();
}

// By member, each a call, instead of three moves of all of them in each place: once a request, the
// fewer lines of code the better.
void RequestFacts::swap(RequestFacts& other) noexcept {
    // One that is missing here does not compile.
    auto& [is_json, name, malformed, lora, salt, names, streams, usage, tokens, bytes, chain] =
        other;
    std::swap(json, is_json);
    model.swap(name);
    std::swap(model_malformed, malformed);
    adapter.swap(lora);
    cache_salt.swap(salt);
    std::swap(sessions, names);
    std::swap(stream, streams);
    std::swap(include_usage, usage);
    std::swap(max_tokens, tokens);
    std::swap(prompt_bytes, bytes);
    blocks.swap(chain);
}

struct Inspector::Impl {
    JsonIndex json;
    std::string scratch;
};

Inspector::Inspector() : impl_{std::make_unique<Impl>()} {}
Inspector::~Inspector() = default;

void Inspector::inspect(const Body& body, RequestFacts& facts, PromptSink& sink) {
    facts.clear();
    if (body.endpoint == Endpoint::multipart) {
        inspect_multipart(body.content_type, body.bytes, facts);
        return;
    }
    std::string_view text = body.bytes;
    if (text.starts_with(k_utf8_mark)) text.remove_prefix(k_utf8_mark.size());
    if (!text.empty() && impl_->json.read(text)) {
        Reading reading{impl_->json, {}, facts, impl_->scratch};
        facts.json = reading.keys.read(impl_->json);
        if (facts.json) {
            reading.read_names();
            reading.read_session();
            reading.read_numbers();
            reading.read_prompt(body.endpoint, sink);
        }
    }
    impl_->json.shrink();
}

}  // namespace penstock::engine
