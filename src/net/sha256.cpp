#include "penstock/net/sha256.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

namespace penstock::net {

std::array<unsigned char, 32> sha256(std::string_view bytes) {
    std::array<unsigned char, 32> digest{};
    unsigned length = 0;
    EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_sha256(), nullptr);
    return digest;
}

bool equal_constant_time(const std::array<unsigned char, 32>& a,
                         const std::array<unsigned char, 32>& b) noexcept {
    return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace penstock::net
