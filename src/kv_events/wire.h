// Messages on ZeroMQ: a batch is [topic][number][payload], its number 8 bytes, highest first. A
// replay is asked for with [][number] and answered with [][topic][number][payload] for each batch
// kept since (vLLM before July 2026 and SGLang without the topic), then a number of all ones
// without payload. Source: `vllm/distributed/kv_events.py`. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace penstock::kv_events {

inline constexpr std::uint64_t k_end_of_replay = ~std::uint64_t{0};

struct Message {
    std::uint64_t number = 0;
    std::string_view payload;  // of the frames
};

/// A batch's message, or a replayed one's behind its empty frame. Nothing: it is none.
[[nodiscard]] std::optional<Message> read_message(const std::vector<std::string>& frames,
                                                  std::size_t skip = 0) noexcept;
[[nodiscard]] std::string number_frame(std::uint64_t number);
[[nodiscard]] std::optional<std::uint64_t> read_number(std::string_view frame) noexcept;

}  // namespace penstock::kv_events
