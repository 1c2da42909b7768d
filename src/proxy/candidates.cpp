#include "candidates.h"

#include <algorithm>
#include <limits>
#include <string_view>

#include "json_members.h"
#include "penstock/base/number_text.h"

namespace penstock::proxy {

namespace {

constexpr double k_unknown = std::numeric_limits<double>::quiet_NaN();  // told as null

struct UnfitWord {
    fleet::Unfit bit;
    std::string_view word;
};
constexpr std::array<UnfitWord, 7> k_unfit_words{{{fleet::k_unhealthy, "unhealthy"},
                                                  {fleet::k_draining, "draining"},
                                                  {fleet::k_other_model, "other_model"},
                                                  {fleet::k_full, "full"},
                                                  {fleet::k_excluded, "excluded"},
                                                  {fleet::k_no_weight, "no_weight"},
                                                  {fleet::k_other_labels, "other_labels"}}};

void append_unfit(std::string& out, std::uint8_t unfit) {
    append_key(out, "unfit");
    const std::size_t begin = out.size();
    for (const UnfitWord& each : k_unfit_words) {
        if ((unfit & each.bit) == 0) continue;
        out.append(",\"").append(each.word).append("\"");
    }
    if (out.size() == begin) out += ',';
    out[begin] = '[';
    out += ']';
}

/// In milliseconds, if it is a time.
double told(float term, const routing::Policy& policy) noexcept {
    constexpr double k_millis = 1000;
    return static_cast<double>(term) * (policy.in_seconds() ? k_millis : 1);
}

void append_terms_json(std::string& out, const Candidate& candidate,
                       const routing::Policy& policy) {
    append_key(out, policy.in_seconds() ? "terms_ms" : "terms");
    const std::size_t begin = out.size();
    for (std::size_t i = 0; i < routing::k_terms; ++i) {
        append_figure(out, routing::name(static_cast<routing::Term>(i)),
                      told(candidate.terms[i], policy));
    }
    close_object(out, begin);
}

void append_json(std::string& out, const Candidate& candidate, const routing::Policy& policy) {
    const fleet::SheetRow& row = candidate.row;
    const std::size_t begin = out.size();
    append_text(out, "backend", candidate.backend->url);
    append_flag(out, "chosen", candidate.chosen);
    append_unfit(out, row.unfit);
    append_text(out, "health", fleet::name(candidate.health));
    append_flag(out, "ejected", candidate.ejected);
    append_figure(out, "weight", row.weight);
    append_flag(out, "fresh", row.fresh);
    append_figure(out, "running", row.running);
    append_figure(out, "waiting", row.waiting);
    append_figure(out, "in_flight", row.in_flight);
    append_figure(out, "kv_usage", row.kv_use < 0 ? k_unknown : row.kv_use);
    append_count(out, "held_blocks", row.held_blocks);
    append_flag(out, "cache_off", row.cache_off);
    append_text(out, "adapter", fleet::name(row.adapter.room));
    append_terms_json(out, candidate, policy);
    close_object(out, begin);
}

}  // namespace

void rank(std::vector<Candidate>& candidates) {
    const auto place = [](const Candidate& each) {
        return each.chosen ? 0 : each.row.unfit == fleet::k_fit ? 1 : 2;
    };
    std::stable_sort(candidates.begin(), candidates.end(),
                     [&](const Candidate& a, const Candidate& b) {
                         if (place(a) != place(b)) return place(a) < place(b);
                         return a.terms[0] < b.terms[0];
                     });
}

std::string unfit_words(std::uint8_t unfit) {
    std::string words;
    for (const UnfitWord& each : k_unfit_words) {
        if ((unfit & each.bit) == 0) continue;
        words.append(words.empty() ? "" : ",").append(each.word);
    }
    return words;
}

void append_terms(std::string& out, const std::array<float, routing::k_terms>& terms,
                  const routing::Policy& policy) {
    for (std::size_t i = 0; i < routing::k_terms; ++i) {
        out.append(i == 0 ? "" : "; ").append(routing::name(static_cast<routing::Term>(i)));
        out += '=';
        out += readable(told(terms[i], policy));
        if (policy.in_seconds()) out += "ms";
    }
}

std::string candidate_text(const Candidate& candidate, const routing::Policy& policy) {
    std::string text = "backend=" + candidate.backend->url;
    if (candidate.row.unfit != fleet::k_fit) text += "; unfit=" + unfit_words(candidate.row.unfit);
    text += "; held=" + std::to_string(candidate.row.held_blocks) + "; ";
    if (candidate.row.cache_off) text += "cache=off; ";
    append_terms(text, candidate.terms, policy);
    return text;
}

std::string candidates_json(std::span<const Candidate> candidates, const routing::Policy& policy) {
    std::string out = "[";
    for (const Candidate& each : candidates) {
        if (out.size() > 1) out += ',';
        append_json(out, each, policy);
    }
    return out += ']';
}

}  // namespace penstock::proxy
