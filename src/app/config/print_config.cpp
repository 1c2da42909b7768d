#include "print_config.h"

#include <algorithm>

#include "penstock/base/json_text.h"

namespace penstock::app {

namespace {

constexpr std::size_t k_aligned = 60;  // longer values push their origin out instead of all others

void append_member(std::string& out, std::string_view name, std::string_view text) {
    append_json_string(out, name);
    out += ':';
    append_json_string(out, text);
}

void append_problem(std::string& out, const Problem& problem) {
    out += '{';
    append_member(out, "severity", problem.severity == Severity::error ? "error" : "warning");
    out += ',';
    append_member(out, "file", problem.file);
    out += ",\"line\":" + std::to_string(problem.line);
    out += ",\"column\":" + std::to_string(problem.column) + ',';
    append_member(out, "message", problem.message);
    out += ',';
    append_member(out, "hint", problem.hint);
    out += ',';
    append_member(out, "source_line", problem.source_line);
    out += '}';
}

}  // namespace

std::string config_text(const LoadedConfig& loaded) {
    std::size_t width = 0;
    for (const Origin& each : loaded.origins) {
        const std::size_t length = each.path.size() + 3 + each.value.size();
        if (length <= k_aligned) width = std::max(width, length);
    }
    std::string text;
    for (const Origin& each : loaded.origins) {
        if (!text.empty()) text += '\n';
        std::string line = each.path + " = " + each.value;
        line.resize(std::max(line.size(), width), ' ');
        text += line + "  # " + each.origin;
    }
    return text;
}

std::string config_json(const LoadedConfig& loaded) {
    std::string out = "{\n ";
    append_member(out, "file", loaded.config.file);
    out += ",\n ";
    append_member(out, "content_hash", loaded.content_hash);
    out += ",\n \"options\": {";
    bool first = true;
    for (const Origin& each : loaded.origins) {
        out += first ? "\n  " : ",\n  ";
        first = false;
        append_json_string(out, each.path);
        // Maps are listed entry by entry, so that a value's TOML is JSON as well.
        out += ":{\"value\":" + each.value + ',';
        append_member(out, "origin", each.origin);
        out += '}';
    }
    return out + "\n }\n}";
}

std::string problems_json(const LoadedConfig& loaded) {
    std::string out = loaded.ok() ? R"({"ok":true,"problems":[)" : R"({"ok":false,"problems":[)";
    for (std::size_t n = 0; n < loaded.problems.size(); ++n) {
        if (n > 0) out += ',';
        append_problem(out, loaded.problems[n]);
    }
    return out + "]}";
}

}  // namespace penstock::app
