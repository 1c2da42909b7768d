// `/v1/models` answers.
#include <algorithm>
#include <charconv>

#include "json_index.h"
#include "json_text.h"
#include "penstock/engine/dialect.h"
#include "penstock/engine/inspect.h"
#include "request_keys.h"

namespace penstock::engine {
namespace {

constexpr std::size_t k_models_max = 4096;

Error broken(const char* what) {
    return {ErrorCode::invalid_value, what};
}

void add_name(const JsonIndex& json, JsonNode node, std::vector<std::string>& names) {
    std::string name;
    decode_string(json.string(node), k_name_max, name);
    if (name.empty() || names.size() >= k_models_max) return;
    if (std::find(names.begin(), names.end(), name) != names.end()) return;
    names.push_back(std::move(name));
}

void add_length(const JsonIndex& json, JsonNode node, ModelList& list) {
    if (!node) return;
    const std::string_view text = json.scalar(node);
    double length = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
    if (error != std::errc{} || end != text.data() + text.size() || !(length > 0)) return;
    list.max_model_len = std::max(list.max_model_len.value_or(0), length);
}

void add_model(const JsonIndex& json, JsonNode model, ModelList& list) {
    const JsonNode id = field(json, model, "id");
    if (!id || json.string(id).empty()) return;
    add_name(json, id, list.names);
    const JsonNode parent = field(json, model, "parent");  // vLLM, SGLang
    if (parent && !json.string(parent).empty()) add_name(json, id, list.adapters);
    if (const JsonNode aliases = field(json, model, "aliases")) {  // llama.cpp
        static_cast<void>(json.each_element(aliases, [&](JsonNode alias) {
            add_name(json, alias, list.names);
            return true;
        }));
    }
    add_length(json, field(json, model, "max_model_len"), list);
    add_length(json, field(json, field(json, model, "meta"), "n_ctx"), list);  // llama.cpp
    if (!list.elements.empty()) list.elements += ',';
    list.elements += json.raw(model);
}

}  // namespace

Result<ModelList> read_models(std::string_view page) {
    JsonIndex json;
    if (!json.read(page) || !json.whole()) {
        return broken("the list of models is no JSON");
    }
    const JsonNode data = field(json, json.root(), "data");
    if (!data) return broken("the list of models has no \"data\"");
    ModelList list;
    const bool sound = json.each_element(data, [&](JsonNode model) {
        add_model(json, model, list);
        return list.names.size() < k_models_max;
    });
    if (!sound) return broken("\"data\" of the list of models is no list");
    return list;
}

std::string model_element(std::string_view elements, std::string_view name) {
    JsonIndex json;
    const std::string page = "[" + std::string{elements} + "]";
    if (!json.read(page) || !json.whole()) return {};
    std::string found;
    std::string id;
    static_cast<void>(json.each_element(json.root(), [&](JsonNode model) {
        decode_string(json.string(field(json, model, "id")), k_name_max, id);
        if (id == name) found = json.raw(model);
        return found.empty();
    }));
    return found;
}

}  // namespace penstock::engine
