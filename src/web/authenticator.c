/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The second factor: set up and confirmed by its user, who gets codes for the day that he loses it; removed
 * by him with a code, or by an administrator without. */
#include <microhttpd.h>
#include <string.h>

#include "base/str.h"
#include "store/config.h"
#include "store/sessions.h"
#include "store/totp.h"
#include "web/login.h"
#include "web/resources.h"

/* Digits alone, or a recovery code too; MSG_totp_confirm and MSG_totp_drop take as much. */
enum { PATIENCE_MS = 30000, DIGITS_MAX = 15, CODE_MAX = 40 };

void get_authenticator(struct request *r)
{
    struct totp t;
    bool on = totp_find(r->store, &r->arena, r->actor.user, &t) && t.confirmed;
    unsigned left = on ? recovery_codes_left(r->store, r->actor.user) : 0;
    reply_json(
        r, MHD_HTTP_OK,
        json_pack("{s:b, s:s, s:i}", "on", (int)on, "proof", shown_by(r), "recovery_codes", (int)left));
}

/* What authenticators read from a QR code. */
static void on_begun(struct request *r, const struct message *m)
{
    if (!m || m->person_done.status >= 400) {
        reply_person_done(r, m);
        return;
    }
    const char *secret = m->person_done.text;
    const char *address = config_user_address(r->store, &r->arena, r->actor.user);
    if (!*address) /* his name may be anything, and this is a URI */
        address = id_text(r->actor.user);
    reply_json(
        r, MHD_HTTP_OK,
        json_pack("{s:s, s:o}", "secret", secret, "uri",
                  json_sprintf("otpauth://totp/Faxpost:%s?secret=%s&issuer=Faxpost", address, secret)));
}

static void begin(struct request *r, struct entry *l, struct span proof)
{
    const struct message m = {.type = MSG_totp_begin,
                              .totp_begin = {.actor = r->actor.user,
                                             .session = r->actor.session,
                                             .signs = span_str(l->signs),
                                             .proof = proof,
                                             .client_ip = r->actor.client_ip}};
    request_ask(r, &m, PATIENCE_MS, on_begun);
}

void begin_authenticator(struct request *r)
{
    json_t *body = request_has_session(r) ? request_object(r) : NULL;
    if (!body)
        return;
    entry_show_himself(r, entry_new(r), body, begin);
    json_decref(body);
}

/* {"code"}; NULL where there is none, and that is answered. */
static const char *take_code(struct request *r, size_t most)
{
    json_t *body = request_has_session(r) ? request_object(r) : NULL;
    if (!body)
        return NULL;
    const char *text = json_string_value(json_object_get(body, "code"));
    const char *code = text && *text && strlen(text) <= most ? arena_strdup(&r->arena, text) : NULL;
    json_decref(body);
    if (!code)
        reply_problem(r, MHD_HTTP_BAD_REQUEST, "wrong-arguments", "Give \"code\": the six digits%s.",
                      most == CODE_MAX ? ", or a recovery code" : "");
    return code;
}

/* The only time that they are shown. */
static void on_codes(struct request *r, const struct message *m)
{
    if (!m || m->person_done.status >= 400) {
        reply_person_done(r, m);
        return;
    }
    json_t *codes = json_array();
    char *rest = arena_strdup(&r->arena, m->person_done.text), *code;
    while ((code = strsep(&rest, " ")) != NULL)
        (void)json_array_append_new(codes, json_string(code));
    reply_json(r, MHD_HTTP_OK, json_pack("{s:o}", "codes", codes));
}

void confirm_authenticator(struct request *r)
{
    const char *code = take_code(r, DIGITS_MAX);
    const struct message m = {.type = MSG_totp_confirm,
                              .totp_confirm = {.code = code,
                                               .actor = r->actor.user,
                                               .actor_tenant = r->actor.tenant,
                                               .who = r->actor.name,
                                               .client_ip = r->actor.client_ip}};
    if (code)
        request_ask(r, &m, PATIENCE_MS, on_codes);
}

static void make_codes(struct request *r, struct entry *l, struct span proof)
{
    const struct message m = {.type = MSG_recovery_codes_make,
                              .recovery_codes_make = {.session = r->actor.session,
                                                      .signs = span_str(l->signs),
                                                      .proof = proof,
                                                      .actor = r->actor.user,
                                                      .actor_tenant = r->actor.tenant,
                                                      .who = r->actor.name,
                                                      .client_ip = r->actor.client_ip}};
    request_ask(r, &m, PATIENCE_MS, on_codes);
}

void make_recovery_codes(struct request *r)
{
    json_t *body = request_has_session(r) ? request_object(r) : NULL;
    if (!body)
        return;
    entry_show_himself(r, entry_new(r), body, make_codes);
    json_decref(body);
}

static void drop(struct request *r, struct id user, const char *code)
{
    const struct message m = {.type = MSG_totp_drop,
                              .totp_drop = {.user = user,
                                            .by_code = code != NULL,
                                            .code = code ? code : "",
                                            .actor = r->actor.user,
                                            .actor_tenant = r->actor.tenant,
                                            .who = *r->actor.name ? r->actor.name : "the command line",
                                            .client_ip = r->actor.client_ip}};
    request_ask(r, &m, PATIENCE_MS, reply_person_done);
}

void remove_authenticator(struct request *r)
{
    const char *code = take_code(r, CODE_MAX);
    if (code)
        drop(r, r->actor.user, code);
}

void reset_authenticator(struct request *r)
{
    struct visitor v;
    const struct scope w = actor_scope(&r->actor);
    if (!visitor_find(r->store, &r->arena, r->id, &v) || !scope_has(r->store, &w, v.tenant, "", SCOPE_SEND))
        reply_problem(r, MHD_HTTP_NOT_FOUND, "unknown-user", "There is no such user.");
    else if (actor_role_of(v.role) > r->actor.role)
        reply_problem(r, MHD_HTTP_FORBIDDEN, "not-allowed",
                      "This user administrates the installation; only one like him may do that.");
    else
        drop(r, r->id, NULL);
}
