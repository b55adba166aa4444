/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A fax, received or sent, goes on by mail, to whom its tenant allows: through the same queue of mails as
 * any, and it stands with them in the fax's history. */
#include <string.h>

#include "base/str.h"
#include "proto/address.h"
#include "queue/audit_notes.h"
#include "queue/queue.h"
#include "store/config.h"
#include "store/submissions.h"
#include "store/uploads.h"

enum { ADDRESSES_MOST = 10, WORDS_MOST = 2000 };

static unsigned refuse(struct outcome *o, unsigned status, const char *code, const char *text)
{
    outcome_set(o, VERDICT_GIVE_UP, code, "%s", text);
    return status;
}

static bool is_listed(const struct tenant *t, struct arena *a, const char *address)
{
    for (char *rest = arena_strdup(a, t->forward_to), *entry; rest && (entry = strsep(&rest, " "));)
        if (*entry && config_entry_covers(entry, address, false))
            return true;
    return false;
}

static bool is_user(struct queue *q, const struct tenant *t, const char *address)
{
    struct id user;
    return config_user_of(&q->store, address, &user) &&
           sql_get_int(q->store.sql, 0, "SELECT 1 FROM user WHERE id = ?1 AND tenant = ?2", "dd", user,
                       t->id) != 0;
}

/* What would become a fax again. */
static bool is_ours(struct queue *q, const char *address)
{
    const char *ours = store_meta(&q->store, &q->arena, "fax_domain"), *domain = strrchr(address, '@') + 1;
    size_t n = strlen(domain), m = strlen(ours);
    return m > 0 && (str_equal_nocase(domain, ours) ||
                     (n > m && domain[n - m - 1] == '.' && str_ends_nocase(domain, ours)));
}

static unsigned check_address(struct queue *q, const struct tenant *t, const char *address, struct outcome *o)
{
    struct address parsed;
    if (address_parse(span_str(address), &parsed) != ADDRESS_OK || !strrchr(address, '@')) {
        outcome_set(o, VERDICT_GIVE_UP, "wrong-address", "\"%.100s\" is no email address.", address);
        return 422;
    }
    if (is_ours(q, address))
        return refuse(o, 422, "wrong-address",
                      "An address in the fax domain would make a fax of it: send it on as a fax instead.");
    if (is_user(q, t, address) || is_listed(t, &q->arena, address))
        return 200;
    outcome_set(o, VERDICT_GIVE_UP, "address-not-allowed",
                "Faxes may be mailed to users of this fax server, and to addresses that the tenant's setting "
                "forward_to names; %.100s is none of them. An administrator can add it.",
                address);
    return 403;
}

/* What is mailed on. */
struct subject {
    struct id id, tenant;
    const char *faxbox;
    bool has_pages;
};

static bool find_subject(struct queue *q, const struct msg_mail_on *m, struct subject *s)
{
    struct fax f;
    struct job j;
    struct stored_page *pages;
    if (!m->sent) {
        bool found = fax_find(&q->store, m->fax, &q->arena, &f);
        if (found)
            *s = (struct subject){f.id, f.tenant, f.faxbox, f.state != FAX_RECEIVING && f.pages > 0};
        return found;
    }
    if (!job_find(&q->store, m->fax, &q->arena, &j))
        return false;
    size_t kept = submission_pages(&q->store, j.submission, j.target, &q->arena, &pages);
    *s = (struct subject){j.id, j.tenant, j.faxbox, job_is_final(j.state) && kept > 0};
    return true;
}

static void add_mails(struct queue *q, const struct msg_mail_on *m, const struct subject *f,
                      const char *const *to, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct mail_out mail = {
            .tenant = f->tenant,
            .kind = m->sent ? MAIL_KIND_SENT_ON : MAIL_KIND_FORWARDED,
            .about = f->id,
            .sender = from_address(q, f->tenant),
            .recipient = to[i],
            .faxbox = f->faxbox,
            .text = arena_format(&q->arena, "%s\n%s\n%s", m->reply_to, m->who, m->text)};
        (void)mail_to(q, &mail);
    }
}

/* The same wish again, for its answer was lost; another one with its key is refused. */
static bool is_known(struct queue *q, const struct msg_mail_on *m, unsigned *status, struct outcome *o)
{
    struct submission_key key;
    const char *name = arena_format(&q->arena, "forward %s", m->key);
    if (!submission_key_find(&q->store, m->actor, name, &q->arena, &key))
        return false;
    *status = id_equal(key.submission, m->fax)
                  ? 202
                  : refuse(o, 409, "key-used", "This Idempotency-Key was used for another fax.");
    return true;
}

static unsigned forward(struct queue *q, const struct msg_mail_on *m, struct outcome *o)
{
    struct subject f;
    struct tenant t;
    const char *to[ADDRESSES_MOST];
    size_t n = 0;
    unsigned status = 200;
    if (!find_subject(q, m, &f) || !config_tenant(&q->store, &q->arena, f.tenant, &t))
        return refuse(o, 404, "unknown-fax", "There is no such fax.");
    if (is_known(q, m, &status, o))
        return status;
    if (!f.has_pages)
        return refuse(o, 409, "no-pages",
                      "This fax has no pages that could be mailed, or it is still on the line.");
    if (strlen(m->text) > WORDS_MOST)
        return refuse(o, 422, "wrong-text", "The words that go along are at most 2000 bytes.");
    for (char *rest = arena_strdup(&q->arena, m->to), *line; rest && (line = strsep(&rest, "\n"));) {
        if (!*line)
            continue;
        if (n == ADDRESSES_MOST)
            return refuse(o, 422, "wrong-address", "A fax goes to at most 10 addresses at once.");
        status = check_address(q, &t, line, o);
        if (status != 200)
            return status;
        n = config_add_address(to, n, line);
    }
    if (n == 0)
        return refuse(o, 422, "wrong-address", "Say to which addresses the fax goes.");
    add_mails(q, m, &f, to, n);
    const struct doer d = {m->actor, m->who, m->client_ip};
    note_deed(q, f.tenant, &d, m->sent ? "jobs.mail" : "faxes.mail", id_text(f.id), m->to);
    submission_key_add(&q->store, m->actor, arena_format(&q->arena, "forward %s", m->key),
                       &(struct submission_key){f.id, span_of(f.id.bytes, sizeof(f.id.bytes))}, q->now_ms);
    change_note(&q->store.changes, m->sent ? CHANGE_JOB : CHANGE_FAX, f.id);
    return 202;
}

void on_mail_on(void *context, const struct sender *from, struct msg_mail_on *m)
{
    struct queue *q = context;
    struct outcome o;
    queue_enter(q);
    outcome_done(&o);
    unsigned status = forward(q, m, &o);
    struct message answer = {.type = MSG_mailed_on,
                             .mailed_on = {.fax = m->fax, .status = status, MESSAGE_OUTCOME(&o)}};
    peers_answer(q->peers, from, &answer);
}
