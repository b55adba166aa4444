/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "line/auth.h"

#include <string.h>

#include "base/str.h"
#include "line/sofia.h"

/* The realm as it stands in the challenge, quotes and all, where this is a challenge we can answer. */
static const char *realm_of(const msg_auth_t *challenge)
{
    if (!str_equal_nocase(challenge->au_scheme, "Digest"))
        return NULL;
    const char *algorithm = msg_header_find_param(challenge->au_common, "algorithm=");
    if (algorithm && !str_equal_nocase(algorithm, "MD5") && !str_equal_nocase(algorithm, "\"MD5\""))
        return NULL;
    const char *realm = msg_header_find_param(challenge->au_common, "realm=");
    size_t len = realm ? strlen(realm) : 0;
    return len >= 2 && realm[0] == '"' && realm[len - 1] == '"' ? realm : NULL;
}

enum auth_result auth_answer(const struct sip_s *answer, const struct auth_try *t, struct buf *credentials)
{
    if (!t->user[0])
        return AUTH_NO_SECRET;
    if (t->answered)
        return AUTH_REFUSED;
    const msg_auth_t *challenge =
        answer->sip_proxy_authenticate ? answer->sip_proxy_authenticate : answer->sip_www_authenticate;
    const char *realm = NULL;
    for (; challenge && !realm; challenge = challenge->au_next)
        realm = realm_of(challenge);
    /* sofia's form has no way to write a colon in the user name. */
    if (!realm || strchr(t->user, ':'))
        return AUTH_IMPOSSIBLE;
    return buf_printf(credentials, "Digest:%s:%s:%s", realm, t->user, t->secret) ? AUTH_READY
                                                                                 : AUTH_IMPOSSIBLE;
}
