/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "role/line_trunks.h"

#include <jansson.h>
#include <string.h>

#include "base/hex.h"
#include "base/log.h"
#include "base/panic.h"
#include "base/str.h"
#include "line/address.h"

/* FNV-1a: to see that it is another one, no more. */
static uint64_t mark_of(const uint8_t *bytes, size_t len)
{
    uint64_t mark = 0xcbf29ce484222325u;
    for (size_t i = 0; i < len; i++)
        mark = (mark ^ bytes[i]) * 0x100000001b3u;
    return mark;
}

static void read_one(json_t *from, struct line_trunks *all)
{
    const char *id = NULL, *name = NULL, *peer = NULL, *transport = NULL, *user = NULL, *secret = "";
    struct trunk *t = &all->list[all->count];
    uint8_t *box = all->secrets[all->count].bytes;
    const char *addresses = "", *called = "", *caller = "", *identity = "", *advertised = "", *proxy = "",
               *srtp = "", *correction = "";
    int t38 = 0, registers = 0, register_s = 600, keepalive_s = 0, symmetric = 1;
    if (json_unpack(
            from,
            "{s:s, s:s, s:s, s:s, s:s, s:b, s?b, s?i, s?s, s?s, s?s, s?s, s?s, s?i, s?s, s?b, s?s, s?s, s?s}",
            "id", &id, "name", &name, "peer", &peer, "transport", &transport, "user", &user, "t38", &t38,
            "register", &registers, "register_seconds", &register_s, "secret", &secret, "addresses",
            &addresses, "called_from", &called, "caller_from", &caller, "caller_in", &identity, "keepalive",
            &keepalive_s, "advertised_address", &advertised, "symmetric", &symmetric, "outbound_proxy",
            &proxy, "srtp", &srtp, "t38_correction", &correction) != 0)
        panic("a trunk without all its fields");
    *t = (struct trunk){.t38 = t38 != 0,
                        .registers = registers != 0,
                        .symmetric = symmetric != 0,
                        .register_s = (uint32_t)register_s,
                        .keepalive_s = keepalive_s > 0 ? (uint32_t)keepalive_s : 0};
    t->called_from = str_equal(called, "to")          ? TRUNK_CALLED_TO
                     : str_equal(called, "diversion") ? TRUNK_CALLED_DIVERSION
                                                      : TRUNK_CALLED_REQUEST;
    t->caller_from = str_equal(caller, "from") ? TRUNK_CALLER_FROM : TRUNK_CALLER_ASSERTED;
    t->identity = str_equal(identity, "asserted")    ? TRUNK_IDENTITY_ASSERTED
                  : str_equal(identity, "preferred") ? TRUNK_IDENTITY_PREFERRED
                                                     : TRUNK_IDENTITY_FROM;
    if (*advertised && !address_of_host(advertised, 0, &t->advertised))
        panic("a trunk whose advertised address \"%s\" is none", advertised);
    size_t len = strlen(secret) / 2;
    if (!str_copy(t->id, sizeof(t->id), id) || !str_copy(t->name, sizeof(t->name), name) ||
        !str_copy(t->user, sizeof(t->user), user) ||
        !str_copy(t->addresses, sizeof(t->addresses), addresses) || !trunk_parse_peer(peer, t) ||
        !trunk_parse_proxy(proxy, t) || !trunk_parse_transport(transport, &t->transport) ||
        len > LINE_SECRET_MAX || !hex_parse(secret, box, len)) {
        log_error(NULL,
                  "the trunk \"%s\" cannot be used: its peer \"%s\" has to be sip:HOST or sip:HOST:PORT, its "
                  "transport "
                  "udp, tcp or tls, its user at most %d characters",
                  name, peer, TRUNK_USER_LEN - 1);
        return;
    }
    bool by_transport = str_equal(srtp, "auto") && t->transport == TRUNK_TLS;
    t->srtp = str_equal(srtp, "required")                   ? OFFER_SRTP_REQUIRED
              : by_transport || str_equal(srtp, "optional") ? OFFER_SRTP_OPTIONAL
                                                            : OFFER_SRTP_NO;
    t->correction = str_equal(correction, "redundancy") ? OFFER_CORRECTION_COPIES
                    : str_equal(correction, "fec")      ? OFFER_CORRECTION_PARITY
                                                        : OFFER_CORRECTION_AUTO;
    t->secret_mark = mark_of(box, len);
    all->secrets[all->count++].len = len;
}

void line_trunks_read(const char *json, struct line_trunks *t)
{
    json_t *list = json_loads(json, 0, NULL);
    if (!json_is_array(list))
        panic("trunks that are no JSON array");
    for (size_t i = 0; i < json_array_size(list) && t->count < LINE_TRUNKS_MAX; i++)
        read_one(json_array_get(list, i), t);
    json_decref(list);
}

bool line_trunks_secret(const struct line_trunks *t, const char *id, uint64_t mark, struct span *box)
{
    for (size_t i = 0; t && i < t->count; i++) {
        if (!str_equal(t->list[i].id, id) || t->list[i].secret_mark != mark)
            continue;
        *box = span_of(t->secrets[i].bytes, t->secrets[i].len);
        return true;
    }
    return false;
}
