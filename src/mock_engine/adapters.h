// The LoRA adapters of a mock engine in real time: who asks for one waits until it has a slot and
// is loaded. Thread: the loop's.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "penstock/base/task.h"
#include "penstock/base/units.h"
#include "penstock/sim/adapter_slots.h"

namespace penstock::net {
class Loop;
}

namespace penstock::mock_engine {

class Adapters {
public:
    Adapters(net::Loop& loop, std::uint32_t slots, Millis load);

    /// One request's hold on its adapter, from its coming to its end.
    class Use {
    public:
        /// `name` empty: the base model, which needs no slot.
        Use(Adapters& adapters, std::string name);
        ~Use();
        Use(const Use&) = delete;
        Use& operator=(const Use&) = delete;
        /// Ends when the adapter is there. Destroyed before: it waits no more.
        Task<void> ready();

    private:
        Adapters& adapters_;
        std::string name_;
        std::uint32_t number_ = 0;
        bool entered_ = false;
    };

    /// Names with commas between them, as vLLM tells them.
    [[nodiscard]] std::string running() const;
    [[nodiscard]] std::string waiting() const;
    [[nodiscard]] std::uint32_t slots() const noexcept { return slots_count_; }
    [[nodiscard]] std::size_t slots_used() const noexcept { return slots_.loaded().size(); }

private:
    struct Requests {
        std::uint32_t number = 0;  // of the adapter, from 1
        std::uint32_t running = 0;
        std::uint32_t waiting = 0;
    };
    net::Loop& loop_;
    std::uint32_t slots_count_;
    sim::AdapterSlots slots_;
    std::map<std::string, Requests> requests_;  // of all adapters ever asked for
};

}  // namespace penstock::mock_engine
