// Embeddings that depend on the text alone. Pure.
#pragma once

#include <span>
#include <string>

#include "answer_format.h"

namespace penstock::mock_engine {

inline constexpr std::size_t k_embedding_dimensions = 8;

/// The whole answer. Each number is a multiple of 1/128 from -1 to 1, so exact in any encoding.
[[nodiscard]] std::string embeddings_answer(const Ask& ask, const AnswerFacts& facts,
                                            const Usage& usage);

/// RFC 4648 4, with padding.
[[nodiscard]] std::string base64(std::span<const unsigned char> bytes);

}  // namespace penstock::mock_engine
