#include "penstock/app/load_config.h"

#include <algorithm>
#include <filesystem>

#include "files.h"
#include "penstock/base/hash.h"
#include "penstock/base/near_miss.h"
#include "penstock/base/url.h"
#include "penstock/base/wildcard.h"
#include "penstock/schema/documents.h"
#include "penstock/schema/read.h"
#include "problems.h"
#include "tables.h"
#include "validate.h"

namespace penstock::app {

namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;
using schema::Scalar;

/// What Kubernetes puts into the environment of every container near a service named "penstock".
bool from_kubernetes(std::string_view name) {
    return matches_glob("*_SERVICE_HOST", name) || matches_glob("*_SERVICE_PORT*", name) ||
           matches_glob("*_PORT", name) || matches_glob("*_PORT_*", name);
}

std::string near_hint(std::string_view name, const std::vector<std::string_view>& known) {
    const std::string_view near = near_miss(name, known);
    return near.empty() ? "" : "did you mean " + std::string{near} + "?";
}

/// Of an option that there can be several of, as "pool.name"; empty: it is none.
std::string list_hint(std::string_view path) {
    for (const ChildTable& child : k_root_table.children) {
        const bool within = path.starts_with(child.key) && path.size() > child.key.size() &&
                            (path[child.key.size()] == '.' || path[child.key.size()] == '[');
        if (child.shape == TableShape::list && within) {
            return "there can be several " + schema::table_title(child) +
                   ": they are set in the file only";
        }
    }
    return {};
}

std::string hash_text(std::string_view bytes) {
    constexpr std::string_view k_digits = "0123456789abcdef";
    const std::uint64_t hash = hash64(bytes);
    std::string text;
    for (unsigned shift = 64; shift > 0; shift -= 4) {
        text += k_digits[(hash >> (shift - 4)) & 15U];
    }
    return text;
}

/// Loads in layers: defaults, file, environment, flags.
class Loader {
public:
    Loader(std::string_view text, const std::string& name)
        : text_{text},
          name_{name},
          problems_{name, text},
          scalars_{schema::scalars(k_root_table)} {}

    void file() {
        const auto parsed = schema::parse_toml(text_);
        if (const auto* finding = std::get_if<schema::Finding>(&parsed)) {
            problems_.add(*finding);
            readable_ = false;
            return;
        }
        schema::Reading reading;
        schema::read_document(k_root_table, &loaded_.config, std::get<schema::Node>(parsed),
                              reading);
        for (const schema::Finding& finding : reading.findings) problems_.add(finding);
        problems_.places = std::move(reading.places);
        problems_.broken = std::move(reading.broken);
    }

    void environment(const Pairs& pairs) {
        for (const auto& [name, value] : pairs) {
            const auto found = find_scalar(&Scalar::environment, name);
            if (found != scalars_.end()) {
                set(*found, value, "environment", name);
            } else if (!from_kubernetes(name)) {
                std::vector<std::string_view> known;
                for (const Scalar& each : scalars_) known.push_back(each.environment);
                problems_.add_elsewhere("environment", name,
                                        {{}, "no option has this name", near_hint(name, known)},
                                        Severity::warning);
            }
        }
    }

    void flags(const Pairs& pairs) {
        for (const auto& [path, value] : pairs) {
            const auto found = find_scalar(&Scalar::path, path);
            if (found != scalars_.end()) {
                set(*found, value, "flag", "--set " + path);
                continue;
            }
            std::vector<std::string_view> known;
            for (const Scalar& each : scalars_) known.push_back(each.path);
            const std::string in_list = list_hint(path);
            problems_.add_elsewhere("flag", "--set " + path,
                                    {{},
                                     "no option has this name",
                                     in_list.empty() ? near_hint(path, known) : in_list});
        }
    }

    /// Paths of the file are relative to the directory it is in, wherever the process runs.
    void anchor_paths(const std::filesystem::path& folder) {
        const auto anchor = [&](const std::string& option, std::string& path) {
            const bool relative = !path.empty() && !path.starts_with('/');
            if (!relative || overridden_.contains(option)) return;
            path = (folder / path).lexically_normal().string();
        };
        anchor("auth.keys_file", loaded_.config.auth.keys_file);
        anchor("log.access_file", loaded_.config.log.access_file);
        for (PoolConfig& pool : loaded_.config.pools) {
            anchor("", pool.api_key_file);
            anchor("", pool.tls.ca_file);
            anchor("", pool.tls.cert_file);
            anchor("", pool.tls.key_file);
        }
        for (ListenerConfig& listener : loaded_.config.listeners) {
            anchor("", listener.tls.client_ca);
            for (CertificateConfig& pair : listener.tls.certificates) {
                anchor("", pair.cert);
                anchor("", pair.key);
            }
        }
    }

    LoadedConfig finish() {
        // Of a file that is no TOML nothing is known that could be judged.
        std::string bytes{text_};
        if (readable_) {
            validate(loaded_.config, problems_, bytes);
            loaded_.tls = validate_tls(loaded_.config, problems_, bytes);
            loaded_.backend_tls = validate_backend_tls(loaded_.config, problems_, bytes);
        }
        loaded_.content_hash = hash_text(bytes);
        add_origins();
        loaded_.problems = problems_.take();
        return std::move(loaded_);
    }

private:
    [[nodiscard]] std::vector<Scalar>::const_iterator find_scalar(std::string Scalar::*member,
                                                                  std::string_view text) const {
        return std::find_if(scalars_.begin(), scalars_.end(),
                            [&](const Scalar& each) { return each.*member == text; });
    }

    void set(const Scalar& scalar, const std::string& value, const std::string& where,
             const std::string& name) {
        const auto findings = schema::set_scalar(scalar, &loaded_.config, value);
        for (const schema::Finding& finding : findings) {
            problems_.add_elsewhere(where, name, finding);
        }
        if (!findings.empty()) return;
        overridden_[scalar.path] = where + " " + name;
        problems_.places.erase(scalar.path);  // what the file says there is not what counts
    }

    void add_origins() {
        for (schema::Value& value : schema::effective_values(k_root_table, &loaded_.config)) {
            std::string origin = "default";
            if (const auto over = overridden_.find(value.path); over != overridden_.end()) {
                origin = over->second;
            } else if (const auto at = problems_.places.find(value.path);
                       at != problems_.places.end()) {
                origin = name_ + ":" + std::to_string(at->second.line);
            }
            loaded_.origins.push_back(
                {std::move(value.path), hide_userinfo_in(value.text), std::move(origin)});
        }
    }

    std::string_view text_;
    std::string name_;
    Problems problems_;
    std::vector<Scalar> scalars_;
    std::map<std::string, std::string> overridden_;  // path to origin
    LoadedConfig loaded_;
    bool readable_ = true;
};

constexpr std::string_view k_reference_head =
    "# Configuration\n"
    "\n"
    "Generated from the option tables; do not edit (`scripts/generate` writes it anew).\n"
    "\n"
    "One TOML file. Later layers win: defaults, the file, the environment, `--set` on the command\n"
    "line. The environment and `--set` reach the tables that there are once: `server.workers` is\n"
    "`PENSTOCK_SERVER_WORKERS` and `--set server.workers=2`, `server.http2.max_streams` is\n"
    "`PENSTOCK_SERVER_HTTP2_MAX_STREAMS`; lists are comma-separated there.\n"
    "\n"
    "`penstock check -c FILE` tells every mistake at once, `penstock config -c FILE` what each\n"
    "option is and where that came from. SIGHUP or a change of the file reloads it; what takes a\n"
    "restart is then named and refused, and the running configuration stays. Where a reload gives\n"
    "a pool new backends only, the whole old configuration serves until one of them has answered\n"
    "its first probes, for 5 s at most.\n"
    "\n"
    "Durations are whole numbers with `d`, `h`, `m`, `s` or `ms`, largest first: `\"250ms\"`,\n"
    "`\"1m30s\"`. Sizes are a whole number with `B`, `KiB`, `MiB`, `GiB` or `TiB`: `\"64MiB\"`.\n"
    "Paths in the file are relative to the file's directory.\n"
    "The file may be 1 MiB long, a string 4 KiB, a list 1024 strings.\n";

}  // namespace

bool LoadedConfig::ok() const noexcept {
    return std::none_of(problems.begin(), problems.end(),
                        [](const Problem& problem) { return problem.severity == Severity::error; });
}

LoadedConfig parse_config(std::string_view text, const std::string& name, const Pairs& environment,
                          const Pairs& flags) {
    Loader loader{text, name};
    loader.file();
    loader.environment(environment);
    loader.flags(flags);
    return loader.finish();
}

LoadedConfig load_config(const std::string& file, const Pairs& environment, const Pairs& flags) {
    const Result<std::string> text = read_small_file(file);
    if (!text.has_value()) {
        LoadedConfig loaded;
        loaded.config.file = file;
        loaded.content_hash = hash_text(text.error().detail());
        Problem problem;
        problem.file = file;
        problem.message = text.error().detail();
        loaded.problems.push_back(std::move(problem));
        return loaded;
    }
    Loader loader{*text, file};
    loader.file();
    loader.environment(environment);
    loader.flags(flags);
    loader.anchor_paths(std::filesystem::path{file}.parent_path());
    LoadedConfig loaded = loader.finish();
    loaded.config.file = file;
    return loaded;
}

std::vector<std::string> needs_restart(const Config& running, const Config& wanted) {
    return schema::restart_differences(k_root_table, &running, &wanted);
}

std::vector<std::string> changed_options(const Config& running, const Config& wanted) {
    return schema::differences(k_root_table, &running, &wanted);
}

std::string settable_tables() {
    return schema::scalar_tables(k_root_table);
}

std::string reference_document() {
    return schema::markdown_reference(k_root_table, k_reference_head);
}

std::string json_schema() {
    return schema::json_schema_of(k_root_table, "penstock.toml");
}

}  // namespace penstock::app
