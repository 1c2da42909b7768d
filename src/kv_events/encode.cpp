#include <bit>

#include "penstock/kv_events/event.h"

namespace penstock::kv_events {

namespace {

/// Writes the widest form of each kind: short to read, and every reader must know it.
class Writer {
public:
    explicit Writer(std::string& out) noexcept : out_{out} {}

    void array(std::size_t count) { head(0xDD, count, 4); }
    void map(std::size_t count) { head(0xDF, count, 4); }
    void number(std::uint64_t value) { head(0xCF, value, 8); }
    void real(double value) { head(0xCB, std::bit_cast<std::uint64_t>(value), 8); }
    void nil() { out_ += '\xC0'; }
    void text(std::string_view text) {
        head(0xDB, text.size(), 4);
        out_ += text;
    }
    template <class Numbers>
    void numbers(const Numbers& numbers) {
        array(numbers.size());
        for (const auto each : numbers) number(each);
    }

private:
    void head(std::uint8_t first, std::uint64_t value, unsigned bytes) {
        out_ += static_cast<char>(first);
        for (unsigned at = bytes; at-- > 0;) out_ += static_cast<char>(value >> (8 * at));
    }

    std::string& out_;
};

std::string_view name_of(Event::Kind kind) noexcept {
    switch (kind) {
        case Event::Kind::stored:
            return "BlockStored";
        case Event::Kind::removed:
            return "BlockRemoved";
        case Event::Kind::cleared:
            return "AllBlocksCleared";
        case Event::Kind::other:
            break;
    }
    return "Other";
}

/// Names stand in the map form only.
class Fields {
public:
    Fields(Writer& to, Form form) noexcept : to_{to}, form_{form} {}
    Writer& operator[](std::string_view name) {
        if (form_ == Form::map) to_.text(name);
        return to_;
    }

private:
    Writer& to_;
    Form form_;
};

void write_lora(Writer& to, const std::string& lora) {
    lora.empty() ? to.nil() : to.text(lora);
}

void write_event(Writer& to, const Event& event, Form form) {
    const bool stored = event.kind == Event::Kind::stored;
    const bool removed = event.kind == Event::Kind::removed;
    const std::size_t fields = stored ? 8 : removed ? 3 : 1;
    form == Form::map ? to.map(fields) : to.array(fields);
    Fields at{to, form};
    at["type"].text(name_of(event.kind));
    if (!stored && !removed) return;
    at["block_hashes"].numbers(event.hashes);
    if (stored) {
        Writer& parent = at["parent_block_hash"];
        event.parent ? parent.number(*event.parent) : parent.nil();
        at["token_ids"].numbers(event.tokens);
        at["block_size"].number(event.block_size);
        at["lora_id"].nil();
    }
    at["medium"].text(event.local ? "GPU" : "STORAGE");
    if (stored) write_lora(at["lora_name"], event.lora);
}

}  // namespace

std::string encode(const Batch& batch, Form form, double time) {
    std::string out;
    Writer writer{out};
    writer.array(3);
    writer.real(time);
    writer.array(batch.events.size());
    for (const Event& event : batch.events) write_event(writer, event, form);
    writer.number(batch.rank);
    return out;
}

}  // namespace penstock::kv_events
