/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "web/setup.h"

#include <microhttpd.h>
#include <sodium.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "store/reports.h"
#include "web/door.h"
#include "web/resources.h"

#define SETUP_COOKIE "faxpost_setup"
enum { FINISH_PATIENCE_MS = 30000 };

static bool is_finished(struct store *s, struct arena *a)
{
    return str_equal(store_meta(s, a, "setup"), "finished");
}

static void new_token(struct setup *setup)
{
    uint8_t hash[TOKEN_HASH_LEN];
    token_make(setup->token, hash);
}

void setup_open(struct setup *setup, int fd, int application_fd)
{
    struct endpoint e;
    *setup = (struct setup){.open = endpoint_of_socket(fd, &e) == 0};
    if (!setup->open)
        return;
    endpoint_format(&e, setup->address);
    if (application_fd >= 0 && endpoint_of_socket(application_fd, &e) == 0)
        setup->application_port = endpoint_port(&e);
    new_token(setup);
}

void setup_announce(const struct setup *setup, struct store *s)
{
    struct arena a;
    arena_init(&a);
    if (setup->open && !is_finished(s, &a))
        log_info(
            NULL,
            "not set up yet: open http://%s/setup#%s in a browser on this machine; `faxpost setup` shows the "
            "address again, `faxpost set installation.setup finished` does without it",
            setup->address, setup->token);
    arena_clear(&a);
}

void setup_identify(struct request *r)
{
    const struct setup *setup = request_setup(r);
    const char *cookie = MHD_lookup_connection_value(r->connection, MHD_COOKIE_KIND, SETUP_COOKIE);
    uint8_t hash[TOKEN_HASH_LEN];
    if (!cookie || !setup->visited || !token_hash(cookie, hash) ||
        sodium_memcmp(hash, setup->cookie, sizeof(hash)) != 0 || is_finished(r->store, &r->arena))
        return;
    r->actor.role = ACTOR_INSTALLATION;
    r->actor.name = "setup";
}

/* ---- coming in ---- */

static bool fits(const struct setup *setup, const json_t *body)
{
    const char *token = json_string_value(json_object_get(body, "token"));
    uint8_t given[TOKEN_HASH_LEN], own[TOKEN_HASH_LEN];
    return token && token_hash(token, given) && token_hash(setup->token, own) &&
           sodium_memcmp(given, own, sizeof(own)) == 0;
}

void post_setup_session(struct request *r)
{
    char cookie[TOKEN_TEXT_LEN], header[200];
    struct setup *setup = request_setup(r);
    if (!r->client->setup || is_finished(r->store, &r->arena)) {
        reply_problem(
            r, MHD_HTTP_NOT_FOUND, "no-setup",
            "The wizard is not here: it has an address of its own, until the installation is set up. "
            "`faxpost setup` shows it.");
        return;
    }
    json_t *body = request_object(r);
    if (!body)
        return;
    bool right = fits(setup, body);
    json_decref(body);
    if (!right) {
        reply_problem(
            r, MHD_HTTP_FORBIDDEN, "wrong-token",
            "This link does not open the wizard, or was used already. `faxpost setup` shows a new one.");
        return;
    }
    token_make(cookie, setup->cookie);
    setup->visited = true;
    new_token(setup);
    reply_empty(r, MHD_HTTP_NO_CONTENT);
    (void)str_format(header, sizeof(header), SETUP_COOKIE "=%s; Path=/; HttpOnly; SameSite=Strict", cookie);
    (void)MHD_add_response_header(r->response, MHD_HTTP_HEADER_SET_COOKIE, header);
}

/* ---- how far it is ---- */

static json_t *link_of(const struct request *r)
{
    const struct setup *setup = request_setup(r);
    return r->actor.local && setup->open ? json_sprintf("http://%s/setup#%s", setup->address, setup->token)
                                         : json_null();
}

void get_setup(struct request *r)
{
    struct report_box box;
    bool has_box = report_boxes(r->store, &SCOPE_ALL, &r->arena, &box, 1) > 0;
    bool finished = is_finished(r->store, &r->arena);
    const char *administrator = report_an_administrator(r->store, &r->arena);
    reply_json(r, MHD_HTTP_OK,
               json_pack("{s:b, s:o, s:b, s:s, s:s, s:s, s:s, s:b, s:b, s:s, s:i}", "finished", (int)finished,
                         "link", finished ? json_null() : link_of(r), "administrator",
                         (int)(*administrator != 0), "user", administrator, "tenant",
                         report_a_tenant(r->store, &r->arena), "fax_domain",
                         store_meta(r->store, &r->arena, "fax_domain"), "host_name",
                         store_meta(r->store, &r->arena, "host_name"), "mail_server",
                         (int)(request_maildir(r) || report_has_mail_server(r->store)), "trunk",
                         (int)report_has_trunk(r->store), "box", has_box ? box.id : "", "application_port",
                         (int)request_setup(r)->application_port));
}

/* ---- the end ---- */

void finish_setup(struct request *r)
{
    static const char done[] = "{\"installation\": {\"setup\": \"finished\"}}";
    if (!*report_an_administrator(r->store, &r->arena)) {
        reply_problem(r, MHD_HTTP_CONFLICT, "no-administrator",
                      "Nobody could log in afterwards: there is no administrator with a password yet.");
        return;
    }
    request_apply(r, done, FINISH_PATIENCE_MS);
}
