// Loaded into a program (LD_PRELOAD) by cases whose names change their addresses: looks a name up
// in the file that $PENSTOCK_TEST_NAMES names, one "name address address …" a line, read at each
// look-up. Other names go the usual way.
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include <dlfcn.h>
#include <netdb.h>

namespace {

using Lookup = int (*)(const char*, const char*, const addrinfo*, addrinfo**);

Lookup usual() {
    return reinterpret_cast<Lookup>(::dlsym(RTLD_NEXT, "getaddrinfo"));
}

/// The name's line, without the name; false: it has none.
bool find_line(const std::string& name, std::istringstream& addresses) {
    const char* path = std::getenv("PENSTOCK_TEST_NAMES");
    std::ifstream file{path == nullptr ? "" : path};
    std::string line;
    while (std::getline(file, line)) {
        if (!line.starts_with(name + " ")) continue;
        addresses.str(line.substr(name.size()));
        return true;
    }
    return false;
}

}  // namespace

extern "C" int getaddrinfo(const char* node, const char* service, const addrinfo* hints,
                           addrinfo** result) {
    std::istringstream addresses;
    if (node == nullptr || !find_line(node, addresses)) {
        return usual()(node, service, hints, result);
    }
    *result = nullptr;
    addrinfo** end = result;  // glibc frees each element of a list by itself
    std::string address;
    while (addresses >> address) {
        if (const int failed = usual()(address.c_str(), service, hints, end); failed != 0)
            return failed;
        while (*end != nullptr) end = &(*end)->ai_next;
    }
    return *result == nullptr ? EAI_NONAME : 0;
}
