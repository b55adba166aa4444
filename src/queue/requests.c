/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What people ask through web: provisioning, sending, cancelling, looking at running calls. */
#include <errno.h>
#include <jansson.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/scope.h"
#include "base/str.h"
#include "queue/archiving.h"
#include "queue/audit_notes.h"
#include "queue/contacts.h"
#include "queue/job_wishes.h"
#include "queue/mail_servers.h"
#include "provision/json.h"
#include "queue/nodes.h"
#include "queue/queue.h"
#include "queue/report_signer.h"
#include "queue/covers.h"
#include "queue/fax_secrets.h"
#include "queue/room.h"
#include "queue/routing.h"
#include "queue/submitting.h"
#include "store/blob.h"
#include "store/uploads.h"

enum { PROVISION_BYTES_MAX = 16 * 1024 * 1024, RESULT_MAX = 65536, DOCUMENT_BYTES_MAX = 256 * 1024 * 1024 };
/* As with mails; a report lists no more. */
enum { NUMBERS_MAX = 200 };
/* What one answer holds. */
enum { LIVE_MAX = 65536 };

void queue_settings_changed(struct queue *q)
{
    nodes_settings_changed(q);
    queue_use_settings(q);
}

void queue_use_settings(struct queue *q)
{
    mail_servers_retry(q);
    (void)report_signer(q);                     /* its certificate can be had before the first report */
    job_unpark(&q->store, "window", q->now_ms); /* it may be another one now */
    archive_keep_what_is_held(q);
    retention_begin(q);
    tell_identity_settings(q); /* before who asked is answered: his next question may be about them */
    queue_wants(q, WORK_ALL & ~(unsigned)WORK_IDENTITIES);
}

void on_apply(void *context, const struct sender *from, struct msg_apply *m)
{
    struct queue *q = context;
    SCOPED_BUF struct buf text, result;
    buf_init(&text, PROVISION_BYTES_MAX);
    buf_init(&result, RESULT_MAX);
    queue_enter(q);
    const struct provision_keys keys = {q->conf->state_dir, &q->vault};
    int status = 413;
    if (fd_read_rest(m->json, &text) == 0)
        status = provision_apply(&q->store, &keys, buf_text(&text), m->dry != 0, &result);
    else
        (void)buf_append_str(&result,
                             "{\"errors\":[{\"path\":\"\",\"text\":\"the file is larger than 16 MB\"}]}");
    if (status == 200 && !m->dry && !str_starts(buf_text(&result), "{\"changed\":0,"))
        note_deed(q, ID_NONE, &(struct doer){m->actor, m->user, m->client_ip}, "provisioning.apply", "",
                  arena_format(&q->arena, "%.2000s", buf_text(&result)));
    queue_settings_changed(q);
    struct message answer = {.type = MSG_applied,
                             .applied = {.status = (uint32_t)status, .result = buf_text(&result)}};
    peers_answer(q->peers, from, &answer);
}

/* ---- send ---- */

static bool is_planned(const struct plan *p, const char *number)
{
    for (size_t i = 0; i < p->count; i++)
        if (str_equal(p->routes[i].row.number, number))
            return true;
    return false;
}

/* One that is given twice is faxed once, and named in `again`. */
static bool plan_numbers(struct queue *q, const struct msg_submit *m, const struct faxbox *box,
                         struct plan *p, struct buf *again, struct outcome *o)
{
    const struct routing w = {.store = &q->store, .arena = &q->arena, .now_ms = q->now_ms};
    struct contact_book book = {.tenant = box->tenant};
    struct contact contact;
    char *rest = arena_strdup(&q->arena, m->numbers), *number;
    (void)config_user_of(&q->store, m->user, &book.user);
    while ((number = strsep(&rest, "\n")) != NULL) {
        if (!*number)
            continue;
        if (p->count == NUMBERS_MAX) {
            outcome_set(o, VERDICT_GIVE_UP, "too-many-numbers",
                        "A fax may go to %d numbers at most. Send it in several parts.", NUMBERS_MAX);
            return false;
        }
        route_number(&w, box, contact_number(&q->store, &q->arena, &book, number, &contact),
                     &p->routes[p->count], o);
        if (o->verdict != VERDICT_DONE)
            return false;
        if (is_planned(p, p->routes[p->count].row.number))
            (void)buf_printf(again, "%s%s", again->len > 0 ? ", " : "", p->routes[p->count].row.display);
        else
            p->count++;
    }
    if (p->count == 0)
        outcome_set(o, VERDICT_GIVE_UP, "no-number", "Say to which number the fax goes.");
    return p->count > 0;
}

/* What one document cannot be for several numbers, or what only a mail has. */
static bool one_look(const struct plan *p, struct outcome *o)
{
    for (size_t i = 0; i < p->count; i++) {
        const struct route *r = &p->routes[i], *first = &p->routes[0];
        if (str_equal(r->resolution, first->resolution) && str_equal(r->paper, first->paper))
            continue;
        outcome_set(o, VERDICT_GIVE_UP, "several-looks",
                    "The numbers ask for different resolutions or papers. Send the document once for each.");
        return false;
    }
    return true;
}

/* What is fetched brings its own pages. */
static bool document_fits(const struct plan *p, bool none, struct outcome *o)
{
    for (size_t i = 1; i < p->count; i++)
        if (p->routes[i].poll != p->routes[0].poll) {
            outcome_set(o, VERDICT_GIVE_UP, "flag-conflict",
                        "Some of the numbers are to be polled and others not (^POLL). Ask once for each.");
            return false;
        }
    if (p->routes[0].poll == none)
        return true;
    outcome_set(o, VERDICT_GIVE_UP, "no-document", "%s",
                none ? "Nothing was faxed: there is no document."
                     : "A number that is polled (^POLL) sends its own document and takes none.");
    return false;
}

enum { HASH_LEN = crypto_hash_sha256_BYTES };

/* Of what is asked for, that another wish under the same id is not taken for it. */
static void hash_of(const struct msg_submit *m, struct span document, uint8_t hash[HASH_LEN])
{
    crypto_hash_sha256_state state;
    (void)crypto_hash_sha256_init(&state);
    const char *const texts[] = {m->box, m->numbers, m->name};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        (void)crypto_hash_sha256_update(&state, (const uint8_t *)texts[i], strlen(texts[i]) + 1);
    (void)crypto_hash_sha256_update(&state, document.data, document.len);
    (void)crypto_hash_sha256_final(&state, hash);
}

static bool read_document(const struct msg_submit *m, struct buf *bytes, uint8_t hash[HASH_LEN],
                          struct outcome *o)
{
    bool good = m->document < 0 || fd_read_rest(m->document, bytes) == 0;
    if (good)
        hash_of(m, buf_span(bytes), hash);
    else
        outcome_set(o, VERDICT_GIVE_UP, "too-large", "The document is larger than 256 MB.");
    return good;
}

/* Of one that is older than a day its box and its name are compared alone. */
static unsigned answer_again(struct queue *q, const struct msg_submit *m, const struct submission *known,
                             const uint8_t hash[HASH_LEN], struct outcome *o)
{
    struct submission_key key;
    bool same =
        submission_key_find(&q->store, m->submission, "", &q->arena, &key)
            ? span_equal(key.hash, span_of(hash, HASH_LEN))
            : str_equal_nocase(known->faxbox, m->box) && str_equal(known->subject, queue_text(q, m->name));
    if (!same)
        outcome_set(o, VERDICT_GIVE_UP, "key-used", "This Idempotency-Key was used for another fax.");
    return same ? 202 : 409;
}

static unsigned take_submission(struct queue *q, const struct msg_submit *m, struct outcome *o)
{
    uint8_t hash[HASH_LEN];
    struct faxbox box;
    struct submission known;
    struct plan *p = arena_alloc(&q->arena, sizeof(*p));
    SCOPED_BUF struct buf again, bytes;
    p->count = 0;
    buf_init(&again, OUTCOME_TEXT_LEN / 2);
    buf_init(&bytes, DOCUMENT_BYTES_MAX);
    outcome_done(o);
    bool there = submission_find(&q->store, m->submission, &q->arena, &known);
    if (!there && room_refuses(q, o))
        return 507;
    if (there) /* asked again */
        return read_document(m, &bytes, hash, o) ? answer_again(q, m, &known, hash, o) : 413;
    if (!config_box(&q->store, &q->arena, m->box, &box)) {
        outcome_set(o, VERDICT_GIVE_UP, "unknown-box",
                    "There is no fax box \"%.64s\". `faxpost status` lists the boxes.", m->box);
        return 404;
    }
    if (!plan_numbers(q, m, &box, p, &again, o) || !one_look(p, o))
        return 422;
    if (!read_document(m, &bytes, hash, o))
        return 413;
    if (!document_fits(p, bytes.len == 0, o))
        return 422;
    const struct submission s = {.id = m->submission,
                                 .tenant = box.tenant,
                                 .faxbox = box.id,
                                 .created_ms = q->now_ms,
                                 .sender = queue_text(q, m->user),
                                 .subject = queue_text(q, m->name),
                                 .message_id = "",
                                 .resolution = p->routes[0].resolution,
                                 .paper = p->routes[0].paper,
                                 .purpose = p->routes[0].poll ? PURPOSE_POLL : PURPOSE_SEND,
                                 .report_each = str_equal(box.report, "each")};
    submission_add(&q->store, &s);
    submission_key_add(&q->store, s.id, "", &(struct submission_key){s.id, span_of(hash, HASH_LEN)},
                       q->now_ms);
    const struct cover_words words = {.sender = s.sender, .sender_name = "", .subject = "", .text = ""};
    for (size_t i = 0; i < p->count; i++) {
        fax_secret_add_target(q, s.id, (int)i, &p->routes[i].row);
        if (*p->routes[i].cover)
            submit_cover(q, s.id, (int)i, &p->routes[i], &words);
    }
    if (s.purpose == PURPOSE_SEND)
        document_add(&q->store, s.id,
                     &(struct document){.target = TARGET_ALL,
                                        .name = s.subject,
                                        .type = "",
                                        .blob = blob_put(&q->store, buf_span(&bytes))});
    if (again.len > 0)
        outcome_set(o, VERDICT_DONE, "number-twice",
                    "Given more than once, faxed once: %s. To send it to a number twice, ask twice.",
                    buf_text(&again));
    return 202;
}

void on_submit(void *context, const struct sender *from, struct msg_submit *m)
{
    struct queue *q = context;
    struct outcome o;
    queue_enter(q);
    unsigned status = take_submission(q, m, &o);
    struct message answer = {
        .type = MSG_submitted,
        .submitted = {.submission = m->submission, .status = status, MESSAGE_OUTCOME(&o)},
    };
    peers_answer(q->peers, from, &answer);
    queue_wants(q, WORK_RENDER);
}

/* ---- cancel ---- */

static void note_job(struct queue *q, struct id job, const struct doer *d, const char *action)
{
    struct job j;
    bool known = job_find(&q->store, job, &q->arena, &j);
    note_deed(q, known ? j.tenant : ID_NONE, d, action, id_text(job), known ? j.display_number : "");
}

void on_cancel(void *context, const struct sender *from, struct msg_cancel *m)
{
    struct queue *q = context;
    struct outcome o;
    queue_enter(q);
    unsigned status = job_wish_cancel(q, m->job, queue_text(q, m->user), &o);
    if (status < 300)
        note_job(q, m->job, &(struct doer){m->actor, m->user, m->client_ip}, "jobs.cancel");
    struct message answer = {.type = MSG_cancelled,
                             .cancelled = {.job = m->job, .status = status, MESSAGE_OUTCOME(&o)}};
    peers_answer(q->peers, from, &answer);
}

/* ---- once more ---- */

void on_again(void *context, const struct sender *from, struct msg_again *m)
{
    struct queue *q = context;
    struct outcome o;
    queue_enter(q);
    unsigned status = job_wish_again(q, m, &o);
    if (status < 300)
        note_job(q, m->job, &(struct doer){m->actor, m->user, m->client_ip}, "jobs.retry");
    struct message answer = {.type = MSG_goes_again,
                             .goes_again = {.job = m->job, .status = status, MESSAGE_OUTCOME(&o)}};
    peers_answer(q->peers, from, &answer);
}

/* ---- hold, release ---- */

void on_hold(void *context, const struct sender *from, struct msg_hold *m)
{
    struct queue *q = context;
    struct outcome o;
    queue_enter(q);
    const char *user = queue_text(q, m->user);
    unsigned status = m->hold ? job_wish_hold(q, m->job, user, &o)
                              : job_wish_release(q, m->job, user, m->administrator != 0, &o);
    if (status == 200)
        log_info(id_text(m->job), "job %s by a person", m->hold ? "held" : "released");
    if (status < 300)
        note_job(q, m->job, &(struct doer){m->actor, m->user, m->client_ip},
                 m->hold ? "jobs.hold" : "jobs.release");
    struct message answer = {.type = MSG_held,
                             .held = {.job = m->job, .status = status, MESSAGE_OUTCOME(&o)}};
    peers_answer(q->peers, from, &answer);
    queue_wants(q, WORK_DIAL);
}

/* ---- alter ---- */

void on_alter(void *context, const struct sender *from, struct msg_alter *m)
{
    struct queue *q = context;
    struct outcome o;
    queue_enter(q);
    unsigned status = job_wish_alter(q, m, queue_text(q, m->user), &o);
    if (status < 300)
        note_job(q, m->job, &(struct doer){m->actor, m->user, m->client_ip}, "jobs.alter");
    struct message answer = {.type = MSG_altered,
                             .altered = {.job = m->job, .status = status, MESSAGE_OUTCOME(&o)}};
    peers_answer(q->peers, from, &answer);
}

/* ---- calls of this moment ---- */

static json_t *call_json(struct queue *q, const struct live_call *c)
{
    struct attempt t;
    struct job j = {.number = "", .display_number = "", .faxbox = ""};
    struct fax f = {.calling = "", .called = "", .faxbox = ""};
    if (!attempt_find(&q->store, c->attempt, &q->arena, &t))
        return NULL;
    bool out = t.out;
    if (!id_is_none(t.test))
        j.display_number = f.calling = "self-test";
    else if (out)
        (void)job_find(&q->store, t.job, &q->arena, &j);
    else
        (void)fax_find(&q->store, t.fax, &q->arena, &f);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:i, s:b, s:s, s:s, s:s, s:i, s:I}", "attempt",
                     id_text(c->attempt), "direction", out ? "out" : "in", out ? "job" : "fax",
                     out ? id_text(t.job) : id_text(t.fax), "box", out ? j.faxbox : f.faxbox, "number",
                     out ? j.display_number : f.calling, "phase", c->phase, "page", (int)c->page + 1, "pages",
                     (int)c->pages, "rate", (int)c->rate, "ecm", (int)c->ecm, "coding", c->coding, "mode",
                     c->mode, "station_id", c->station_id, "percent", (int)c->percent, "started_ms",
                     (json_int_t)t.started_ms);
}

void on_live(void *context, const struct sender *from, struct msg_live *m)
{
    struct queue *q = context;
    queue_enter(q);
    if (m->look) {
        q->look_now = true;
        queue_wants(q, WORK_ALARMS);
    }
    SCOPED_BUF struct buf list;
    buf_init(&list, LIVE_MAX);
    list_each (it, &q->calls) {
        json_t *call = call_json(q, CONTAINER_OF(it, struct live_call, node));
        SCOPED_FREE char *text = call ? json_dumps(call, JSON_COMPACT) : NULL;
        json_decref(call);
        if (text && list.len + strlen(text) + 2 > LIVE_MAX - 1)
            break; /* the message is full: the oldest calls are in it */
        if (text)
            (void)buf_printf(&list, "%c%s", list.len > 0 ? ',' : '[', text);
    }
    (void)buf_append_str(&list, list.len > 0 ? "]" : "[]");
    struct message answer = {.type = MSG_live_state, .live_state = {.calls = buf_text(&list)}};
    peers_answer(q->peers, from, &answer);
}
