#include "penstock/http/fields.h"

#include <algorithm>
#include <array>

#include "penstock/base/trim.h"

namespace penstock::http {

namespace {

constexpr bool is_token(unsigned char c) noexcept {
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) return true;
    constexpr std::string_view k_marks = "!#$%&'*+-.^_`|~";
    return k_marks.find(static_cast<char>(c)) != std::string_view::npos;
}

constexpr std::array<bool, 256> k_token = [] {
    std::array<bool, 256> table{};
    for (std::size_t c = 0; c < table.size(); ++c)
        table[c] = c < 128 && is_token(static_cast<unsigned char>(c));
    return table;
}();

}  // namespace

void Fields::append(FieldName id, std::string_view name, std::string_view value) {
    const auto start = static_cast<std::uint32_t>(room_.size());
    room_.append(name).append(value);
    entries_.push_back({id, static_cast<std::uint16_t>(name.size()), start,
                        static_cast<std::uint32_t>(value.size())});
    bytes_ += name.size() + value.size();
    present_ |= std::uint64_t{1} << static_cast<unsigned>(id);
}

Field Fields::operator[](std::size_t index) const noexcept {
    const Entry& entry = entries_[index];
    const char* start = room_.data() + entry.start;
    return {entry.id, {start, entry.name_length}, {start + entry.name_length, entry.value_length}};
}

// The bytes stay in the room until `clear`: heads are short-lived.
template <class Which>
std::size_t Fields::remove_if(Which which) {
    return std::erase_if(entries_, [&](const Entry& entry) {
        if (!which(entry)) return false;
        bytes_ -= entry.name_length + entry.value_length;
        return true;
    });
}

std::size_t Fields::remove(FieldName id) {
    present_ &= ~(std::uint64_t{1} << static_cast<unsigned>(id));
    return remove_if([id](const Entry& entry) { return entry.id == id; });
}

std::size_t Fields::remove(std::string_view name) {
    if (const FieldName id = field_name(name); id != FieldName::other) return remove(id);
    return remove_if([&](const Entry& entry) {
        return equal_no_case({room_.data() + entry.start, entry.name_length}, name);
    });
}

std::optional<std::string_view> Fields::find(FieldName id) const noexcept {
    if (!has(id)) return std::nullopt;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        if (entries_[i].id == id) return (*this)[i].value;
    }
    return std::nullopt;
}

std::optional<std::string_view> Fields::find(std::string_view name) const noexcept {
    if (const FieldName id = field_name(name); id != FieldName::other) return find(id);
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        const Field field = (*this)[i];
        if (equal_no_case(field.name, name)) return field.value;
    }
    return std::nullopt;
}

std::size_t Fields::count(FieldName id) const noexcept {
    if (!has(id)) return 0;
    return static_cast<std::size_t>(std::count_if(
        entries_.begin(), entries_.end(), [id](const Entry& entry) { return entry.id == id; }));
}

void Fields::reserve(std::size_t fields, std::size_t bytes) {
    entries_.reserve(fields);
    room_.reserve(bytes);
}

void Fields::clear() noexcept {
    room_.clear();
    entries_.clear();
    bytes_ = 0;
    present_ = 0;
}

void Fields::swap(Fields& other) noexcept {
    room_.swap(other.room_);
    entries_.swap(other.entries_);
    std::swap(bytes_, other.bytes_);
    std::swap(present_, other.present_);
}

bool valid_name(std::string_view name) noexcept {
    return !name.empty() && name.size() <= 0xFFFF &&
           std::all_of(name.begin(), name.end(),
                       [](char c) { return k_token[static_cast<unsigned char>(c)]; });
}

bool valid_value(std::string_view value) noexcept {
    bool bad = false;  // without a way out in the middle many bytes are looked at in one step
    for (const char c : value) {
        const auto byte = static_cast<unsigned char>(c);
        bad |= (byte < 0x20 && byte != '\t') || byte == 0x7F;
    }
    return !bad;
}

bool list_has(std::string_view list, std::string_view token) noexcept {
    while (!list.empty()) {
        const std::size_t comma = std::min(list.find(','), list.size());
        if (equal_no_case(trim_blanks(list.substr(0, comma)), token)) return true;
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    return false;
}

}  // namespace penstock::http
