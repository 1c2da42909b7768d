// Looks at a response as it passes: events, usage, errors. Changes nothing, keeps at most 4 KiB of
// its end, and 1 KiB of its beginning where that is asked for.
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
    /// Its beginning is wanted, too. Before the first `feed`; in a response that is looked at.
    void keep_head() noexcept { head_left_ = kind_ == Kind::nothing ? 0 : k_head; }
    void feed(http::Pieces payload);

    /// What was kept of it.
    [[nodiscard]] std::string_view head() const noexcept { return head_; }
    [[nodiscard]] Kind kind() const noexcept { return kind_; }
    [[nodiscard]] engine::Usage usage() const;
    [[nodiscard]] std::uint64_t events() const noexcept { return scanner_.events(); }
    /// Something of the answer itself was among what was fed; where it cannot be told, its first
    /// byte is.
    [[nodiscard]] bool saw_token() const noexcept {
        return kind_ != Kind::events || scanner_.saw_token();
    }
    [[nodiscard]] bool saw_error() const noexcept { return scanner_.saw_error(); }
    [[nodiscard]] bool between_events() const noexcept { return scanner_.between_events(); }

    static constexpr std::size_t k_hot = 8 + http::SseScanner::k_hot;  // what each piece touches

private:
    static constexpr std::size_t k_tail = 2048;
    static constexpr std::uint16_t k_head = 1024;

    void take_head(http::Pieces payload);

    Kind kind_ = Kind::nothing;
    std::uint16_t head_left_ = 0;  // bytes of the head that are still wanted
    http::SseScanner scanner_;
    std::string head_;
    std::string tail_;  // the last bytes of a document: where engines write its usage
};

}  // namespace penstock::proxy
