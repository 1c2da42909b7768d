#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "msgpack_reader.h"
#include "penstock/base/hash.h"
#include "penstock/kv_events/event.h"

namespace penstock::kv_events {

namespace {

enum class Field : std::uint8_t {
    hashes,
    parent,
    tokens,
    block_size,
    lora_id,
    medium,
    lora_name,
    extra_keys,
    group,
    spec_kind,
    locality,
    other
};

// By place in the array form.
constexpr std::array k_stored_fields{
    Field::hashes, Field::parent,    Field::tokens,     Field::block_size, Field::lora_id,
    Field::medium, Field::lora_name, Field::extra_keys, Field::group,      Field::spec_kind};
constexpr std::array k_removed_fields{Field::hashes, Field::medium, Field::group};

constexpr std::array<std::pair<std::string_view, Field>, 11> k_names{{
    {"block_hashes", Field::hashes},
    {"parent_block_hash", Field::parent},
    {"token_ids", Field::tokens},
    {"block_size", Field::block_size},
    {"lora_id", Field::lora_id},
    {"medium", Field::medium},
    {"lora_name", Field::lora_name},
    {"extra_keys", Field::extra_keys},
    {"group_idx", Field::group},
    {"kv_cache_spec_kind", Field::spec_kind},
    {"locality", Field::locality},
}};

Field field_named(std::string_view name) noexcept {
    const auto found = std::ranges::find(k_names, name, &std::pair<std::string_view, Field>::first);
    return found == k_names.end() ? Field::other : found->second;
}

Field field_at(Event::Kind kind, std::size_t place) noexcept {
    if (kind == Event::Kind::stored && place < k_stored_fields.size())
        return k_stored_fields[place];
    if (kind == Event::Kind::removed && place < k_removed_fields.size()) {
        return k_removed_fields[place];
    }
    return Field::other;
}

Event::Kind kind_named(std::string_view name) noexcept {
    if (name == "BlockStored") return Event::Kind::stored;
    if (name == "BlockRemoved") return Event::Kind::removed;
    return name == "AllBlocksCleared" ? Event::Kind::cleared : Event::Kind::other;
}

bool same_word(std::string_view a, std::string_view b) noexcept {
    return std::ranges::equal(
        a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

bool is_shared_store(std::string_view medium) noexcept {
    return same_word(medium, "STORAGE") || same_word(medium, "EXTERNAL");
}

// What a prefix can be found in; an unknown word of a newer engine is taken for such.
bool is_full_attention(std::string_view spec) noexcept {
    const auto names = [spec](std::string_view word) {
        return spec.find(word) != std::string_view::npos;
    };
    return !names("sliding") && !names("mamba") && !names("chunked") && !names("linear");
}

std::optional<std::uint64_t> read_hash(MsgpackReader& reader) {
    constexpr std::size_t k_bytes = 8;
    if (!reader.at_text()) return reader.integer();
    const std::optional<std::string_view> digest = reader.text();
    if (!digest || digest->size() < k_bytes) return std::nullopt;
    std::uint64_t hash = 0;
    for (const char byte : digest->substr(digest->size() - k_bytes)) {
        hash = hash << 8U | static_cast<unsigned char>(byte);
    }
    return hash;
}

bool read_hashes(MsgpackReader& reader, Event& event) {
    const auto count = reader.array();
    if (!count) return false;
    event.hashes.reserve(*count);
    for (std::uint32_t i = 0; i < *count; ++i) {
        const std::optional<std::uint64_t> hash = read_hash(reader);
        if (!hash) return false;
        event.hashes.push_back(*hash);
    }
    return true;
}

bool read_parent(MsgpackReader& reader, Event& event) {
    if (reader.nil()) return true;
    event.parent = read_hash(reader);
    return event.parent.has_value();
}

// A token is a number, or with bigrams a pair of them.
bool read_tokens(MsgpackReader& reader, Event& event) {
    const auto count = reader.array();
    if (!count) return false;
    event.tokens.reserve(*count);
    for (std::uint32_t i = 0; i < *count; ++i) {
        std::uint64_t token = 0;
        if (reader.at_array()) {
            const auto pair = reader.value();
            if (!pair) return false;
            token = hash64(*pair);
        } else if (const auto plain = reader.integer()) {
            token = *plain;
        } else {
            return false;
        }
        event.tokens.push_back(static_cast<std::uint32_t>(token));
    }
    return true;
}

bool read_extras(MsgpackReader& reader, Event& event) {
    if (reader.nil()) return true;
    const auto count = reader.array();
    if (!count) return false;
    bool any = false;
    event.extras.reserve(*count);
    for (std::uint32_t i = 0; i < *count; ++i) {
        if (reader.nil()) {
            event.extras.push_back(0);
            continue;
        }
        const auto keys = reader.value();
        if (!keys) return false;
        any = true;
        event.extras.push_back(hash64(*keys));
    }
    if (!any) event.extras.clear();
    return true;
}

bool read_number(MsgpackReader& reader, std::uint32_t& out) {
    if (reader.nil()) return true;
    const std::optional<std::uint64_t> number = reader.integer();
    if (!number || *number > 0xFFFFFFFF) return false;
    out = static_cast<std::uint32_t>(*number);
    return true;
}

template <class Take>
bool read_word(MsgpackReader& reader, Take take) {
    if (reader.nil()) return true;
    const std::optional<std::string_view> word = reader.text();
    if (word) take(*word);
    return word.has_value();
}

bool read_lora_id(MsgpackReader& reader, Event& event) {
    if (reader.nil()) return true;
    const std::optional<std::uint64_t> number = reader.integer();
    if (number && event.lora.empty()) event.lora = std::to_string(*number);
    return number.has_value();
}

bool read_field(MsgpackReader& reader, Field field, Event& event) {
    switch (field) {
        case Field::hashes:
            return read_hashes(reader, event);
        case Field::parent:
            return read_parent(reader, event);
        case Field::tokens:
            return read_tokens(reader, event);
        case Field::block_size:
            return read_number(reader, event.block_size);
        case Field::lora_id:
            return read_lora_id(reader, event);
        case Field::medium:
            return read_word(reader, [&](auto word) { event.local &= !is_shared_store(word); });
        case Field::lora_name:
            return read_word(reader, [&](auto word) { event.lora = word; });
        case Field::extra_keys:
            return read_extras(reader, event);
        case Field::group:
            return read_number(reader, event.group);
        case Field::spec_kind:
            return read_word(reader,
                             [&](auto word) { event.full_attention = is_full_attention(word); });
        case Field::locality:
            return read_word(reader, [&](auto word) { event.local &= !same_word(word, "REMOTE"); });
        case Field::other:
            break;
    }
    return reader.value().has_value();
}

bool read_array_event(MsgpackReader& reader, Event& event) {
    const auto count = reader.array();
    if (!count || *count == 0) return false;
    const std::optional<std::string_view> name = reader.text();
    if (!name) return false;
    event.kind = kind_named(*name);
    for (std::uint32_t place = 0; place + 1 < *count; ++place) {
        if (!read_field(reader, field_at(event.kind, place), event)) return false;
    }
    return true;
}

bool read_map_event(MsgpackReader& reader, Event& event) {
    const auto count = reader.map();
    if (!count) return false;
    for (std::uint32_t i = 0; i < *count; ++i) {
        const std::optional<std::string_view> key = reader.text();
        if (!key) return false;
        if (*key == "type") {
            if (!read_word(reader, [&](auto word) { event.kind = kind_named(word); })) return false;
        } else if (!read_field(reader, field_named(*key), event)) {
            return false;
        }
    }
    return true;
}

Error bad(std::string what) {
    return {ErrorCode::invalid_value, std::move(what)};
}

}  // namespace

std::size_t bytes_of(const Batch& batch) noexcept {
    std::size_t bytes = sizeof batch + batch.events.capacity() * sizeof(Event);
    for (const Event& event : batch.events) {
        bytes += (event.hashes.capacity() + event.extras.capacity()) * sizeof(std::uint64_t) +
                 event.tokens.capacity() * sizeof(std::uint32_t) + event.lora.size();
    }
    return bytes;
}

Result<Batch> decode(std::string_view payload) {
    if (payload.size() > k_payload_max) return bad("the payload is too long");
    MsgpackReader reader{payload};
    const auto parts = reader.array();
    if (!parts || *parts < 2) return bad("it is no array of a time and events");
    const bool timed = reader.value().has_value();
    const auto count = reader.array();
    if (!timed || !count) return bad("it has no array of events");
    if (*count > k_events_max) return bad("it has too many events");
    Batch batch;
    for (std::uint32_t i = 0; i < *count; ++i) {
        Event& event = batch.events.emplace_back();
        const bool read =
            reader.at_map() ? read_map_event(reader, event) : read_array_event(reader, event);
        if (!read) return bad("event " + std::to_string(i) + " cannot be read");
    }
    if (*parts > 2 && !read_number(reader, batch.rank)) return bad("its rank is no number");
    for (std::uint32_t i = 3; i < *parts; ++i) {
        if (!reader.value()) return bad("it ends too early");
    }
    return batch;
}

}  // namespace penstock::kv_events
