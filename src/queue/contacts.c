/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Address books: entries are made, changed and deleted; and a name that stands where a number is expected
 * becomes the number. No name reads like a number, so there is one reading of each. */
#include "queue/contacts.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/panic.h"
#include "base/scope.h"
#include "base/str.h"
#include "proto/target.h"
#include "queue/asking.h"
#include "queue/audit_notes.h"
#include "queue/queue.h"

enum { NAME_BYTES = 120, NUMBER_BYTES = 200, NOTE_BYTES = 1000, GROUP_BYTES = 60, GROUPS_OF_ONE = 20 };

const char *contact_number(struct store *s, struct arena *a, const struct contact_book *b, const char *text,
                           struct contact *c)
{
    size_t len = strcspn(text, "^");
    while (len > 0 && text[len - 1] == ' ')
        len--;
    *c = (struct contact){.name = ""};
    if (!contact_named(s, b, arena_format(a, "%.*s", (int)len, text), a, c))
        return text;
    return arena_format(a, "%s%s", c->number, text + strcspn(text, "^"));
}

/* ---- what an entry may say ---- */

struct change {
    struct queue *q;
    const struct msg_contact_change *m;
    json_t *body, *errors;
};

static void wrong(struct change *c, const char *field, const char *detail)
{
    (void)json_array_append_new(c->errors, json_pack("{s:s, s:s}", "field", field, "detail", detail));
}

static const char *text_of(struct change *c, const char *field, const char *missing, size_t most)
{
    const json_t *value = json_object_get(c->body, field);
    const char *text = json_string_value(value);
    if (!value)
        return missing;
    bool good = text && strlen(text) <= most;
    for (const char *at = text; good && *at; at++)
        good = ((unsigned char)*at >= 0x20 && *at != 0x7f) || (most == NOTE_BYTES && *at == '\n');
    if (!good)
        wrong(c, field,
              arena_format(&c->q->arena, "This is a text of at most %zu bytes%s.", most,
                           most == NOTE_BYTES ? "" : ", in one line"));
    return good ? text : missing;
}

static bool is_group_name(const char *name)
{
    bool good = name && *name && strlen(name) <= GROUP_BYTES && !strpbrk(name, ",;|^") && name[0] != ' ' &&
                name[strlen(name) - 1] != ' ';
    for (const char *at = name; good && *at; at++)
        good = (unsigned char)*at >= 0x20 && *at != 0x7f;
    return good;
}

static bool has_line(const char *lines, const char *line)
{
    size_t len = strlen(line);
    for (; *lines; lines += strcspn(lines, "\n") + (lines[strcspn(lines, "\n")] != 0))
        if (strcspn(lines, "\n") == len && strncasecmp(lines, line, len) == 0)
            return true;
    return false;
}

static const char *groups_of(struct change *c, const char *missing)
{
    const json_t *list = json_object_get(c->body, "groups");
    const char *groups = "";
    bool good = json_is_array(list) && json_array_size(list) <= GROUPS_OF_ONE;
    if (!list)
        return missing;
    for (size_t i = 0; good && i < json_array_size(list); i++) {
        const char *name = json_string_value(json_array_get(list, i));
        good = is_group_name(name);
        if (good && !has_line(groups, name))
            groups = arena_format(&c->q->arena, "%s%s%s", groups, *groups ? "\n" : "", name);
    }
    if (!good)
        wrong(c, "groups",
              arena_format(&c->q->arena,
                           "This is a list of at most %d names of groups, each of at most %d bytes, without "
                           "^ , ; | and blanks around it.",
                           GROUPS_OF_ONE, GROUP_BYTES));
    return good ? groups : missing;
}

static void refuse_unknown(struct change *c)
{
    static const char *const known[] = {"name", "number", "company", "note", "groups", "shared"};
    const char *name;
    json_t *value;
    json_object_foreach(c->body, name, value)
    {
        bool found = false;
        for (size_t i = 0; i < ARRAY_LEN(known); i++)
            found = found || str_equal(name, known[i]);
        if (!found ||
            (str_equal(name, "shared") && (!json_is_boolean(value) || c->m->action != CONTACT_CREATE)))
            wrong(c, name,
                  found ? "Whose entry it is, is said when it is made: true or false."
                        : "There is no such field.");
    }
}

static void check_name(struct change *c, const struct contact *e)
{
    struct target target;
    struct complaint why;
    struct id other;
    if (!*e->name || e->name[0] == ' ' || e->name[strlen(e->name) - 1] == ' ')
        wrong(c, "name", "An entry needs a name, without blanks around it.");
    else if (strpbrk(e->name, "^,;|") || target_parse(e->name, &target, &why))
        wrong(c, "name",
              "A name is no number and has none of ^ , ; | in it, for it may stand where a number does.");
    else if (contact_in_book(&c->q->store, e->tenant, e->user, e->name, &other) && !id_equal(other, e->id))
        wrong(c, "name", "There is an entry of that name in this address book already.");
}

static void check_number(struct change *c, const struct contact *e)
{
    struct tenant t;
    struct target target;
    struct number number;
    struct complaint why;
    if (!*e->number)
        wrong(c, "number", "An entry needs a number.");
    else if (!target_parse(e->number, &target, &why) ||
             !config_tenant(&c->q->store, &c->q->arena, e->tenant, &t) ||
             !ask_number(&c->q->store, &t, target.number, &number, &why))
        wrong(c, "number", why.text);
}

static void take_fields(struct change *c, struct contact *e)
{
    refuse_unknown(c);
    e->name = text_of(c, "name", e->name, NAME_BYTES);
    e->number = text_of(c, "number", e->number, NUMBER_BYTES);
    e->company = text_of(c, "company", e->company, NAME_BYTES);
    e->note = text_of(c, "note", e->note, NOTE_BYTES);
    e->groups = groups_of(c, e->groups);
    if (json_array_size(c->errors) > 0)
        return;
    check_name(c, e);
    check_number(c, e);
}

/* ---- making, changing, deleting ---- */

static unsigned refuse(struct outcome *o, unsigned status, const char *code, const char *text)
{
    outcome_set(o, VERDICT_GIVE_UP, code, "%s", text);
    return status;
}

static unsigned store_fields(struct change *c, struct contact *e, struct outcome *o)
{
    take_fields(c, e);
    if (json_array_size(c->errors) > 0)
        return refuse(o, 422, "wrong-fields",
                      json_string_value(json_object_get(json_array_get(c->errors, 0), "detail")));
    e->version++;
    e->changed_ms = c->q->now_ms;
    contact_put(&c->q->store, e);
    return 200;
}

static unsigned create(struct change *c, struct outcome *o)
{
    struct contact e = {.id = c->m->contact,
                        .tenant = c->m->tenant,
                        .name = "",
                        .company = "",
                        .number = "",
                        .note = "",
                        .groups = ""};
    struct contact known;
    bool shared = json_is_true(json_object_get(c->body, "shared")) || id_is_none(c->m->actor);
    if (contact_find(&c->q->store, e.id, &c->q->arena, &known))
        return 201; /* asked again after our restart */
    if (shared && !c->m->shared)
        return refuse(o, 403, "not-allowed",
                      "The shared address book is an administrator's to change. Leave `shared` out to add it "
                      "to your own.");
    e.user = shared ? ID_NONE : c->m->actor;
    if (contact_count(&c->q->store, e.tenant, e.user) >= (shared ? CONTACTS_OF_A_TENANT : CONTACTS_OF_A_USER))
        return refuse(o, 409, "book-full", "This address book is full. Delete what is not used any more.");
    unsigned status = store_fields(c, &e, o);
    return status == 200 ? 201 : status;
}

static bool is_his(const struct msg_contact_change *m, const struct contact *e)
{
    if (!id_is_none(e->user))
        return id_equal(e->user, m->actor);
    return m->all || id_equal(e->tenant, m->tenant);
}

static unsigned change_known(struct change *c, struct outcome *o)
{
    struct contact e;
    if (!contact_find(&c->q->store, c->m->contact, &c->q->arena, &e) || !is_his(c->m, &e))
        return refuse(o, 404, "unknown-contact", "There is no such entry.");
    if (id_is_none(e.user) && !c->m->shared)
        return refuse(o, 403, "not-allowed", "The shared address book is an administrator's to change.");
    if (!*c->m->if_match)
        return refuse(
            o, 428, "if-match-needed",
            "Say by If-Match which state you have seen (the ETag of GET), so that nobody's change is lost.");
    if (!str_equal(c->m->if_match, "*") &&
        !strstr(c->m->if_match, arena_format(&c->q->arena, "\"%lld\"", (long long)e.version)))
        return refuse(o, 412, "changed-meanwhile",
                      "Somebody else has changed this meanwhile. Look at it as it is now, then save again.");
    if (c->m->action == CONTACT_CHANGE)
        return store_fields(c, &e, o);
    contact_drop(&c->q->store, e.id);
    return 204;
}

/* What one does with one's own book is nobody's business. */
static void note(struct queue *q, const struct msg_contact_change *m, const char *name)
{
    static const char *const actions[] = {"contacts.create", "contacts.change", "contacts.delete"};
    const struct doer d = {m->actor, m->who, m->client_ip};
    note_deed(q, m->tenant, &d, actions[m->action], id_text(m->contact), name);
}

void on_contact_change(void *context, const struct sender *from, struct msg_contact_change *m)
{
    struct queue *q = context;
    struct outcome o;
    struct contact e = {.name = ""};
    queue_enter(q);
    outcome_done(&o);
    if (m->action > CONTACT_REMOVE)
        panic("web asks for contact action %u", m->action);
    struct change c = {.q = q, .m = m, .body = json_loads(m->json, 0, NULL), .errors = json_array()};
    bool known = contact_find(&q->store, m->contact, &q->arena, &e);
    unsigned status = m->action == CONTACT_CREATE ? create(&c, &o) : change_known(&c, &o);
    if (!known)
        known = contact_find(&q->store, m->contact, &q->arena, &e);
    if (status < 300 && known && id_is_none(e.user))
        note(q, m, e.name);
    SCOPED_FREE char *errors = json_dumps(c.errors, JSON_COMPACT);
    if (!errors)
        panic("errors that do not print");
    struct message answer = {
        .type = MSG_contact_changed,
        .contact_changed = {.contact = m->contact, .status = status, MESSAGE_OUTCOME(&o), .errors = errors}};
    peers_answer(q->peers, from, &answer);
    json_decref(c.body);
    json_decref(c.errors);
}
