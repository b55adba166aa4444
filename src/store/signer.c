/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/signer.h"

#include <string.h>

#include "base/base64.h"
#include "base/panic.h"
#include "base/scope.h"
#include "base/str.h"

#define KEY_META          "report.key"
#define CERTIFICATES_META "report.certificates"

enum { KEY_MAX = 8192 };

struct signer signer_get(struct store *s, struct arena *a)
{
    SCOPED_BUF struct buf key;
    buf_init(&key, KEY_MAX);
    if (!base64_decode(span_str(store_meta(s, a, KEY_META)), &key))
        buf_reset(&key);
    static const char end[] = "-----END CERTIFICATE-----\n";
    const char *all = store_meta(s, a, CERTIFICATES_META), *at = strstr(all, end);
    size_t len = at ? (size_t)(at - all) + strlen(end) : 0;
    return (struct signer){arena_dup(a, buf_span(&key)), (const char *)arena_dup(a, span_of(all, len)).data,
                           all};
}

void signer_set(struct store *s, struct arena *a, struct span sealed_key, const char *certificate)
{
    SCOPED_BUF struct buf text;
    buf_init(&text, KEY_MAX);
    if (!base64_encode(sealed_key, &text))
        panic("a sealed key of %zu bytes", sealed_key.len);
    store_set_meta(s, CERTIFICATES_META,
                   arena_format(a, "%s%s", certificate, store_meta(s, a, CERTIFICATES_META)));
    store_set_meta(s, KEY_META, buf_text(&text));
}

bool signer_wanted(struct store *s, struct arena *a)
{
    return str_equal(store_meta(s, a, "sign_reports"), "on");
}
