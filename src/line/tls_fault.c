/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "line/tls_fault.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

/* X509_V_ERR_... of OpenSSL's x509_vfy.h, which is not this room's to include. */
enum {
    NO_ISSUER = 2,
    NOT_YET_VALID = 9,
    HAS_EXPIRED = 10,
    SELF_SIGNED = 18,
    SELF_SIGNED_IN_CHAIN = 19,
    NO_ISSUER_LOCALLY = 20,
    NO_LEAF_SIGNATURE = 21,
};

static enum tls_fault of_number(unsigned long error)
{
    switch (error) {
    case HAS_EXPIRED: return TLS_FAULT_EXPIRED;
    case NOT_YET_VALID: return TLS_FAULT_EARLY;
    case NO_ISSUER:
    case SELF_SIGNED:
    case SELF_SIGNED_IN_CHAIN:
    case NO_ISSUER_LOCALLY:
    case NO_LEAF_SIGNATURE: return TLS_FAULT_AUTHORITY;
    default: return TLS_FAULT_OTHER;
    }
}

enum tls_fault tls_fault_of_line(const char *line)
{
    static const char verify[] = "  err ";
    if (str_starts(line, verify))
        return of_number(strtoul(line + strlen(verify), NULL, 10));
    if (strstr(line, "Peer Subject Mismatch"))
        return TLS_FAULT_NAME;
    return strstr(line, "TLS setup failed") ? TLS_FAULT_PROTOCOL : TLS_FAULT_NONE;
}

bool tls_fault_peer_of_line(const char *line, struct endpoint *peer)
{
    static const char before[] = "): tls/"; /* "tport_close(0x5643): tls/192.0.2.1:5061/sips" */
    char text[ENDPOINT_TEXT_LEN];
    const char *at = str_starts(line, "tport_close(") ? strstr(line, before) : NULL;
    if (!at)
        return false;
    at += strlen(before);
    return str_copy_span(text, sizeof(text), span_of(at, strcspn(at, "/\n"))) && endpoint_parse(text, peer);
}

static const char *const texts[TLS_FAULT_COUNT] = {
    [TLS_FAULT_NAME] =
        "shows a certificate for another name. Give as the trunk's peer the name that stands in the "
        "certificate, or have it made for this one.",
    [TLS_FAULT_EXPIRED] =
        "shows a certificate that has expired. Who runs it has to renew it; see also that this "
        "machine's clock is right.",
    [TLS_FAULT_EARLY] = "shows a certificate that is not valid yet. See that this machine's clock is right.",
    [TLS_FAULT_AUTHORITY] =
        "shows a certificate of nobody whom we trust. If it is right, put the certificate of its "
        "authority (its own, where it signed itself) into the file that sip_ca of faxpost.conf "
        "names, and restart.",
    [TLS_FAULT_OTHER] = "shows a certificate that is not good. Who runs it has to mend it.",
    [TLS_FAULT_PROTOCOL] =
        "does not speak TLS with us. Check the trunk's port and transport; it has to offer TLS 1.2 or "
        "1.3.",
};

void tls_fault_text(enum tls_fault f, const char *host, char *text, size_t room)
{
    text[0] = 0;
    if (texts[f])
        (void)str_format(text, room, "%.200s %s", host, texts[f]);
}
