/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The archive: which copies there are and how they are, a file back from it, holds, deletion, a place's test.
 */
#include "store/archive.h"

#include <microhttpd.h>
#include <string.h>

#include "base/str.h"
#include "model/archive.h"
#include "store/reports.h"
#include "web/login.h"
#include "web/reply_file.h"
#include "web/resources.h"

/* A file may have to come a long way. */
enum { PATIENCE_MS = 30000, PLACE_PATIENCE_MS = 120000, REASON_MOST = 900, COPIES_SHOWN = 32 };

static json_t *copy_json(const struct archive_copy *c)
{
    char id[ID_TEXT_LEN], about[ID_TEXT_LEN];
    id_format(c->id, id);
    id_format(c->about, about);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:s, s:o, s:o, s:o, s:o, s:i, s:s, s:I, s:s, s:o}",
                     "id", id, "fax", about, "place", c->place, "direction", c->sent ? "sent" : "received",
                     "box", c->faxbox, "number", c->number, "pages", (int)c->pages, "state",
                     archive_state_name(c->state), "at_ms", json_time(c->at_ms), "stored_ms",
                     json_time(c->stored_ms), "checked_ms", json_time(c->checked_ms), "next_ms",
                     json_time(c->state == ARCHIVE_WAITING || c->state == ARCHIVE_DELETING ? c->next_ms : 0),
                     "tries", (int)c->tries, "object", c->object, "bytes", (json_int_t)c->bytes, "sha256",
                     c->sha256, "outcome", json_outcome(c->code, c->reason));
}

/* Where copies lie, what is wrong there and why a fax is held is for administrators; that it is in the
 * archive, and held, for all who see it. */
void json_add_archive(struct request *r, json_t *thing, struct id about)
{
    struct id ids[COPIES_SHOWN];
    struct legal_hold h;
    bool all = r->actor.role >= ACTOR_TENANT;
    int64_t first_ms = 0;
    json_t *list = json_array();
    size_t n = archive_of_fax(r->store, about, ids, COPIES_SHOWN);
    for (size_t i = 0; i < n; i++) {
        struct archive_copy c;
        if (!archive_copy_find(r->store, ids[i], &r->arena, &c))
            continue;
        if (c.state == ARCHIVE_STORED && (!first_ms || c.stored_ms < first_ms))
            first_ms = c.stored_ms;
        if (all)
            (void)json_array_append_new(list, copy_json(&c));
    }
    (void)json_object_set_new(thing, "archive", list);
    (void)json_object_set_new(thing, "in_archive_ms", json_time(first_ms));
    bool held = legal_hold_find(r->store, about, &r->arena, &h);
    (void)json_object_set_new(thing, "legal_hold",
                              held ? json_pack("{s:s, s:o, s:s}", "who", all ? h.who : "", "at_ms",
                                               json_time(h.at_ms), "reason", all ? h.reason : "")
                                   : json_null());
}

void json_add_kept(struct request *r, json_t *thing, const struct kept_box *b, bool sent, int64_t since_ms)
{
    const struct keeping_rule k = retention_rule(r->store, b, sent);
    bool ends = k.days > 0 && since_ms > 0;
    (void)json_object_set_new(thing, "kept",
                              json_pack("{s:o, s:i, s:s, s:s}", "until_ms",
                                        json_time(ends ? since_ms + (int64_t)k.days * 24 * 3600 * 1000 : 0),
                                        "days", k.days, "by", k.of_tenant ? "tenant" : "box", "hold",
                                        k.held_by_tenant ? "tenant"
                                        : k.held_by_box  ? "box"
                                                         : ""));
}

/* How it is with each place; a new reference. */
json_t *json_archive_states(struct request *r)
{
    struct archive_place places[ARCHIVE_PLACES_MAX];
    json_t *list = json_array();
    size_t n = archive_places(r->store, &r->arena, places);
    for (size_t i = 0; i < n; i++) {
        struct archive_figures f;
        archive_figures(r->store, places[i].name, true, &f);
        (void)json_array_append_new(
            list, json_pack("{s:s, s:b, s:s, s:s, s:o, s:{s:I, s:I, s:I, s:I, s:I, s:o}}", "name",
                            places[i].name, "ok", places[i].fails == 0, "code", places[i].code, "text",
                            places[i].reason, "since_ms", json_time(places[i].failing_ms), "state", "waiting",
                            (json_int_t)f.waiting, "stored", (json_int_t)f.stored, "deleting",
                            (json_int_t)f.deleting, "damaged", (json_int_t)f.damaged, "failed",
                            (json_int_t)f.failed, "oldest_ms", json_time(f.oldest_ms)));
    }
    return list;
}

/* ---- lists ---- */

static bool read_filter(struct request *r, struct archive_filter *f, struct id *fax)
{
    struct report_cursor c;
    enum archive_state state;
    const char *wanted = request_argument(r, "state", ""), *id = request_argument(r, "fax", "");
    if (!request_cursor(r, &c))
        return false;
    *fax = ID_NONE;
    *f = (struct archive_filter){.tenant = actor_scope(&r->actor).tenant,
                                 .place = request_argument(r, "place", ""),
                                 .faxbox = request_argument(r, "box", ""),
                                 .state = -1,
                                 .before = c.before,
                                 .most = (unsigned)c.most};
    bool good = (!*id || id_parse(id, fax)) && (!*wanted || archive_state_parse(wanted, &state));
    if (good && *wanted)
        f->state = (int)state;
    if (!good)
        reply_problem(r, MHD_HTTP_BAD_REQUEST, "wrong-arguments",
                      "fax is the id of one; state is waiting, stored, deleting, damaged or failed.");
    return good;
}

void get_archive(struct request *r)
{
    struct archive_filter f;
    struct id ids[REQUEST_LIST_MOST], fax;
    if (!read_filter(r, &f, &fax))
        return;
    size_t n = id_is_none(fax) ? archive_list(r->store, &f, ids)
                               : archive_of_fax(r->store, fax, ids, REQUEST_LIST_MOST);
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++) {
        struct archive_copy c;
        if (archive_copy_find(r->store, ids[i], &r->arena, &c) &&
            (id_is_none(f.tenant) || id_equal(f.tenant, c.tenant)))
            (void)json_array_append_new(items, copy_json(&c));
    }
    reply_list(r, items, f.most, n > 0 && id_is_none(fax) ? ids[n - 1] : ID_NONE);
}

void get_legal_holds(struct request *r)
{
    struct report_cursor c;
    struct legal_hold *list;
    if (!request_cursor(r, &c))
        return;
    size_t n = legal_hold_list(r->store, &r->arena, actor_scope(&r->actor).tenant, c.before, c.most, &list);
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++)
        (void)json_array_append_new(items, json_pack("{s:s, s:s, s:o, s:s}", "fax", id_text(list[i].about),
                                                     "who", list[i].who, "at_ms", json_time(list[i].at_ms),
                                                     "reason", list[i].reason));
    reply_list(r, items, c.most, n > 0 ? list[n - 1].about : ID_NONE);
}

/* ---- what is wanted of it ---- */

static bool refused(struct request *r, const struct message *m)
{
    if (!m)
        reply_queue_away(r, "Whether it was done is not known: look at it, or ask again.");
    else if (m->archive_wished.status >= 400)
        reply_problem(r, m->archive_wished.status, m->archive_wished.code, "%s", m->archive_wished.reason);
    return !m || m->archive_wished.status >= 400;
}

/* proof: of l, who shows that it is himself; l NULL: nobody has to. */
static void ask_himself(struct request *r, enum archive_wish_kind what, const char *place,
                        int64_t patience_ms, const struct entry *l, struct span proof,
                        void (*on_answer)(struct request *r, const struct message *m))
{
    const char *who = request_asker(r), *reason = request_argument(r, "reason", "");
    if (!who)
        return;
    if (strlen(reason) > REASON_MOST || !utf8_valid(span_str(reason))) {
        reply_problem(r, MHD_HTTP_BAD_REQUEST, "wrong-arguments", "reason is a text of up to %d bytes.",
                      REASON_MOST);
        return;
    }
    request_ask(r,
                &(struct message){.type = MSG_archive_wish,
                                  .archive_wish = {.wish = id_new(),
                                                   .what = what,
                                                   .about = r->id,
                                                   .place = place,
                                                   .reason = reason,
                                                   .tenant = actor_scope(&r->actor).tenant,
                                                   .who = who,
                                                   .actor = r->actor.user,
                                                   .client_ip = r->actor.client_ip,
                                                   .session = r->actor.session,
                                                   .signs = span_str(l ? l->signs : ""),
                                                   .proof = proof}},
                patience_ms, on_answer);
}

static void ask(struct request *r, enum archive_wish_kind what, const char *place, int64_t patience_ms,
                void (*on_answer)(struct request *r, const struct message *m))
{
    ask_himself(r, what, place, patience_ms, NULL, span_str(""), on_answer);
}

static void on_file(struct request *r, const struct message *m)
{
    char name[ID_TEXT_LEN + 8];
    if (refused(r, m))
        return;
    (void)str_format(name, sizeof(name), "%s.tar", id_text(r->id));
    reply_file(r, m->archive_wished.file, &(struct file_reply){.type = "application/x-tar", .name = name});
}

void get_archive_file(struct request *r)
{
    ask(r, ARCHIVE_WISH_RESTORE, "", PLACE_PATIENCE_MS, on_file);
}

static void on_judged(struct request *r, const struct message *m)
{
    if (refused(r, m))
        return;
    const struct msg_archive_wished *w = &m->archive_wished;
    json_t *steps = json_array();
    for (const char *line = w->steps; *line;) {
        size_t len = strcspn(line, "\n");
        (void)json_array_append_new(steps, json_stringn(line, len));
        line += len + (line[len] == '\n');
    }
    reply_json(r, MHD_HTTP_OK,
               json_pack("{s:b, s:o, s:o}", "ok", w->verdict == VERDICT_DONE, "steps", steps, "outcome",
                         json_outcome(w->code, w->reason)));
}

void verify_archive_copy(struct request *r)
{
    ask(r, ARCHIVE_WISH_VERIFY, "", PLACE_PATIENCE_MS, on_judged);
}

static bool place_named(struct request *r, const char *name)
{
    struct archive_place p;
    bool there = strlen(name) < 128 && archive_place_named(r->store, name, &r->arena, &p);
    if (!there)
        reply_problem(r, MHD_HTTP_NOT_FOUND, "unknown-place", "There is no archive place of that name.");
    return there;
}

void test_archive_place(struct request *r)
{
    const char *name = request_argument(r, "name", "");
    if (place_named(r, name))
        ask(r, ARCHIVE_WISH_TEST, name, PLACE_PATIENCE_MS, on_judged);
}

void mark_archive_place(struct request *r)
{
    const char *name = request_argument(r, "name", "");
    if (place_named(r, name))
        ask(r, ARCHIVE_WISH_MARK, name, PLACE_PATIENCE_MS, on_judged);
}

static void on_key(struct request *r, const struct message *m)
{
    if (!refused(r, m))
        reply_file(r, m->archive_wished.file,
                   &(struct file_reply){.type = "text/plain", .name = "archive.key"});
}

static void ask_key(struct request *r, struct entry *l, struct span proof)
{
    ask_himself(r, ARCHIVE_WISH_KEY, request_argument(r, "name", ""), PATIENCE_MS, l, proof, on_key);
}

/* After his password, which an API key does not have: such a key is to be lent, and this one opens all. */
void post_archive_key(struct request *r)
{
    if (!place_named(r, request_argument(r, "name", "")))
        return;
    if (r->actor.local || r->body_len == 0) {
        ask_key(r, NULL, span_str(""));
        return;
    }
    json_t *body = request_object(r);
    if (body)
        entry_show_himself(r, entry_new(r), body, ask_key);
    json_decref(body);
}

static void on_counted(struct request *r, const struct message *m)
{
    if (!refused(r, m))
        reply_json(r, MHD_HTTP_ACCEPTED, json_pack("{s:I}", "copies", (json_int_t)m->archive_wished.count));
}

void verify_archive(struct request *r)
{
    const char *place = request_argument(r, "place", "");
    if (!*place || place_named(r, place))
        ask(r, ARCHIVE_WISH_VERIFY_ALL, place, PATIENCE_MS, on_counted);
}

static void on_empty(struct request *r, const struct message *m)
{
    if (!refused(r, m))
        reply_empty(r, MHD_HTTP_NO_CONTENT);
}

void put_legal_hold(struct request *r)
{
    ask(r, ARCHIVE_WISH_HOLD, "", PATIENCE_MS, on_empty);
}

void release_legal_hold(struct request *r)
{
    ask(r, ARCHIVE_WISH_RELEASE, "", PATIENCE_MS, on_empty);
}

void delete_from_archive(struct request *r)
{
    ask(r, ARCHIVE_WISH_DELETE, "", PATIENCE_MS, on_empty);
}
