/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Notes and tags beside a fax, received or sent: for whoever sees it. */
#include "store/remarks.h"

#include <microhttpd.h>
#include <string.h>

#include "base/panic.h"
#include "base/str.h"
#include "web/resources.h"

enum { PATIENCE_MS = 30000, TAGS_SHOWN = 200, TAG_LINES_MAX = 4000 };

static bool of_job(const struct request *r)
{
    return str_starts(r->route->path, "jobs");
}

/* False: he does not see it, and that is answered. */
static bool sees(struct request *r, bool sent)
{
    struct fax f;
    struct job j;
    return sent ? request_job(r, &j) : request_fax(r, &f);
}

/* ---- looking ---- */

json_t *json_tags(struct request *r, struct id about)
{
    const char *tags[TAGS_OF_ONE];
    size_t n = tags_of(r->store, about, &r->arena, tags);
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        (void)json_array_append_new(list, json_string(tags[i]));
    return list;
}

static json_t *note_json(const struct request *r, const struct note *n)
{
    bool own = !id_is_none(n->user) && id_equal(n->user, r->actor.user);
    return json_pack("{s:s, s:o, s:s, s:b, s:s}", "id", id_text(n->id), "at_ms", json_time(n->at_ms), "who",
                     n->who, "own", (int)(own || r->actor.role >= ACTOR_TENANT), "text", n->text);
}

json_t *json_notes(struct request *r, struct id about)
{
    struct note *notes;
    size_t n = notes_of(r->store, about, &r->arena, &notes);
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        (void)json_array_append_new(list, note_json(r, &notes[i]));
    return list;
}

static void reply_tags(struct request *r, unsigned status)
{
    const char *tags[TAGS_OF_ONE];
    char etag[TAG_ETAG_LEN];
    tags_etag(tags, tags_of(r->store, r->subject, &r->arena, tags), etag);
    reply_json(r, status, json_pack("{s:o}", "tags", json_tags(r, r->subject)));
    (void)MHD_add_response_header(r->response, MHD_HTTP_HEADER_ETAG, etag);
}

void get_fax_tags(struct request *r)
{
    r->subject = r->id;
    if (sees(r, of_job(r)))
        reply_tags(r, MHD_HTTP_OK);
}

void get_tags(struct request *r)
{
    const char *list[TAGS_SHOWN], *q = request_argument(r, "q", ""), *of = request_argument(r, "of", "");
    const struct scope w = actor_scope(&r->actor);
    if (strlen(q) > TAG_BYTES || !utf8_valid(span_str(q)) ||
        (!str_equal(of, "faxes") && !str_equal(of, "jobs"))) {
        reply_problem(r, MHD_HTTP_BAD_REQUEST, "wrong-arguments",
                      "of is faxes or jobs; q is how the tags begin.");
        return;
    }
    size_t n = tags_in_use(r->store, &w, str_equal(of, "jobs"), q, &r->arena, list, TAGS_SHOWN);
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++)
        (void)json_array_append_new(items, json_pack("{s:s}", "tag", list[i]));
    reply_json(r, MHD_HTTP_OK, json_pack("{s:o}", "items", items));
}

/* ---- writing ---- */

static void reply_refused(struct request *r, const struct msg_remarked *m)
{
    json_t *more = json_object();
    const char *field = str_equal(m->code, "wrong-note")  ? "text"
                        : str_equal(m->code, "wrong-tag") ? "tags"
                                                          : NULL;
    if (field)
        (void)json_object_set_new(more, "errors",
                                  json_pack("[{s:s, s:s}]", "field", field, "detail", m->reason));
    if (m->status == MHD_HTTP_PRECONDITION_FAILED)
        (void)json_object_set_new(more, "current", json_pack("{s:o}", "tags", json_tags(r, r->subject)));
    reply_problem_with(r, m->status, m->code, more, "%s", m->reason);
}

static void on_remarked(struct request *r, const struct message *m)
{
    struct note n;
    if (!m)
        reply_queue_away(r, "Whether it was noted is not known: look at the fax before you try again.");
    else if (m->remarked.status >= 400)
        reply_refused(r, &m->remarked);
    else if (m->remarked.status == MHD_HTTP_NO_CONTENT)
        reply_empty(r, MHD_HTTP_NO_CONTENT);
    else if (m->remarked.status == MHD_HTTP_OK)
        reply_tags(r, MHD_HTTP_OK);
    else if (note_find(r->store, r->id, &r->arena, &n))
        reply_json(r, MHD_HTTP_CREATED, note_json(r, &n));
    else
        reply_problem(r, MHD_HTTP_NOT_FOUND, "unknown-note", "There is no such note.");
}

static void ask(struct request *r, enum remark_action action, bool sent, const char *text)
{
    const char *who = request_asker(r);
    const struct message m = {.type = MSG_remark,
                              .remark = {.about = r->subject,
                                         .sent = sent,
                                         .action = (uint32_t)action,
                                         .note = r->id,
                                         .text = text,
                                         .if_match = request_if_match(r, ""),
                                         .administrator = r->actor.role >= ACTOR_TENANT,
                                         .actor = r->actor.user,
                                         .who = who,
                                         .client_ip = r->actor.client_ip}};
    if (who)
        request_ask(r, &m, PATIENCE_MS, on_remarked);
}

void post_note(struct request *r)
{
    r->subject = r->id;
    if (!sees(r, of_job(r)))
        return;
    json_t *body = request_object(r);
    const char *text = json_string_value(json_object_get(body, "text"));
    if (body && (!text || strlen(text) > NOTE_BYTES))
        reply_problem(r, MHD_HTTP_BAD_REQUEST, "wrong-note", "text is the note, at most %d bytes.",
                      NOTE_BYTES);
    else if (body && request_new_id(r, &r->id))
        ask(r, REMARK_NOTE, of_job(r), text);
    json_decref(body);
}

/* Its fax tells who sees a note. */
void delete_note(struct request *r)
{
    struct note n;
    struct fax f;
    struct job j;
    bool there = note_find(r->store, r->id, &r->arena, &n);
    bool sent = there && job_find(r->store, n.about, &r->arena, &j);
    bool received = there && !sent && fax_find(r->store, n.about, &r->arena, &f);
    if (!(sent && actor_sees_job(&r->actor, r->store, &j)) &&
        !(received && actor_sees_fax(&r->actor, r->store, &f))) {
        reply_problem(r, MHD_HTTP_NOT_FOUND, "unknown-note", "There is no such note.");
        return;
    }
    r->subject = n.about;
    ask(r, REMARK_NO_NOTE, sent, "");
}

/* NULL: they are no tags. As lines; what a tag may be is queue's to judge. */
static const char *lines_of(struct request *r, const json_t *tags)
{
    SCOPED_BUF struct buf lines;
    buf_init(&lines, TAG_LINES_MAX);
    bool good = json_is_array(tags) && json_array_size(tags) <= TAGS_OF_ONE + 1;
    for (size_t i = 0; good && i < json_array_size(tags); i++) {
        const char *tag = json_string_value(json_array_get(tags, i));
        good = tag && !strchr(tag, '\n') && buf_printf(&lines, "%s%s", i ? "\n" : "", tag);
    }
    return good ? arena_strdup(&r->arena, buf_text(&lines)) : NULL;
}

void put_tags(struct request *r)
{
    r->subject = r->id;
    if (!sees(r, of_job(r)))
        return;
    json_t *body = request_object(r);
    const char *lines = body ? lines_of(r, json_object_get(body, "tags")) : NULL;
    if (body && !lines)
        reply_problem(r, MHD_HTTP_BAD_REQUEST, "wrong-tags", "tags is a list of at most %d texts.",
                      TAGS_OF_ONE);
    else if (body)
        ask(r, REMARK_TAGS, of_job(r), lines);
    json_decref(body);
}
