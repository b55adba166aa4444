/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/routing.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "proto/number.h"
#include "proto/recipient.h"
#include "proto/subject.h"
#include "queue/addressees.h"
#include "queue/asking.h"
#include "queue/trace.h"

enum { BOXES_MAX = 50, FORMS_LEN = 512 };

static bool fail(const struct routing *w, const char *rule, struct outcome *o, const char *code,
                 const char *text)
{
    outcome_set(o, VERDICT_GIVE_UP, code, "%s", text);
    return trace_note(w->trace, rule, false, "%s", text);
}

/* A4: with the forms that would have worked. */
static bool fail_with_forms(const struct routing *w, const char *box, struct outcome *o, const char *code,
                            const char *text)
{
    const char *domain = store_meta(w->store, w->arena, "fax_domain");
    const char *name = *box ? box : "box";
    if (strlen(text) > 180) /* a list of flags: the forms are no help there */
        return fail(w, "A4", o, code, text);
    outcome_set(
        o, VERDICT_GIVE_UP, code,
        "%.180s. Write the number into the address, as in number@%s.%.60s or %s+number@%.60s, or into the "
        "subject.",
        text, name, domain, name, domain);
    return trace_note(w->trace, "A4", false, "%s", o->text);
}

/* ---- which box ---- */

/* S2.4: mail from a mailbox is for the boxes that name it. */
static bool serves(const struct routing *w, const struct faxbox *box)
{
    return !w->mailbox || str_equal(box->mailbox, w->mailbox->name);
}

/* "front, back" */
static const char *boxes_text(const struct routing *w, const char *const *ids, size_t n)
{
    const char *text = "";
    for (size_t i = 0; i < n && strlen(text) < 150; i++)
        text = arena_format(w->arena, "%s%s%s", text, i ? ", " : "", ids[i]);
    return text;
}

/* Ids of the boxes this sender may mean. */
static size_t boxes_of(const struct routing *w, const char *sender, const char *ids[BOXES_MAX])
{
    size_t n = config_boxes_of_sender(w->store, w->arena, sender, ids, BOXES_MAX), kept = 0;
    struct faxbox box;
    for (size_t i = 0; i < n; i++)
        if (!w->mailbox || (config_box(w->store, w->arena, ids[i], &box) && serves(w, &box)))
            ids[kept++] = ids[i];
    return kept;
}

static bool only_box_of(const struct routing *w, const char *sender, struct faxbox *box, struct outcome *o)
{
    const char *ids[BOXES_MAX];
    size_t n = boxes_of(w, sender, ids);
    if (n == 1 && config_box(w->store, w->arena, ids[0], box))
        return trace_note(w->trace, "A2", true, "no box is named; \"%s\" is the only one <%s> may send from",
                          box->id, sender);
    if (n == 0)
        return fail(w, "S2.6", o, "sender-unknown",
                    arena_format(w->arena,
                                 "<%.200s> may send from no fax box here. Ask the administrator of this fax "
                                 "server.",
                                 sender));
    return fail(
        w, "A2", o, "box-unclear",
        arena_format(w->arena,
                     "You may send from several boxes (%s); say which: number@box.%.100s, or number@box in "
                     "the subject",
                     boxes_text(w, ids, n), store_meta(w->store, w->arena, "fax_domain")));
}

static bool named_box(const struct routing *w, const char *id, struct faxbox *box, struct outcome *o)
{
    if (config_box(w->store, w->arena, id, box))
        return trace_note(w->trace, "A1", true, "the address names box \"%s\"", box->id);
    const char *domain = store_meta(w->store, w->arena, "fax_domain");
    return fail(
        w, "A1", o, "box-unknown",
        arena_format(w->arena,
                     "There is no fax box \"%.63s\" here. Faxes are addressed as number@box.%.100s, such as "
                     "0501234567@front.%.100s",
                     id, domain, domain));
}

/* S2.8: by id or name, and only among those he may use: no word on others. */
static bool box_of_subject(const struct routing *w, const char *name, const char *sender, struct faxbox *box,
                           struct outcome *o)
{
    const char *ids[BOXES_MAX];
    size_t n = boxes_of(w, sender, ids);
    for (int by_name = 0; by_name < 2; by_name++)
        for (size_t i = 0; i < n; i++)
            if (config_box(w->store, w->arena, ids[i], box) &&
                str_equal_nocase(by_name ? box->name : box->id, name))
                return trace_note(w->trace, "S2.8", true, "the subject names box \"%s\"", box->id);
    return fail(w, "S2.8", o, "box-unknown",
                arena_format(w->arena, "There is no fax box \"%s\" that you may send from. There %s: %s",
                             QUOTED(name), n == 1 ? "is" : "are", n ? boxes_text(w, ids, n) : "none"));
}

static bool may_use(const struct routing *w, const struct faxbox *box, const char *sender, struct outcome *o)
{
    enum permission p = config_may_send(w->store, box->id, sender);
    if (!serves(w, box))
        return fail(w, "S2.4", o, "box-other-mailbox",
                    arena_format(w->arena, "Fax box \"%s\" takes no mail from this mailbox.", box->id));
    const char *compared = config_exact_case(w->store, box->id) ? "exactly" : "ignoring case";
    if (p == PERMISSION_NONE)
        return fail(
            w, "S0.4", o, "sender-not-allowed",
            arena_format(w->arena,
                         "<%.200s> may not send from fax box \"%s\". The administrator can add the address "
                         "to the box's users or to its permission list.",
                         sender, box->id));
    (void)trace_note(w->trace, "S0.4", true, "<%s> (compared %s) %s \"%s\"", sender, compared,
                     p == PERMISSION_USER ? "is a user with send permission of box"
                                          : "is covered by the permission list of box",
                     box->id);
    if (!box->enabled)
        return fail(w, "S2.2", o, "box-off",
                    arena_format(w->arena, "Fax box \"%s\" is switched off.", box->id));
    return true;
}

/* ---- which number ---- */

struct lookup {
    const struct routing *w;
    const char *fax_domain;
};

static bool is_below(const char *custom, const char *domain)
{
    const char *at = strrchr(custom, '@');
    size_t whole = strlen(custom), len = strlen(domain);
    return at && whole > len && str_ends_nocase(custom, domain) && strchr("@.", custom[whole - len - 1]);
}

static bool box_of_custom(void *context, const char *custom, char box[RECIPIENT_BOX_LEN])
{
    const struct lookup *l = context;
    struct faxbox found;
    if (config_box_by_custom(l->w->store, l->w->arena, custom, &found))
        return str_copy(box, RECIPIENT_BOX_LEN, found.id);
    /* A mailbox's own address, elsewhere: any of its boxes. */
    box[0] = 0;
    return l->w->mailbox && str_equal_nocase(custom, l->w->mailbox->address) &&
           !is_below(custom, l->fax_domain);
}

enum recipient_result route_parse(const struct routing *w, const struct address *address,
                                  struct recipient *to, struct complaint *why)
{
    struct lookup l = {w, store_meta(w->store, w->arena, "fax_domain")};
    const struct recipient_rules rules = {
        .fax_domain = l.fax_domain, .box_of_custom = box_of_custom, .context = &l};
    return recipient_parse(&rules, address, to, why);
}

static bool understand(const struct routing *w, const char *text, struct recipient *to, struct outcome *o)
{
    struct address address;
    struct complaint why;
    enum address_error error = address_parse(span_str(text), &address);
    if (error != ADDRESS_OK)
        return fail(w, "A2", o, "address-invalid",
                    arena_format(w->arena, "The address is not valid: %s", address_error_text(error)));
    switch (route_parse(w, &address, to, &why)) {
    case RECIPIENT_OK: return true;
    case RECIPIENT_BAD: return fail(w, "A2", o, why.code, why.text);
    case RECIPIENT_FOREIGN: break;
    }
    return fail(w, "A2", o, "address-not-ours",
                arena_format(w->arena,
                             "This server takes mail for its fax boxes only (number@box.%.100s) and passes "
                             "nothing on.",
                             store_meta(w->store, w->arena, "fax_domain")));
}

/* What the header calls that address, "" where it does not name it. */
static const char *display_name(const struct routing *w, const char *addressees, const char *recipient)
{
    char *rest = arena_strdup(w->arena, addressees ? addressees : ""), *line;
    while ((line = strsep(&rest, "\n")) != NULL) {
        const char *address = strsep(&line, "\t");
        if (line && str_equal_nocase(address, recipient))
            return line;
    }
    return "";
}

/* Words of the display name for the cover page; a bare number is none. */
static const char *cover_name(const char *name)
{
    for (const char *c = name; *c; c++)
        if (char_is_alpha(*c) || (unsigned char)*c >= 0x80)
            return name;
    return "";
}

static bool name_has_number(const char *name)
{
    char found[1][NUMBER_TEXT_LEN], words[256];
    (void)str_copy_span(words, sizeof(words), span_of(name, strcspn(name, "^")));
    return number_text_find(words, found, 1) > 0;
}

/* ---- the plan ---- */

struct aim {
    const struct letter *letter;
    const char *recipient;
    int place;        /* of the recipient in the envelope; -1: it is not from there */
    const char *name; /* of the addressee */
    bool check, by_subject;
    struct plan *plan;
};

static bool known(const struct plan *p, const struct route *r)
{
    for (size_t i = 0; i < p->count; i++)
        if (str_equal(p->routes[i].box.id, r->box.id) && p->routes[i].check == r->check &&
            str_equal(p->routes[i].row.number, r->row.number))
            return true;
    return false;
}

static bool add(const struct routing *w, const struct aim *aim, const struct faxbox *box,
                const struct target *t, struct outcome *o)
{
    struct plan *p = aim->plan;
    if (p->count == ROUTES_MAX)
        return fail(w, "D2", o, "too-many-numbers",
                    arena_format(w->arena, "A mail may go to %d numbers at most. Send it in several mails.",
                                 ROUTES_MAX));
    struct route *r = &p->routes[p->count];
    if (!may_use(w, box, aim->letter->sender, o))
        return false;
    ask_of_box(w, box, t, r, o);
    if (o->verdict != VERDICT_DONE)
        return false;
    r->check = aim->check;
    r->row.recipient = aim->place;
    r->by_subject = aim->by_subject;
    r->name = cover_name(aim->name);
    if (!known(p, r))
        p->count++;
    return true;
}

/* Where the subject gives the number, the address may give the box (A2) and more flags. */
static bool add_of_subject(const struct routing *w, struct aim *aim, const struct recipient *to,
                           struct outcome *o)
{
    struct subject *s = arena_alloc(w->arena, sizeof(*s));
    struct complaint why;
    if (!subject_parse(aim->letter->subject, s, &why))
        return fail_with_forms(w, to->box, o, why.code, why.text);
    aim->check = aim->check || s->check;
    aim->by_subject = true;
    for (size_t i = 0; i < s->count; i++) {
        struct faxbox box, other;
        struct subject_target *t = &s->targets[i];
        if (*to->box && !named_box(w, to->box, &box, o))
            return false;
        if (*t->box && !box_of_subject(w, t->box, aim->letter->sender, *to->box ? &other : &box, o))
            return false;
        if (*t->box && *to->box && !str_equal(other.id, box.id))
            return fail(
                w, "S2.8", o, "box-unclear",
                arena_format(w->arena,
                             "The address names box \"%s\" and the subject box \"%s\". Write one of them.",
                             box.id, other.id));
        if (!*t->box && !*to->box && !only_box_of(w, aim->letter->sender, &box, o))
            return false;
        flags_join(&t->target.flags, &to->target.flags);
        (void)trace_note(w->trace, "A2", true, "the subject gives the number %s", t->target.number);
        if (!add(w, aim, &box, &t->target, o))
            return false;
    }
    return true;
}

/* A2's order: the address, the display name, the subject. */
static bool add_recipient(const struct routing *w, struct aim *aim, struct outcome *o)
{
    struct recipient to;
    struct faxbox box;
    struct complaint why;
    if (!understand(w, aim->recipient, &to, o))
        return false;
    aim->check = to.check;
    aim->name = display_name(w, aim->letter->addressees, aim->recipient);
    if (!to.has_target && !name_has_number(aim->name))
        return add_of_subject(w, aim, &to, o);
    if (!to.has_target) {
        struct flags of_address = to.target.flags;
        if (!target_find(aim->name, &to.target, &why))
            return fail_with_forms(w, to.box, o, why.code, why.text);
        flags_join(&to.target.flags, &of_address);
        (void)trace_note(w->trace, "A2", true, "the display name gives the number %s", to.target.number);
    } else {
        (void)trace_note(w->trace, "A2", true, "the address gives the number %s", to.target.number);
    }
    return (*to.box ? named_box(w, to.box, &box, o) : only_box_of(w, aim->letter->sender, &box, o)) &&
           add(w, aim, &box, &to.target, o);
}

void route_letter(const struct routing *w, const struct letter *m, struct plan *p, struct outcome *o)
{
    char *rest, *recipient;
    p->count = 0;
    outcome_done(o);
    const char *recipients = w->mailbox ? addressees_of_mailbox(w, m, o) : m->recipients;
    if (o->verdict != VERDICT_DONE)
        return;
    rest = arena_strdup(w->arena, recipients);
    for (int place = 0; (recipient = strsep(&rest, "\n")) != NULL; place++) {
        struct aim aim = {
            .letter = m, .recipient = recipient, .place = w->mailbox ? -1 : place, .name = "", .plan = p};
        if (*recipient && !add_recipient(w, &aim, o))
            return;
    }
    if (p->count == 0)
        (void)fail_with_forms(w, "", o, "no-recipient", "The mail has no recipient here");
}

/* ---- one at a time ---- */

void route_recipient(const struct routing *w, const char *recipient, const char *sender, struct route *r,
                     struct outcome *o)
{
    struct recipient to;
    struct faxbox box;
    outcome_done(o);
    *r = (struct route){.numbered = false};
    if (!understand(w, recipient, &to, o) ||
        !(*to.box ? named_box(w, to.box, &box, o) : only_box_of(w, sender, &box, o)) ||
        !may_use(w, &box, sender, o))
        return;
    r->box = box;
    if (to.has_target)
        ask_of_box(w, &box, &to.target, r, o);
    r->check = to.check;
}

void route_number(const struct routing *w, const struct faxbox *box, const char *text, struct route *r,
                  struct outcome *o)
{
    struct target t;
    struct complaint why;
    outcome_done(o);
    if (target_parse(text, &t, &why))
        ask_of_box(w, box, &t, r, o);
    else
        (void)fail(w, "A2", o, why.code, why.text);
}
