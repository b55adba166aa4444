/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Boxes, users, tenants, mailboxes, mail servers, trunks, the installation: what is provisioned, entry by
 * entry. queue checks and writes; who has seen an older state is told so. */
#include <microhttpd.h>
#include <string.h>

#include "base/panic.h"
#include "base/str.h"
#include "provision/settings.h"
#include "store/config.h"
#include "web/resources.h"

enum { PATIENCE_MS = 60000, RESOURCE_MAX = 32 };

/* The first part of the route's path. */
static const char *resource_of(struct request *r)
{
    return arena_format(&r->arena, "%.*s", (int)strcspn(r->route->path, "/"), r->route->path);
}

static const char *tenant_of(const struct request *r)
{
    return r->actor.role >= ACTOR_INSTALLATION ? NULL : r->actor.tenant_name;
}

static const char *key_of(const struct request *r)
{
    return r->path_name ? r->path_name : "";
}

/* How it is with a mailbox or a trunk stands beside its settings. */
static void add_states(json_t *items, const json_t *states)
{
    size_t i, k;
    json_t *item, *state;
    json_array_foreach(items, i, item)
    {
        json_array_foreach(states, k, state)
        {
            if (json_equal(json_object_get(item, "name"), json_object_get(state, "name")))
                (void)json_object_update_missing(item, state);
        }
    }
}

/* Those that nobody has looked at, for they are switched off. */
static void add_no_state(json_t *items)
{
    size_t i;
    json_t *item, *none = json_pack("{s:b, s:s, s:s, s:n}", "ok", 1, "code", "", "text", "", "since_ms");
    json_array_foreach(items, i, item)
    {
        (void)json_object_update_missing(item, none);
    }
    json_decref(none);
}

static void complete(struct request *r, const char *resource, json_t *items)
{
    json_t *states = str_equal(resource, "trunks")           ? json_trunks(r)
                     : str_equal(resource, "mailboxes")      ? json_mailbox_states(r)
                     : str_equal(resource, "archive-places") ? json_archive_states(r)
                                                             : NULL;
    add_states(items, states);
    if (str_equal(resource, "mailboxes"))
        add_no_state(items);
    json_decref(states);
}

/* "-" before it turns the order round. */
static bool take_sort(struct request *r, struct settings_search *q)
{
    static const char *const names[] = {
        [SETTINGS_BY_NAME] = "name", [SETTINGS_BY_ID] = "id", [SETTINGS_BY_TENANT] = "tenant"};
    const char *sort = request_argument(r, "sort", names[SETTINGS_BY_NAME]);
    q->down = *sort == '-';
    for (unsigned i = 0; i < ARRAY_LEN(names); i++)
        if (str_equal(sort + q->down, names[i])) {
            q->sort = (enum settings_sort)i;
            return true;
        }
    reply_problem(r, MHD_HTTP_BAD_REQUEST, "wrong-sort",
                  "sort is name, id or tenant, with - before it where the last one comes first.");
    return false;
}

static bool take_search(struct request *r, struct settings_search *q)
{
    *q = (struct settings_search){.words = request_argument(r, "q", ""),
                                  .after = request_argument(r, "before", "")};
    if (!request_limit(r, &q->most) || !take_sort(r, q))
        return false;
    if (strlen(q->words) > 200 || !utf8_valid(span_str(q->words)))
        reply_problem(r, MHD_HTTP_BAD_REQUEST, "wrong-q", "q is UTF-8 of at most 200 bytes.");
    else if (*q->after && (!strchr(q->after, '\t') || strlen(q->after) >= SETTINGS_CURSOR_LEN))
        reply_problem(r, MHD_HTTP_BAD_REQUEST, "wrong-before",
                      "before is the \"next\" of an earlier answer.");
    else
        return true;
    return false;
}

static void list(struct request *r, struct settings_search *q)
{
    const char *resource = resource_of(r), *tenant = tenant_of(r);
    const char *wanted = request_argument(r, "tenant", "");
    char next[SETTINGS_CURSOR_LEN];
    if (*wanted && tenant && !str_equal(wanted, tenant))
        q->most = 0; /* his own are all he sees */
    json_t *items = settings_page(r->store, resource, tenant ? tenant : *wanted ? wanted : NULL, q, next);
    complete(r, resource, items);
    reply_json(r, MHD_HTTP_OK,
               json_pack("{s:o, s:o}", "items", items, "next", *next ? json_string(next) : json_null()));
}

void list_settings(struct request *r)
{
    struct settings_search q;
    if (take_search(r, &q))
        list(r, &q);
}

void list_boxes(struct request *r)
{
    struct settings_search q;
    const char *template = request_argument(r, "template", "");
    if (!take_search(r, &q))
        return;
    if (*template && !id_parse(template, &q.template))
        reply_problem(r, MHD_HTTP_BAD_REQUEST, "wrong-template",
                      "template is the id of a settings template, as GET settings-templates shows it.");
    else
        list(r, &q);
}

/* The entry as it is; NULL where there is none. */
static json_t *entry_of(struct request *r, const char *key, char etag[SETTINGS_ETAG_LEN])
{
    const char *resource = resource_of(r);
    json_t *entry = settings_one(r->store, resource, tenant_of(r), key, etag), *items = json_array();
    if (entry) {
        (void)json_array_append(items, entry);
        complete(r, resource, items);
    }
    json_decref(items);
    return entry;
}

static void reply_entry(struct request *r, unsigned status, json_t *entry, const char *etag)
{
    reply_json(r, status, entry);
    (void)MHD_add_response_header(r->response, MHD_HTTP_HEADER_ETAG, etag);
}

static void reply_unknown(struct request *r)
{
    reply_problem(r, MHD_HTTP_NOT_FOUND, "unknown-entry", "There is nothing of that name.");
}

void get_settings(struct request *r)
{
    char etag[SETTINGS_ETAG_LEN];
    json_t *entry = entry_of(r, key_of(r), etag);
    if (!entry)
        reply_unknown(r);
    else if (strstr(request_header(r, MHD_HTTP_HEADER_IF_NONE_MATCH, ""), etag)) {
        json_decref(entry);
        reply_empty(r, MHD_HTTP_NOT_MODIFIED);
        (void)MHD_add_response_header(r->response, MHD_HTTP_HEADER_ETAG, etag);
    } else
        reply_entry(r, MHD_HTTP_OK, entry, etag);
}

/* ---- changes ---- */

/* With what is wrong with each field, and, where it has changed meanwhile, with what it is now. */
static void reply_refusal(struct request *r, const struct msg_settings_changed *m)
{
    char etag[SETTINGS_ETAG_LEN] = "";
    json_t *errors = json_loads(m->errors, 0, NULL);
    json_t *current = m->status == MHD_HTTP_PRECONDITION_FAILED ? entry_of(r, key_of(r), etag) : NULL;
    json_t *more = json_object();
    if (json_array_size(errors) > 0)
        (void)json_object_set(more, "errors", errors);
    if (current)
        (void)json_object_set(more, "current", current);
    reply_problem_with(r, m->status, m->code, more, "%s", m->detail);
    if (*etag)
        (void)MHD_add_response_header(r->response, MHD_HTTP_HEADER_ETAG, etag);
    json_decref(errors);
    json_decref(current);
}

void reply_settings_refusal(struct request *r, const struct message *m)
{
    if (m)
        reply_refusal(r, &m->settings_changed);
    else
        reply_queue_away(r, "Whether the change was made is not known: look at it before you try again.");
}

static void on_changed(struct request *r, const struct message *m)
{
    char etag[SETTINGS_ETAG_LEN], location[400];
    if (!m) {
        reply_settings_refusal(r, m);
        return;
    }
    const struct msg_settings_changed *c = &m->settings_changed;
    bool created = c->status == MHD_HTTP_CREATED;
    json_t *entry = c->status < 300 && c->status != MHD_HTTP_NO_CONTENT
                        ? entry_of(r, created ? c->key : key_of(r), etag)
                        : NULL;
    if (c->status >= 300)
        reply_refusal(r, c);
    else if (!entry)
        reply_empty(r, MHD_HTTP_NO_CONTENT);
    else
        reply_entry(r, c->status, entry, etag);
    if (created && entry && str_format(location, sizeof(location), "/api/v1/%s/%s", resource_of(r), c->key))
        (void)MHD_add_response_header(r->response, MHD_HTTP_HEADER_LOCATION, location);
}

static void ask(struct request *r, unsigned action)
{
    const char *tenant = tenant_of(r), *who = request_asker(r);
    const char *match = request_if_match(r, "");
    int body = request_sealed_body(r);
    if (!who)
        return;
    if (strlen(key_of(r)) > 190) {
        reply_unknown(r);
        return;
    }
    const struct message m = {.type = MSG_settings_change,
                              .settings_change = {.resource = resource_of(r),
                                                  .key = key_of(r),
                                                  .action = action,
                                                  .tenant = tenant ? tenant : "",
                                                  .all = !tenant,
                                                  .if_match = match,
                                                  .actor = r->actor.user,
                                                  .actor_tenant = r->actor.tenant,
                                                  .who = who,
                                                  .client_ip = r->actor.client_ip,
                                                  .body = body}};
    request_ask(r, &m, PATIENCE_MS, on_changed);
}

void create_settings(struct request *r)
{
    ask(r, SETTINGS_CREATE);
}

void change_settings(struct request *r)
{
    ask(r, SETTINGS_CHANGE);
}

void replace_settings(struct request *r)
{
    ask(r, SETTINGS_REPLACE);
}

void remove_settings(struct request *r)
{
    ask(r, SETTINGS_REMOVE);
}
