#include "penstock/fleet/identity.h"

#include "penstock/base/number_text.h"

namespace penstock::fleet {

std::string_view name(Engine engine) noexcept {
    switch (engine) {
        case Engine::vllm:
            return "vllm";
        case Engine::sglang:
            return "sglang";
        case Engine::llamacpp:
            return "llamacpp";
        case Engine::tgi:
            return "tgi";
        case Engine::trtllm:
            return "trtllm";
        case Engine::lmdeploy:
            return "lmdeploy";
        case Engine::custom:
            return "custom";
    }
    return "custom";
}

void Address::append_authority(std::string& out) const {
    if (is_unix()) {
        out.append("localhost");
        return;
    }
    const bool v6 = host.find(':') != std::string::npos;
    out.append(v6 ? "[" : "").append(host).append(v6 ? "]:" : ":");
    append_number(out, port);
}

std::string Address::authority() const {
    std::string out;
    append_authority(out);
    return out;
}

}  // namespace penstock::fleet
