// What an engine tells of its KV cache, and how that looks on the wire: MessagePack, as vLLM
// publishes it since 0.9 (`vllm/distributed/kv_events.py`) and SGLang after it
// (`srt/disaggregation/kv_events.py`).
//
// A payload is the array [time, events, rank]; the rank may be missing or nil. An event is an array
// whose first element is its name, or (vLLM since 0.23) a map whose "type" is:
//
//     BlockStored       block_hashes, parent_block_hash, token_ids, block_size, lora_id, medium,
//                       lora_name, extra_keys, group_idx, kv_cache_spec_kind
//     BlockRemoved      block_hashes, medium, group_idx
//     AllBlocksCleared
//
// Elements may be missing at an array's end and anywhere in a map; what comes besides is ignored.
// Pure. Thread: any.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "penstock/base/error.h"

namespace penstock::kv_events {

/// A payload longer than this is refused: a batch holds what one step of an engine stored, with its
/// tokens.
inline constexpr std::size_t k_payload_max = std::size_t{8} << 20U;
/// More events in one batch are refused.
inline constexpr std::size_t k_events_max = std::size_t{1} << 16U;

struct Event {
    enum class Kind : std::uint8_t { stored, removed, cleared, other };
    Kind kind = Kind::other;
    /// The engine's names of blocks, opaque: integers as they are, of longer ones the last 8 bytes.
    /// Those of one event follow each other in one prompt.
    std::vector<std::uint64_t> hashes;
    std::optional<std::uint64_t> parent;  // unset: the first block is a prompt's first
    std::vector<std::uint32_t> tokens;    // of all blocks, in order
    std::uint32_t block_size = 0;         // tokens in a block
    std::string lora;                     // its name, else its number; empty: the base model
    /// What tells blocks of equal tokens apart (images, salts), hashed, a number per block; empty:
    /// nothing does.
    std::vector<std::uint64_t> extras;
    std::uint32_t group = 0;     // of layers that share a cache
    bool local = true;           // in the engine's own memory or disk, not in a store of many
    bool full_attention = true;  // else a sliding window or a state: no prefix to be had
    friend bool operator==(const Event&, const Event&) = default;
};

struct Batch {
    std::uint32_t rank = 0;  // data-parallel
    std::vector<Event> events;
    friend bool operator==(const Batch&, const Batch&) = default;
};

/// Memory that a batch takes, about: up to eight times its payload.
[[nodiscard]] std::size_t bytes_of(const Batch& batch) noexcept;

/// Errors: invalid_value with what is wrong. Never reads beyond `payload`, never recurses, and
/// takes memory in proportion to it only.
[[nodiscard]] Result<Batch> decode(std::string_view payload);

/// How events are written: by vLLM since 0.23, or by its older versions and SGLang.
enum class Form : std::uint8_t { map, array };
[[nodiscard]] std::string encode(const Batch& batch, Form form, double time);

}  // namespace penstock::kv_events
