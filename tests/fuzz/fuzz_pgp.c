/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* PGP/MIME framing and keys in armor. What is found lies within the mail, a mail that is joined can be taken
 * apart again, and a canonical text stays as it is. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "proto/mail_header.h"
#include "proto/pgp_key.h"
#include "proto/pgp_mime.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_within(struct span part, struct span whole)
{
    if (part.len > 0 && (part.data < whole.data || part.data + part.len > whole.data + whole.len))
        abort();
}

static void check_joined(struct span header, struct span entity)
{
    struct buf mail;
    struct header_field f;
    bool bound;
    enum header_step step;
    unsigned types = 0;
    buf_init(&mail, 1 << 22);
    if (pgp_mime_join(header, entity, &mail, &bound)) {
        struct span rest = buf_span(&mail);
        while ((step = header_next(&rest, &f)) == HEADER_FIELD)
            types += header_is(&f, "Content-Type");
        if (step != HEADER_END || types > 1)
            abort();
    }
    buf_clear(&mail);
}

static void check_canonical(struct span text)
{
    struct buf once, twice;
    buf_init(&once, 2 * text.len + 2);
    buf_init(&twice, 2 * text.len + 2);
    pgp_mime_canonical(text, &once);
    pgp_mime_canonical(buf_span(&once), &twice);
    if (once.overflow || !span_equal(buf_span(&once), buf_span(&twice)))
        abort();
    buf_clear(&once);
    buf_clear(&twice);
}

static void check_key(const char *text)
{
    struct pgp_key k;
    struct complaint why = {.text = ""};
    if (!pgp_key_read(text, &k, &why)) {
        if (!*why.text)
            abort();
        return;
    }
    if (k.count == 0 || k.count > PGP_KEYS_MAX || k.name_count == 0 ||
        !pgp_key_is(&k, k.fingerprints[k.count - 1]))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pgp_mime m;
    uint8_t *copy = mem_dup(data, size); /* without NUL: reads past the end are seen */
    char *text = mem_alloc(size + 1);
    struct span mail = span_of(copy, size);
    memcpy(text, data, size);
    text[size] = 0;
    enum pgp_mime_kind kind = pgp_mime_find(mail, &m);
    check_within(m.header, mail);
    check_within(m.content, mail);
    check_within(m.signature, mail);
    if (kind == PGP_MIME_SIGNED)
        check_joined(m.header, m.content);
    check_joined(m.header, mail);
    check_canonical(mail);
    check_key(text);
    free(text);
    free(copy);
    return 0;
}
