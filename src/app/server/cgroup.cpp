#include "cgroup.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <string_view>

namespace penstock::app {

namespace {

std::optional<std::int64_t> number_in(std::string_view text) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;  // "max"
    return number;
}

/// The words of a small file; empty where it cannot be read.
struct Words {
    explicit Words(const std::string& path) { std::ifstream{path} >> first >> second; }
    std::string first;
    std::string second;
};

template <class T>
void lower(std::optional<T>& limit, T to) {
    limit = limit ? std::min(*limit, to) : to;
}

void lower_memory(CgroupLimits& limits, const std::string& file) {
    const auto bytes = number_in(Words{file}.first);
    if (bytes && *bytes >= 0) lower(limits.memory, static_cast<std::uint64_t>(*bytes));
}

void lower_cores(CgroupLimits& limits, std::string_view quota, std::string_view period) {
    const auto most = number_in(quota);
    const auto each = number_in(period);
    if (!most || !each || *most <= 0 || *each <= 0) return;
    lower(limits.cores, static_cast<double>(*most) / static_cast<double>(*each));
}

void read_version_1(CgroupLimits& limits, const std::string& group) {
    lower_memory(limits, group + "/memory.limit_in_bytes");
    lower_cores(limits, Words{group + "/cpu.cfs_quota_us"}.first,
                Words{group + "/cpu.cfs_period_us"}.first);
}

void read_version_2(CgroupLimits& limits, const std::string& group) {
    lower_memory(limits, group + "/memory.max");
    const Words cpu{group + "/cpu.max"};
    lower_cores(limits, cpu.first, cpu.second);
}

/// From the group at `path` below `mount` up to the mount itself. Where only a part of the tree is
/// mounted, as in a container, the lower ones are not there and the mount is the own group.
template <class Read>
void walk_up(const std::string& mount, std::string path, const Read& read) {
    if (path.find("/..") != std::string::npos) path.clear();  // outside of the namespace
    for (;;) {
        while (path.ends_with('/')) path.pop_back();
        read(mount + path);
        if (path.empty()) return;
        path.resize(path.rfind('/'));
    }
}

}  // namespace

// A line is "number:controllers:path", version 2's "0::path" (cgroups(7)).
CgroupLimits cgroup_limits(const std::string& root) {
    CgroupLimits limits;
    const std::string mounts = root + "/sys/fs/cgroup";
    std::ifstream file{root + "/proc/self/cgroup"};
    std::string line;
    while (std::getline(file, line)) {
        const std::size_t first = line.find(':');
        const std::size_t second = line.find(':', first == std::string::npos ? first : first + 1);
        if (second == std::string::npos || line[second + 1] != '/') continue;
        const std::string controllers = line.substr(first + 1, second - first - 1);
        const std::string path = line.substr(second + 1);
        if (controllers.empty()) {
            for (const char* mount : {"", "/unified"}) {
                walk_up(mounts + mount, path,
                        [&](const std::string& group) { read_version_2(limits, group); });
            }
        } else {
            std::string mount = mounts;
            mount.append("/").append(controllers);
            walk_up(mount, path, [&](const std::string& group) { read_version_1(limits, group); });
        }
    }
    return limits;
}

}  // namespace penstock::app
