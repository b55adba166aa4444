/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/archiving.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "base/panic.h"
#include "base/scope.h"
#include "base/str.h"
#include "model/archive.h"
#include "provision/archive.h"
#include "provision/model.h"
#include "queue/archive_wishes.h"
#include "queue/audit_notes.h"
#include "queue/reading.h"
#include "queue/report.h"
#include "queue/report_signer.h"

enum { AT_ONCE = 4, REPORT_JSON_MAX = 65535, EXPIRED_MOST = 50 };
#define DAY_MS   (24LL * 3600 * 1000)
#define NEVER_MS (INT64_MAX / 4)

/* Of a place that fails, and of a file that cannot be made: between one try and the next. */
static const int64_t waits_s[] = {5, 10, 30, 60, 120, 300};

static int64_t wait_ms(unsigned fails)
{
    size_t i = fails < ARRAY_LEN(waits_s) ? fails : ARRAY_LEN(waits_s) - 1;
    return waits_s[i] * 1000;
}

/* ---- what goes where ---- */

struct subject {
    struct id id, tenant;
    const char *tenant_name, *faxbox, *number;
    const char *places; /* that its box names; "": all */
    bool sent;
    unsigned pages;
    int64_t at_ms;
};

static bool is_flag(const json_t *settings, const char *name)
{
    return json_is_true(json_object_get(settings, name));
}

static bool has_box(const json_t *boxes, const char *box)
{
    for (size_t i = 0; i < json_array_size(boxes); i++)
        if (str_equal(json_string_value(json_array_get(boxes, i)), box))
            return true;
    return json_array_size(boxes) == 0;
}

static bool wants(const struct archive_place *p, const json_t *settings, const struct subject *s)
{
    return p->enabled && (!*s->places || str_has_line(s->places, p->name)) &&
           is_flag(settings, s->sent ? "sent" : "received") &&
           (!*p->tenant || str_equal(p->tenant, s->tenant_name)) &&
           has_box(json_object_get(settings, "boxes"), s->faxbox);
}

/* BOX/received/2026/11/22/ID.tar, with .fxa behind it where it is encrypted. */
static const char *object_of(struct queue *q, const struct archive_copy *c, bool encrypted)
{
    struct tm tm;
    time_t at = (time_t)(c->at_ms / 1000);
    char day[24];
    if (!gmtime_r(&at, &tm) || strftime(day, sizeof(day), "%Y/%m/%d", &tm) == 0)
        panic("a fax of no day");
    return arena_format(&q->arena, "%s/%s/%s/%s.tar%s", c->faxbox, c->sent ? "sent" : "received", day,
                        id_text(c->about), encrypted ? ".fxa" : "");
}

static void add_copies(struct queue *q, const struct subject *s, const char *only)
{
    struct archive_place places[ARCHIVE_PLACES_MAX];
    size_t n = archive_places(&q->store, &q->arena, places);
    for (size_t i = 0; i < n; i++) {
        json_t *settings = provision_archive_place_json(&places[i]);
        if ((!only || str_equal(only, places[i].name)) && wants(&places[i], settings, s)) {
            struct archive_copy c = {.id = id_new(),
                                     .about = s->id,
                                     .tenant = s->tenant,
                                     .place = places[i].name,
                                     .faxbox = s->faxbox,
                                     .number = s->number,
                                     .sent = s->sent,
                                     .pages = s->pages,
                                     .at_ms = s->at_ms,
                                     .created_ms = q->now_ms};
            c.object = object_of(q, &c, is_flag(settings, "encrypted"));
            archive_copy_add(&q->store, &c);
            queue_wants(q, WORK_ARCHIVE);
        }
        json_decref(settings);
    }
}

static const char *tenant_name(struct queue *q, struct id id)
{
    struct tenant t = {.name = ""};
    (void)config_tenant(&q->store, &q->arena, id, &t);
    return t.name;
}

static const char *places_of(struct queue *q, const char *faxbox)
{
    struct faxbox box = {.archive_places = ""};
    (void)config_box(&q->store, &q->arena, faxbox, &box);
    return box.archive_places;
}

void archive_fax(struct queue *q, const struct fax *f, const char *only)
{
    if (f->pages == 0)
        return;
    const struct subject s = {.id = f->id,
                              .tenant = f->tenant,
                              .tenant_name = tenant_name(q, f->tenant),
                              .faxbox = f->faxbox,
                              .places = places_of(q, f->faxbox),
                              .number = queue_text(q, f->calling),
                              .pages = f->pages,
                              .at_ms = f->answered_ms};
    add_copies(q, &s, only);
}

void archive_job(struct queue *q, const struct job *j, const char *only)
{
    const struct subject s = {.id = j->id,
                              .tenant = j->tenant,
                              .tenant_name = tenant_name(q, j->tenant),
                              .faxbox = j->faxbox,
                              .places = places_of(q, j->faxbox),
                              .number = j->number,
                              .sent = true,
                              .pages = j->pages,
                              .at_ms = j->created_ms};
    add_copies(q, &s, only);
}

/* ---- the file ---- */

static char *text_of(json_t *json)
{
    char *text = json ? json_dumps(json, JSON_INDENT(1)) : NULL;
    json_decref(json);
    if (!text)
        panic("facts of a fax that are no JSON");
    return text;
}

static uint64_t ask_received(struct queue *q, const struct archive_copy *c)
{
    struct fax f;
    struct stored_page *pages;
    size_t earlier;
    struct tenant t = {.name = "", .zone = ""};
    if (!fax_find(&q->store, c->about, &q->arena, &f))
        return 0;
    (void)config_tenant(&q->store, &q->arena, f.tenant, &t);
    size_t count = fax_pages_of_all_tries(&q->store, f.id, &q->arena, &pages, &earlier);
    SCOPED_FREE char *facts = text_of(json_pack(
        "{s:s, s:s, s:s, s:s, s:I, s:s, s:s, s:s, s:I, s:I, s:i, s:s, s:{s:s, s:s}}", "direction", "received",
        "id", id_text(f.id), "tenant", t.name, "box", f.faxbox, "faxid", (json_int_t)f.faxid, "from",
        queue_text(q, f.calling), "to", queue_text(q, f.called), "station_id", queue_text(q, f.station_id),
        "answered_ms", (json_int_t)f.answered_ms, "ended_ms", (json_int_t)f.ended_ms, "pages", (int)f.pages,
        "state", fax_state_name(f.state), "outcome", "code", f.code, "text", f.reason));
    SCOPED_FD int set = pages_to_set(q, pages, count);
    SCOPED_FD int texts = reading_to_file(q, f.id);
    const struct message ask = {
        .type = MSG_make_archive,
        .make_archive = {.copy = c->id,
                         .title = arena_format(&q->arena, "Fax from %.64s",
                                               *f.calling ? queue_text(q, f.calling) : "anonymous"),
                         .zone = t.zone,
                         .at_ms = f.answered_ms,
                         .facts = facts,
                         .subject = "",
                         .box = "",
                         .serial = "",
                         .jobs = "",
                         .documents = "",
                         .certificate = "",
                         .page_set = set,
                         .texts = texts}};
    return peers_ask(q->peers, ROLE_CONVERT, 0, &ask);
}

static uint64_t ask_sent(struct queue *q, const struct archive_copy *c)
{
    struct job j;
    struct submission s;
    struct stored_page *pages;
    struct tenant t = {.name = "", .zone = "", .serial = ""};
    SCOPED_BUF struct buf jobs;
    buf_init(&jobs, REPORT_JSON_MAX);
    if (!job_find(&q->store, c->about, &q->arena, &j) ||
        !submission_find(&q->store, j.submission, &q->arena, &s))
        return 0;
    (void)config_tenant(&q->store, &q->arena, j.tenant, &t);
    report_of_jobs(&q->store, &q->arena, s.id, j.id, &jobs);
    size_t count = submission_pages(&q->store, s.id, j.target, &q->arena, &pages);
    SCOPED_FREE char *facts = text_of(
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:i, s:i, s:s, s:{s:s, s:s}}", "direction",
                  "sent", "id", id_text(j.id), "tenant", t.name, "box", j.faxbox, "sender", s.sender, "to",
                  j.number, "station_id", queue_text(q, j.station_id), "created_ms", (json_int_t)j.created_ms,
                  "ended_ms", (json_int_t)j.ended_ms, "pages", (int)j.pages, "confirmed", (int)j.confirmed,
                  "state", job_state_name(j.state), "outcome", "code", j.code, "text", j.reason));
    SCOPED_FD int set = count > 0 ? pages_to_set(q, pages, count) : -1;
    const struct signer signer = report_signer(q);
    const struct message ask = {
        .type = MSG_make_archive,
        .make_archive = {.copy = c->id,
                         .title = arena_format(&q->arena, "Fax to %.64s", j.display_number),
                         .zone = t.zone,
                         .at_ms = j.created_ms,
                         .facts = facts,
                         .subject = s.subject,
                         .box = s.faxbox,
                         .serial = *t.serial ? t.serial : store_meta(&q->store, &q->arena, "serial"),
                         .jobs = buf_text(&jobs),
                         .documents = submission_documents(&q->store, s.id, &q->arena, REPORT_DOCUMENTS_MAX),
                         .signer = signer.key,
                         .certificate = signer.certificate,
                         .page_set = set,
                         .texts = -1}};
    return peers_ask(q->peers, ROLE_CONVERT, 0, &ask);
}

/* ---- the place ---- */

/* As role archive takes them: the caller frees. */
static char *settings_text(const struct archive_place *p)
{
    static const char *const secrets[] = {"key", "password", "private_key"};
    json_t *settings = provision_archive_place_json(p);
    for (size_t i = 0; i < ARRAY_LEN(secrets); i++) {
        const json_t *sealed = json_object_get(json_object_get(settings, secrets[i]), "sealed");
        const char *text = json_string_value(sealed);
        (void)json_object_set_new(settings, secrets[i], json_string(text ? text : ""));
    }
    char *text = json_dumps(settings, JSON_COMPACT);
    json_decref(settings);
    if (!text)
        panic("an archive place that does not print");
    return text;
}

uint64_t archive_ask_place(struct queue *q, struct archive_place *p, struct msg_archive_do what)
{
    if (!*p->mark) { /* of an older version */
        p->mark = arena_strdup(&q->arena, id_text(id_new()));
        archive_place_set(&q->store, p);
    }
    SCOPED_FREE char *settings = settings_text(p);
    what.settings = settings;
    what.mark = p->mark;
    what.marked = p->marked;
    what.known = p->marked ? "" : archive_lying(&q->store, p->name, &q->arena);
    return peers_ask(q->peers, ROLE_ARCHIVE, 0,
                     &(struct message){.type = MSG_archive_do, .archive_do = what});
}

static uint64_t ask_for_copy(struct queue *q, struct archive_place *p, const struct archive_copy *c,
                             enum archive_deed what, int file)
{
    return archive_ask_place(
        q, p,
        (struct msg_archive_do){
            .errand = c->id, .what = what, .object = c->object, .sha256 = c->sha256, .file = file});
}

static void give_up(struct queue *q, struct archive_copy *c, const struct outcome *o)
{
    c->state = ARCHIVE_FAILED;
    c->next_ms = NEVER_MS;
    c->code = o->code;
    c->reason = o->text;
    archive_copy_set(&q->store, c);
    log_warning(id_text(c->about), "the archive place %s does not get the fax: %s", c->place, o->text);
}

static void begin_copy(struct queue *q, struct archive_copy *c)
{
    uint64_t asked = c->sent ? ask_sent(q, c) : ask_received(q, c);
    struct outcome o;
    if (asked) {
        flight_begin(q, WORK_ARCHIVE, c->id, asked);
        return;
    }
    outcome_set(&o, VERDICT_GIVE_UP, "archive-gone", "The fax is not here any more.");
    give_up(q, c, &o);
}

static void begin(struct queue *q, struct archive_place *p, struct archive_copy *c)
{
    switch (c->state) {
    case ARCHIVE_WAITING: begin_copy(q, c); break;
    case ARCHIVE_STORED:
    case ARCHIVE_DAMAGED:
        flight_begin(q, WORK_ARCHIVE, c->id, ask_for_copy(q, p, c, ARCHIVE_CHECK, -1));
        break;
    case ARCHIVE_DELETING:
        flight_begin(q, WORK_ARCHIVE, c->id, ask_for_copy(q, p, c, ARCHIVE_REMOVE, -1));
        break;
    case ARCHIVE_FAILED:
    case ARCHIVE_STATE_COUNT: break;
    }
}

void pump_archive(struct queue *q)
{
    struct archive_place places[ARCHIVE_PLACES_MAX];
    size_t n = archive_places(&q->store, &q->arena, places);
    for (size_t i = 0; i < n; i++) {
        struct id due[AT_ONCE];
        struct archive_copy c;
        if (!places[i].enabled || places[i].rest_until_ms > q->now_ms)
            continue;
        /* What is under way is due still: so no more than AT_ONCE are, of each place. */
        size_t count = archive_due(&q->store, places[i].name, q->now_ms, due, AT_ONCE);
        for (size_t k = 0; k < count; k++)
            if (!flight_find(q, WORK_ARCHIVE, due[k]) && archive_copy_find(&q->store, due[k], &q->arena, &c))
                begin(q, &places[i], &c);
    }
    archive_fill(q, places, n);
}

/* ---- what came of it ---- */

void archive_note_place(struct queue *q, struct archive_place *p, const struct outcome *o)
{
    bool fails = o->verdict == VERDICT_RETRY;
    if (!fails && p->fails == 0)
        return;
    if (fails && p->fails == 0)
        log_warning(NULL, "the archive place %s: %s", p->name, o->text);
    if (!fails)
        log_info(NULL, "the archive place %s works again", p->name);
    p->rest_until_ms = fails ? q->now_ms + wait_ms(p->fails) : 0;
    p->failing_ms = !fails ? 0 : p->failing_ms ? p->failing_ms : q->now_ms;
    p->fails = fails ? p->fails + 1 : 0;
    p->code = fails ? o->code : "";
    p->reason = fails ? o->text : "";
    archive_place_set(&q->store, p);
    queue_wants(q, WORK_ARCHIVE | WORK_ALARMS);
}

/* The others of the place go first. */
static void later(struct queue *q, struct archive_copy *c, const struct outcome *o)
{
    c->next_ms = q->now_ms + wait_ms(c->tries);
    c->tries++;
    c->code = o->code;
    c->reason = o->text;
    archive_copy_set(&q->store, c);
}

void on_archive_made(void *context, const struct sender *from, struct msg_archive_made *m)
{
    struct queue *q = context;
    struct archive_copy c;
    struct archive_place p;
    struct outcome o;
    queue_enter(q);
    message_get_outcome(m, &o);
    if (!flight_end(q, WORK_ARCHIVE, m->copy) || !archive_copy_find(&q->store, m->copy, &q->arena, &c) ||
        c.state != ARCHIVE_WAITING || !archive_place_named(&q->store, c.place, &q->arena, &p) || !p.enabled)
        return;
    if (o.verdict == VERDICT_GIVE_UP) {
        give_up(q, &c, &o);
    } else if (o.verdict == VERDICT_RETRY) {
        later(q, &c, &o);
    } else {
        json_t *settings = provision_archive_place_json(&p);
        c.object = object_of(q, &c, is_flag(settings, "encrypted"));
        json_decref(settings);
        c.sha256 = "";
        archive_copy_set(&q->store, &c); /* where it will lie is known before it lies there */
        flight_begin(q, WORK_ARCHIVE, c.id, ask_for_copy(q, &p, &c, ARCHIVE_PUT, m->file));
    }
}

static int64_t next_check_ms(struct queue *q, const struct archive_place *p)
{
    json_t *settings = provision_archive_place_json(p);
    int64_t days = json_integer_value(json_object_get(settings, "verify_days"));
    json_decref(settings);
    return days > 0 ? q->now_ms + days * DAY_MS : NEVER_MS;
}

static void on_put(struct queue *q, const struct archive_place *p, struct archive_copy *c,
                   const struct msg_archive_done *m, const struct outcome *o)
{
    if (o->verdict == VERDICT_GIVE_UP) {
        give_up(q, c, o);
    } else if (o->verdict == VERDICT_RETRY) {
        later(q, c, o);
    } else {
        c->state = ARCHIVE_STORED;
        c->stored_ms = c->checked_ms = q->now_ms;
        c->next_ms = next_check_ms(q, p);
        c->bytes = (int64_t)m->bytes;
        c->sha256 = m->sha256;
        c->tries = 0;
        c->code = c->reason = "";
        archive_copy_set(&q->store, c);
    }
}

static bool fax_is_here(struct queue *q, const struct archive_copy *c)
{
    struct job j;
    struct fax f;
    return c->sent ? job_find(&q->store, c->about, &q->arena, &j)
                   : fax_find(&q->store, c->about, &q->arena, &f);
}

static void bring_once_more(struct queue *q, struct archive_copy *c)
{
    if (!fax_is_here(q, c))
        return;
    c->state = ARCHIVE_WAITING;
    c->tries = 0;
    c->next_ms = q->now_ms;
    queue_wants(q, WORK_ARCHIVE);
}

/* Two servers led for a moment, and both brought it: whose file lies there now nobody knows. */
static void on_put_by_two(struct queue *q, struct archive_copy *c, const char *sha256)
{
    if (str_equal(c->sha256, sha256))
        return;
    bring_once_more(q, c);
    archive_copy_set(&q->store, c);
}

void archive_note_check(struct queue *q, struct archive_copy *c, const struct outcome *o)
{
    struct archive_place p;
    if (o->verdict == VERDICT_RETRY || (c->state != ARCHIVE_STORED && c->state != ARCHIVE_DAMAGED) ||
        !archive_place_named(&q->store, c->place, &q->arena, &p))
        return;
    bool was_good = c->state == ARCHIVE_STORED;
    c->checked_ms = q->now_ms;
    c->code = o->verdict == VERDICT_DONE ? "" : o->code;
    c->reason = o->verdict == VERDICT_DONE ? "" : o->text;
    c->next_ms = next_check_ms(q, &p);
    c->state = o->verdict == VERDICT_DONE ? ARCHIVE_STORED : ARCHIVE_DAMAGED;
    if (o->verdict != VERDICT_DONE && was_good) {
        const struct doer nobody = {.who = "archive", .client_ip = ""};
        log_error(id_text(c->about), "the copy at the archive place %s is not good: %s", c->place, o->text);
        note_deed(q, c->tenant, &nobody, "archive.damaged", id_text(c->about),
                  arena_format(&q->arena, "%s: %s", c->place, o->text));
    }
    if (o->verdict != VERDICT_DONE)
        bring_once_more(q, c);
    archive_copy_set(&q->store, c);
}

static void on_removed(struct queue *q, struct archive_copy *c, const struct outcome *o)
{
    const struct doer nobody = {.who = "archive", .client_ip = ""};
    if (o->verdict != VERDICT_DONE) {
        later(q, c, o);
        return;
    }
    archive_copy_drop(&q->store, c->id);
    note_deed(q, c->tenant, &nobody, "archive.deleted", id_text(c->about),
              arena_format(&q->arena, "%s: %s", c->place, c->object));
}

void on_archive_done(void *context, const struct sender *from, struct msg_archive_done *m)
{
    struct queue *q = context;
    struct archive_copy c;
    struct archive_place p;
    struct outcome o;
    queue_enter(q);
    message_get_outcome(m, &o);
    if (*m->mark)
        archive_place_is_marked(&q->store, m->mark);
    if (archive_wish_done(q, m, &o) || !flight_end(q, WORK_ARCHIVE, m->errand) ||
        !archive_copy_find(&q->store, m->errand, &q->arena, &c) ||
        !archive_place_named(&q->store, c.place, &q->arena, &p))
        return;
    archive_note_place(q, &p, &o);
    if (m->what == ARCHIVE_PUT && c.state == ARCHIVE_WAITING)
        on_put(q, &p, &c, m, &o);
    else if (m->what == ARCHIVE_PUT && c.state == ARCHIVE_STORED && o.verdict == VERDICT_DONE)
        on_put_by_two(q, &c, m->sha256);
    else if (m->what == ARCHIVE_REMOVE && c.state == ARCHIVE_DELETING)
        on_removed(q, &c, &o);
    else if (m->what == ARCHIVE_CHECK && o.verdict == VERDICT_RETRY)
        later(q, &c, &o);
    else if (m->what == ARCHIVE_CHECK)
        archive_note_check(q, &c, &o);
}

/* ---- what is kept no longer ---- */

void archive_keep_what_is_held(struct queue *q)
{
    int64_t kept = archive_keep_held(&q->store, q->now_ms);
    if (kept == 0)
        return;
    log_info(NULL, "%" PRId64 " copies that were to be deleted stay: their boxes or tenants are held", kept);
    queue_wants(q, WORK_ARCHIVE);
}

unsigned archive_expire(struct queue *q, const struct kept_box *b, bool sent, int days, unsigned most)
{
    struct id abouts[EXPIRED_MOST];
    const struct doer nobody = {.who = "retention", .client_ip = ""};
    size_t n = archive_expired(&q->store, b, sent, q->now_ms - days * DAY_MS, abouts,
                               most < EXPIRED_MOST ? most : EXPIRED_MOST);
    for (size_t i = 0; i < n; i++) {
        archive_delete(&q->store, abouts[i], q->now_ms);
        note_deed(q, b->tenant, &nobody, "archive.delete", id_text(abouts[i]),
                  arena_format(&q->arena, "%s fax of box %s, older than %d days, at all places",
                               sent ? "sent" : "received", b->name, days));
        queue_wants(q, WORK_ARCHIVE);
    }
    return (unsigned)n;
}
