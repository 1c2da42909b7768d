// Where would this request go, and why? Asked of a running Penstock.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>

#include "ask_admin.h"
#include "commands.h"
#include "explanation_text.h"
#include "penstock/http/fields.h"
#include "run_server.h"

namespace penstock::app {

namespace {

struct ExplainOptions {
    std::string file;     // of the configuration
    std::string request;  // the file of the body
    std::string path = "/v1/chat/completions";
    std::vector<std::string> headers;
    std::string against;
    bool json = false;
};

std::string all_of(std::istream& from) {
    return {std::istreambuf_iterator<char>{from}, std::istreambuf_iterator<char>{}};
}

Result<std::string> read_body(const std::string& file) {
    if (file == "-") return all_of(std::cin);
    std::ifstream from{file, std::ios::binary};
    std::string body = from ? all_of(from) : std::string{};
    if (!from && body.empty()) return Error{ErrorCode::io_failed, "cannot read " + file};
    return body;
}

/// The address in the configuration, where the command line has none.
Result<std::string> admin_address(const ExplainOptions& options) {
    if (!options.against.empty()) return options.against;
    const LoadedConfig loaded = load_config(options.file, penstock_environment(), {});
    if (!print_problems(loaded)) {
        return Error{ErrorCode::invalid_value, options.file + " is no good configuration"};
    }
    const AdminConfig& admin = loaded.config.admin;
    if (!admin.enabled) {
        return Error{ErrorCode::invalid_value,
                     options.file +
                         " has no admin listener ([admin] enabled = false): explain asks "
                         "a running Penstock through it"};
    }
    if (admin.address.ends_with(":0")) {
        return Error{ErrorCode::invalid_value,
                     "the admin listener of " + options.file +
                         " takes any free port: name the one that `penstock run` has printed with "
                         "--against"};
    }
    return admin.address;
}

/// Fields of the request but Host, which comes back. Throws CLI::ValidationError without a colon.
std::string add_fields(const std::vector<std::string>& headers, control::Ask& ask) {
    std::string host;
    bool typed = false;
    for (const std::string& text : headers) {
        const std::size_t colon = text.find(':');
        if (colon == std::string::npos || colon == 0) {
            throw CLI::ValidationError{"--header", "\"" + text + "\" is not \"Name: value\""};
        }
        std::string key = text.substr(0, colon);
        std::string value =
            text.substr(std::min(text.find_first_not_of(' ', colon + 1), text.size()));
        typed = typed || http::equal_no_case(key, "content-type");
        if (http::equal_no_case(key, "host")) {
            host = std::move(value);
        } else {
            ask.fields.emplace_back(std::move(key), std::move(value));
        }
    }
    if (!typed) ask.fields.emplace_back("Content-Type", "application/json");
    return host;
}

int show(const std::string& address, const control::Answer& answer, bool json) {
    const Result<ExplanationText> text = explanation_text(answer.body);
    if (answer.status != 200 || !text) {
        return fail(address + " does not explain: " + refusal_text(answer.status, answer.body));
    }
    std::printf("%s", (json ? answer.body + "\n" : text->table).c_str());
    return text->refused ? k_failed : k_done;
}

int explain(const ExplainOptions& options) {
    control::Ask ask{.method = control::Method::post,
                     .target = "/explain" + options.path,
                     .fields = {},
                     .body = {}};
    const std::string host = add_fields(options.headers, ask);
    Result<std::string> body = read_body(options.request);
    if (!body) return fail(body.error().detail());
    ask.body = std::move(*body);
    const Result<std::string> address = admin_address(options);
    if (!address) return fail(address.error().detail());
    const Result<control::Answer> answer = ask_admin(*address, host, std::move(ask));
    if (!answer) return fail(answer.error().detail());
    return show(*address, *answer, options.json);
}

}  // namespace

void add_explain(CLI::App& app, Action& action) {
    CLI::App* command = app.add_subcommand(
        "explain", "Tell where a running Penstock would send a request, and why.");
    auto options = std::make_shared<ExplainOptions>();
    auto* file = command->add_option("-c,--config", options->file,
                                     "Its configuration file, for the admin address.");
    command->add_option("--request", options->request, "The request's body; - for standard input.")
        ->required();
    command->add_option("--path", options->path, "The request's path.")->capture_default_str();
    command->add_option("--header", options->headers,
                        "A header field of the request, for routes that look at one: "
                        "--header 'Host: llm.example'. Any number.");
    command
        ->add_option("--against", options->against,
                     "Its admin address, in place of the configuration's: http://host:port.")
        ->excludes(file);
    command->add_flag("--json", options->json, "Answer in JSON.");
    command->footer(
        "Shows each backend with the terms of its score, and why those cannot be picked that "
        "cannot.\nNothing is sent to any backend. Exit status 1 also where the request would be "
        "refused.");
    command->callback([options, &action] {
        if (options->file.empty() && options->against.empty()) {
            throw CLI::RequiredError{"--config or --against"};
        }
        if (!options->path.starts_with('/')) {
            throw CLI::ValidationError{"--path", "\"" + options->path + "\" begins with no slash"};
        }
        action = [options] { return explain(*options); };
    });
}

}  // namespace penstock::app
