#include "stream_spares.h"

#include <utility>

namespace penstock::h2 {

namespace {

// What a client of an inference service usually sends.
constexpr std::size_t k_usual_fields = 8;
constexpr std::size_t k_usual_bytes = 224;

template <class Kept>
void lend_last(std::vector<Kept>& from, Kept& to) noexcept {
    if (from.empty()) return;
    to = std::move(from.back());
    from.pop_back();
}

// Takes the memory away whether it is kept or not.
void keep_text(std::vector<std::string>& kept, std::string& text, std::size_t most) noexcept {
    std::string taken;
    taken.swap(text);
    const bool own = taken.capacity() > std::string{}.capacity();
    if (!own || taken.capacity() > most || kept.size() == StreamSpares::k_kept) return;
    taken.clear();
    kept.push_back(std::move(taken));
}

}  // namespace

// With room for all that will be kept: keeping never allocates.
StreamSpares::StreamSpares() {
    heads_.reserve(k_kept);
    inputs_.reserve(k_kept);
    outputs_.reserve(k_kept);
}

void StreamSpares::lend(SessionStream& stream) {
    if (heads_.empty()) stream.head.fields.reserve(k_usual_fields, k_usual_bytes);
    lend_last(heads_, stream.head);
    lend_last(inputs_, stream.input);
}

void StreamSpares::keep_input(std::string& input) noexcept {
    keep_text(inputs_, input, k_input_max);
}

void StreamSpares::lend_output(SessionStream& stream) noexcept {
    lend_last(outputs_, stream.out.room());
}

void StreamSpares::keep(SessionStream& stream) noexcept {
    keep_input(stream.input);
    keep_text(outputs_, stream.out.room(), k_output_max);
    keep_head(stream.head);
}

void StreamSpares::keep_head(http::RequestHead& head) noexcept {
    if (head.target.empty()) return;  // has been taken, or never came
    http::RequestHead taken = std::move(head);
    const std::size_t texts = taken.target.capacity() + taken.authority.capacity();
    if (heads_.size() == k_kept || taken.fields.bytes() + texts > k_fields_max) return;
    taken.clear();
    heads_.push_back(std::move(taken));
}

}  // namespace penstock::h2
