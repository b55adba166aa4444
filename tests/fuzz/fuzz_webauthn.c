/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The first byte says which: what a browser says (r, R), what it signs (c), what an authenticator says (d), a
 * new key (a), a key (k), the address and the origin with a blank between (h). */
#include <stdlib.h>
#include <string.h>

#include "proto/cbor.h"
#include "proto/webauthn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_in(struct span inner, struct span outer)
{
    if (inner.len > 0 && (inner.data < outer.data || inner.data + inner.len > outer.data + outer.len))
        abort();
}

static void read_data(struct span in)
{
    struct webauthn_data d;
    struct webauthn_key k;
    if (!webauthn_data_read(in, &d))
        return;
    check_in(d.id, in);
    check_in(d.key, in);
    if (webauthn_key_read(d.key, &k)) {
        check_in(k.a, in);
        check_in(k.b, in);
    }
}

static void read_text(char kind, char *text)
{
    static struct webauthn_response r;
    static struct webauthn_client c;
    char rp[WEBAUTHN_RP_MAX + 1];
    if (kind == 'r' || kind == 'R')
        (void)webauthn_response_read(text, kind == 'R', &r);
    else if (kind == 'c')
        (void)webauthn_client_read(span_str(text), &c);
    else {
        char *blank = strchr(text, ' ');
        if (blank)
            *blank = 0;
        if (webauthn_origin_is(blank ? blank + 1 : "", text) && !webauthn_rp_of_host(text, rp))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char text[WEBAUTHN_JSON_MAX + 2];
    if (size == 0 || size > sizeof(text))
        return 0;
    const struct span in = span_of(data + 1, size - 1);
    struct span inner, left = in;
    struct webauthn_key k;
    switch (data[0]) {
    case 'd': read_data(in); break;
    case 'a':
        if (webauthn_attestation_read(in, &inner)) {
            check_in(inner, in);
            read_data(inner);
        }
        break;
    case 'k':
        if (webauthn_key_read(in, &k) && (!cbor_skip(&left) || left.len > 0))
            abort();
        break;
    default:
        memcpy(text, in.data, in.len);
        text[in.len] = 0;
        read_text((char)data[0], text);
    }
    return 0;
}
