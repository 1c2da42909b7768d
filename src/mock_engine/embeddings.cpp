#include "embeddings.h"

#include <array>
#include <bit>
#include <vector>

#include "json_text.h"
#include "penstock/base/rng.h"
#include "usage_json.h"

namespace penstock::mock_engine {

namespace {

std::array<float, k_embedding_dimensions> embed(std::string_view text) {
    Rng rng{prompt_hash(text)};
    std::array<float, k_embedding_dimensions> vector{};
    for (float& number : vector) {
        number = static_cast<float>(static_cast<int>(rng.below(257)) - 128) / 128.0F;
    }
    return vector;
}

// Floats as clients decode them: 32 bits, little-endian.
std::string encode(std::span<const float> vector) {
    std::vector<unsigned char> bytes;
    for (const float number : vector) {
        const auto bits = std::bit_cast<std::uint32_t>(number);
        for (unsigned shift = 0; shift < 32; shift += 8) {
            bytes.push_back(static_cast<unsigned char>(bits >> shift));
        }
    }
    return base64(bytes);
}

}  // namespace

std::string base64(std::span<const unsigned char> bytes) {
    constexpr std::string_view k_letters =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t group = 0;
        for (std::size_t k = 0; k < 3; ++k) {
            group = (group << 8U) | (i + k < bytes.size() ? bytes[i + k] : 0U);
        }
        for (std::size_t k = 0; k < 4; ++k) {
            const bool padding = i + k > bytes.size();
            out += padding ? '=' : k_letters[(group >> (18U - 6U * k)) & 0x3FU];
        }
    }
    return out;
}

std::string embeddings_answer(const Ask& ask, const AnswerFacts& facts, const Usage& usage) {
    Json data = Json::array();
    for (const std::string& text : ask.inputs) {
        const auto vector = embed(text);
        data.push_back({{"index", data.size()},
                        {"object", "embedding"},
                        {"embedding", ask.base64 ? Json(encode(vector)) : Json(vector)}});
    }
    return to_text({{"id", facts.id},
                    {"object", "list"},
                    {"created", facts.created},
                    {"model", facts.model},
                    {"data", std::move(data)},
                    {"usage",
                     {{"prompt_tokens", usage.prompt_tokens},
                      {"total_tokens", usage.prompt_tokens},
                      {"completion_tokens", 0},
                      {"prompt_tokens_details", cached_json(usage, facts.cache_report)}}}});
}

}  // namespace penstock::mock_engine
