#include "ask.h"

#include <utility>

#include "json_text.h"

namespace penstock::mock_engine {

namespace {

Error bad(std::string message) {
    return {ErrorCode::bad_request, std::move(message)};
}

const Json& at(const Json& object, std::string_view key) {
    static const Json k_null;
    if (!object.is_object()) return k_null;
    const auto found = object.find(key);
    return found == object.end() ? k_null : *found;
}

std::string string_at(const Json& object, std::string_view key) {
    const Json& value = at(object, key);
    return value.is_string() ? value.get<std::string>() : std::string{};
}

bool flag_at(const Json& object, std::string_view key) {
    const Json& value = at(object, key);
    return value.is_boolean() && value.get<bool>();
}

std::string text_of_part(const Json& part) {
    if (part.is_string()) return part.get<std::string>();
    const Json& text = at(part, "text");
    return text.is_string() ? text.get<std::string>() : to_text(part);
}

std::string text_of_content(const Json& content) {
    if (content.is_null()) return {};
    if (!content.is_array()) return text_of_part(content);
    std::string text;
    for (const Json& part : content) text += text_of_part(part);
    return text;
}

void add_message(std::string& prompt, std::string_view role, const Json& content) {
    prompt.append("<|").append(role).append("|>\n").append(text_of_content(content)).append("\n");
}

Result<void> add_messages(std::string& prompt, const Json& messages) {
    for (const Json& message : messages) {
        const std::string role = string_at(message, "role");
        if (role.empty()) return bad("Each message needs a role.");
        add_message(prompt, role, at(message, "content"));
    }
    return {};
}

Result<std::string> read_dialogue(Api api, const Json& body) {
    std::string prompt;
    if (const Json& tools = at(body, "tools"); tools.is_array() && !tools.empty()) {
        prompt.append(to_text(tools)).append("\n");
    }
    const Json& system = at(body, api == Api::responses ? "instructions" : "system");
    if (api != Api::chat && !system.is_null()) add_message(prompt, "system", system);
    const Json& messages = at(body, api == Api::responses ? "input" : "messages");
    if (api == Api::responses && messages.is_string()) {
        add_message(prompt, "user", messages);
    } else if (!messages.is_array() || messages.empty()) {
        return bad(api == Api::responses ? "input must be a string or a list of messages."
                                         : "messages must be a list with at least one message.");
    } else if (const Result<void> added = add_messages(prompt, messages); !added) {
        return added.error();
    }
    prompt += "<|assistant|>\n";
    return prompt;
}

// A prompt is a text or a list of token ids, which stand as their numbers.
Result<std::string> read_text(const Json& value) {
    if (value.is_string()) return value.get<std::string>();
    if (!value.is_array() || value.empty())
        return bad("A prompt must be a string or a list of tokens.");
    std::string text;
    for (const Json& token : value) {
        if (!token.is_number_integer()) return bad("A list of tokens must hold numbers only.");
        text.append(to_text(token)).append(" ");
    }
    return text;
}

bool is_list_of_texts(const Json& value) {
    return value.is_array() && !value.empty() && (value[0].is_string() || value[0].is_array());
}

Result<std::string> read_completion_prompt(const Json& prompt) {
    if (!is_list_of_texts(prompt)) return read_text(prompt);
    if (prompt.size() > 1) return bad("The simulated engine takes one prompt at a time.");
    return read_text(prompt[0]);
}

Result<void> read_embedding_inputs(const Json& input, Ask& ask) {
    const Json texts = is_list_of_texts(input) ? input : Json::array({input});
    for (const Json& value : texts) {
        Result<std::string> text = read_text(value);
        if (!text) return text.error();
        ask.prompt += *text;
        ask.inputs.push_back(std::move(*text));
    }
    return {};
}

Result<void> read_limits(Api api, const Json& body, Ask& ask) {
    for (const std::string_view key :
         {"max_completion_tokens", "max_tokens", "max_output_tokens"}) {
        const Json& value = at(body, key);
        if (value.is_null()) continue;
        constexpr std::uint64_t k_max = 1'000'000;
        if (!value.is_number_unsigned() || value.get<std::uint64_t>() < 1 ||
            value.get<std::uint64_t>() > k_max) {
            return bad(std::string{key} + " must be a number from 1 to 1000000.");
        }
        ask.max_tokens = static_cast<std::uint32_t>(value.get<std::uint64_t>());
        break;
    }
    if (api == Api::messages && !ask.max_tokens) return bad("max_tokens: Field required");
    if (const Json& n = at(body, "n"); !n.is_null() && n != 1) {
        return bad("The simulated engine gives one answer: n must be 1.");
    }
    return {};
}

Result<void> read_prompt(Api api, const Json& body, Ask& ask) {
    if (api == Api::embeddings) return read_embedding_inputs(at(body, "input"), ask);
    const bool plain =
        api == Api::completions || (api == Api::tokenize && !at(body, "messages").is_array());
    Result<std::string> prompt = plain
                                     ? read_completion_prompt(at(body, "prompt"))
                                     : read_dialogue(api == Api::tokenize ? Api::chat : api, body);
    if (!prompt) return prompt.error();
    ask.prompt = std::move(*prompt);
    return {};
}

}  // namespace

Result<Ask> read_ask(Api api, std::string_view text) {
    const Json body = parse_json(text);
    if (!body.is_object()) return bad("The body is not a JSON object.");
    Ask ask;
    ask.model = string_at(body, "model");
    ask.cache_salt = string_at(body, "cache_salt");
    ask.stream = flag_at(body, "stream");
    ask.include_usage = flag_at(at(body, "stream_options"), "include_usage");
    ask.base64 = string_at(body, "encoding_format") == "base64";
    if (const Result<void> read = read_limits(api, body, ask); !read) return read.error();
    if (const Result<void> read = read_prompt(api, body, ask); !read) return read.error();
    return ask;
}

}  // namespace penstock::mock_engine
