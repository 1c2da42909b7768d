#include "penstock/engine/inject_usage.h"
#include "steps.h"

namespace penstock::proxy {

void ask_for_usage(Exchange& exchange) {
    if (exchange.route->usage != UsageMode::inject || !exchange.facts.stream) return;
    if (exchange.endpoint != engine::Endpoint::chat_completions &&
        exchange.endpoint != engine::Endpoint::completions) {
        return;  // the other APIs always tell
    }
    const std::optional<engine::Splice> splice = engine::inject_usage(exchange.body);
    if (!splice) return;
    exchange.body.replace(splice->position, splice->removed, splice->text);
    exchange.usage_injected = true;
}

}  // namespace penstock::proxy
