/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/explain_case.h"

#include <string.h>

#include "base/panic.h"
#include "base/scope.h"
#include "base/str.h"
#include "proto/control.h"
#include "proto/mail_text.h"
#include "queue/bounces.h"
#include "queue/logins.h"
#include "queue/pgp_policy.h"
#include "queue/pins.h"
#include "queue/steering.h"
#include "queue/trace.h"
#include "store/controls.h"

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

/* How somebody else's mail gets as far as the box. */
static void forge_entry(const struct faxbox *box, const struct tenant *t, json_t *list)
{
    const char *dmarc = *box->senders.dmarc ? box->senders.dmarc : t->senders.dmarc;
    const char *networks[] = {box->senders.trusted_networks, t->senders.trusted_networks};
    const char *forwarders[] = {box->senders.arc_trusted, t->senders.arc_trusted};
    if (str_equal(dmarc, "off"))
        add_line(list,
                 "Box \"%s\" does not ask who wrote a mail (dmarc off): he needs nothing but the address.",
                 box->id);
    else if (str_equal(dmarc, "prefer"))
        add_line(list,
                 "Box \"%s\" takes what nobody can prove where the domain asks for no more (dmarc prefer): "
                 "an address of such "
                 "a domain is all he needs.",
                 box->id);
    for (size_t i = 0; i < ARRAY_LEN(networks); i++)
        if (*networks[i])
            add_line(list, "Every machine in %s may write any From.", networks[i]);
    for (size_t i = 0; i < ARRAY_LEN(forwarders); i++)
        if (*forwarders[i])
            add_line(list, "What %s vouches for (ARC) is believed: whoever gets a mail past it does so too.",
                     forwarders[i]);
}

static void forge_box(struct queue *q, const struct faxbox *box, const char *sender, json_t *list)
{
    struct tenant t;
    const long long guesses = 24LL * 3600 * 1000 / PIN_LOCK_MS;
    if (!config_tenant(&q->store, &q->arena, box->tenant, &t))
        return;
    forge_entry(box, &t, list);
    if (config_wants_pin(box))
        add_line(list,
                 "Box \"%s\" wants its PIN: he has to guess it, at most %lld times a day as one sender and "
                 "%lld times "
                 "as many.",
                 box->id, guesses * PIN_WRONG_MAX, guesses * PIN_WRONG_BOX_MAX);
    if (config_wants_signature(box))
        add_line(list,
                 "Box \"%s\" wants a PGP signature of that user: without his key he can send again what was "
                 "signed, and "
                 "only to whom it names, within 14 days and once.",
                 box->id);
    if (!config_wants_pin(box) && !config_wants_signature(box))
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
    add_line(list, "First he has to get his mail taken: programs on this machine may write any From, who "
                   "logs in only his own and "
                   "those of boxes that he sends from, and all others have to be proven by DMARC where a box "
                   "says nothing else "
                   "below.");
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

/* S2.5: what was found in the mail, and whether its boxes take it so. */
static void note_pgp(struct queue *q, const struct case_file *c, const struct plan *p, struct trace *trace,
                     struct outcome *o)
{
    bool wanted = false;
    for (size_t i = 0; i < p->count; i++)
        wanted = wanted || config_wants_signature(&p->routes[i].box) || p->routes[i].box.require_encryption;
    if (!c->pgp && wanted)
        (void)trace_note(
            trace, "S2.5", true,
            "the mail has to be signed or encrypted as its box says; name a mail to have it looked at");
    if (!c->pgp)
        return;
    (void)trace_note(trace, "S2.5", true, "the mail is %s; its signature: %s%s%s",
                     c->pgp->encrypted ? "encrypted" : "not encrypted", pgp_signature_name(c->pgp->signature),
                     *c->pgp->key ? ", key " : "", c->pgp->key);
    const struct mail_in mail = {.recipients = c->letter.recipients};
    const struct msg_unpacked m = {.from = c->letter.sender,
                                   .message_id = c->message_id,
                                   .subject = c->letter.subject,
                                   .addressees = c->letter.addressees};
    const struct incoming in = {.mail = &mail, .m = &m, .pgp = c->pgp};
    if (o->verdict != VERDICT_DONE || !wanted)
        return;
    pgp_would_check(q, &in, p, o);
    (void)trace_note(trace, "S2.5", o->verdict == VERDICT_DONE, "%s",
                     o->verdict == VERDICT_DONE ? "its boxes take it so" : o->text);
}

/* Whoever logs in writes under his own addresses (A5). */
static void note_login(struct queue *q, const struct case_file *c, const struct plan *p, struct trace *trace,
                       struct outcome *o)
{
    struct login login;
    if (!config_login(&q->store, &q->arena, c->login, &login)) {
        outcome_set(o, VERDICT_GIVE_UP, "login-unknown", "Nobody logs in as \"%.100s\".", c->login);
        (void)trace_note(trace, "A5", false, "%s", o->text);
        return;
    }
    for (size_t i = 0; i < p->count && o->verdict == VERDICT_DONE; i++)
        login_may_write_as(&q->store, &q->arena, login.user, c->letter.sender, &p->routes[i].box, o);
    (void)trace_note(trace, "A5", o->verdict == VERDICT_DONE, "%s",
                     o->verdict != VERDICT_DONE ? o->text
                     : *login.keys              ? "who has logged in so may write under this From"
                                   : "who logs in so may write under this From, but has no password yet");
}

/* ---- addresses that are no box ---- */

static void note_control(struct queue *q, const struct case_file *c, const struct control *steered,
                         struct trace *trace, struct outcome *o)
{
    static const char *const verbs[] = {[CONTROL_UNCLEAR] = "none of the words that count",
                                        [CONTROL_CANCEL] = "CANCEL",
                                        [CONTROL_RETRY] = "RETRY",
                                        [CONTROL_HOLD] = "HOLD",
                                        [CONTROL_RELEASE] = "RELEASE",
                                        [CONTROL_STATUS] = "STATUS"};
    bool foreign = !str_equal_nocase(steered->addressee, c->letter.sender) ||
                   config_may_send(&q->store, steered->faxbox, c->letter.sender) == PERMISSION_NONE;
    bool old = q->now_ms - steered->created_ms > CONTROL_DAYS_MS;
    if (foreign)
        outcome_set(o, VERDICT_GIVE_UP, "control-foreign",
                    "The address was sent to somebody else, or he may not send from the box.");
    else if (old)
        outcome_set(o, VERDICT_GIVE_UP, "control-old", "The address is more than 30 days old.");
    else if (steered->used)
        outcome_set(o, VERDICT_GIVE_UP, "control-used",
                    "The address was used before; only STATUS is answered.");
    (void)trace_note(trace, "D1", o->verdict == VERDICT_DONE, "the address steers a fax of box \"%s\"%s%s",
                     steered->faxbox, *o->text ? ": " : "", o->text);
    if (c->own && o->verdict == VERDICT_DONE)
        (void)trace_note(trace, "D1", control_parse(c->own).verb != CONTROL_UNCLEAR,
                         "the first line of the mail is %s", verbs[control_parse(c->own).verb]);
}

/* True where one of the recipients is ours for something else than faxing: then nothing of the mail is faxed.
 */
static bool note_others(struct queue *q, const struct case_file *c, struct trace *trace, struct outcome *o)
{
    char *rest = arena_strdup(&q->arena, c->letter.recipients), *recipient;
    bool found = false;
    while ((recipient = strsep(&rest, "\n")) != NULL) {
        struct control steered;
        enum steering kind = *recipient ? steering_find(q, recipient, &steered) : STEERING_NONE;
        bool bounce = *recipient && is_return_address(q, c->letter.sender, recipient);
        found = found || kind != STEERING_NONE || bounce;
        if (kind == STEERING_KNOWN)
            note_control(q, c, &steered, trace, o);
        else if (kind == STEERING_UNKNOWN)
            outcome_set(o, VERDICT_GIVE_UP, "control-unknown",
                        "Nothing is steered by <%.100s>, or not any more.", recipient);
        if (kind == STEERING_UNKNOWN)
            (void)trace_note(trace, "D1", false, "%s", o->text);
        if (bounce)
            (void)trace_note(trace, "S3.13", true,
                             "<%s> is where mails of ours come back to: a report is shown at its fax, "
                             "anything else is dropped",
                             recipient);
    }
    return found;
}

/* ---- all of it ---- */

static json_t *fax_json(const struct route *r)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:I, s:b}", "box", r->box.id,
                     "number", r->row.display, "dialled", r->row.number, "class", r->row.kind, "trunk",
                     *r->row.trunk ? r->row.trunk : r->box.trunk, "billing", r->row.billing, "resolution",
                     *r->resolution ? r->resolution : r->box.resolution, "paper",
                     *r->paper ? r->paper : r->box.paper, "cover", r->cover, "tries",
                     (int)(r->row.tries ? r->row.tries : r->box.tries), "priority", (int)r->row.priority,
                     "not_before_ms", (json_int_t)r->row.not_before_ms, "dry_run", (int)r->check);
}

json_t *explain_case(struct queue *q, const struct case_file *c)
{
    struct outcome o;
    struct trace trace = {.notes = json_array()};
    struct plan *p = arena_alloc(&q->arena, sizeof(*p));
    const struct routing w = {.store = &q->store, .arena = &q->arena, .now_ms = q->now_ms, .trace = &trace};
    (void)trace_note(&trace, "A5", true,
                     "mail with that From is believed after a login, from a trusted network, or where DMARC "
                     "passes, as the "
                     "box's `dmarc` asks");
    p->count = 0;
    outcome_done(&o);
    bool others = note_others(q, c, &trace, &o);
    if (!others)
        route_letter(&w, &c->letter, p, &o);
    if (o.verdict == VERDICT_DONE && !others) {
        if (*c->login)
            note_login(q, c, p, &trace, &o);
        note_pins(q, c, p, &trace);
        note_pgp(q, c, p, &trace, &o);
    }
    if (o.verdict != VERDICT_DONE)
        p->count = 0;
    if (c->own && !others)
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
