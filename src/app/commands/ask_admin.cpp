#include "ask_admin.h"

#include <optional>
#include <utility>

#include <boost/asio/io_context.hpp>

#include "../server/build_generation.h"
#include "penstock/base/url.h"
#include "penstock/control/spawn.h"

namespace penstock::app {

namespace {

std::string url_of(const std::string& address) {
    const bool whole = address.starts_with("unix:") || address.find("://") != std::string::npos;
    return whole ? address : "http://" + address;
}

/// What is borrowed lives until the context has run out of work.
boost::asio::awaitable<void> converse(control::Client& client, control::Ask ask,
                                      std::optional<Result<control::Answer>>& answer) {
    answer = co_await client.ask(std::move(ask));
    client.close();  // a kept connection would be waited for
}

Error explained(const std::string& address, const Error& error) {
    if (error.detail().find(address) != std::string_view::npos) return error;
    if (!error.detail().empty()) {
        return {error.code(), address + ": " + std::string{error.detail()}};
    }
    return {error.code(), address + " does not answer: " + std::string{name(error.code())}};
}

}  // namespace

Result<control::Answer> ask_admin(const std::string& address, const std::string& host,
                                  control::Ask ask) {
    const std::string text = url_of(address);
    const Result<Url> url = parse_url(text);
    if (!url.has_value()) return explained(address, url.error());
    if (url->https) {
        return Error{ErrorCode::invalid_value, address + ": an admin listener speaks plain HTTP"};
    }
    const fleet::Address where = address_of(text);
    ask.target.insert(0, where.base_path);
    boost::asio::io_context context;
    control::Client client{context,
                           {.host = where.host,
                            .port = where.port,
                            .unix_path = where.unix_path,
                            .authority = host.empty() ? where.authority() : host,
                            .tls = nullptr,
                            .server_name = {}}};
    std::optional<Result<control::Answer>> answer;
    control::spawn(context, converse(client, std::move(ask), answer));
    context.run();
    if (!answer->has_value()) return explained(address, answer->error());
    return std::move(*answer);
}

}  // namespace penstock::app
