#include "penstock/fleet/identity.h"

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

std::string Address::authority() const {
    if (is_unix()) return "localhost";
    const bool v6 = host.find(':') != std::string::npos;
    return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

}  // namespace penstock::fleet
