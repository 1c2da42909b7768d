#include "adapters.h"

#include <optional>
#include <utility>

#include "mock_engine_impl.h"
#include "penstock/net/loop.h"

namespace penstock::mock_engine {

namespace {

Micros micros(TimePoint time) noexcept {
    return std::chrono::duration_cast<Micros>(time.time_since_epoch());
}

void append_name(std::string& list, const std::string& name) {
    if (!list.empty()) list += ',';
    list += name;
}

}  // namespace

Adapters::Adapters(net::Loop& loop, std::uint32_t slots, Millis load)
    : loop_{loop}, slots_count_{slots}, slots_{slots, load} {}

Adapters::Use::Use(Adapters& adapters, std::string name)
    : adapters_{adapters}, name_{std::move(name)} {
    if (name_.empty()) return;
    Requests& requests = adapters_.requests_[name_];
    if (requests.number == 0) {
        requests.number = static_cast<std::uint32_t>(adapters_.requests_.size());
    }
    number_ = requests.number;
    ++requests.waiting;
}

Adapters::Use::~Use() {
    if (number_ == 0) return;
    Requests& requests = adapters_.requests_[name_];
    --(entered_ ? requests.running : requests.waiting);
    if (entered_) adapters_.slots_.leave(number_, micros(adapters_.loop_.now()));
}

// The loop's timers turn every 20 ms, often enough to look for a slot.
Task<void> Adapters::Use::ready() {
    constexpr Millis k_look{20};
    if (number_ == 0) co_return;
    std::optional<Micros> ready;
    for (;;) {
        ready = adapters_.slots_.enter(number_, micros(adapters_.loop_.now()));
        if (ready) break;
        co_await pause(adapters_.loop_, k_look);
    }
    entered_ = true;
    Requests& requests = adapters_.requests_[name_];
    --requests.waiting;
    ++requests.running;
    const Micros left = *ready - micros(adapters_.loop_.now());
    if (left > Micros{0}) {
        co_await pause(adapters_.loop_, std::chrono::ceil<Millis>(left));
    }
}

std::string Adapters::running() const {
    std::string list;
    for (const auto& [name, requests] : requests_) {
        if (requests.running > 0) append_name(list, name);
    }
    return list;
}

std::string Adapters::waiting() const {
    std::string list;
    for (const auto& [name, requests] : requests_) {
        if (requests.running == 0 && requests.waiting > 0) append_name(list, name);
    }
    return list;
}

}  // namespace penstock::mock_engine
