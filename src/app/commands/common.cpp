#include "commands.h"

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

namespace penstock::app {

std::vector<std::pair<std::string, std::string>> flag_pairs(const std::vector<std::string>& sets) {
    std::vector<std::pair<std::string, std::string>> pairs;
    for (const std::string& text : sets) {
        const std::size_t equals = text.find('=');
        if (equals == std::string::npos || equals == 0) {
            throw CLI::ValidationError{
                "--set", "\"" + text + "\" is not NAME=VALUE, as in server.workers=2"};
        }
        pairs.emplace_back(text.substr(0, equals), text.substr(equals + 1));
    }
    return pairs;
}

std::vector<std::pair<std::string, std::string>> penstock_environment() {
    std::vector<std::pair<std::string, std::string>> pairs;
    for (char** entry = ::environ; *entry != nullptr; ++entry) {
        const std::string_view text{*entry};
        const std::size_t equals = text.find('=');
        if (!text.starts_with("PENSTOCK_") || equals == std::string_view::npos) continue;
        pairs.emplace_back(text.substr(0, equals), text.substr(equals + 1));
    }
    return pairs;
}

namespace {

std::string check_number(const std::string& text, bool zero_is_good, const char* what) {
    double value = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool number = end.ec == std::errc{} && end.ptr == text.data() + text.size();
    if (number && std::isfinite(value) && (zero_is_good ? value >= 0 : value > 0)) return {};
    return "\"" + text + "\" is not " + what;
}

}  // namespace

std::string check_positive(const std::string& text) {
    return check_number(text, false, "a number above 0");
}

std::string check_not_negative(const std::string& text) {
    return check_number(text, true, "a number of at least 0");
}

Result<void> check_writable(const std::string& path) {
    constexpr mode_t k_mode = 0666;  // what the umask leaves of it, as for any file
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK, k_mode);
    if (fd < 0)
        return Error{ErrorCode::io_failed, "cannot write " + path + ": " + std::strerror(errno)};
    ::close(fd);
    return {};
}

int fail(std::string_view what) {
    std::fprintf(stderr, "penstock: %.*s\n", static_cast<int>(what.size()), what.data());
    return k_failed;
}

}  // namespace penstock::app
