// Reads the files that a configuration names, and tells which cannot be read.
#pragma once

#include <string>
#include <utility>

#include "files.h"
#include "penstock/net/tls.h"
#include "problems.h"

namespace penstock::app {

class FileReader {
public:
    /// What is read is also appended to `seen`.
    FileReader(Problems& problems, std::string& seen) : problems_{problems}, seen_{seen} {}

    /// `option`: who names it. Without a name nothing is read.
    net::TlsFile read(const std::string& file, const std::string& option) {
        if (file.empty()) return {};
        Result<std::string> bytes = read_small_file(file);
        if (!bytes.has_value()) {
            problems_.error(option, std::string{bytes.error().detail()});
            good_ = false;
            return {};
        }
        seen_ += *bytes;
        return {file, std::move(*bytes)};
    }
    [[nodiscard]] bool good() const noexcept { return good_; }

private:
    Problems& problems_;
    std::string& seen_;
    bool good_ = true;
};

}  // namespace penstock::app
