#include <optional>

#include "penstock/routing/prefix_blocks.h"
#include "steps.h"

namespace penstock::proxy {

namespace {

constexpr std::size_t k_model_max = 256;  // bytes of a model's name in a record

/// Hashes the prompt's text as the engine module reads it.
class ChainSink final : public engine::PromptSink {
public:
    ChainSink(std::size_t block_size, std::vector<std::uint64_t>& blocks)
        : block_size_{block_size}, blocks_{blocks} {}

    void begin(const engine::RequestFacts& facts) override {
        hasher_.emplace(routing::chain_seed(facts.model, facts.cache_salt), block_size_, blocks_);
    }
    void text(std::string_view piece) override { hasher_->add(piece); }

private:
    std::size_t block_size_;
    std::vector<std::uint64_t>& blocks_;
    std::optional<routing::PrefixHasher> hasher_;
};

/// The route's first pool says how long a block is: its index is the one that will be asked.
std::size_t block_size(const Exchange& exchange) {
    return exchange.generation->pools[exchange.route->pools.front()].balance.block_size.count;
}

}  // namespace

void inspect(Exchange& exchange) {
    const http::RequestHead& head = exchange.client.head();
    const std::string_view content_type =
        head.fields.find(http::FieldName::content_type).value_or(std::string_view{});
    exchange.endpoint = engine::endpoint_of(head.path(), content_type);
    if (!exchange.body.empty()) {
        ChainSink sink{block_size(exchange), exchange.facts.blocks};
        exchange.worker.inspector.inspect(exchange.endpoint, content_type, exchange.body,
                                          exchange.facts, sink);
    }
    exchange.record.model = exchange.facts.model.substr(0, k_model_max);
    exchange.record.prompt_blocks = static_cast<std::uint32_t>(exchange.facts.blocks.size());
}

}  // namespace penstock::proxy
