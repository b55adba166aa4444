/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A first or new password by mail: a code of 100 random bits goes to the user's own address and counts once.
 *
 * SECURITY: nobody learns here whether an address is a user's. The link is made of a setting, never of what a
 * request said of itself. A second factor stays asked for. Whoever comes back by a code may have been robbed
 * of his password: sessions and API keys from before end, for the thief may have made himself one. */
#include <sodium.h>
#include <string.h>

#include "base/log.h"
#include "base/rand.h"
#include "base/str.h"
#include "proto/mail_template.h"
#include "queue/audit_notes.h"
#include "queue/queue.h"
#include "store/api_keys.h"
#include "store/config.h"
#include "store/identities.h"
#include "store/password_resets.h"
#include "store/sessions.h"

#define HOUR_MS (3600LL * 1000)
enum { FORGOTTEN_HOURS = 1, INVITED_HOURS = 7 * 24, MAILS_AN_HOUR = 3, CODE_LEN = 20 };

/* Without letters and digits that look alike. */
static void make_code(char code[CODE_LEN + 1])
{
    static const char letters[] = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    uint8_t bytes[CODE_LEN];
    rand_bytes(bytes, sizeof(bytes));
    for (size_t i = 0; i < CODE_LEN; i++)
        code[i] = letters[bytes[i] % 32];
    code[CODE_LEN] = 0;
    explicit_bzero(bytes, sizeof(bytes));
}

static const char *template_of(struct queue *q, const struct visitor *v)
{
    const char *own = config_template(&q->store, &q->arena, v->tenant,
                                      mail_template_name(MAIL_TEMPLATE_PASSWORD), v->language);
    return own ? own : mail_template_shipped(MAIL_TEMPLATE_PASSWORD, v->language, false);
}

struct letter_of_code {
    const char *to, *code;
    bool invited;
};

static void mail_code(struct queue *q, const struct visitor *v, const struct letter_of_code *l)
{
    const char *url = store_meta(&q->store, &q->arena, "web_url");
    const struct mail_template_value list[] = {
        {.name = "name", .text = v->name},
        {.name = "invited", .text = l->invited ? "1" : ""},
        {.name = "code", .text = l->code},
        {.name = "link", .text = *url ? arena_format(&q->arena, "%s/password#%s", url, l->code) : ""},
        {.name = "hours",
         .text = arena_format(&q->arena, "%d", l->invited ? INVITED_HOURS : FORGOTTEN_HOURS)}};
    const struct mail_template_values values = {.list = list, .count = ARRAY_LEN(list)};
    struct mail_words words;
    if (mail_template_fill(MAIL_TEMPLATE_PASSWORD, template_of(q, v), &values, &words)) {
        const struct mail_out m = {.tenant = v->tenant,
                                   .kind = "notice",
                                   .about = v->user,
                                   .sender = from_address(q, v->tenant),
                                   .recipient = l->to,
                                   .subject = arena_strdup(&q->arena, buf_text(&words.subject)),
                                   .message_id = "",
                                   .text = arena_strdup(&q->arena, buf_text(&words.text))};
        (void)mail_to(q, &m);
    } else {
        log_error(
            NULL,
            "the template \"password\" of a tenant cannot be filled; show it with `faxpost template show`");
    }
    mail_words_clear(&words);
}

static void send_code(struct queue *q, struct id reset, const struct visitor *v, const char *to, bool invited)
{
    uint8_t hash[crypto_hash_sha256_BYTES];
    char code[CODE_LEN + 1];
    make_code(code);
    (void)crypto_hash_sha256(hash, (const unsigned char *)code, CODE_LEN);
    const struct password_reset p = {.id = reset,
                                     .user = v->user,
                                     .created_ms = q->now_ms,
                                     .expires_ms =
                                         q->now_ms + (invited ? INVITED_HOURS : FORGOTTEN_HOURS) * HOUR_MS};
    password_reset_add(&q->store, span_of(hash, sizeof(hash)), &p);
    mail_code(q, v, &(struct letter_of_code){to, code, invited});
    explicit_bzero(code, sizeof(code));
}

static void answer(struct queue *q, const struct sender *to, unsigned status, const struct outcome *o)
{
    struct message m = {.type = MSG_person_done,
                        .person_done = {.status = status, .text = "", MESSAGE_OUTCOME(o)}};
    peers_answer(q->peers, to, &m);
}

/* Who had no password was given none on purpose; whose is in a directory changes it there. */
static bool may_log_in(struct queue *q, const char *name, struct id user)
{
    struct login l;
    return config_login(&q->store, &q->arena, name, &l) && id_equal(l.user, user) && *l.keys &&
           !*identity_user_directory(&q->store, &q->arena, user);
}

void on_password_forgotten(void *context, const struct sender *from, struct msg_password_forgotten *m)
{
    struct queue *q = context;
    struct outcome o;
    struct visitor v;
    struct id user;
    queue_enter(q);
    outcome_done(&o);
    if (!password_reset_exists(&q->store, m->reset) && config_user_of(&q->store, m->name, &user) &&
        may_log_in(q, m->name, user) && visitor_find(&q->store, &q->arena, user, &v) &&
        password_resets_since(&q->store, user, q->now_ms - HOUR_MS) < MAILS_AN_HOUR) {
        send_code(q, m->reset, &v, m->name, false);
        note_deed(q, v.tenant, &(struct doer){ID_NONE, v.name, m->client_ip}, "password.forgotten", v.name,
                  "");
    }
    answer(q, from, 202, &o);
}

void on_password_invite(void *context, const struct sender *from, struct msg_password_invite *m)
{
    struct queue *q = context;
    struct outcome o;
    struct visitor v;
    unsigned status = 202;
    queue_enter(q);
    outcome_done(&o);
    const char *to = config_user_address(&q->store, &q->arena, m->user);
    bool there = visitor_find(&q->store, &q->arena, m->user, &v);
    if (!there || !*to) {
        status = there ? 409 : 404;
        outcome_set(&o, VERDICT_GIVE_UP, there ? "no-address" : "unknown-user",
                    there ? "This user has no email address." : "There is no such user.");
    } else if (password_reset_exists(&q->store, m->reset)) {
        status = 202; /* asked again after our restart */
    } else if (password_resets_since(&q->store, m->user, q->now_ms - HOUR_MS) >= MAILS_AN_HOUR) {
        status = 429;
        outcome_set(&o, VERDICT_GIVE_UP, "too-many-mails",
                    "This user was sent %d codes within an hour. Try again later.", MAILS_AN_HOUR);
    } else {
        send_code(q, m->reset, &v, to, true);
        note_deed(q, v.tenant, &(struct doer){m->actor, m->who, m->client_ip}, "users.invite", v.name, "");
    }
    answer(q, from, status, &o);
}

void on_password_reset(void *context, const struct sender *from, struct msg_password_reset *m)
{
    struct queue *q = context;
    struct outcome o;
    struct visitor v;
    struct id user;
    unsigned status = 403;
    queue_enter(q);
    outcome_done(&o);
    if (password_reset_find(&q->store, m->hash, q->now_ms, &user))
        status = person_set_password(q, user, m->password, &o);
    else
        outcome_set(&o, VERDICT_GIVE_UP, "wrong-code",
                    "This code does not count: it was used, it is too old, or something is missing of it. "
                    "Ask for another.");
    if (status == 200) {
        password_resets_end(&q->store, user);
        session_end_of_user(&q->store, user, ID_NONE);
        unsigned keys = api_keys_drop_of(&q->store, user);
        const char *detail =
            keys > 0 ? arena_format(&q->arena, "%u API %s ended", keys, keys == 1 ? "key" : "keys") : "";
        if (visitor_find(&q->store, &q->arena, user, &v))
            note_deed(q, v.tenant, &(struct doer){user, v.name, m->client_ip}, "password.reset", v.name,
                      detail);
    }
    answer(q, from, status, &o);
    explicit_bzero((char *)(uintptr_t)m->password, strlen(m->password));
}
