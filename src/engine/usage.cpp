// Token counts from usage objects. The same names appear at different depths in different APIs and
// mean the same everywhere, so the object is read flat: every `"name": number` in it.
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "json_skim.h"
#include "penstock/engine/inspect.h"

namespace penstock::engine {
namespace {

constexpr std::size_t k_object_max = 8U << 10U;
constexpr std::size_t k_window = 64U << 10U;
constexpr int k_tries_max = 16;  // keys of that name without counts; more is no answer of an engine
constexpr std::string_view k_key = "\"usage\"";

enum class Count : std::uint8_t {
    prompt,
    input,
    output,
    cached,
    cached_apart,
    written_apart,
    count
};

struct CountName {
    std::string_view name;
    Count count;
};

constexpr std::array k_names{
    CountName{"prompt_tokens", Count::prompt},
    CountName{"input_tokens", Count::input},
    CountName{"completion_tokens", Count::output},
    CountName{"output_tokens", Count::output},
    CountName{"cached_tokens", Count::cached},
    // Anthropic's input_tokens leaves out what was read from or written to the cache; prompt_tokens
    // beside these names (as gateways send) does not.
    CountName{"cache_read_input_tokens", Count::cached_apart},
    CountName{"cache_creation_input_tokens", Count::written_apart},
};

struct Counts {
    std::array<std::uint64_t, static_cast<std::size_t>(Count::count)> of{};
    bool cached_told = false;
};

bool store(Counts& counts, std::string_view key, std::string_view number) noexcept {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
    // A count beyond any model's reach is a broken answer, and sums must not overflow.
    constexpr std::uint64_t k_count_max = 1ULL << 48U;
    if (error != std::errc{} || end == number.data() || value > k_count_max) return false;
    for (const CountName& known : k_names) {
        if (known.name != key) continue;
        counts.of[static_cast<std::size_t>(known.count)] = value;
        counts.cached_told |= known.count == Count::cached || known.count == Count::cached_apart;
        return true;
    }
    return false;
}

struct Flat {
    Usage usage;
    bool whole = false;  // the object has its end
};

Flat read_flat(JsonSkim json) noexcept {
    Counts counts;
    Flat read;
    Usage& usage = read.usage;
    int depth = 0;
    do {
        const char next = json.peek();
        if (next == '"') {
            const std::string_view key = json.string();
            if (json.take(':') && json.peek() >= '0' && json.peek() <= '9') {
                usage.found |= store(counts, key, json.scalar());
            }
        } else if (json.take(next)) {
            depth += next == '{' ? 1 : next == '}' ? -1 : 0;
            read.whole = depth == 0;
        }
    } while (!read.whole && json.peek() != '\0');
    const auto at = [&](Count count) { return counts.of[static_cast<std::size_t>(count)]; };
    usage.prompt_tokens = at(Count::prompt) != 0 ? at(Count::prompt)
                                                 : at(Count::input) + at(Count::cached_apart) +
                                                       at(Count::written_apart);
    usage.output_tokens = at(Count::output);
    usage.cached_tokens = std::max(at(Count::cached), at(Count::cached_apart));
    usage.cached_told = counts.cached_told;
    return read;
}

Usage find_in(std::string_view window) noexcept {
    std::size_t end = window.size();
    for (int tries = 0; tries < k_tries_max; ++tries) {
        const std::size_t at = window.substr(0, end).rfind(k_key);
        if (at == std::string_view::npos) return {};
        JsonSkim json{window.substr(at + k_key.size(), k_object_max)};
        if (json.take(':') && json.peek() == '{') {
            const Flat read = read_flat(json);
            if (read.whole && read.usage.found) return read.usage;
        }
        end = at;
    }
    return {};
}

}  // namespace

Usage read_usage(std::string_view object) noexcept {
    return read_flat(JsonSkim{object.substr(0, k_object_max)}).usage;
}

Usage find_usage(std::string_view answer) noexcept {
    const std::size_t last = answer.size() > k_window ? answer.size() - k_window : 0;
    const Usage usage = find_in(answer.substr(last));
    if (usage.found || last == 0) return usage;
    return find_in(answer.substr(0, k_window));
}

}  // namespace penstock::engine
