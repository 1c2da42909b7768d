// Memory that streams leave for those that come after them on the same worker, so that an usual
// request allocates next to nothing. An open stream holds none of it that it does not use.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "penstock/http/head.h"
#include "session_stream.h"

namespace penstock::h2 {

class StreamSpares {
public:
    StreamSpares();

    /// For a new stream.
    void lend(SessionStream& stream);
    /// Of a stream's body all has been read.
    void keep_input(std::string& input) noexcept;
    /// The request is done, though its answer may not have been read yet.
    void keep_head(http::RequestHead& head) noexcept;
    /// For a response.
    void lend_output(SessionStream& stream) noexcept;
    /// Of a stream that is over.
    void keep(SessionStream& stream) noexcept;

    static constexpr std::size_t k_kept = 64;              // of each kind
    static constexpr std::size_t k_input_max = 16 * 1024;  // bytes; a longer one is freed
    static constexpr std::size_t k_output_max = 1024;      // tokens and small documents
    static constexpr std::size_t k_fields_max = 2 * 1024;  // of a head

private:
    std::vector<http::RequestHead> heads_;
    std::vector<std::string> inputs_;
    std::vector<std::string> outputs_;
};

}  // namespace penstock::h2
