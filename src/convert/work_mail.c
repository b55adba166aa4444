/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Mails that come in: taken apart, opened. */
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/mem.h"
#include "base/scope.h"
#include "base/str.h"
#include "convert/pgp_find.h"
#include "convert/pgp_mail.h"
#include "convert/vault.h"
#include "convert/work_inner.h"
#include "model/part_set.h"

/* ---- unpack ---- */

/* Of what a document is said to be, its character set alone is believed, or in its place its language. */
static void say_charset(struct unpacked_part *p)
{
    bool set = *p->charset != 0;
    if ((!set && !*p->language) || !str_format(p->type, sizeof(p->type), "text/plain;%s=%s",
                                               set ? "charset" : "language", set ? p->charset : p->language))
        p->type[0] = 0;
}

/* The documents of a mail, or what has to be opened first. */
static size_t list_parts(struct unpacked *u, struct span raw, bool look, struct part *parts, uint32_t *found,
                         struct outcome *o)
{
    size_t count = 0;
    *found = look ? pgp_find(raw, u, parts, &count, o) : PGP_FOUND_NONE;
    if (*found == PGP_FOUND_PIECES)
        return count;
    unpacked_drop_signatures(u);
    for (size_t i = 0; i < u->count; i++) {
        struct unpacked_part *p = &u->parts[i];
        say_charset(p);
        parts[i] = (struct part){p->name, p->type, buf_span(&p->bytes)};
    }
    return u->count;
}

void work_unpack(struct work *w, struct render *render, const struct message *ask)
{
    SCOPED_BUF struct buf raw;
    struct unpacked *u = &w->unpacked;
    struct part parts[PART_SET_PARTS_MAX];
    uint32_t found = PGP_FOUND_NONE;
    size_t count = 0;
    if (work_read_input(ask->unpack.mail_bytes, &raw, &w->outcome))
        unpack_mail(buf_span(&raw), u, &w->outcome);
    if (w->outcome.verdict == VERDICT_DONE)
        count = list_parts(u, buf_span(&raw), ask->unpack.look != 0, parts, &found, &w->outcome);
    if (w->outcome.verdict == VERDICT_DONE && !part_set_format(&w->payload, parts, count))
        work_too_large(&w->outcome);
    w->answer = (struct message){.type = MSG_unpacked,
                                 .unpacked = {.mail = ask->unpack.mail,
                                              .round = ask->unpack.round,
                                              .pgp = found,
                                              MESSAGE_OUTCOME(&w->outcome),
                                              .from = u->from,
                                              .from_name = u->from_name,
                                              .addressees = buf_text(&u->addressees),
                                              .subject = u->subject,
                                              .message_id = u->message_id,
                                              .manners = u->manners,
                                              .text = buf_text(&u->text),
                                              .bounce = u->bounce.action,
                                              .bounce_status = u->bounce.status,
                                              .bounce_words = u->bounce.words,
                                              .bounce_envid = u->bounce.envid,
                                              .returned_id = u->returned_id}};
}

/* ---- OpenPGP ---- */

/* The bytes of the pieces; each data is owned by the list. */
static bool read_pieces(int fd, struct part_set *set, struct pgp_piece *pieces, struct outcome *o)
{
    uint64_t size;
    int error = fd_checked_size(fd, PART_SET_BYTES_MAX, &size);
    if (!error)
        error = part_set_read(fd, size, set);
    for (size_t i = 0; !error && i < set->count; i++) {
        const struct part_place *p = &set->places[i];
        uint8_t *bytes = mem_alloc((size_t)p->len + 1);
        pieces[i] = (struct pgp_piece){p->type, p->name, span_of(bytes, (size_t)p->len)};
        error = fd_pread_all(fd, bytes, (size_t)p->len, (off_t)p->at);
    }
    if (error)
        outcome_set(o, VERDICT_GIVE_UP, "convert-input", "The pieces of the mail could not be read (%s).",
                    strerror(error));
    return !error;
}

static void open_pieces(struct work *w, const struct msg_pgp_open *m, const struct part_set *set,
                        const struct pgp_piece *pieces)
{
    struct openpgp *o = openpgp_new();
    openpgp_add_keys(o, m->keys);
    if (vault_plain().len > 0 && !openpgp_add_secret(o, vault_plain()))
        outcome_set(
            &w->outcome, VERDICT_GIVE_UP, "pgp-secret",
            "Nothing was faxed: this fax server cannot use its own PGP key. Its administrator can make a new "
            "one (faxpost key make --replace).");
    else
        (void)pgp_mail_open(o, pieces, set->count, &w->payload, &w->pgp, &w->outcome);
    openpgp_free(o);
}

void work_pgp_open(struct work *w, struct render *render, const struct message *ask)
{
    struct part_set set = {.count = 0};
    struct pgp_piece pieces[PART_SET_PARTS_MAX] = {{.type = NULL}};
    if (read_pieces(ask->pgp_open.pieces, &set, pieces, &w->outcome))
        open_pieces(w, &ask->pgp_open, &set, pieces);
    for (size_t i = 0; i < PART_SET_PARTS_MAX; i++)
        free((void *)(uintptr_t)pieces[i].bytes.data);
    part_set_clear(&set);
    const struct pgp_facts *f = &w->pgp;
    w->answer = (struct message){.type = MSG_pgp_opened,
                                 .pgp_opened = {.mail = ask->pgp_open.mail,
                                                MESSAGE_OUTCOME(&w->outcome),
                                                .encrypted = f->encrypted,
                                                .bound = f->bound,
                                                .signature = (uint32_t)f->signature,
                                                .key = f->key,
                                                .signed_ms = f->signed_ms,
                                                .digest = span_of(f->digest, sizeof(f->digest))}};
}

/* The secret key leaves the worker sealed: nobody between here and the store has it. */
void work_pgp_make(struct work *w, struct render *render, const struct message *ask)
{
    SCOPED_BUF struct buf secret;
    buf_init(&secret, sizeof(w->sealed) - VAULT_SEAL_BYTES);
    bool good = openpgp_make(ask->pgp_make.user_id, &w->payload, &secret) &&
                vault_seal(buf_span(&secret), ask->pgp_make.seal_to, w->sealed);
    if (!good)
        outcome_set(&w->outcome, VERDICT_GIVE_UP, "pgp-make", "No PGP key could be made.");
    w->answer = (struct message){
        .type = MSG_pgp_made,
        .pgp_made = {.tenant = ask->pgp_make.tenant,
                     MESSAGE_OUTCOME(&w->outcome),
                     .secret = span_of(w->sealed, good ? secret.len + VAULT_SEAL_BYTES : 0)}};
}
