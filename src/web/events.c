/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "web/events.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/list.h"
#include "base/mem.h"
#include "base/panic.h"
#include "base/str.h"
#include "store/changes.h"
#include "web/identity.h"

/* Whoever is no more who he was hears nothing, and his stream ends; all end after a while. */
enum { STREAMS_MAX = 256, STREAMS_A_USER = 16, KEEP_MS = 15000, LIFE_MS = 300000 };
enum { KEPT = 512, PENDING_MAX = 32768, BLOCK = 4096, EVENT_LEN = 200 };

struct event {
    uint64_t number; /* from 1 */
    enum change_kind kind;
    struct id id, tenant;
    char box[64];
};

struct stream {
    struct list node;
    struct events *all;
    struct MHD_Connection *connection;
    struct actor actor; /* without its texts */
    struct buf pending;
    bool suspended, ended;
    int64_t opened_ms, said_ms;
};

struct events {
    struct list streams;
    unsigned count;
    char life[ID_TEXT_LEN]; /* of this process: numbers begin anew with each */
    struct event kept[KEPT];
    uint64_t last; /* number */
};

static const char *const names[CHANGE_KIND_COUNT] = {[CHANGE_JOB] = "job",
                                                     [CHANGE_FAX] = "fax",
                                                     [CHANGE_CALL] = "call",
                                                     [CHANGE_STATUS] = "status",
                                                     [CHANGE_MUCH] = "resync"};

struct events *events_new(void)
{
    struct events *e = mem_zalloc(sizeof(*e));
    list_init(&e->streams);
    id_format(id_new(), e->life);
    return e;
}

void events_free(struct events *e)
{
    free(e);
}

/* ---- one stream ---- */

static void wake(struct stream *t)
{
    if (t->suspended)
        MHD_resume_connection(t->connection);
    t->suspended = false;
}

static void put(struct stream *t, const char *text)
{
    if (!buf_append_str(&t->pending, text)) { /* it does not read */
        buf_reset(&t->pending);
        (void)buf_append_str(&t->pending, "event: resync\ndata: {}\n\n");
    }
    t->said_ms = clock_mono_ms();
}

static void put_event(struct stream *t, const struct event *e)
{
    char text[EVENT_LEN];
    char about[64] = "{}";
    if (!id_is_none(e->id))
        (void)str_format(about, sizeof(about), "{\"id\":\"%s\"}", id_text(e->id));
    (void)str_format(text, sizeof(text), "id: %s-%llu\nevent: %s\ndata: %s\n\n", t->all->life,
                     (unsigned long long)e->number, names[e->kind], about);
    put(t, text);
}

static ssize_t read_on(void *context, uint64_t at, char *to, size_t most)
{
    struct stream *t = context;
    size_t n = t->pending.len < most ? t->pending.len : most;
    if (n == 0 && t->ended)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (n == 0) {
        t->suspended = true;
        MHD_suspend_connection(t->connection);
        return 0;
    }
    memcpy(to, t->pending.data, n);
    buf_consume(&t->pending, n);
    return (ssize_t)n;
}

static void stream_free(void *context)
{
    struct stream *t = context;
    list_remove(&t->node);
    t->all->count--;
    buf_clear(&t->pending);
    free(t);
}

/* ---- who may see what ---- */

static bool sees(const struct actor *a, struct store *s, const struct event *e)
{
    const struct scope w = actor_scope(a);
    switch (e->kind) {
    case CHANGE_JOB: return scope_has(s, &w, e->tenant, e->box, SCOPE_SEND);
    case CHANGE_FAX: return scope_has(s, &w, e->tenant, e->box, SCOPE_RECEIVE);
    case CHANGE_CALL:
        return scope_has(s, &w, e->tenant, e->box, SCOPE_SEND) ||
               scope_has(s, &w, e->tenant, e->box, SCOPE_RECEIVE);
    case CHANGE_STATUS: return a->role >= ACTOR_TENANT;
    case CHANGE_MUCH:
    case CHANGE_KIND_COUNT: break;
    }
    return true;
}

/* ---- opening ---- */

static void catch_up(struct stream *t, struct store *s, const char *last)
{
    struct events *e = t->all;
    size_t len = strlen(e->life);
    uint64_t number = 0;
    bool ours = strncmp(last, e->life, len) == 0 && last[len] == '-' &&
                str_to_u64(last + len + 1, UINT64_MAX, &number) && number <= e->last;
    if (!ours || e->last - number > KEPT) {
        put(t, "event: resync\ndata: {}\n\n");
        return;
    }
    for (uint64_t n = number + 1; n <= e->last; n++)
        if (sees(&t->actor, s, &e->kept[n % KEPT]))
            put_event(t, &e->kept[n % KEPT]);
}

static unsigned streams_of(const struct events *e, struct id user)
{
    unsigned n = 0;
    list_each (it, &e->streams)
        n += id_equal(CONTAINER_OF(it, struct stream, node)->actor.user, user);
    return n;
}

struct MHD_Response *events_open(struct events *e, struct MHD_Connection *c, const struct actor *a,
                                 struct store *s, const char *last)
{
    if (e->count >= STREAMS_MAX || streams_of(e, a->user) >= STREAMS_A_USER)
        return NULL;
    struct stream *t = mem_zalloc(sizeof(*t));
    *t = (struct stream){.all = e,
                         .connection = c,
                         .actor = {.role = a->role,
                                   .local = a->local,
                                   .user = a->user,
                                   .tenant = a->tenant,
                                   .session = a->session,
                                   .key = a->key},
                         .opened_ms = clock_mono_ms()};
    buf_init(&t->pending, PENDING_MAX);
    list_append(&e->streams, &t->node);
    e->count++;
    put(t, "retry: 2000\n: what changes is told here\n\n");
    if (*last)
        catch_up(t, s, last);
    struct MHD_Response *r =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK, read_on, t, stream_free);
    if (!r)
        panic("no memory for a response");
    (void)MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, "text/event-stream");
    (void)MHD_add_response_header(r, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    return r;
}

/* ---- telling ---- */

bool events_add(struct events *e, struct store *s, const struct msg_changed *m)
{
    bool said = false;
    if (m->kind >= CHANGE_KIND_COUNT)
        panic("a change of kind %u", m->kind);
    struct event *kept = &e->kept[++e->last % KEPT];
    *kept = (struct event){
        .number = e->last, .kind = (enum change_kind)m->kind, .id = m->id, .tenant = m->tenant};
    (void)str_copy(kept->box, sizeof(kept->box), m->box);
    list_each (it, &e->streams) {
        struct stream *t = CONTAINER_OF(it, struct stream, node);
        bool seen = sees(&t->actor, s, kept), unsure = sql_overdue(s->sql);
        if (t->ended || (!seen && !unsure))
            continue;
        t->ended = unsure || !identity_lasts(&t->actor, s); /* who comes again hears what he missed */
        if (!t->ended)
            put_event(t, kept);
        wake(t);
        said = true;
    }
    return said;
}

bool events_tick(struct events *e, struct store *s, int64_t now_ms)
{
    bool said = false;
    list_each (it, &e->streams) {
        struct stream *t = CONTAINER_OF(it, struct stream, node);
        bool old = now_ms - t->opened_ms >= LIFE_MS;
        if (!old && now_ms - t->said_ms < KEEP_MS)
            continue;
        old = old || !identity_lasts(&t->actor, s);
        if (!t->ended && !old)
            put(t, ":\n\n");
        said = said || !t->ended;
        t->ended = t->ended || old;
        wake(t);
    }
    return said;
}

int64_t events_wait_ms(const struct events *e, int64_t now_ms)
{
    int64_t wait_ms = -1;
    list_each (it, &e->streams) {
        const struct stream *t = CONTAINER_OF(it, struct stream, node);
        int64_t keep_ms = t->said_ms + KEEP_MS, life_ms = t->opened_ms + LIFE_MS;
        int64_t left_ms = (keep_ms < life_ms ? keep_ms : life_ms) - now_ms;
        if (t->ended)
            continue;
        if (left_ms < 0)
            left_ms = 0;
        if (wait_ms < 0 || left_ms < wait_ms)
            wait_ms = left_ms;
    }
    return wait_ms;
}

void events_end(struct events *e)
{
    list_each (it, &e->streams) {
        struct stream *t = CONTAINER_OF(it, struct stream, node);
        t->ended = true;
        wake(t);
    }
}
