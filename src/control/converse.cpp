// One request and its answer on an open connection.
#include <stdexcept>

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "socket_io.h"

namespace penstock::control {

namespace asio = boost::asio;
namespace http = boost::beast::http;

namespace {

constexpr std::uint32_t k_head_limit = 64U << 10U;
constexpr std::size_t k_read_size = 32U << 10U;
// A head that is not complete stays in the buffer; beyond this the parser is not making progress.
constexpr std::size_t k_buffer_max = k_head_limit + 2 * k_read_size;

using Parser = http::response_parser<http::string_body>;

Error bad_response(const std::string& why) {
    return Error{ErrorCode::upstream_bad_response, "unusable answer: " + why};
}

// The parser is fed here, not by Beast's own operations: it throws on an oversized trailer, and
// from inside those the exception would leave the event loop.
Result<void> feed(Parser& parser, boost::beast::flat_buffer& buffer) {
    try {
        while (buffer.size() > 0 && !parser.is_done()) {
            boost::system::error_code error;
            const std::size_t used = parser.put(buffer.data(), error);
            buffer.consume(used);
            if (error == http::error::need_more) break;
            if (error) return bad_response(error.message());
            if (used == 0) break;
        }
    } catch (const std::exception& problem) {
        return bad_response(problem.what());
    }
    if (!parser.is_done() && buffer.size() > k_buffer_max - k_read_size) {
        return bad_response("a head or chunk line is too long");
    }
    return {};
}

Result<void> feed_end(Parser& parser) {
    boost::system::error_code error;
    if (parser.got_some()) parser.put_eof(error);
    if (error || !parser.is_done()) {
        return Error{ErrorCode::upstream_closed, "closed before the answer was complete"};
    }
    return {};
}

Answer to_answer(Parser& parser) {
    Answer answer;
    answer.status = static_cast<int>(parser.get().result_int());
    answer.content_type = std::string{parser.get()[http::field::content_type]};
    answer.body = std::move(parser.get().body());
    return answer;
}

asio::awaitable<Result<void>> read_answer(std::shared_ptr<Client::State> state, Parser* parser) {
    while (!parser->is_done()) {
        const auto space = state->buffer.prepare(k_read_size);
        const auto count =
            co_await read_some(state, {static_cast<char*>(space.data()), space.size()});
        if (!count.has_value()) co_return count.error();
        if (*count == 0) co_return feed_end(*parser);
        state->phase = Phase::reading;
        state->buffer.commit(*count);
        const auto fed = feed(*parser, state->buffer);
        if (!fed.has_value()) co_return fed.error();
    }
    co_return Result<void>{};
}

}  // namespace

asio::awaitable<Result<Answer>> converse(std::shared_ptr<Client::State> state,
                                         const std::string& request, Bytes answer_limit,
                                         bool* keep) {
    state->phase = Phase::waiting;
    const auto written = co_await write_all(state, request);
    if (!written.has_value()) co_return written.error();
    Parser parser;
    parser.eager(true);
    parser.header_limit(k_head_limit);
    parser.body_limit(answer_limit.count);
    const auto read = co_await read_answer(state, &parser);
    if (!read.has_value()) co_return read.error();
    // An interim answer was not asked for, and its final one would be taken for the next request's.
    if (parser.get().result_int() < 200) co_return bad_response("an interim status");
    *keep = parser.keep_alive() && state->buffer.size() == 0;
    co_return to_answer(parser);
}

}  // namespace penstock::control
