// Writes the documents that are made from tables in the code: REFERENCE.md, schema.json,
// METRICS.md.
#include <cstdio>
#include <fstream>
#include <string>

#include "penstock/app/load_config.h"
#include "penstock/telemetry/metrics.h"

namespace {

bool write(const std::string& path, const std::string& text) {
    std::ofstream file{path, std::ios::binary};
    file << text;
    file.close();
    if (!file) std::fprintf(stderr, "penstock-generate: cannot write %s\n", path.c_str());
    return !file.fail();
}

}  // namespace

int main(int count, char** words) {
    if (count != 2) {
        std::fprintf(stderr, "Usage: penstock-generate DIRECTORY\n");
        return 2;
    }
    const std::string folder = words[1];
    const bool done = write(folder + "/REFERENCE.md", penstock::app::reference_document()) &&
                      write(folder + "/schema.json", penstock::app::json_schema()) &&
                      write(folder + "/METRICS.md", penstock::telemetry::metrics_document());
    return done ? 0 : 1;
}
