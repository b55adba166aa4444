/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* PGP keys of tenants. Those of users are provisioning. */
#include <microhttpd.h>

#include "store/config.h"
#include "web/resources.h"

enum { MAKE_PATIENCE_MS = 90000 };

static void on_key_made(struct request *r, const struct message *m)
{
    if (!m)
        reply_queue_away(r, "Whether a key was made is not known: `faxpost key list` shows it.");
    else if (m->key_made.status >= 400)
        reply_problem(r, m->key_made.status, m->key_made.code, "%s", m->key_made.reason);
    else
        reply_json(r, m->key_made.status, json_pack("{s:s}", "fingerprint", m->key_made.fingerprint));
}

/* tenant: its name; replace: also where it has a key. */
void post_keys(struct request *r)
{
    const char *tenant = request_argument(r, "tenant", "");
    const char *who = request_asker(r);
    const struct message m = {.type = MSG_key_make,
                              .key_make = {.tenant = tenant,
                                           .replace = *request_argument(r, "replace", "") != 0,
                                           .user = who,
                                           .actor = r->actor.user,
                                           .client_ip = r->actor.client_ip}};
    const struct scope w = actor_scope(&r->actor);
    if (!who)
        return;
    if (*tenant && !r->actor.local &&
        !scope_has(r->store, &w, config_tenant_id(r->store, tenant), "", SCOPE_SEND))
        reply_problem(r, MHD_HTTP_NOT_FOUND, "unknown-tenant", "There is no such tenant.");
    else if (!*tenant || strlen(tenant) > 200)
        reply_problem(r, MHD_HTTP_BAD_REQUEST, "wrong-tenant", "tenant is the name of a tenant.");
    else
        request_ask(r, &m, MAKE_PATIENCE_MS, on_key_made);
}
