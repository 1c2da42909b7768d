#include "observer.h"

namespace penstock::proxy {

Observer::Kind Observer::kind_of(const http::ResponseHead& head) noexcept {
    if (head.fields.has(http::FieldName::content_encoding)) return Kind::nothing;
    const std::string_view type =
        head.fields.find(http::FieldName::content_type).value_or(std::string_view{});
    if (type.starts_with("text/event-stream")) return Kind::events;
    return type.starts_with("application/json") ? Kind::document : Kind::nothing;
}

void Observer::begin(const http::ResponseHead& head) {
    kind_ = kind_of(head);
}

void Observer::take_head(http::Pieces payload) {
    for (std::string_view piece : payload) {
        piece = piece.substr(0, head_left_);
        head_.append(piece);
        head_left_ = static_cast<std::uint16_t>(head_left_ - piece.size());
    }
}

void Observer::feed(http::Pieces payload) {
    if (head_left_ > 0) take_head(payload);
    if (kind_ == Kind::events) {
        for (const std::string_view piece : payload) scanner_.feed(piece);
    } else if (kind_ == Kind::document) {
        for (std::string_view piece : payload) {
            if (piece.size() > k_tail) piece.remove_prefix(piece.size() - k_tail);
            if (tail_.size() + piece.size() > 2 * k_tail)
                tail_.erase(0, tail_.size() - std::min(tail_.size(), k_tail));
            tail_.append(piece);
        }
    }
}

engine::Usage Observer::usage() const {
    if (kind_ == Kind::events) return engine::read_usage(scanner_.usage());
    if (kind_ == Kind::document) return engine::find_usage(tail_);
    return {};
}

}  // namespace penstock::proxy
