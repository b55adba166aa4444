/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* faxpost explain: what would become of a mail, rule by rule, and what a forger of its From could do. The
 * same routing as for real mail; nothing is stored, counted or sent. */
#include <stdlib.h>

#include "base/fd.h"
#include "base/mem.h"
#include "base/panic.h"
#include "base/scope.h"
#include "base/str.h"
#include "model/part_set.h"
#include "proto/mail_text.h"
#include "queue/pins.h"
#include "queue/queue.h"
#include "queue/routing.h"
#include "queue/trace.h"

enum { PENDING_MAX = 8 };

/* A mail that convert takes apart for somebody who asks. */
struct explanation {
    struct list node;
    struct id id;
    struct sender asker;
    char *sender, *recipients, *subject; /* as asked; "" where the mail says it */
};

/* What is explained. */
struct case_file {
    struct letter letter;
    const char *own; /* words of the mail; NULL: no mail was given */
    size_t parts;
};

static void explanation_free(struct explanation *e)
{
    list_remove(&e->node);
    free(e->sender);
    free(e->recipients);
    free(e->subject);
    free(e);
}

/* ---- what a forger could do ---- */

static void PRINTF_LIKE(2, 3) add_line(json_t *list, const char *format, ...)
{
    SCOPED_BUF struct buf line;
    va_list args;
    buf_init(&line, 1000);
    va_start(args, format);
    (void)buf_vprintf(&line, format, args);
    va_end(args);
    (void)json_array_append_new(list, json_string(buf_text(&line)));
}

static void forge_box(struct queue *q, const struct faxbox *box, const char *sender, json_t *list)
{
    struct tenant t;
    const long long guesses = 24LL * 3600 * 1000 / PIN_LOCK_MS;
    if (!config_tenant(&q->store, &q->arena, box->tenant, &t))
        return;
    if (config_wants_pin(box))
        add_line(list,
                 "Box \"%s\" wants its PIN: he has to guess it, at most %lld times a day as one sender and "
                 "%lld times "
                 "as many.",
                 box->id, guesses * PIN_WRONG_MAX, guesses * PIN_WRONG_BOX_MAX);
    else
        add_line(list,
                 "Box \"%s\" looks at nothing but the address: he could fax what he likes, in the name "
                 "\"%s\", to every "
                 "number its dial plan allows. A PIN would be one thing more he has to know.",
                 box->id, *box->header_name ? box->header_name : box->name);
    if (config_may_send(&q->store, box->id, sender) == PERMISSION_LISTED)
        add_line(list, "The permission list lets him in: an entry for a whole domain covers every name he "
                       "makes up in it.");
    if (t.pages_per_day == 0 && t.minutes_per_day == 0)
        add_line(list, "Tenant \"%s\" limits neither pages nor minutes of a day.", t.name);
    else
        add_line(list, "Tenant \"%s\" stops him at %u pages and %u minutes a day (0: no limit).", t.name,
                 t.pages_per_day, t.minutes_per_day);
    if (*t.dial_allow)
        add_line(list, "Besides what is allowed anyway he could dial what begins with: %s", t.dial_allow);
}

static json_t *forgery(struct queue *q, const struct plan *p, const char *sender)
{
    json_t *list = json_array();
    add_line(list,
             "First he has to get his mail taken: this server takes it from programs on its own machine, and "
             "from clients that log in. Who is one of those can write any From.");
    for (size_t i = 0; i < p->count; i++) {
        bool seen = false;
        for (size_t k = 0; k < i; k++)
            seen = seen || str_equal(p->routes[k].box.id, p->routes[i].box.id);
        if (!seen)
            forge_box(q, &p->routes[i].box, sender, list);
    }
    add_line(list, "The report of each fax goes to <%s>, who would learn of it.", sender);
    return list;
}

/* ---- the rules beyond routing ---- */

/* Whether the PIN is right is not said: that would be a way to guess it. */
static void note_pins(struct queue *q, const struct case_file *c, const struct plan *p, struct trace *trace)
{
    char pin[PIN_LEN];
    for (size_t i = 0; i < p->count; i++) {
        if (!config_wants_pin(&p->routes[i].box))
            continue;
        if (!c->own) {
            (void)trace_note(trace, "S2.9", true, "the mail's own words have to hold the PIN of box \"%s\"",
                             p->routes[i].box.id);
            continue;
        }
        static const char *const found[] = {[MAIL_PIN_NONE] = "no line is a PIN",
                                            [MAIL_PIN_ONE] =
                                                "one line is a PIN; whether it is right is not told here",
                                            [MAIL_PIN_SEVERAL] = "two different lines may be the PIN"};
        enum mail_pin n = mail_text_pin(c->own, pin);
        (void)trace_note(trace, "S2.9", n == MAIL_PIN_ONE, "%s", found[n]);
    }
}

static json_t *fax_json(const struct route *r)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:I, s:b}", "box", r->box.id,
                     "number", r->row.display, "dialled", r->row.number, "class", r->row.kind, "trunk",
                     r->row.trunk, "billing", r->row.billing, "resolution",
                     *r->resolution ? r->resolution : r->box.resolution, "paper",
                     *r->paper ? r->paper : r->box.paper, "cover", r->cover, "tries",
                     (int)(r->row.tries ? r->row.tries : r->box.tries), "priority", (int)r->row.priority,
                     "not_before_ms", (json_int_t)r->row.not_before_ms, "dry_run", (int)r->check);
}

static json_t *explain(struct queue *q, const struct case_file *c)
{
    struct outcome o;
    struct trace trace = {.notes = json_array()};
    struct plan *p = arena_alloc(&q->arena, sizeof(*p));
    const struct routing w = {.store = &q->store, .arena = &q->arena, .now_ms = q->now_ms, .trace = &trace};
    (void)trace_note(&trace, "A5", true,
                     "mail with that From is believed after a login, from a trusted network, or where DMARC "
                     "passes, as the "
                     "box's `dmarc` asks");
    route_letter(&w, &c->letter, p, &o);
    if (o.verdict == VERDICT_DONE)
        note_pins(q, c, p, &trace);
    else
        p->count = 0;
    if (c->own)
        (void)trace_note(&trace, "S2.10", c->parts > 0,
                         "%zu documents; whether each can be rendered a dry run shows", c->parts);
    json_t *faxes = json_array();
    for (size_t i = 0; i < p->count; i++)
        (void)json_array_append_new(faxes, fax_json(&p->routes[i]));
    const char *boxes[1];
    bool answered = config_boxes_of_sender(&q->store, &q->arena, c->letter.sender, boxes, 1) > 0;
    return json_pack("{s:o, s:b, s:{s:s, s:s}, s:b, s:o, s:o}", "notes", trace.notes, "good",
                     (int)(o.verdict == VERDICT_DONE), "outcome", "code", o.code, "text", o.text, "answered",
                     (int)answered, "faxes", faxes, "forger", forgery(q, p, c->letter.sender));
}

/* ---- messages ---- */

static void answer(struct queue *q, const struct sender *to, unsigned status, json_t *result)
{
    SCOPED_FREE char *text = result ? json_dumps(result, JSON_COMPACT) : NULL;
    json_decref(result);
    if (!text)
        panic("an explanation is no JSON");
    struct message m = {.type = MSG_explained, .explained = {.status = status, .result = text}};
    if (strlen(text) >= 65536)
        m.explained =
            (struct msg_explained){.status = 413, .result = "{\"error\":\"too much to explain at once\"}"};
    peers_answer(q->peers, to, &m);
}

/* Convert would answer a second unpacking of the same question as well as the first. */
static struct explanation *find(struct queue *q, struct id id)
{
    list_each (it, &q->explanations) {
        struct explanation *e = CONTAINER_OF(it, struct explanation, node);
        if (id_equal(e->id, id))
            return e;
    }
    return NULL;
}

static void take_apart(struct queue *q, const struct sender *from, const struct msg_explain *m)
{
    struct explanation *e = mem_zalloc(sizeof(*e));
    e->id = id_new();
    e->asker = *from;
    e->sender = mem_strdup(m->sender);
    e->recipients = mem_strdup(m->recipients);
    e->subject = mem_strdup(m->subject);
    list_append(&q->explanations, &e->node);
    struct message ask = {.type = MSG_unpack, .unpack = {.mail = e->id, .mail_bytes = m->mail}};
    (void)peers_ask(q->peers, ROLE_CONVERT, 0, &ask);
}

void on_explain(void *context, const struct sender *from, struct msg_explain *m)
{
    struct queue *q = context;
    size_t pending = 0;
    queue_enter(q);
    list_each (it, &q->explanations)
        pending++;
    if (m->mail > 0 && pending < PENDING_MAX) {
        take_apart(q, from, m);
        return;
    }
    const struct case_file c = {
        .letter = {
            .sender = m->sender, .recipients = m->recipients, .addressees = "", .subject = m->subject}};
    if (m->mail > 0)
        answer(q, from, 503, json_pack("{s:s}", "error", "other explanations are under way; ask again"));
    else
        answer(q, from, 200, explain(q, &c));
}

/* The addresses of To and Cc, one a line. */
static const char *addresses_of(struct queue *q, const char *addressees)
{
    char *rest = arena_strdup(&q->arena, addressees), *line;
    const char *list = "";
    while ((line = strsep(&rest, "\n")) != NULL)
        if (*line)
            list = arena_format(&q->arena, "%s%s\n", list, strsep(&line, "\t"));
    return list;
}

bool explain_unpacked(struct queue *q, const struct msg_unpacked *m)
{
    struct explanation *e = find(q, m->mail);
    struct part_set parts = {.count = 0};
    struct outcome o;
    uint64_t size;
    if (!e)
        return false;
    SCOPED_BUF struct buf own;
    buf_init(&own, MESSAGE_BYTES_MAX);
    message_get_outcome(m, &o);
    mail_text_own(m->text, &own);
    bool read = o.verdict == VERDICT_DONE && fd_checked_size(m->parts, PART_SET_BYTES_MAX, &size) == 0 &&
                part_set_read(m->parts, size, &parts) == 0;
    const struct case_file c = {
        .letter = {.sender = *e->sender ? e->sender : m->from,
                   .recipients = *e->recipients ? e->recipients : addresses_of(q, m->addressees),
                   .addressees = m->addressees,
                   .subject = *e->subject ? e->subject : m->subject},
        .own = buf_text(&own),
        .parts = parts.count};
    json_t *result = explain(q, &c);
    if (!read)
        (void)json_array_append_new(json_object_get(result, "notes"),
                                    json_pack("{s:s, s:b, s:s}", "rule", "S2.10", "good", 0, "text", o.text));
    answer(q, &e->asker, 200, result);
    if (read)
        part_set_clear(&parts);
    explanation_free(e);
    return true;
}

void explanations_forget(struct queue *q)
{
    list_each_safe (it, &q->explanations) {
        explanation_free(CONTAINER_OF(it, struct explanation, node));
    }
}
