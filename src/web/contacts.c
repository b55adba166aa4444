/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Address books: everybody's own, and the one that a tenant shares, which its administrators keep. */
#include "store/contacts.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

#include "base/panic.h"
#include "base/scope.h"
#include "base/str.h"
#include "store/config.h"
#include "store/reports.h"
#include "web/resources.h"

enum { PATIENCE_MS = 30000, ETAG_TEXT = 32, QUERY_MAX = 200 };
enum { CREATE, CHANGE, REMOVE }; /* as queue/contacts.h numbers them */

static json_t *lines_json(const char *lines)
{
    json_t *list = json_array();
    while (*lines) {
        size_t len = strcspn(lines, "\n");
        (void)json_array_append_new(list, json_stringn(lines, len));
        lines += len + (lines[len] != 0);
    }
    return list;
}

static json_t *contact_json(struct request *r, const struct contact *c)
{
    struct tenant t = {.name = ""};
    (void)config_tenant(r->store, &r->arena, c->tenant, &t);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:b, s:s, s:o}", "id", id_text(c->id), "name", c->name,
                     "company", c->company, "number", c->number, "note", c->note, "groups",
                     lines_json(c->groups), "shared", (int)id_is_none(c->user), "tenant", t.name,
                     "changed_ms", json_time(c->changed_ms));
}

static bool sees(const struct actor *a, const struct contact *c)
{
    if (!id_is_none(c->user))
        return id_equal(c->user, a->user);
    return a->role >= ACTOR_INSTALLATION || id_equal(c->tenant, a->tenant);
}

/* Whose book is meant: one's own tenant's; of who administrates the installation, the one he names. False:
 * answered. */
static bool take_tenant(struct request *r, struct id *tenant)
{
    struct id ids[2];
    const char *name = request_argument(r, "tenant", "");
    bool named = *name && r->actor.role >= ACTOR_INSTALLATION;
    *tenant = named ? config_tenant_id(r->store, name) : r->actor.tenant;
    if (!named && id_is_none(*tenant) && config_tenant_ids(r->store, ids, ARRAY_LEN(ids)) == 1)
        *tenant = ids[0];
    if (!id_is_none(*tenant))
        return true;
    reply_problem(r, MHD_HTTP_BAD_REQUEST, "which-tenant",
                  "Say by `tenant` whose address book is meant: the name of a tenant.");
    return false;
}

/* ---- looking ---- */

void get_contacts(struct request *r)
{
    struct report_cursor c;
    struct contact *list;
    struct contact_book book = {.user = r->actor.user};
    const char *prefix = request_argument(r, "q", ""), *group = request_argument(r, "group", "");
    if (!request_cursor(r, &c) || !take_tenant(r, &book.tenant))
        return;
    if (strlen(prefix) > QUERY_MAX || strlen(group) > QUERY_MAX) {
        reply_problem(r, MHD_HTTP_BAD_REQUEST, "wrong-query", "q and group are at most %d bytes long.",
                      QUERY_MAX);
        return;
    }
    const struct contact_cursor cursor = {
        .prefix = prefix, .group = group, .after = c.before, .most = c.most};
    size_t n = contact_list(r->store, &book, &cursor, &r->arena, &list);
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++)
        (void)json_array_append_new(items, contact_json(r, &list[i]));
    reply_list(r, items, c.most, n > 0 ? list[n - 1].id : ID_NONE);
}

/* Few: all of them at once. */
void get_contact_groups(struct request *r)
{
    struct contact_group *list;
    struct contact_book book = {.user = r->actor.user};
    if (!take_tenant(r, &book.tenant))
        return;
    size_t n = contact_groups(r->store, &book, &r->arena, &list);
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++)
        (void)json_array_append_new(items, json_pack("{s:s, s:b, s:i}", "name", list[i].name, "shared",
                                                     (int)list[i].shared, "members", (int)list[i].members));
    reply_json(r, MHD_HTTP_OK, json_pack("{s:o, s:n}", "items", items, "next"));
}

static bool find(struct request *r, struct id id, struct contact *c)
{
    return contact_find(r->store, id, &r->arena, c) && sees(&r->actor, c);
}

static void reply_unknown(struct request *r)
{
    reply_problem(r, MHD_HTTP_NOT_FOUND, "unknown-contact", "There is no such entry.");
}

static void reply_contact(struct request *r, unsigned status, const struct contact *c)
{
    char etag[ETAG_TEXT];
    (void)str_format(etag, sizeof(etag), "\"%lld\"", (long long)c->version);
    reply_json(r, status, contact_json(r, c));
    (void)MHD_add_response_header(r->response, MHD_HTTP_HEADER_ETAG, etag);
}

void get_contact(struct request *r)
{
    struct contact c;
    if (find(r, r->id, &c))
        reply_contact(r, MHD_HTTP_OK, &c);
    else
        reply_unknown(r);
}

/* ---- changing ---- */

static void reply_refused(struct request *r, const struct msg_contact_changed *m)
{
    struct contact c;
    json_t *errors = json_loads(m->errors, 0, NULL), *more = json_object();
    if (json_array_size(errors) > 0)
        (void)json_object_set(more, "errors", errors);
    if (m->status == MHD_HTTP_PRECONDITION_FAILED && find(r, r->subject, &c))
        (void)json_object_set_new(more, "current", contact_json(r, &c));
    reply_problem_with(r, m->status, m->code, more, "%s", m->reason);
    json_decref(errors);
}

static void on_changed(struct request *r, const struct message *m)
{
    char location[100];
    struct contact c;
    if (!m) {
        reply_queue_away(
            r, "Whether the address book was changed is not known: look at it before you try again.");
        return;
    }
    unsigned status = m->contact_changed.status;
    if (status >= 400)
        reply_refused(r, &m->contact_changed);
    else if (status == MHD_HTTP_NO_CONTENT)
        reply_empty(r, status);
    else if (!find(r, r->subject, &c))
        reply_unknown(r); /* somebody has deleted it since */
    else
        reply_contact(r, status, &c);
    if (status == MHD_HTTP_CREATED &&
        str_format(location, sizeof(location), "/api/v1/contacts/%s", id_text(r->subject)))
        (void)MHD_add_response_header(r->response, MHD_HTTP_HEADER_LOCATION, location);
}

static void ask(struct request *r, unsigned action, const json_t *body)
{
    struct id tenant = r->actor.tenant;
    struct contact known;
    const char *who = request_asker(r), *match = request_if_match(r, "");
    SCOPED_FREE char *text = json_dumps(body, JSON_COMPACT);
    if (!who)
        return;
    if (action != CREATE && !find(r, r->subject, &known)) {
        reply_unknown(r);
        return;
    }
    if (action != CREATE)
        tenant = known.tenant;
    else if (!take_tenant(r, &tenant))
        return;
    const struct message m = {.type = MSG_contact_change,
                              .contact_change = {.contact = r->subject,
                                                 .action = action,
                                                 .json = text ? text : "{}",
                                                 .if_match = match,
                                                 .tenant = tenant,
                                                 .shared = r->actor.role >= ACTOR_TENANT,
                                                 .all = r->actor.role >= ACTOR_INSTALLATION,
                                                 .actor = r->actor.user,
                                                 .who = who,
                                                 .client_ip = r->actor.client_ip}};
    request_ask(r, &m, PATIENCE_MS, on_changed);
}

void post_contact(struct request *r)
{
    json_t *body = request_object(r);
    if (!body)
        return;
    if (request_new_id(r, &r->subject))
        ask(r, CREATE, body);
    json_decref(body);
}

void patch_contact(struct request *r)
{
    json_t *body = request_object(r);
    if (!body)
        return;
    r->subject = r->id;
    ask(r, CHANGE, body);
    json_decref(body);
}

void delete_contact(struct request *r)
{
    json_t *none = json_object();
    r->subject = r->id;
    ask(r, REMOVE, none);
    json_decref(none);
}
