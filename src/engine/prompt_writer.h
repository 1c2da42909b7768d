// Collects the prompt's pieces for the sink: small ones joined in a fixed buffer, large ones handed
// on as they lie in the body. Counts the bytes. Lives for one inspection.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "penstock/engine/inspect.h"

namespace penstock::engine {

/// Strings are handed on decoded, not as they are escaped in the body: clients differ in what they
/// escape (Python's json escapes all but ASCII, JavaScript's does not), but the engine sees one
/// text, and its length stands for tokens. Costs one search for backslashes.
class PromptWriter {
public:
    PromptWriter(PromptSink& sink, RequestFacts& facts) noexcept : sink_{sink}, facts_{facts} {}
    PromptWriter(const PromptWriter&) = delete;
    PromptWriter& operator=(const PromptWriter&) = delete;

    /// Text as it is.
    void text(std::string_view piece);
    /// A JSON string's content, decoded on the way.
    void string(std::string_view raw);
    /// 16 hexadecimal digits, the hash of a string's decoded content, in place of bytes that are no
    /// text (an image).
    void digest(std::string_view raw);
    /// A token id: 4 bytes, little endian, so that a token counts as many bytes as it does in text.
    void token_id(std::uint32_t id);
    /// Hands the rest on. The last call.
    void flush();

private:
    static constexpr std::size_t k_direct_min = 512;  // from here a copy costs more than a call

    PromptSink& sink_;
    RequestFacts& facts_;
    std::size_t used_ = 0;
    std::array<char, 4096> buffer_;
};

}  // namespace penstock::engine
