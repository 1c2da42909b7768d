#include "penstock/proxy/explainer.h"

#include <array>
#include <utility>

#include "explain.h"

namespace penstock::proxy {

/// A request that is whole from the beginning, and its answer: a stream without a connection.
class Explainer::Inquiry final : public http::ServerStream {
public:
    Inquiry(Explainer& owner, Question question, Tell tell)
        : owner_{owner},
          head_{std::move(question.head)},
          body_{std::move(question.body)},
          tell_{std::move(tell)},
          started_{owner.worker_.loop.now()},
          handler_{owner.worker_} {
        head_.framing = body_.empty() ? http::Framing::none : http::Framing::length;
        head_.length = body_.size();
    }

    void start() {
        task_ = handler_.handle(*this);
        task_.start(
            [](void* self) {
                auto& inquiry = *static_cast<Inquiry*>(self);
                inquiry.owner_.answered(inquiry);
            },
            this);
    }
    void tell() { tell_(std::move(answer_)); }

    [[nodiscard]] const http::RequestHead& head() const noexcept override { return head_; }
    [[nodiscard]] std::string_view peer() const noexcept override { return "admin"; }
    [[nodiscard]] TimePoint started() const noexcept override { return started_; }
    [[nodiscard]] http::Received try_read() override {
        http::Received received;
        received.state = std::exchange(read_, true) || body_.empty() ? http::ReadState::end
                                                                     : http::ReadState::bytes;
        piece_[0] = body_;
        if (received.state == http::ReadState::bytes) received.payload = piece_;
        return received;
    }
    // Nobody waits: everything is there, and everything is taken.
    void when_readable(Waiter* /*waiter*/) noexcept override {}
    void when_writable(Waiter* /*waiter*/) noexcept override {}
    void respond(const http::ResponseHead& /*head*/) override { responded_ = true; }
    http::Flow write(http::Pieces /*wire*/, http::Pieces payload) override {
        for (const std::string_view piece : payload) answer_ += piece;
        return http::Flow::open;
    }
    http::Flow flush() override { return http::Flow::open; }
    void finish(const http::Fields& /*trailers*/) override {}
    void break_off(std::string_view /*last_words*/) override {}
    [[nodiscard]] bool responded() const noexcept override { return responded_; }
    [[nodiscard]] ErrorCode failure() const noexcept override { return ErrorCode::client_gone; }
    [[nodiscard]] std::uint64_t bytes_in() const noexcept override { return body_.size(); }
    [[nodiscard]] std::uint64_t bytes_out() const noexcept override { return answer_.size(); }

private:
    Explainer& owner_;
    http::RequestHead head_;
    std::string body_;
    Tell tell_;
    TimePoint started_;
    ExplainHandler handler_;
    std::array<std::string_view, 1> piece_;
    bool read_ = false;
    bool responded_ = false;
    std::string answer_;
    Task<void> task_;  // ends before what it uses
};

Explainer::Explainer(Worker& worker) : worker_{worker} {}
Explainer::~Explainer() = default;

void Explainer::explain(Question question, Tell tell) {
    inquiries_.emplace_back(*this, std::move(question), std::move(tell)).start();
}

// Not destroyed from its task's last step, which this is called from.
void Explainer::answered(Inquiry& inquiry) {
    worker_.loop.post([this, &inquiry] {
        inquiry.tell();
        inquiries_.remove_if([&](const Inquiry& each) { return &each == &inquiry; });
    });
}

}  // namespace penstock::proxy
