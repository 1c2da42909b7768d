#include "penstock/h1/framer.h"

#include <algorithm>

#include "grammar.h"

namespace penstock::h1 {

namespace {

constexpr std::size_t k_digits_max = 16;
constexpr std::uint64_t k_chunk_max = 1ULL << 62U;

int hex_digit(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

void add_payload(Framed& out, std::string_view piece) noexcept {
    if (!piece.empty()) out.payload_pieces[out.payload_count++] = piece;
}

void add_wire(Framed& out, std::string_view piece) noexcept {
    if (!piece.empty()) out.wire_pieces[out.wire_count++] = piece;
}

Error bad(const char* what) {
    return Error{ErrorCode::bad_request, what};
}

}  // namespace

// The stretch of the input that goes to `wire` as it is. It grows over whole size lines; what must
// not be passed on (an extension, a line that is not complete yet, the last chunk) ends it.
struct BodyFramer::Run {
    std::size_t start = 0;       // first byte not yet in a piece
    std::size_t line_start = 0;  // where the current size line began in this input
    bool line_here = true;       // it did begin in this input

    void flush(std::string_view bytes, std::size_t end, Framed& out) {
        if (end > start) add_wire(out, bytes.substr(start, end - start));
        start = end;
    }
};

BodyFramer::BodyFramer(http::Framing framing, std::uint64_t length) noexcept {
    switch (framing) {
        case http::Framing::none:
            break;
        case http::Framing::length:
            left_ = length;
            state_ = length > 0 ? State::counted : State::done;
            break;
        case http::Framing::chunked:
            state_ = State::size;
            break;
        case http::Framing::until_close:
            state_ = State::endless;
            break;
    }
}

Result<void> BodyFramer::feed(std::string_view bytes, Framed& out) {
    out.payload_count = out.wire_count = out.consumed = 0;
    switch (state_) {
        case State::done:
            return {};
        case State::failed:
        case State::failed_inside:
            return bad("the body's framing was broken before");
        case State::counted:
            out.consumed = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
            left_ -= out.consumed;
            if (left_ == 0) state_ = State::done;
            break;
        case State::endless:
            out.consumed = bytes.size();
            break;
        default: {
            const bool between = at_boundary();
            Result<void> fed = feed_chunked(bytes, out);
            if (!fed) {
                // What this call found before the error is not handed out.
                out.payload_count = out.wire_count = 0;
                state_ = between ? State::failed : State::failed_inside;
            }
            return fed;
        }
    }
    content_ += out.consumed;
    add_payload(out, bytes.substr(0, out.consumed));
    add_wire(out, bytes.substr(0, out.consumed));
    return {};
}

Result<void> BodyFramer::feed_chunked(std::string_view bytes, Framed& out) {
    if (state_ == State::trailers) return take_trailers(bytes, out);
    Run run;
    run.line_here = state_ != State::size || digits_ == 0;
    if (state_ == State::blank || state_ == State::extension || state_ == State::size_lf)
        run.line_here = false;
    std::size_t at = 0;
    while (at < bytes.size()) {
        switch (state_) {
            case State::data: {
                if (out.payload_count ==
                    Framed::k_pieces) {  // full: the caller comes again with the rest
                    run.flush(bytes, at, out);
                    out.consumed = at;
                    return {};
                }
                const auto length =
                    static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size() - at));
                add_payload(out, bytes.substr(at, length));
                content_ += length;
                left_ -= length;
                at += length;
                if (left_ == 0) state_ = State::data_cr;
                break;
            }
            case State::data_cr:
                if (bytes[at++] != '\r') return bad("a chunk's data does not end in CRLF");
                state_ = State::data_lf;
                break;
            case State::data_lf:
                if (bytes[at++] != '\n') return bad("a chunk's data does not end in CRLF");
                state_ = State::size;
                run.line_start = at;
                run.line_here = true;
                break;
            case State::size_lf:
                if (bytes[at] != '\n') return bad("a chunk's size line does not end in CRLF");
                end_size_line(bytes, at++, run, out);
                if (state_ != State::trailers) break;
                out.consumed = at;
                return take_trailers(bytes.substr(at), out);
            default:
                if (!size_line(bytes[at++]))
                    return bad("a chunk's size line is malformed or too long");
                break;
        }
    }
    // An incomplete size line is held back: its digits are in `held_`.
    const bool in_line = state_ == State::size || state_ == State::blank ||
                         state_ == State::extension || state_ == State::size_lf;
    if (!in_line) {
        run.flush(bytes, at, out);
    } else if (run.line_here) {
        run.flush(bytes, run.line_start, out);
    }
    out.consumed = at;
    return {};
}

// One byte of a size line before its LF. False: it breaks the grammar or a bound.
bool BodyFramer::size_line(char c) {
    if (++line_ > k_chunk_line_max) return false;
    if (state_ == State::extension) {
        if (c == '\r') {
            state_ = State::size_lf;
            return true;
        }
        const auto byte = static_cast<unsigned char>(c);
        return ++extensions_ <= k_extensions_max &&
               (byte == '\t' || (byte >= 0x20 && byte != 0x7F));
    }
    if (c == ';' && digits_ > 0) {
        state_ = State::extension;
        extended_ = true;
        return ++extensions_ <= k_extensions_max;
    }
    if ((c == ' ' || c == '\t') && digits_ > 0) {
        state_ = State::blank;
        return ++extensions_ <= k_extensions_max;  // as idle as the extension that follows
    }
    if (state_ == State::blank) return false;  // white space only before an extension
    if (c == '\r' && digits_ > 0) {
        state_ = State::size_lf;
        return true;
    }
    const int digit = hex_digit(c);
    if (digit < 0 || digits_ == k_digits_max) return false;
    held_[digits_++] = c;
    left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
    return left_ <= k_chunk_max;
}

// `at`: the LF that completes the size line.
void BodyFramer::end_size_line(std::string_view bytes, std::size_t at, Run& run, Framed& out) {
    const bool last = left_ == 0;
    const bool as_it_is = run.line_here && !extended_ && !last;
    if (!as_it_is) {
        if (run.line_here) run.flush(bytes, run.line_start, out);
        if (!last) {
            // Only the first line of an input can have begun in an earlier one, so one place to
            // keep it is enough.
            std::string_view digits = bytes.substr(run.line_start, digits_);
            if (!run.line_here) {
                line_before_ = held_;
                digits = {line_before_.data(), digits_};
            }
            add_wire(out, digits);
            add_wire(out, "\r\n");
        }
        run.start = at + 1;
    }
    state_ = last ? State::trailers : State::data;
    digits_ = 0;
    line_ = 0;
    extended_ = false;
}

bool BodyFramer::at_boundary() const noexcept {
    return state_ != State::data && state_ != State::data_cr && state_ != State::data_lf &&
           state_ != State::counted && state_ != State::failed_inside;
}

bool BodyFramer::end_of_input() noexcept {
    if (state_ == State::endless) state_ = State::done;
    return state_ == State::done;
}

// After the last chunk: field lines until an empty one. Usually there are none.
Result<void> BodyFramer::take_trailers(std::string_view bytes, Framed& out) {
    if (!trailer_text_ && bytes.starts_with("\r\n")) {
        out.consumed += 2;
        state_ = State::done;
        return {};
    }
    state_ = State::trailers;
    if (!trailer_text_) trailer_text_ = std::make_unique<std::string>();
    std::string& text = *trailer_text_;
    for (const char c : bytes) {
        text += c;
        ++out.consumed;
        if (text.size() > k_trailers_max) return bad("the trailers are too long");
        if (c == '\n' && (text == "\r\n" || text.ends_with("\r\n\r\n"))) {
            state_ = State::done;
            return parse_trailers(text);
        }
        // A line that ends wrongly would never complete the section.
        if (c == '\n' && (text.size() < 2 || text[text.size() - 2] != '\r'))
            return bad("a trailer line ends in a bare LF");
    }
    return {};
}

Result<void> BodyFramer::parse_trailers(std::string_view text) {
    http::Fields all;
    FramingFields ignored;
    const HeadLimits limits{.fields = k_trailer_fields_max};
    if (const Result<void> parsed = parse_fields(text, limits, all, ignored); !parsed) {
        return bad("the trailers are malformed");
    }
    trailer_fields_ = std::make_unique<http::Fields>();
    for (std::size_t i = 0; i < all.size(); ++i) {
        const http::Field field = all[i];
        if (http::fit_trailer(field)) trailer_fields_->append(field.id, field.name, field.value);
    }
    return {};
}

const http::Fields& BodyFramer::trailers() const noexcept {
    static const http::Fields none;
    return trailer_fields_ ? *trailer_fields_ : none;
}

}  // namespace penstock::h1
