/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A wish is a JSON object: direction ("received", "sent"), box, source, at_ms; and, each of which may be
 * missing, ended_ms, number, station_id, subject, state ("done", "failed"), reason, pages (that arrived),
 * uploads [id]. */
#include "queue/old_faxes.h"

#include <jansson.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/scope.h"
#include "base/str.h"
#include "queue/audit_notes.h"
#include "queue/rendered_pages.h"
#include "queue/room.h"
#include "queue/waiting.h"
#include "store/blob.h"
#include "store/config.h"
#include "store/old_faxes.h"
#include "store/uploads.h"

enum { DOCUMENTS_MAX = 50, LINE_MAX_LEN = 200, PAGES_MOST = 10000 };

struct old_wish {
    struct waiting waiting; /* its id: the fax */
    json_t *body;
    struct id owner, actor;
    char who[512], client_ip[64];
    size_t count, rendered;
    struct {
        int page_set;
        unsigned lower;
        char small_text[400];
    } documents[DOCUMENTS_MAX];
};

static void forget(struct old_wish *w)
{
    for (size_t i = 0; i < w->rendered; i++)
        (void)close(w->documents[i].page_set);
    json_decref(w->body);
    waiting_end(w);
}

void old_faxes_forget(struct queue *q)
{
    list_each_safe (it, &q->old_faxes)
        forget((struct old_wish *)CONTAINER_OF(it, struct waiting, node));
}

static void answer(struct queue *q, const struct sender *to, struct id id, unsigned status,
                   const struct outcome *o)
{
    const struct message m = {.type = MSG_old_fax_taken,
                              .old_fax_taken = {.id = id, .status = status, MESSAGE_OUTCOME(o)}};
    peers_answer(q->peers, to, &m);
}

/* ---- what is wished ---- */

static const char *line(const json_t *body, const char *name)
{
    const char *text = json_string_value(json_object_get(body, name));
    for (const char *c = text; c && *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            return "";
    return text && strlen(text) <= LINE_MAX_LEN ? text : "";
}

static int64_t number(const json_t *body, const char *name)
{
    return json_integer_value(json_object_get(body, name));
}

static bool is_received(const json_t *body)
{
    return str_equal(line(body, "direction"), "received");
}

#define REFUSE(o, code, ...) (outcome_set(o, VERDICT_GIVE_UP, code, __VA_ARGS__), false)

static bool judge(struct queue *q, const json_t *body, struct id owner, struct outcome *o)
{
    struct faxbox box;
    struct upload u;
    const json_t *uploads = json_object_get(body, "uploads");
    int64_t at_ms = number(body, "at_ms"), pages = number(body, "pages");
    if (!is_received(body) && !str_equal(line(body, "direction"), "sent"))
        return REFUSE(o, "wrong-direction", "direction is received or sent.");
    if (!config_box(&q->store, &q->arena, line(body, "box"), &box))
        return REFUSE(o, "unknown-box", "There is no fax box \"%.63s\".", line(body, "box"));
    if (!*line(body, "source"))
        return REFUSE(o, "wrong-source",
                      "source names where the fax comes from, in one line of at most %d bytes.",
                      LINE_MAX_LEN);
    if (at_ms <= 0 || at_ms > q->now_ms)
        return REFUSE(o, "wrong-time",
                      "at_ms is when the fax was sent or received, in milliseconds since 1970.");
    if (pages < 0 || pages > PAGES_MOST)
        return REFUSE(o, "wrong-pages", "pages are how many arrived, at most %d.", PAGES_MOST);
    if (json_array_size(uploads) > DOCUMENTS_MAX || (is_received(body) && json_array_size(uploads) == 0))
        return REFUSE(o, "wrong-uploads",
                      "uploads are the ids of at most %d documents; a received fax has one.", DOCUMENTS_MAX);
    for (size_t i = 0; i < json_array_size(uploads); i++) {
        const char *text = json_string_value(json_array_get(uploads, i));
        struct id id;
        if (!text || !id_parse(text, &id) || !upload_find(&q->store, id, owner, &q->arena, &u))
            return REFUSE(o, "unknown-upload",
                          "There is no document uploads[%zu]; they are kept for a day. Hand it over again.",
                          i);
    }
    return !room_refuses(q, o);
}

/* ---- storing it ---- */

static struct old_fax fax_of(const struct old_wish *w, const struct faxbox *box)
{
    int64_t at_ms = number(w->body, "at_ms"), ended_ms = number(w->body, "ended_ms");
    return (struct old_fax){.id = w->waiting.id,
                            .tenant = box->tenant,
                            .faxbox = box->id,
                            .number = line(w->body, "number"),
                            .station_id = line(w->body, "station_id"),
                            .subject = line(w->body, "subject"),
                            .source = line(w->body, "source"),
                            .at_ms = at_ms,
                            .ended_ms = ended_ms > at_ms ? ended_ms : at_ms,
                            .delivered = !str_equal(line(w->body, "state"), "failed"),
                            .pages = (unsigned)number(w->body, "pages"),
                            .reason = line(w->body, "reason")};
}

static struct upload upload_of(struct queue *q, const struct old_wish *w, size_t i)
{
    struct upload u = {.id = ID_NONE};
    struct id id = ID_NONE;
    const char *text = json_string_value(json_array_get(json_object_get(w->body, "uploads"), i));
    if (text && id_parse(text, &id))
        (void)upload_find(&q->store, id, w->owner, &q->arena, &u);
    return u;
}

/* All documents of a received fax are its pages; what they were is of no more use. */
static void store_received(struct queue *q, const struct old_wish *w, const struct old_fax *f,
                           const struct rendered_pages *documents)
{
    size_t count = 0, n = 0;
    for (size_t i = 0; i < w->count; i++)
        count += documents[i].count;
    struct page *pages = arena_alloc(&q->arena, count * sizeof(*pages));
    for (size_t i = 0; i < w->count; i++) {
        struct upload u = upload_of(q, w, i);
        for (size_t k = 0; k < documents[i].count; k++)
            pages[n++] = documents[i].pages[k];
        upload_take(&q->store, u.id);
        blob_delete(&q->store, u.blob);
    }
    old_fax_add_received(&q->store, f, pages, count);
}

static void store_sent(struct queue *q, const struct old_wish *w, const struct old_fax *f,
                       const struct rendered_pages *documents)
{
    size_t count = 0;
    for (size_t i = 0; i < w->count; i++)
        count += documents[i].count;
    old_fax_add_sent(&q->store, f, count);
    for (size_t i = 0; i < w->count; i++) {
        struct upload u = upload_of(q, w, i);
        upload_take(&q->store, u.id);
        document_add(
            &q->store, f->id,
            &(struct document){
                .place = (int)i, .target = TARGET_ALL, .name = u.name, .type = u.type, .blob = u.blob});
        document_rendered(&q->store, f->id, (int)i, documents[i].pages, documents[i].lower,
                          documents[i].count, w->documents[i].small_text, "");
    }
}

static void drop_uploads(struct queue *q, const struct old_wish *w)
{
    for (size_t i = 0; i < w->count; i++) {
        struct upload u = upload_of(q, w, i);
        if (id_is_none(u.id))
            continue;
        upload_take(&q->store, u.id);
        blob_delete(&q->store, u.blob);
    }
}

static void store(struct queue *q, struct old_wish *w)
{
    struct faxbox box;
    struct outcome o;
    struct rendered_pages *documents = arena_alloc(&q->arena, (w->count + 1) * sizeof(*documents));
    outcome_done(&o);
    if (!judge(q, w->body, w->owner, &o) ||
        !config_box(&q->store, &q->arena, line(w->body, "box"), &box)) { /* something has gone meanwhile */
        answer(q, &w->waiting.from, w->waiting.id, 409, &o);
        return;
    }
    for (size_t i = 0; i < w->count; i++)
        rendered_pages_read(q, w->documents[i].page_set, w->documents[i].lower, &documents[i]);
    const struct old_fax f = fax_of(w, &box);
    (is_received(w->body) ? store_received : store_sent)(q, w, &f, documents);
    log_info(id_text(f.id), "%s of another fax server, in box %s", f.source, f.faxbox);
    note_deed(q, f.tenant, &(struct doer){w->actor, w->who, w->client_ip}, "faxes.import", f.faxbox,
              f.source);
    answer(q, &w->waiting.from, w->waiting.id, 201, &o);
}

/* ---- rendering it ---- */

/* A fax keeps its pixels, whatever its resolution. */
static void render_next(struct queue *q, struct old_wish *w)
{
    struct upload u = upload_of(q, w, w->rendered);
    SCOPED_FD int bytes = blob_open(&q->store, u.blob);
    size_t len = strlen(u.name);
    bool tiff = len > 4 && str_equal_nocase(u.name + len - 4, ".tif");
    const struct message ask = {.type = MSG_render,
                                .render = {.document = w->waiting.id,
                                           .name = u.name,
                                           .resolution = (uint32_t)(tiff ? PAGE_SUPERFINE : PAGE_FINE),
                                           .paper = "a4",
                                           .zone = "UTC",
                                           .country = "",
                                           .created_ms = number(w->body, "at_ms"),
                                           .template = "",
                                           .bytes = bytes}};
    (void)peers_ask(q->peers, ROLE_CONVERT, 0, &ask);
}

static void go_on(struct queue *q, struct old_wish *w)
{
    if (w->rendered < w->count) {
        render_next(q, w);
        return;
    }
    store(q, w);
    forget(w);
}

bool old_fax_rendered(struct queue *q, struct msg_rendered *m, const struct outcome *o)
{
    struct old_wish *w = waiting_find(&q->old_faxes, m->document);
    if (!w)
        return false;
    if (o->verdict != VERDICT_DONE) {
        answer(q, &w->waiting.from, w->waiting.id, o->verdict == VERDICT_RETRY ? 503 : 422, o);
        drop_uploads(q, w);
        forget(w);
        return true;
    }
    w->documents[w->rendered].page_set = take_fd(&m->page_set);
    w->documents[w->rendered].lower = m->lower;
    (void)str_copy(w->documents[w->rendered].small_text, sizeof(w->documents[0].small_text), m->small_text);
    w->rendered++;
    go_on(q, w);
    return true;
}

void on_old_fax(void *context, const struct sender *from, struct msg_old_fax *m)
{
    struct queue *q = context;
    struct outcome o;
    queue_enter(q);
    outcome_done(&o);
    json_t *body = json_loads(m->json, 0, NULL);
    struct id id = old_fax_id(number(body, "at_ms"), line(body, "source"));
    struct old_wish *w = waiting_find(&q->old_faxes, id);
    bool known = old_fax_exists(&q->store, id);
    if (known || w || !judge(q, body, m->owner, &o)) {
        if (w)
            w->waiting.from = *from; /* asked again */
        else
            answer(q, from, id, known ? 200 : str_equal(o.code, "disk-full") ? 507 : 422, &o);
        json_decref(body);
        return;
    }
    w = waiting_new(&q->old_faxes, sizeof(*w), id, from);
    w->body = body;
    w->owner = m->owner;
    w->actor = m->actor;
    w->count = json_array_size(json_object_get(body, "uploads"));
    (void)str_copy(w->who, sizeof(w->who), m->user);
    (void)str_copy(w->client_ip, sizeof(w->client_ip), m->client_ip);
    go_on(q, w);
}
