// Why a handshake failed, as one of a bounded list and in words.
#include "tls_stream.h"

namespace penstock::net {

namespace {

TlsOutcome outcome_of(int reason) noexcept {
    switch (reason) {
        case SSL_R_HTTP_REQUEST:
        case SSL_R_HTTPS_PROXY_REQUEST:
        case SSL_R_WRONG_VERSION_NUMBER:
        case SSL_R_RECORD_LENGTH_MISMATCH:
        case SSL_R_PACKET_LENGTH_TOO_LONG:
        case SSL_R_UNEXPECTED_MESSAGE:
            return TlsOutcome::not_tls;
        case SSL_R_UNSUPPORTED_PROTOCOL:
        case SSL_R_VERSION_TOO_LOW:
        case SSL_R_UNSUPPORTED_SSL_VERSION:
            return TlsOutcome::no_common_version;
        case SSL_R_NO_SHARED_CIPHER:
        case SSL_R_NO_SUITABLE_KEY_SHARE:
        case SSL_R_NO_SHARED_GROUPS:
        case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
        case SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS:
            return TlsOutcome::no_common_suite;
        case SSL_R_NO_APPLICATION_PROTOCOL:
            return TlsOutcome::no_common_protocol;
        case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
            return TlsOutcome::certificate_missing;
        case SSL_R_CERTIFICATE_VERIFY_FAILED:
            return TlsOutcome::certificate_refused;
        case SSL_R_EXCESSIVE_MESSAGE_SIZE:
            return TlsOutcome::message_too_large;
        case SSL_R_UNEXPECTED_EOF_WHILE_READING:
            return TlsOutcome::peer_closed;
        default:
            // The peer's alerts come with their number added to this (SSL_AD_REASON_OFFSET).
            return reason > SSL_AD_REASON_OFFSET ? TlsOutcome::refused_by_peer
                                                 : TlsOutcome::protocol_error;
    }
}

/// What a server says of a client's certificate (RFC 8446 6.2).
bool is_about_certificate(int alert) noexcept {
    switch (alert) {
        case SSL_AD_BAD_CERTIFICATE:
        case SSL_AD_UNSUPPORTED_CERTIFICATE:
        case SSL_AD_CERTIFICATE_REVOKED:
        case SSL_AD_CERTIFICATE_EXPIRED:
        case SSL_AD_CERTIFICATE_UNKNOWN:
        case SSL_AD_UNKNOWN_CA:
        case SSL_AD_ACCESS_DENIED:
        case SSL_AD_CERTIFICATE_REQUIRED:
            return true;
        default:
            return false;
    }
}

constexpr const char* k_flooded = "the peer has sent too many TLS records without data";

/// An operator shall see which side to change.
std::string words(long verdict, const std::string& names) {
    switch (verdict) {
        case X509_V_ERR_APPLICATION_VERIFICATION:
            return "the peer's certificate is for " + names +
                   ", which is not among the names allowed";
        case X509_V_ERR_HOSTNAME_MISMATCH:
        case X509_V_ERR_IP_ADDRESS_MISMATCH:
            return "the peer's certificate is for " + names + ", not for the name asked for";
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        case X509_V_ERR_CERT_SIGNATURE_FAILURE:  // by another of the same name
            return std::string{"the peer's certificate is signed by nobody who is trusted here: "} +
                   X509_verify_cert_error_string(verdict);
        default:
            return std::string{"the peer's certificate: "} + X509_verify_cert_error_string(verdict);
    }
}

}  // namespace

void TlsStream::note_failure(TlsStep step) {
    if (flooded_) {
        failure = k_flooded;
        return;
    }
    if (message_too_large_) {
        outcome = TlsOutcome::message_too_large;
        failure = "the peer's first message is longer than is allowed";
        return;
    }
    const unsigned long error = ERR_peek_last_error();
    if (error == 0 || step == TlsStep::end || input_ended_) {
        ERR_clear_error();
        outcome = TlsOutcome::peer_closed;
        failure = "the peer closed the connection during the TLS handshake";
        return;
    }
    outcome = ERR_GET_LIB(error) == ERR_LIB_SSL ? outcome_of(ERR_GET_REASON(error))
                                                : TlsOutcome::protocol_error;
    const bool clear = role_ == TlsRole::client && ERR_GET_LIB(error) == ERR_LIB_SSL &&
                       ERR_GET_REASON(error) == SSL_R_WRONG_VERSION_NUMBER;
    failure = take_ssl_error();
    if (clear) failure = "the peer does not speak TLS: should its URL begin with http:// instead?";
    if (outcome == TlsOutcome::certificate_refused) {
        failure = words(SSL_get_verify_result(ssl_.get()), refused_names_);
    }
    verification_failed =
        outcome == TlsOutcome::certificate_refused || outcome == TlsOutcome::certificate_missing;
}

// With TLS 1.3 a server's word on our certificate comes after the handshake.
void TlsStream::note_late_failure() {
    if (flooded_) failure = k_flooded;
    const unsigned long error = ERR_peek_last_error();
    if (error == 0 || flooded_) return;
    certificate_refused_ = !heard_ && role_ == TlsRole::client &&
                           ERR_GET_LIB(error) == ERR_LIB_SSL &&
                           is_about_certificate(ERR_GET_REASON(error) - SSL_AD_REASON_OFFSET);
    failure = take_ssl_error();
}

Error TlsStream::error() const {
    const ErrorCode code =
        verification_failed ? ErrorCode::tls_verification_failed : ErrorCode::tls_handshake_failed;
    return Error{code, failure};
}

}  // namespace penstock::net
