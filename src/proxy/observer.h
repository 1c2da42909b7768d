// Looks at a response as it passes: events, usage, errors. Changes nothing, keeps at most 2 KiB.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "penstock/engine/inspect.h"
#include "penstock/http/sse.h"
#include "penstock/http/stream.h"

namespace penstock::proxy {

class Observer {
public:
    enum class Kind : std::uint8_t { nothing, events, document };

    /// What there is to see in a response with this head; `nothing` under Content-Encoding.
    [[nodiscard]] static Kind kind_of(const http::ResponseHead& head) noexcept;
    void begin(const http::ResponseHead& head);
    void feed(http::Pieces payload);

    [[nodiscard]] Kind kind() const noexcept { return kind_; }
    [[nodiscard]] engine::Usage usage() const;
    [[nodiscard]] std::uint64_t events() const noexcept { return scanner_.events(); }
    [[nodiscard]] bool saw_error() const noexcept { return scanner_.saw_error(); }
    [[nodiscard]] bool between_events() const noexcept { return scanner_.between_events(); }

    static constexpr std::size_t k_hot = 8 + http::SseScanner::k_hot;  // what each piece touches

private:
    static constexpr std::size_t k_tail = 2048;

    Kind kind_ = Kind::nothing;
    http::SseScanner scanner_;
    std::string tail_;  // the last bytes of a document: where engines write its usage
};

}  // namespace penstock::proxy
