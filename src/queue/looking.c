/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/looking.h"

#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/panic.h"
#include "base/scope.h"
#include "base/str.h"
#include "queue/covers.h"
#include "store/looks.h"

enum { LOOK_AT_ONCE = 2, LOOK_TRIES_MAX = 3 };

static bool wants_blank(const struct faxbox *box)
{
    return !str_equal(box->blank_pages, "keep");
}

/* ---- asking ---- */

void look_begin(struct queue *q, const struct fax *f)
{
    struct faxbox box;
    bool wanted = config_box(&q->store, &q->arena, f->faxbox, &box) &&
                  (box.route_by_code || wants_blank(&box) || junk_any(&q->store, f->faxbox));
    if (!wanted) {
        fax_is_told(q, f->id);
        return;
    }
    look_want(&q->store, f->id, LOOK_ARRIVAL);
    queue_wants(q, WORK_LOOK);
}

static void ask_look(struct queue *q, struct id fax)
{
    struct stored_page *pages;
    struct faxbox box;
    struct fax f;
    size_t earlier, count = fax_pages_of_all_tries(&q->store, fax, &q->arena, &pages, &earlier);
    bool blank = fax_find(&q->store, fax, &q->arena, &f) &&
                 config_box(&q->store, &q->arena, f.faxbox, &box) && wants_blank(&box);
    SCOPED_FD int set = pages_to_set(q, pages, blank || count < LOOK_PAGES_MAX ? count : LOOK_PAGES_MAX);
    const struct message ask = {.type = MSG_look_at_fax,
                                .look_at_fax = {.fax = fax, .blank = blank, .page_set = set}};
    flight_begin(q, WORK_LOOK, fax, peers_ask(q->peers, ROLE_CONVERT, 0, &ask));
}

void pump_look(struct queue *q)
{
    struct id ids[LOOK_AT_ONCE * 2];
    size_t n = look_waiting(&q->store, ids, ARRAY_LEN(ids));
    for (size_t i = 0; i < n && flight_count(q, WORK_LOOK) < LOOK_AT_ONCE; i++)
        if (!flight_find(q, WORK_LOOK, ids[i]))
            ask_look(q, ids[i]);
}

/* ---- codes ---- */

/* "INV-*=billing": codes that begin so; without the star the whole code. */
static bool rule_fits(const char *rule, const char *code)
{
    const char *end = strrchr(rule, '=');
    size_t len = end ? (size_t)(end - rule) : 0;
    if (len == 0)
        return false;
    bool begins = rule[len - 1] == '*';
    len -= begins;
    return strncmp(code, rule, len) == 0 && (begins || code[len] == 0);
}

/* Of our own cover pages, which name the box that sent them. */
static const char *box_of_cover(const char *code)
{
    size_t len = strlen(COVER_CODE);
    return strncmp(code, COVER_CODE, len) == 0 ? code + len : NULL;
}

static const char *box_of_tenant(struct queue *q, const struct tenant *t, const char *name)
{
    struct faxbox box;
    return name && config_box(&q->store, &q->arena, name, &box) && id_equal(box.tenant, t->id) ? box.id
                                                                                               : NULL;
}

/* The box that the first code leads to for which there is a rule, or which is our own; NULL: none does. */
static const char *box_of_codes(struct queue *q, const struct look *l, const struct tenant *t)
{
    const char *to = NULL;
    for (size_t i = 0; !to && i < l->code_count; i++) {
        char *rest = arena_strdup(&q->arena, t->code_routes), *rule;
        while (!to && (rule = strsep(&rest, " ")) != NULL)
            if (rule_fits(rule, l->codes[i]))
                to = box_of_tenant(q, t, strrchr(rule, '=') + 1);
        if (!to)
            to = box_of_tenant(q, t, box_of_cover(l->codes[i]));
    }
    return to;
}

static void route(struct queue *q, const struct fax *f, const struct look *l)
{
    struct faxbox box;
    struct tenant t;
    if (!config_box(&q->store, &q->arena, f->faxbox, &box) || !box.route_by_code ||
        !config_tenant(&q->store, &q->arena, f->tenant, &t))
        return;
    const char *to = box_of_codes(q, l, &t);
    if (!to || str_equal(to, f->faxbox))
        return;
    fax_move_to_box(&q->store, f->id, to);
    log_info(id_text(f->id), "a code on the fax leads it from box %s to box %s", f->faxbox, to);
}

/* ---- what came of it ---- */

static void arrived(struct queue *q, const struct fax *f, const struct look *l)
{
    if (*l->blank)
        fax_set_blank(&q->store, f->id, l->blank);
    int64_t like = l->has_fingerprint ? junk_find(&q->store, f->faxbox, l->fingerprint) : 0;
    if (like == 0) {
        route(q, f, l);
        fax_is_told(q, f->id);
        return;
    }
    junk_mark(&q->store, f->id, like);
    fax_set_place(&q->store, f->id, FAX_IN_JUNK);
    log_info(id_text(f->id),
             "the fax looks like one that was called junk: it is in quarantine and mailed to nobody");
}

static void learn_junk(struct queue *q, const struct fax *f, const struct look *l)
{
    if (l->has_fingerprint)
        junk_add(&q->store, f->faxbox, f->id, l->fingerprint);
    else
        log_info(id_text(f->id), "its first page is nearly empty: no other fax is taken for junk for it");
}

static void take_look(struct queue *q, int fd, struct look *l)
{
    uint64_t size;
    if (fd_checked_size(fd, LOOK_BYTES_MAX, &size) != 0)
        panic("convert sent a look that is no file");
    uint8_t *data = arena_alloc(&q->arena, (size_t)size + 1);
    if (fd_pread_all(fd, data, (size_t)size, 0) != 0 || !look_read(span_of(data, (size_t)size), l))
        panic("convert sent a look that is none");
}

void on_fax_looked_at(void *context, const struct sender *from, struct msg_fax_looked_at *m)
{
    struct queue *q = context;
    struct look look = {.code_count = 0};
    struct outcome o;
    struct fax f;
    queue_enter(q);
    message_get_outcome(m, &o);
    if (!flight_end(q, WORK_LOOK, m->fax) || !fax_find(&q->store, m->fax, &q->arena, &f))
        return;
    if (o.verdict == VERDICT_DONE)
        take_look(q, m->found, &look);
    else if (o.verdict == VERDICT_RETRY && look_tried(&q->store, f.id) < LOOK_TRIES_MAX)
        return;
    else
        log_warning(id_text(f.id), "the fax could not be looked at and goes its usual way: %s", o.text);
    bool arrival = look_is_wanted(&q->store, f.id, LOOK_ARRIVAL),
         junk = look_is_wanted(&q->store, f.id, LOOK_JUNK);
    look_settled(&q->store, f.id);
    if (arrival)
        arrived(q, &f, &look);
    if (junk)
        learn_junk(q, &f, &look);
}

/* ---- what people say ---- */

void look_junk(struct queue *q, const struct fax *f)
{
    if (f->place == FAX_IN_JUNK)
        return;
    fax_set_place(&q->store, f->id, FAX_IN_JUNK);
    look_want(&q->store, f->id, LOOK_JUNK);
    queue_wants(q, WORK_LOOK);
}

void look_no_junk(struct queue *q, const struct fax *f)
{
    if (f->place != FAX_IN_JUNK)
        return;
    fax_set_place(&q->store, f->id, FAX_IN_INBOX);
    if (look_is_wanted(&q->store, f->id, LOOK_JUNK))
        look_settled(&q->store, f->id);
    junk_forget(&q->store, f->id);
    if (mail_out_of_fax(&q->store, f->id) == 0)
        fax_is_told(q, f->id);
}
