/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Does the DNS bring mails for the fax domain here, and has it the keys that our mails are signed with? */
#include <microhttpd.h>
#include <string.h>

#include "base/panic.h"
#include "base/str.h"
#include "provision/settings.h"
#include "web/resources.h"

enum { PATIENCE_MS = 30000 };

/* Its words up to the next blank; "" at the end of the line. */
static const char *word(char **rest)
{
    const char *found = *rest ? strsep(rest, " ") : NULL;
    return found ? found : "";
}

static json_t *found_json(char *list)
{
    json_t *found = json_array();
    const char *one;
    while (list && (one = strsep(&list, ",")) != NULL)
        if (*one)
            (void)json_array_append_new(found, json_string(one));
    return found;
}

/* "state type name wanted found,found" a line; wanted "-": any will do. */
static json_t *record_json(char *line)
{
    const char *state = word(&line), *type = word(&line), *name = word(&line), *wanted = word(&line);
    json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:o}", "name", name, "type", type, "wanted",
                          str_equal(wanted, "-") ? "" : wanted, "state", state, "found", found_json(line));
    if (!o)
        panic("a record of the DNS is no text");
    return o;
}

static void on_checked(struct request *r, const struct message *m)
{
    if (!m) {
        reply_queue_away(r, "The DNS was not asked.");
        return;
    }
    if (m->domain_checked.status >= 400) {
        reply_problem(r, m->domain_checked.status, m->domain_checked.code, "%s", m->domain_checked.reason);
        return;
    }
    json_t *records = json_array();
    char *rest = arena_strdup(&r->arena, m->domain_checked.records), *line;
    while ((line = strsep(&rest, "\n")) != NULL)
        if (*line)
            (void)json_array_append_new(records, record_json(line));
    reply_json(r, MHD_HTTP_OK,
               json_pack("{s:s, s:s, s:o}", "domain", m->domain_checked.domain, "host_name",
                         m->domain_checked.host, "records", records));
}

void check_domain(struct request *r)
{
    const struct message m = {.type = MSG_domain_check,
                              .domain_check = {.look = id_new(), .name = "", .key = ""}};
    request_ask(r, &m, PATIENCE_MS, on_checked);
}

/* ---- one signing key ---- */

static void on_key_checked(struct request *r, const struct message *m)
{
    if (!m) {
        reply_queue_away(r, "The DNS was not asked.");
        return;
    }
    char *rest = arena_strdup(&r->arena, m->domain_checked.records), *line = strsep(&rest, "\n");
    reply_json(r, MHD_HTTP_OK, record_json(line));
}

void check_dkim_key(struct request *r)
{
    char etag[SETTINGS_ETAG_LEN];
    const char *id = request_argument(r, "key", "");
    json_t *key = settings_one(r->store, "dkim-keys", NULL, id, etag);
    const char *record =
        arena_strdup(&r->arena, key ? json_string_value(json_object_get(key, "record")) : "");
    const struct message m = {.type = MSG_domain_check,
                              .domain_check = {.look = id_new(), .name = id, .key = record}};
    if (!key)
        reply_problem(r, MHD_HTTP_BAD_REQUEST, "unknown-key",
                      "key is the id of a signing key, as GET dkim-keys shows it.");
    else if (!*record)
        reply_problem(
            r, MHD_HTTP_CONFLICT, "no-record",
            "The public half of this key is not known here: it was given before that was kept. Give "
            "the key again, or make a new one.");
    else
        request_ask(r, &m, PATIENCE_MS, on_key_checked);
    json_decref(key);
}
