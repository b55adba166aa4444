/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Changes of settings that people ask for through web. */
#include <jansson.h>
#include <stdlib.h>

#include "base/fd.h"
#include "base/panic.h"
#include "base/scope.h"
#include "base/str.h"
#include "queue/audit_notes.h"
#include "queue/queue.h"
#include "provision/settings.h"

enum { BODY_MAX = 1024 * 1024, ERRORS_MAX = 65536 };

static const char *const verbs[] = {[SETTINGS_CREATE] = "create",
                                    [SETTINGS_CHANGE] = "change",
                                    [SETTINGS_REMOVE] = "delete",
                                    [SETTINGS_REPLACE] = "change"};

static void note(struct queue *q, const struct msg_settings_change *m, const struct settings_result *r)
{
    const struct doer d = {m->actor, m->who, m->client_ip};
    note_deed(q, config_tenant_id(&q->store, r->tenant), &d,
              arena_format(&q->arena, "%s.%s", m->resource, verbs[m->action]), *r->key ? r->key : m->key,
              r->changes);
}

/* No more than a message holds: the first ones are enough to go on with. */
static char *errors_text(const struct settings_result *r)
{
    char *text = json_dumps(r->errors ? r->errors : json_array(), JSON_COMPACT);
    if (text && strlen(text) >= ERRORS_MAX) {
        free(text);
        text = strdup("[]");
    }
    if (!text)
        panic("no memory for the errors");
    return text;
}

void on_settings_change(void *context, const struct sender *from, struct msg_settings_change *m)
{
    struct queue *q = context;
    struct settings_result r = {0};
    SCOPED_BUF struct buf body;
    buf_init(&body, BODY_MAX);
    queue_enter(q);
    if (m->action > SETTINGS_REPLACE)
        panic("web asks for settings action %u", m->action);
    const struct provision_keys keys = {q->conf->state_dir, &q->vault};
    bool read = m->body < 0 || fd_read_rest(m->body, &body) == 0;
    const struct settings_wish wish = {.resource = m->resource,
                                       .key = m->key,
                                       .action = (enum settings_action)m->action,
                                       .tenant = m->all ? NULL : m->tenant,
                                       .if_match = m->if_match,
                                       .body = buf_text(&body)};
    unsigned status = read ? settings_change(&q->store, &keys, &wish, &r) : 413;
    if (status < 300) {
        if (*r.changes)
            note(q, m, &r);
        queue_settings_changed(q);
    }
    SCOPED_FREE char *errors = errors_text(&r);
    struct message answer = {
        .type = MSG_settings_changed,
        .settings_changed = {
            .status = status, .key = r.key, .code = r.code, .detail = r.detail, .errors = errors}};
    peers_answer(q->peers, from, &answer);
    json_decref(r.errors);
}
