#include "text.h"

#include <algorithm>
#include <array>

#include "penstock/base/hash.h"
#include "penstock/base/json_text.h"

namespace penstock::mock_engine {

namespace {

constexpr std::size_t k_words = 64;

// Each with the space before it. Some need escapes, some more than one byte a letter: what passes
// an answer on must keep them.
constexpr std::array<std::string_view, k_words> k_plain{
    " the",     " river",   " carries",     " light",     " over",        " quiet",   " stones",
    " and",     " every",   " answer",      " begins",    " with",        " another", " question",
    " in",      " a",       " small",       " garden",    " where",       " seven",   " lanterns",
    " hang",    " between", " old",         " trees",     " while",       " snow",    " falls",
    " on",      " distant", " hills",       " near",      " an",          " open",    " window",
    " someone", " reads",   " slowly",      " naïve",     " café",        " Übermut", " straße",
    " \"yes\"", " \"no\"",  " back\\slash", " tab\there", " line\nbreak", " a/b",     " 東京",
    " привет",  " 😀",       " 👩‍🚀", " ñandú",     " 42",          " 3.14",    " x=y",
    " <tag>",   " &amp;",   " {brace}",     " [list]",    " don't",       " semi;",   " wait,",
    " end."};

const std::array<std::string, k_words>& escaped_words() {
    static const std::array<std::string, k_words> k_escaped = [] {
        std::array<std::string, k_words> escaped;
        std::ranges::transform(k_plain, escaped.begin(), [](std::string_view word) {
            const std::string text = json_string(word);
            return text.substr(1, text.size() - 2);
        });
        return escaped;
    }();
    return k_escaped;
}

// The finalizer of SplitMix64 (Steele, Lea, Flood 2014): short enough for a test in any language.
constexpr std::uint64_t mix(std::uint64_t z) noexcept {
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31U);
}

}  // namespace

std::uint64_t prompt_hash(std::string_view prompt) noexcept {
    std::uint64_t hash = 0xCBF29CE484222325U;
    for (const char c : prompt) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
    }
    return hash;
}

Text::Token Text::token(std::uint32_t index) const noexcept {
    constexpr std::uint64_t k_golden = 0x9E3779B97F4A7C15U;
    const std::size_t word = mix(state_ + (index + 1) * k_golden) % k_words;
    const std::size_t skip = index == 0 ? 1 : 0;
    return {.plain = k_plain[word].substr(skip),
            .escaped = std::string_view{escaped_words()[word]}.substr(skip)};
}

std::uint32_t count_tokens(std::string_view text) noexcept {
    const std::size_t tokens = (text.size() + k_bytes_per_token - 1) / k_bytes_per_token;
    return static_cast<std::uint32_t>(std::max<std::size_t>(1, tokens));
}

std::vector<std::uint32_t> token_ids(std::string_view text) {
    constexpr std::uint64_t k_vocabulary = 128'000;
    std::vector<std::uint32_t> ids;
    ids.reserve(text.size() / k_bytes_per_token + 1);
    while (!text.empty()) {
        const std::string_view token = text.substr(0, k_bytes_per_token);
        ids.push_back(static_cast<std::uint32_t>(prompt_hash(token) % k_vocabulary));
        text.remove_prefix(token.size());
    }
    return ids;
}

std::vector<std::uint64_t> block_chain(std::string_view prompt, std::uint32_t block_tokens,
                                       std::uint64_t seed) {
    const std::size_t block_bytes = block_tokens * k_bytes_per_token;
    std::vector<std::uint64_t> chain;
    chain.reserve(prompt.size() / block_bytes);
    while (prompt.size() >= block_bytes) {
        seed = hash64(prompt.substr(0, block_bytes), seed);
        chain.push_back(seed);
        prompt.remove_prefix(block_bytes);
    }
    return chain;
}

}  // namespace penstock::mock_engine
