/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/fax_secrets.h"

#include <sodium.h>
#include <string.h>

#include "base/log.h"
#include "proto/flags.h"
#include "store/jobs.h"

enum { BOX_MAX = crypto_box_SEALBYTES + FLAG_DIGITS_MAX, TEXT_MAX = 4 * (BOX_MAX / 3 + 1) + 1 };

const char *fax_secret_seal(struct queue *q, const char *plain)
{
    unsigned char box[BOX_MAX];
    size_t len = strlen(plain);
    if (len == 0 || len > FLAG_DIGITS_MAX || !q->vault.known ||
        crypto_box_seal(box, (const unsigned char *)plain, len, q->vault.public) != 0)
        return arena_strdup(&q->arena, plain);
    char *text = arena_alloc(&q->arena, TEXT_MAX);
    (void)sodium_bin2base64(text, TEXT_MAX, box, crypto_box_SEALBYTES + len, sodium_base64_VARIANT_ORIGINAL);
    return text;
}

const char *fax_secret_open(struct queue *q, const char *sealed)
{
    unsigned char box[BOX_MAX];
    size_t len = 0;
    if (strlen(sealed) <= FLAG_DIGITS_MAX) /* a box is longer */
        return sealed;
    char *plain = arena_alloc(&q->arena, FLAG_DIGITS_MAX + 1);
    memset(plain, 0, FLAG_DIGITS_MAX + 1);
    if (!q->vault.known ||
        sodium_base642bin(box, sizeof(box), sealed, strlen(sealed), NULL, &len, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0 ||
        len <= crypto_box_SEALBYTES ||
        crypto_box_seal_open((unsigned char *)plain, box, len, q->vault.public, q->vault.secret) != 0) {
        log_error(NULL, "a fax password is not sealed for this installation: set it again");
        return NULL;
    }
    return plain;
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
    const char *plain;
    store_begin(&q->store);
    while (q->vault.known && job_password_up_to(&q->store, FLAG_DIGITS_MAX, &q->arena, &job, &plain))
        job_set_password(&q->store, job, fax_secret_seal(q, plain));
    store_commit(&q->store);
}
