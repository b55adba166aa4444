/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A first or new password by a code that is mailed. */
#include <microhttpd.h>
#include <sodium.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "store/config.h"
#include "store/sessions.h"
#include "web/resources.h"

enum { PATIENCE_MS = 30000, NAME_MOST = 320, PASSWORD_MOST = 200, CODE_ROOM = 64 };

/* Whether an address is a user's does not show in how long the answer takes: it comes at this moment. */
enum { FORGOTTEN_ANSWER_MS = 500 };

static void on_forgotten_due(struct request *r, const struct message *m)
{
    reply_empty(r, MHD_HTTP_ACCEPTED);
}

static void on_forgotten(struct request *r, const struct message *m)
{
    const int64_t *since_ms = r->state;
    if (m)
        request_pause(r, *since_ms + FORGOTTEN_ANSWER_MS, on_forgotten_due);
    else
        reply_queue_away(r, "Whether a mail was sent is not known; try again.");
}

static void on_mailed(struct request *r, const struct message *m)
{
    reply_person(r, m, MHD_HTTP_ACCEPTED);
}

void post_password_forgotten(struct request *r)
{
    json_t *body = request_object(r);
    if (!body)
        return;
    int64_t *since_ms = r->state = arena_alloc(&r->arena, sizeof(*since_ms));
    *since_ms = clock_mono_ms();
    const char *login = json_string_value(json_object_get(body, "login"));
    login = login ? arena_strdup(&r->arena, login) : "";
    json_decref(body);
    if (!*login || strlen(login) > NAME_MOST || !utf8_valid(span_str(login)))
        reply_problem(r, MHD_HTTP_BAD_REQUEST, "wrong-arguments",
                      "Give `login`: one of your email addresses.");
    else
        request_ask(
            r,
            &(struct message){
                .type = MSG_password_forgotten,
                .password_forgotten = {.reset = id_new(), .name = login, .client_ip = r->actor.client_ip}},
            PATIENCE_MS, on_forgotten);
}

/* As it was mailed, whatever blanks and dashes were put into it. */
static void tidy(const char *text, char code[CODE_ROOM])
{
    size_t n = 0;
    for (; *text && n + 1 < CODE_ROOM; text++)
        if (char_is_alpha(*text) || char_is_digit(*text))
            code[n++] = *text >= 'a' ? (char)(*text - 'a' + 'A') : *text;
    code[n] = 0;
}

void post_password_reset(struct request *r)
{
    uint8_t hash[crypto_hash_sha256_BYTES];
    char code[CODE_ROOM], password[PASSWORD_MOST + 1];
    json_t *body = request_object(r);
    if (!body)
        return;
    const char *given = json_string_value(json_object_get(body, "code"));
    const char *new = json_string_value(json_object_get(body, "new"));
    bool taken = given && new &&str_copy(password, sizeof(password), new);
    tidy(given ? given : "", code);
    json_decref(body);
    if (!taken) {
        reply_problem(
            r, MHD_HTTP_BAD_REQUEST, "wrong-arguments",
            "Give `code`, as it was mailed, and `new`: a password of 8 to %d printable ASCII characters.",
            PASSWORD_MOST);
        return;
    }
    (void)crypto_hash_sha256(hash, (const unsigned char *)code, strlen(code));
    const struct message m = {.type = MSG_password_reset,
                              .password_reset = {.hash = span_of(hash, sizeof(hash)),
                                                 .password = password,
                                                 .client_ip = r->actor.client_ip}};
    request_ask(r, &m, PATIENCE_MS, reply_person_done);
    explicit_bzero(password, sizeof(password));
}

/* By his id, or one of his addresses. */
static bool find_user(struct request *r, const char *text, struct visitor *v)
{
    struct id user;
    const struct scope w = actor_scope(&r->actor);
    return (id_parse(text, &user) || config_user_of(r->store, text, &user)) &&
           visitor_find(r->store, &r->arena, user, v) && scope_has(r->store, &w, v->tenant, "", SCOPE_SEND);
}

void post_invitation(struct request *r)
{
    struct visitor v;
    const char *who = request_asker(r);
    json_t *body = who ? request_object(r) : NULL;
    if (!body)
        return;
    const char *user = json_string_value(json_object_get(body, "user"));
    user = user ? arena_strdup(&r->arena, user) : "";
    json_decref(body);
    if (!*user || strlen(user) > NAME_MOST)
        reply_problem(r, MHD_HTTP_BAD_REQUEST, "wrong-arguments",
                      "Give `user`: the id of a user, or an address of his.");
    else if (!find_user(r, user, &v))
        reply_problem(r, MHD_HTTP_NOT_FOUND, "unknown-user", "There is no such user.");
    else
        request_ask(r,
                    &(struct message){.type = MSG_password_invite,
                                      .password_invite = {.reset = id_new(),
                                                          .user = v.user,
                                                          .actor = r->actor.user,
                                                          .actor_tenant = r->actor.tenant,
                                                          .who = who,
                                                          .client_ip = r->actor.client_ip}},
                    PATIENCE_MS, on_mailed);
}
