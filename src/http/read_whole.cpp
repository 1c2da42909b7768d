#include "penstock/http/read_whole.h"

#include "penstock/http/await.h"

namespace penstock::http {

Task<Result<std::string>> read_whole(ServerStream& stream, std::size_t max) {
    std::string body;
    for (;;) {
        const Received received = stream.try_read();
        switch (received.state) {
            case ReadState::bytes:
                for (const std::string_view piece : received.payload) body += piece;
                if (body.size() > max) co_return Error{ErrorCode::body_too_large};
                break;
            case ReadState::would_block:
                co_await readable(stream);
                break;
            case ReadState::failed:
                co_return Error{received.error};
            case ReadState::end:
                co_return body;
        }
    }
}

}  // namespace penstock::http
