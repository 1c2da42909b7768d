#include "penstock/proxy/session_source.h"

#include <array>

#include "penstock/http/fields.h"

namespace penstock::proxy {

namespace {

struct BodyName {
    std::string_view name;
    engine::SessionKey key;
};
constexpr std::array k_body_names{
    BodyName{"session_id", engine::SessionKey::session_id},
    BodyName{"prompt_cache_key", engine::SessionKey::prompt_cache_key},
    BodyName{"conversation", engine::SessionKey::conversation},
    BodyName{"safety_identifier", engine::SessionKey::safety_identifier},
    BodyName{"user", engine::SessionKey::user},
    BodyName{"metadata.user_id", engine::SessionKey::metadata_user_id},
};

Error invalid(std::string_view text, std::string_view why) {
    return Error{ErrorCode::invalid_value, "\"" + std::string{text} + "\" " + std::string{why}};
}

}  // namespace

Result<SessionSource> parse_session_source(std::string_view text) {
    constexpr std::string_view k_header = "header:";
    constexpr std::string_view k_cookie = "cookie:";
    SessionSource source;
    source.text = text;
    for (const BodyName& each : k_body_names) {
        if (text != each.name) continue;
        source.key = each.key;
        return source;
    }
    const bool header = text.starts_with(k_header);
    if (!header && !text.starts_with(k_cookie)) {
        return invalid(text,
                       "is no source of sessions: write \"header:NAME\", \"cookie:NAME\", "
                       "\"session_id\", \"prompt_cache_key\", \"conversation\", "
                       "\"safety_identifier\", \"user\" or \"metadata.user_id\"");
    }
    source.kind = header ? SessionSource::Kind::header : SessionSource::Kind::cookie;
    source.name = text.substr(k_header.size());
    if (!http::valid_name(source.name)) return invalid(text, "holds no name of a header or cookie");
    return source;
}

}  // namespace penstock::proxy
