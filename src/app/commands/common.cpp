#include "commands.h"

#include <cerrno>
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

CLI::Validator between(double least, double most) {
    char bounds[64];
    std::snprintf(bounds, sizeof bounds, "%.10g to %.10g", least, most);
    const auto wrong = [least, most, bounds = std::string{bounds}](std::string& text) {
        double value = 0;
        const bool is_number = CLI::detail::lexical_cast(text, value);
        const bool good = is_number && value >= least && value <= most;
        return good ? std::string{} : text + " is not a number from " + bounds;
    };
    return CLI::Validator{wrong, bounds};
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
