// Notices that one of several files may have changed: by their directories, so that renames by
// editors and ConfigMap swaps are seen, and by a slow look for file systems that tell nothing.
// Control thread.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "penstock/base/units.h"

namespace penstock::net {
class Loop;
}

namespace penstock::app {

class FileWatch {
public:
    /// `changed` is called after events have been quiet for `k_debounce`, and every `k_poll`: the
    /// caller compares contents.
    FileWatch(net::Loop& loop, const std::string& file, std::function<void()> changed);
    ~FileWatch();
    FileWatch(const FileWatch&) = delete;
    FileWatch& operator=(const FileWatch&) = delete;

    /// Watches this file as well, for as long as this lives.
    void add(const std::string& file);

    static constexpr Millis k_debounce{200};
    static constexpr Millis k_poll{5'000};

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace penstock::app
