#include "faults.h"

#include <limits>

#include "json_text.h"

namespace penstock::mock_engine {

namespace {

bool read(const Json& value, bool& out) {
    if (!value.is_boolean()) return false;
    out = value.get<bool>();
    return true;
}

bool read(const Json& value, std::uint32_t& out) {
    if (!value.is_number_unsigned()) return false;
    const auto number = value.get<std::uint64_t>();
    if (number > std::numeric_limits<std::uint32_t>::max()) return false;
    out = static_cast<std::uint32_t>(number);
    return true;
}

bool read(const Json& value, Millis& out) {
    std::uint32_t number = 0;
    if (!read(value, number)) return false;
    out = Millis{number};
    return true;
}

bool read_field(const std::string& name, const Json& value, Faults& out) {
    if (name == "startup") return read(value, out.startup);
    if (name == "refuse") return read(value, out.refuse);
    if (name == "status") {
        return read(value, out.status) &&
               (out.status == 0 || (out.status >= 400 && out.status < 600));
    }
    if (name == "hang") return read(value, out.hang);
    if (name == "stall_after") return read(value, out.stall_after);
    if (name == "reset_after") return read(value, out.reset_after);
    if (name == "slow_metrics") return read(value, out.slow_metrics);
    if (name == "lasting") return read(value, out.lasting);
    return false;
}

}  // namespace

Result<Faults> read_faults(std::string_view json) {
    const Json body = parse_json(json);
    if (!body.is_object()) return Error{ErrorCode::bad_request, "Faults are a JSON object."};
    Faults faults;
    for (const auto& [name, value] : body.items()) {
        if (read_field(name, value, faults)) continue;
        return Error{ErrorCode::bad_request,
                     "No such fault or not its type: " + name +
                         ". Faults: startup, slow_metrics, lasting (milliseconds), refuse, hang "
                         "(true or false), status (0 or 400 to 599), stall_after, reset_after "
                         "(tokens)."};
    }
    return faults;
}

std::string to_json(const Faults& faults) {
    return to_text({{"startup", faults.startup.count()},
                    {"refuse", faults.refuse},
                    {"status", faults.status},
                    {"hang", faults.hang},
                    {"stall_after", faults.stall_after},
                    {"reset_after", faults.reset_after},
                    {"slow_metrics", faults.slow_metrics.count()},
                    {"lasting", faults.lasting.count()}});
}

}  // namespace penstock::mock_engine
