// Collects what is wrong with a configuration, each with its place in the file.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "penstock/app/load_config.h"
#include "penstock/schema/document.h"

namespace penstock::app {

class Problems {
public:
    /// `text` is borrowed: the file's bytes, for the offending lines.
    Problems(std::string file, std::string_view text);

    void add(const schema::Finding& finding, Severity severity = Severity::error);
    /// What is wrong with a value from elsewhere: "environment", "flag".
    void add_elsewhere(const std::string& where, const std::string& name,
                       const schema::Finding& finding, Severity severity = Severity::error);

    /// Where values stand; used by the two below.
    std::map<std::string, schema::Place> places;
    /// Lists of tables that could not be read in full: what seems to lack may stand there.
    std::set<std::string> broken;

    /// At the value `path`, or at the nearest table around it that stands in the file.
    void error(const std::string& path, std::string message, std::string hint = {});
    void warning(const std::string& path, std::string message, std::string hint = {});

    /// Whether something is wrong with the value `path` already, so that its default stands there.
    [[nodiscard]] bool told(const std::string& path) const;

    /// In order of line and column; those without a place at the end.
    [[nodiscard]] std::vector<Problem> take();

private:
    [[nodiscard]] schema::Place place_of(std::string path) const;

    std::string file_;
    std::vector<std::string_view> lines_;
    std::vector<Problem> problems_;
};

}  // namespace penstock::app
