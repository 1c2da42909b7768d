// Prometheus' own checker, where it is installed.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>

#include <sys/wait.h>

namespace penstock::telemetry {

inline constexpr const char* k_promtool_missing =
    "promtool is not installed (Debian package prometheus)";

[[nodiscard]] inline bool has_promtool() {
    return std::system("promtool --version >/dev/null 2>&1") == 0;
}

struct Said {
    int status = -1;
    std::string text;
};

/// Runs `promtool ARGUMENTS` by the shell; both outputs are caught.
[[nodiscard]] inline Said promtool(const std::string& arguments) {
    FILE* const pipe = ::popen(("promtool " + arguments + " 2>&1").c_str(), "r");
    Said said;
    for (int c = 0; (c = std::fgetc(pipe)) != EOF;) said.text += static_cast<char>(c);
    const int ended = ::pclose(pipe);
    if (WIFEXITED(ended)) said.status = WEXITSTATUS(ended);
    return said;
}

}  // namespace penstock::telemetry
