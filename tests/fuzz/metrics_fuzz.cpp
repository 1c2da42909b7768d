// Any page an engine may send when polled: metrics in every dialect, and lists of models.
//
// First byte of the input: the engine. The rest: the page.
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "penstock/base/assert.h"
#include "penstock/engine/dialect.h"

namespace {

void check(const penstock::fleet::LoadSample& sample) {
    for (const std::optional<double>& value :
         {sample.running, sample.waiting, sample.kv_use, sample.kv_tokens, sample.running_max,
          sample.cache_queries, sample.cache_hits, sample.start_time, sample.adapter_slots}) {
        PENSTOCK_ASSERT(!value || *value >= 0);
    }
    PENSTOCK_ASSERT(!sample.kv_use || *sample.kv_use <= 1);
    for (const penstock::fleet::AdapterUse& adapter : sample.adapters) {
        PENSTOCK_ASSERT(!adapter.name.empty() && adapter.id != 0);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string input{data, data + size};
    const std::string page = input.substr(1);
    using penstock::fleet::Engine;
    constexpr unsigned k_engines = static_cast<unsigned>(Engine::custom) + 1;
    const penstock::engine::CustomNames names{"running", "waiting", "kv_use", "kv_tokens"};
    const auto sample =
        penstock::engine::read_metrics(static_cast<Engine>(data[0] % k_engines), names, page);
    if (sample.has_value()) check(*sample);
    const auto models = penstock::engine::read_models(page);
    if (models.has_value()) {
        for (const std::string& name : models->names) PENSTOCK_ASSERT(!name.empty());
    }
    return 0;
}
