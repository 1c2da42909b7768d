// The same request written in many ways gives the same facts and the same prompt.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "inspection.h"

namespace penstock::engine {
namespace {

/// A JSON value that can be written with its keys in any order, white space anywhere, and strings
/// escaped or not.
struct Value {
    enum class Kind { scalar, string, array, object };
    Kind kind = Kind::scalar;
    std::string text;
    std::vector<std::pair<std::string, Value>> members;  // arrays leave the keys empty
};

Value string_value(std::string text) {
    return {Value::Kind::string, std::move(text), {}};
}

rc::Gen<std::string> any_text() {
    return rc::gen::container<std::string>(rc::gen::element('a', 'b', '"', '\\', '\n', '/', ' '));
}

Value any_part() {
    Value part{Value::Kind::object, "", {}};
    if (*rc::gen::arbitrary<bool>()) {
        part.members.emplace_back("type", string_value("text"));
        part.members.emplace_back("text", string_value(*any_text()));
    } else {
        Value url{Value::Kind::object, "", {}};
        url.members.emplace_back("url", string_value("data:image/png;base64,AA"));
        url.members.emplace_back("detail", string_value(*any_text()));
        part.members.emplace_back("type", string_value("image_url"));
        part.members.emplace_back("image_url", url);
    }
    return part;
}

Value any_message() {
    Value message{Value::Kind::object, "", {}};
    message.members.emplace_back("role", string_value(*rc::gen::element<std::string>(
                                             "system", "user", "assistant", "tool")));
    if (*rc::gen::arbitrary<bool>()) {
        message.members.emplace_back("content", string_value(*any_text()));
    } else {
        Value parts{Value::Kind::array, "", {}};
        const int count = *rc::gen::inRange(0, 4);
        for (int at = 0; at < count; ++at) parts.members.emplace_back("", any_part());
        message.members.emplace_back("content", parts);
    }
    message.members.emplace_back("name", string_value(*any_text()));
    message.members.emplace_back("unknown", string_value(*any_text()));
    return message;
}

Value any_chat() {
    Value chat{Value::Kind::object, "", {}};
    Value messages{Value::Kind::array, "", {}};
    const int count = *rc::gen::inRange(0, 5);
    for (int at = 0; at < count; ++at) messages.members.emplace_back("", any_message());
    chat.members.emplace_back("model", string_value(*any_text()));
    chat.members.emplace_back("messages", messages);
    chat.members.emplace_back("user", string_value(*any_text()));
    chat.members.emplace_back("cache_salt", string_value(*any_text()));
    chat.members.emplace_back(
        "max_tokens",
        Value{Value::Kind::scalar, std::to_string(*rc::gen::inRange(1, 100'000)), {}});
    chat.members.emplace_back("stream", Value{Value::Kind::scalar, "true", {}});
    chat.members.emplace_back("temperature", Value{Value::Kind::scalar, "0.5", {}});
    return chat;
}

std::string space() {
    return *rc::gen::element<std::string>("", "", " ", "\n", "\t \r\n");
}

std::string escaped(const std::string& text) {
    std::string out;
    for (const char c : text) {
        const bool must = c == '"' || c == '\\' || c == '\n';
        if (!must && *rc::gen::inRange(0, 4) != 0) {
            out += c;
            continue;
        }
        constexpr std::string_view k_digits = "0123456789abcdef";
        out += "\\u00";
        out += k_digits[static_cast<unsigned char>(c) >> 4U];
        out += k_digits[static_cast<unsigned char>(c) & 15U];
    }
    return '"' + out + '"';
}

std::string written(const Value& value) {
    if (value.kind == Value::Kind::scalar) return space() + value.text + space();
    if (value.kind == Value::Kind::string) return space() + escaped(value.text) + space();
    const bool object = value.kind == Value::Kind::object;
    std::vector<std::size_t> order(value.members.size());
    for (std::size_t at = 0; at < order.size(); ++at) order[at] = at;
    if (object) {
        for (std::size_t at = order.size(); at > 1; --at) {
            std::swap(order[at - 1], order[*rc::gen::inRange<std::size_t>(0, at)]);
        }
    }
    std::string out = space() + (object ? "{" : "[");
    for (std::size_t at = 0; at < order.size(); ++at) {
        const auto& [key, member] = value.members[order[at]];
        if (at > 0) out += ',';
        if (object) out += space() + escaped(key) + space() + ':';
        out += written(member);
    }
    return out + (order.empty() ? space() : "") + (object ? "}" : "]") + space();
}

RC_GTEST_PROP(InspectProperty, KeyOrderWhiteSpaceAndEscapesDoNotMatter, ()) {
    const Value chat = any_chat();

    const Inspection a = inspect_chat(written(chat));
    const Inspection b = inspect_chat(written(chat));

    RC_ASSERT(a.facts.json);
    RC_ASSERT(b.facts.json);
    RC_ASSERT(a.facts.model == chat.members[0].second.text);
    RC_ASSERT(a.facts.model == b.facts.model);
    RC_ASSERT(a.facts.cache_salt == b.facts.cache_salt);
    RC_ASSERT(a.facts.sessions == b.facts.sessions);
    RC_ASSERT(a.facts.stream && b.facts.stream);
    RC_ASSERT(std::to_string(a.facts.max_tokens) == chat.members[4].second.text);
    RC_ASSERT(a.sink.prompt == b.sink.prompt);
    RC_ASSERT(a.facts.prompt_bytes == a.sink.prompt.size());
}

RC_GTEST_PROP(InspectProperty, AnyBytesAreBorneByEveryEndpoint, (const std::string& junk)) {
    const std::string body =
        "{\"model\":\"m\",\"messages\":[" + junk + "],\"prompt\":" + junk + "}";
    for (const Endpoint endpoint :
         {Endpoint::chat_completions, Endpoint::completions, Endpoint::responses,
          Endpoint::messages, Endpoint::embeddings, Endpoint::multipart, Endpoint::other}) {
        const Inspection result = inspect(endpoint, body, "multipart/form-data; boundary=m");
        RC_ASSERT(result.facts.prompt_bytes == result.sink.prompt.size());
    }
}

RC_GTEST_PROP(InspectProperty, StructuralNoiseIsBorne, ()) {
    const auto noise = *rc::gen::container<std::string>(
        rc::gen::element('{', '}', '[', ']', ':', ',', '"', 'a', '1', ' ', '\\'));
    const std::string body = "{\"messages\":" + noise + "}";

    const Inspection result = inspect_chat(body);

    RC_ASSERT(result.facts.prompt_bytes == result.sink.prompt.size());
}

}  // namespace
}  // namespace penstock::engine
