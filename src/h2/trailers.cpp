#include "trailers.h"

#include <algorithm>

#include "penstock/base/trim.h"
#include "penstock/http/grammar.h"
#include "penstock/http/response_rules.h"

namespace penstock::h2 {

bool has_blank_edge(std::string_view value) noexcept {
    return trim_blanks(value).size() != value.size();
}

const char* fault_of_field(std::string_view name, std::string_view value) noexcept {
    if (name.size() > http::k_response_limits.name) return "a field's name is too long";
    if (name.size() + value.size() > http::k_response_limits.field) return "a field is too long";
    if (!http::valid_name(name)) return "a field's name is not a token";
    const auto capital = [](char c) { return c >= 'A' && c <= 'Z'; };
    if (std::any_of(name.begin(), name.end(), capital)) return "a field's name has capital letters";
    if (!http::valid_value(value)) return "a field's value has a control character";
    if (has_blank_edge(value)) return "a field's value begins or ends with a blank";
    return nullptr;
}

const char* Trailers::fault_of(std::string_view name, std::string_view value) noexcept {
    if (name.starts_with(':')) return "a pseudo-field among the trailers";
    if (++count_ > k_fields_max || size_ > k_bytes_max) return "the trailers are too long";
    return fault_of_field(name, value);
}

void Trailers::add(std::string_view name, std::string_view value) {
    size_ += name.size() + value.size() + k_field_overhead;
    if (error_) return;
    if (const char* fault = fault_of(name, value)) {
        error_ = Error{blame_, fault};
        return;
    }
    const http::Field field{http::field_name(name), name, value};
    if (http::fit_trailer(field)) fields_.append(field.id, name, value);
}

Result<void> Trailers::finish() const {
    if (error_) return *error_;
    return {};
}

}  // namespace penstock::h2
