#include "penstock/control/client.h"

#include "client_state.h"
#include "penstock/base/assert.h"
#include "request_text.h"

namespace penstock::control {

namespace asio = boost::asio;

namespace {

// The frame's hold on the connection: arms the deadline, and at the end of the exchange, however it
// comes about (an exception and a destroyed frame too), closes what is not to be kept.
class Exchange {
public:
    Exchange(std::shared_ptr<Client::State> state, Millis timeout) : state_{std::move(state)} {
        PENSTOCK_ASSERT(!state_->busy);
        state_->busy = true;
        state_->timed_out = false;
        state_->deadline.expires_after(timeout);
        state_->deadline.async_wait(
            [state = state_, serial = state_->serial](const boost::system::error_code& error) {
                if (error || state->serial != serial) return;
                state->timed_out = true;
                state->resolver.cancel();
                state->drop_connection();
            });
    }
    ~Exchange() {
        ++state_->serial;
        state_->deadline.cancel();
        state_->busy = false;
        if (!keep) state_->drop_connection();
        state_->idle_since = Clock::now();
    }
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;

    bool keep = false;

private:
    std::shared_ptr<Client::State> state_;
};

asio::awaitable<Result<Answer>> run(std::shared_ptr<Client::State> state, Ask ask) {
    if (state->closed) co_return Error{ErrorCode::shutting_down};
    const auto request = request_text(state->endpoint, ask);
    if (!request.has_value()) co_return request.error();

    Exchange exchange{state, ask.timeout};
    if (take_kept(*state)) {
        auto answer = co_await converse(state, *request, ask.answer_limit, &exchange.keep);
        const bool died_unused = !answer.has_value() &&
                                 answer.error().code() == ErrorCode::upstream_closed &&
                                 state->phase == Phase::waiting;
        // A POST may have been acted upon: it is the asker's to repeat.
        if (!died_unused || ask.method != Method::get) co_return answer;
    }
    const auto opened = co_await open_connection(state, ask.timeout);
    if (!opened.has_value()) co_return opened.error();
    co_return co_await converse(state, *request, ask.answer_limit, &exchange.keep);
}

}  // namespace

const Error* Client::State::ended() {
    if (closed) {
        end_ = Error{ErrorCode::shutting_down};
    } else if (timed_out && phase == Phase::connecting) {
        end_ = Error{ErrorCode::connect_timeout, "connecting takes too long"};
    } else if (timed_out && phase == Phase::encrypting) {
        end_ = Error{ErrorCode::connect_timeout, "the TLS handshake takes too long"};
    } else if (timed_out && phase == Phase::waiting) {
        end_ = Error{ErrorCode::first_byte_timeout, "no answer in time"};
    } else if (timed_out) {
        end_ = Error{ErrorCode::total_timeout, "the answer takes too long"};
    } else {
        return nullptr;
    }
    return &end_;
}

Client::Client(asio::io_context& control, Endpoint endpoint)
    : state_{std::make_shared<State>(control, std::move(endpoint))} {}

Client::~Client() {
    close();
}

void Client::close() noexcept {
    state_->closed = true;
    state_->deadline.cancel();
    state_->resolver.cancel();
    state_->drop_connection();
}

asio::awaitable<Result<Answer>> Client::ask(Ask ask) {
    return run(state_, std::move(ask));
}

}  // namespace penstock::control
