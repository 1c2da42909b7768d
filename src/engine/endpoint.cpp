// Which endpoint a path names: its last segments decide, so prefixes such as /openai/v1 or
// /deployments/x do not matter.
#include <algorithm>
#include <array>

#include "content_type.h"
#include "penstock/engine/inspect.h"

namespace penstock::engine {
namespace {

struct Suffix {
    std::string_view text;
    Endpoint endpoint;
};

// Longer ones first: "/chat/completions" also ends in "/completions".
constexpr std::array k_suffixes{
    Suffix{"/chat/completions", Endpoint::chat_completions},
    Suffix{"/completions", Endpoint::completions},
    Suffix{"/completion", Endpoint::completions},  // llama.cpp's own
    Suffix{"/responses", Endpoint::responses},
    Suffix{"/messages", Endpoint::messages},
    Suffix{"/embeddings", Endpoint::embeddings},
};

}  // namespace

Endpoint endpoint_of(std::string_view path, std::string_view content_type) noexcept {
    if (is_media_type(content_type, "multipart/form-data")) return Endpoint::multipart;
    path = path.substr(0, path.find_first_of("?#"));
    while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
    const auto* const found = std::find_if(k_suffixes.begin(), k_suffixes.end(),
                                           [&](const Suffix& s) { return path.ends_with(s.text); });
    return found != k_suffixes.end() ? found->endpoint : Endpoint::other;
}

}  // namespace penstock::engine
