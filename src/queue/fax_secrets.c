/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/fax_secrets.h"

#include <string.h>

#include "base/log.h"
#include "proto/flags.h"
#include "proto/mail_header.h"
#include "provision/fax_password.h"
#include "store/blob.h"
#include "store/config.h"
#include "store/jobs.h"
#include "store/mails.h"

const char *fax_secret_seal(struct queue *q, const char *plain)
{
    char *sealed = arena_alloc(&q->arena, FAX_PASSWORD_SEALED_LEN);
    return fax_password_seal(&q->vault, plain, sealed) ? sealed : arena_strdup(&q->arena, plain);
}

bool fax_secret_opens(const struct queue *q, const char *sealed)
{
    char plain[FLAG_DIGITS_MAX + 1];
    bool opens = strlen(sealed) <= FLAG_DIGITS_MAX || fax_password_open(&q->vault, sealed, plain);
    explicit_bzero(plain, sizeof(plain));
    return opens;
}

const char *fax_secret_open(struct queue *q, const char *sealed)
{
    if (strlen(sealed) <= FLAG_DIGITS_MAX) /* a box is longer */
        return sealed;
    char *plain = arena_alloc(&q->arena, FLAG_DIGITS_MAX + 1);
    if (fax_password_open(&q->vault, sealed, plain))
        return plain;
    log_error(NULL, "a fax password is not sealed for this installation: set it again");
    return NULL;
}

void fax_secret_add_target(struct queue *q, struct id submission, int target, const struct target_row *t)
{
    struct target_row row = *t;
    row.fax_password = t->fax_password ? fax_secret_seal(q, t->fax_password) : "";
    submission_add_target(&q->store, submission, target, &row);
}

void fax_secrets_seal_old(struct queue *q)
{
    struct id job;
    const char *box, *plain;
    store_begin(&q->store);
    while (q->vault.known && job_password_up_to(&q->store, FLAG_DIGITS_MAX, &q->arena, &job, &plain))
        job_set_password(&q->store, job, fax_secret_seal(q, plain));
    while (q->vault.known && config_box_password_up_to(&q->store, FLAG_DIGITS_MAX, &q->arena, &box, &plain))
        config_set_box_password(&q->store, box, fax_secret_seal(q, plain));
    store_commit(&q->store);
}

/* ---- in a mail ---- */

/* What of a header hides it: the fields that name it in letters of their own (RFC 2047). */
struct hiding {
    bool subject, names;
};

static void hide_field(char *mail, const struct header_field *f, const struct hiding *h)
{
    bool is_names = header_is(f, "To") || header_is(f, "Cc") || header_is(f, "Bcc");
    char *value = mail + (f->value.data - (const uint8_t *)mail);
    flags_hide_password(value, f->value.len);
    if (!(header_is(f, "Subject") ? h->subject : is_names && h->names))
        return;
    for (size_t i = 0; i + 1 < f->value.len; i++) {
        if (value[i] != '=' || value[i + 1] != '?')
            continue;
        for (; i < f->value.len && !strchr(" \t\r\n", value[i]); i++)
            value[i] = 'x';
    }
}

const char *fax_secret_hidden(struct arena *a, const char *text)
{
    char *copy = arena_strdup(a, text);
    return flags_hide_password(copy, strlen(copy)) ? copy : text;
}

bool fax_secret_is_in(struct queue *q, const struct mail_in *mail, const struct msg_unpacked *m)
{
    const char *const places[] = {mail->recipients, mail->wishes, m->addressees, m->subject};
    for (size_t i = 0; i < ARRAY_LEN(places); i++)
        if (fax_secret_hidden(&q->arena, places[i]) != places[i])
            return true;
    return false;
}

void fax_secret_hide(struct queue *q, const struct mail_in *mail, const struct msg_unpacked *m)
{
    struct header_field f;
    char *names = arena_strdup(&q->arena, m->addressees), *subject = arena_strdup(&q->arena, m->subject);
    const struct hiding h = {flags_hide_password(subject, strlen(subject)),
                             flags_hide_password(names, strlen(names))};
    struct span raw = blob_read(&q->store, mail->blob, &q->arena);
    char *copy = arena_alloc(&q->arena, raw.len + 1);
    memcpy(copy, raw.data, raw.len);
    struct span rest = span_of(copy, raw.len);
    while (header_next(&rest, &f) == HEADER_FIELD)
        hide_field(copy, &f, &h);
    mail_in_rewrite(&q->store, mail, fax_secret_hidden(&q->arena, mail->recipients),
                    fax_secret_hidden(&q->arena, mail->wishes), blob_put(&q->store, span_of(copy, raw.len)));
    store_set_meta(&q->store, "retention.owed", "1"); /* the log of the database still has it */
}
