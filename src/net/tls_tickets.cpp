#include "tls_tickets.h"

#include <algorithm>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "penstock/base/assert.h"
#include "penstock/net/tls.h"

namespace penstock::net {

namespace {

std::shared_ptr<const TicketKey> fresh_key() {
    auto key = std::make_shared<TicketKey>();
    const bool random =
        RAND_bytes(key->name.data(), static_cast<int>(key->name.size())) == 1 &&
        RAND_priv_bytes(key->cipher.data(), static_cast<int>(key->cipher.size())) == 1 &&
        RAND_priv_bytes(key->mac.data(), static_cast<int>(key->mac.size())) == 1;
    PENSTOCK_ASSERT(random);
    return key;
}

bool set_mac(EVP_MAC_CTX* mac, const TicketKey& key) {
    char digest[] = "SHA256";
    auto* bytes = const_cast<unsigned char*>(key.mac.data());
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, bytes, key.mac.size()),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end()};
    return EVP_MAC_CTX_set_params(mac, parameters) == 1;
}

}  // namespace

TicketKey::~TicketKey() {
    OPENSSL_cleanse(cipher.data(), cipher.size());
    OPENSSL_cleanse(mac.data(), mac.size());
}

TlsTicketKeys::TlsTicketKeys(TimePoint now)
    : newest_{std::make_shared<const Generation>(Generation{now, fresh_key(), nullptr})} {}

std::shared_ptr<const TlsTicketKeys::Generation> TlsTicketKeys::at(TimePoint now) {
    std::shared_ptr<const Generation> newest = newest_.load();
    if (now - newest->since < k_rotation) return newest;
    // After two silent days the last key is too old as well.
    const bool stale = now - newest->since >= 2 * k_rotation;
    auto next = std::make_shared<const Generation>(
        Generation{now, fresh_key(), stale ? nullptr : newest->current});
    return newest_.compare_exchange_strong(newest, next) ? next : newest;
}

std::shared_ptr<TlsTicketKeys> make_tls_ticket_keys() {
    return std::make_shared<TlsTicketKeys>(Clock::now());
}

// NOLINTNEXTLINE(readability-function-size): as OpenSSL asks
int seal_or_open_ticket(TlsTicketKeys& keys, unsigned char* name, unsigned char* iv,
                        EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac, bool seal) {
    const auto known = keys.at(Clock::now());
    const auto bears_name = [name](const std::shared_ptr<const TicketKey>& key) {
        return key && std::equal(key->name.begin(), key->name.end(), name);
    };
    const EVP_CIPHER* kind = EVP_aes_256_cbc();
    if (seal) {
        const TicketKey& key = *known->current;
        std::copy(key.name.begin(), key.name.end(), name);
        const bool good = RAND_bytes(iv, EVP_CIPHER_get_iv_length(kind)) == 1 &&
                          EVP_EncryptInit_ex(cipher, kind, nullptr, key.cipher.data(), iv) == 1 &&
                          set_mac(mac, key);
        return good ? 1 : -1;
    }
    const bool current = bears_name(known->current);
    if (!current && !bears_name(known->previous)) return 0;  // a full handshake
    const TicketKey& key = current ? *known->current : *known->previous;
    const bool good =
        set_mac(mac, key) && EVP_DecryptInit_ex(cipher, kind, nullptr, key.cipher.data(), iv) == 1;
    // 2: and a new ticket. OpenSSL's client uses one of TLS 1.3 once (RFC 8446 C.4), and must not
    // be left without.
    return good ? 2 : -1;
}

}  // namespace penstock::net
