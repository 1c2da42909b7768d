#include "explanation_text.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "penstock/base/number_text.h"
#include "penstock/base/text_table.h"

namespace penstock::app {

namespace {

using Json = nlohmann::ordered_json;
using Cells = std::vector<std::string>;

/// Names come from engines and clients: nothing that a terminal would obey.
std::string plain(std::string text) {
    for (char& c : text) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
    }
    return text;
}

std::string text_of(const Json& value, const char* otherwise = "-") {
    return value.is_string() ? plain(value.get<std::string>()) : otherwise;
}

std::string figure(const char* format, const Json& value) {
    char text[64];
    std::snprintf(text, sizeof text, format, value.is_number() ? value.get<double>() : 0.0);
    return text;
}

std::string term_text(const Json& value) {
    return readable(value.is_number() ? value.get<double>() : 0.0);
}

std::string count(const Json& value) {
    return figure("%.0f", value);
}

std::string down_by(const Json& candidate) {
    return candidate.at("ejected").get<bool>() ? "failed requests"
                                               : text_of(candidate.at("health"));
}

/// Why it cannot be picked, and what makes its figures doubtful.
std::string note(const Json& candidate) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 6> k_words{
        {{"draining", "draining"},
         {"other_model", "lacks the model"},
         {"full", "at its limit"},
         {"excluded", "has failed this request"},
         {"no_weight", "weight 0"},
         {"other_labels", "lacks a required label"}}};
    Cells words;
    for (const Json& unfit : candidate.at("unfit")) {
        const std::string word = text_of(unfit);
        if (word == "unhealthy") words.push_back("down (" + down_by(candidate) + ")");
        for (const auto& [known, meaning] : k_words) {
            if (word == known) words.emplace_back(meaning);
        }
    }
    if (!candidate.at("fresh").get<bool>()) words.emplace_back("no fresh metrics");
    if (candidate.value("cache_off", false)) words.emplace_back("finds nothing cached");
    std::string all;
    for (const std::string& each : words) all += (all.empty() ? "" : ", ") + each;
    return all;
}

bool in_millis(const Json& candidate) {
    return candidate.contains("terms_ms");
}

const Json& terms_of(const Json& candidate) {
    return candidate.at(in_millis(candidate) ? "terms_ms" : "terms");
}

/// The total last, where sums stand.
Cells heading(const Json& candidate) {
    Cells cells{"", "backend", "held", "running", "waiting", "in flight"};
    for (const auto& [term, value] : terms_of(candidate).items()) {
        if (term != "total") cells.push_back(term);
    }
    cells.insert(cells.end(), {"weight", "total", ""});
    return cells;
}

Cells row_of(const Json& candidate, const std::string& blocks) {
    Cells cells{candidate.at("chosen").get<bool>() ? ">" : "",
                text_of(candidate.at("backend")),
                count(candidate.at("held_blocks")) + "/" + blocks,
                count(candidate.at("running")),
                count(candidate.at("waiting")),
                count(candidate.at("in_flight"))};
    const Json& terms = terms_of(candidate);
    for (const auto& [term, value] : terms.items()) {
        if (term != "total") cells.push_back(term_text(value));
    }
    cells.push_back(figure("%g", candidate.at("weight")));
    cells.push_back(term_text(terms.at("total")));
    cells.push_back(note(candidate));
    return cells;
}

std::string table_of(const Json& candidates, const std::string& blocks) {
    if (candidates.empty()) return "";
    std::vector<Cells> rows{heading(candidates.front())};
    for (const Json& candidate : candidates) rows.push_back(row_of(candidate, blocks));
    // Names and notes stand to the left, figures to the right.
    const std::array<std::size_t, 3> left{0, 1, rows.front().size() - 1};
    return "\n" + text_table(rows, left) + "\n" +
           (in_millis(candidates.front())
                ? "Terms are milliseconds until the first token; their sum is divided by the "
                  "weight. "
                  "Less is better.\n"
                : "Terms are the policy's own score, in which less is better.\n");
}

std::string_view meaning(std::string_view reason) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 8> k_reasons{
        {{"only", "no other can take it"},
         {"prefix", "the least total, with a part of the prompt cached"},
         {"load", "the least total"},
         {"hash", "by the hash of the prompt's beginning"},
         {"turn", "it is its turn"},
         {"chance", "by chance"},
         {"place", "no other with the preferred labels can take it"},
         {"session", "its session was there last"}}};
    for (const auto& [word, sentence] : k_reasons) {
        if (word == reason) return sentence;
    }
    return reason;
}

std::string request_line(const Json& json) {
    const Json& prompt = json.at("prompt");
    std::string line = "request  model " + text_of(json.at("model"));
    if (json.at("adapter").is_string()) line += " with adapter " + text_of(json.at("adapter"));
    if (!json.at("json").get<bool>()) {
        line += "; its body is not read as JSON";
        return json.at("refused").is_object() ? line : line + ": it goes by load";
    }
    return line + ", a prompt of " + count(prompt.at("bytes")) + " bytes, some " +
           count(prompt.at("tokens")) + " tokens, " + count(prompt.at("blocks")) + " blocks";
}

/// What the request's route and fields ask for, and where its session was; empty without either.
std::string wishes(const Json& json) {
    std::string text;
    const Json labels = json.value("labels", Json{});
    for (const char* kind : {"required", "preferred"}) {
        if (!labels.is_object() || !labels.at(kind).is_string()) continue;
        text += "labels   " + text_of(labels.at(kind)) + " " + kind + "\n";
    }
    const Json session = json.value("session", Json{});
    if (!session.is_object()) return text;
    const bool known = session.at("home").is_string();
    return text + "session  by " + text_of(session.at("source")) +
           (known ? ", last at " + text_of(session.at("home")) : ", not known here") + "\n";
}

ExplanationText text_of_document(const Json& json) {
    const Json& refused = json.at("refused");
    std::string text = request_line(json) + "\nroute    " + text_of(json.at("route")) + ", pool " +
                       text_of(json.at("pool")) + ", policy " + text_of(json.at("policy")) + "\n" +
                       wishes(json);
    if (refused.is_object()) {
        text += "refused  " + count(refused.at("status")) + " " + text_of(refused.at("code")) +
                ": " + text_of(refused.at("message")) + "\n";
    } else {
        text += "pick     " + text_of(json.at("backend")) + ": ";
        text.append(meaning(text_of(json.at("reason")))).append("\n");
    }
    text += table_of(json.at("candidates"), count(json.at("prompt").at("blocks")));
    return {std::move(text), refused.is_object()};
}

}  // namespace

Result<ExplanationText> explanation_text(std::string_view document) {
    try {
        return text_of_document(Json::parse(document));
    } catch (const Json::exception&) {
        return Error{ErrorCode::invalid_value, "no explanation"};
    }
}

std::string refusal_text(int status, std::string_view body) {
    const std::string told = "it answers " + std::to_string(status);
    const Json json = Json::parse(body, nullptr, false);
    if (!json.is_object()) return told + ", and not in JSON: is it an admin listener?";
    const auto error = json.find("error");
    if (error == json.end() || !error->is_object()) return told + " without an explanation";
    return told + ": " + text_of(error->value("message", Json{}));
}

}  // namespace penstock::app
