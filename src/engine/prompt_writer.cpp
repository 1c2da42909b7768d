#include "prompt_writer.h"

#include <cstring>
#include <string>

#include "json_text.h"
#include "penstock/base/hash.h"

namespace penstock::engine {

void PromptWriter::text(std::string_view piece) {
    if (piece.empty()) return;
    facts_.prompt_bytes += piece.size();
    if (piece.size() >= k_direct_min) {
        flush();
        sink_.text(piece);
        return;
    }
    if (piece.size() > buffer_.size() - used_) flush();
    std::memcpy(buffer_.data() + used_, piece.data(), piece.size());
    used_ += piece.size();
}

void PromptWriter::string(std::string_view raw) {
    while (true) {
        const std::size_t run = raw.find('\\');
        if (run == std::string_view::npos) break;
        text(raw.substr(0, run));
        raw.remove_prefix(run);
        const DecodedEscape escape = take_escape(raw);
        if (escape.size == 1 && used_ < buffer_.size()) {  // a line's end, mostly
            buffer_[used_++] = escape.bytes[0];
            ++facts_.prompt_bytes;
        } else {
            text(escape.text());
        }
    }
    text(raw);
}

void PromptWriter::digest(std::string_view raw) {
    constexpr std::string_view k_digits = "0123456789abcdef";
    std::array<char, 16> hex{};
    std::uint64_t hash = 0;
    if (raw.find('\\') == std::string_view::npos) {
        hash = hash64(raw);
    } else {
        // Rare (base64 and URLs need no escapes), so this copy may allocate.
        std::string plain;
        decode_string(raw, raw.size(), plain);
        hash = hash64(plain);
    }
    for (char& digit : hex) {
        digit = k_digits[hash & 15U];
        hash >>= 4U;
    }
    text({hex.data(), hex.size()});
}

void PromptWriter::token_id(std::uint32_t id) {
    std::array<char, 4> bytes{};
    for (char& byte : bytes) {
        byte = static_cast<char>(id & 0xFFU);
        id >>= 8U;
    }
    text({bytes.data(), bytes.size()});
}

void PromptWriter::flush() {
    if (used_ == 0) return;
    sink_.text({buffer_.data(), used_});
    used_ = 0;
}

}  // namespace penstock::engine
