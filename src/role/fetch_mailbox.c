/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "role/fetch_mailbox.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/panic.h"
#include "base/rand.h"
#include "base/str.h"
#include "mail/fetch_session.h"
#include "role/fetch_parcel.h"
#include "role/fetch_token.h"

enum { TRANSCRIPT_MAX = 30000, URL_MAX = 4095 };
/* After a failure: doubled each time. A refused password is tried rarely, for servers lock accounts. */
enum { FIRST_WAIT_MS = 5000, FIRST_LOGIN_WAIT_MS = 60000, LONGEST_WAIT_MS = 15 * 60 * 1000, DOUBLINGS = 8 };

struct fetch_mailbox {
    struct list node;
    struct fetch_house *house;
    json_t *settings;
    struct id id;
    const char *name;
    struct timer next;
    struct fetch_session *session;
    struct fetch_token token;
    unsigned failures;
    bool said_state;
    char state[OUTCOME_CODE_LEN]; /* as the queue was told last */
    char *large_key;              /* larger than the server says */

    uint64_t request; /* the open question to the queue; 0: none */
    struct fetch_parcel parcel;
    struct fetch_mail mail; /* the parcel's, once it is complete */

    bool test;            /* log in, look, answer, go */
    struct sender asker;  /* of the test, or of the authorisation */
    bool asker_waits;     /* of the authorisation */
    struct buf said;      /* in a test */
    struct timer goodbye; /* of a test: frees it from the loop */
};

/* ---- the mail in hand ---- */

static void withdraw(struct fetch_mailbox *m)
{
    if (m->request)
        m->house->queue->withdraw(m->house, m->request);
    m->request = 0;
}

static void ask(struct fetch_mailbox *m, const struct message *message)
{
    withdraw(m);
    m->request = m->house->queue->ask(m->house, message);
}

static void on_keys(void *context, const char *keys, size_t count)
{
    struct fetch_mailbox *m = context;
    const struct message q = {.type = MSG_mailbox_keys, .mailbox_keys = {.mailbox = m->id, .keys = keys}};
    ask(m, &q);
}

static bool on_data(void *context, struct span data)
{
    struct fetch_mailbox *m = context;
    if (parcel_add(&m->parcel, data))
        return true;
    const struct message q = {.type = MSG_mailbox_spool, .mailbox_spool = {.mail = m->parcel.id}};
    ask(m, &q);
    return false;
}

static void ask_take(struct fetch_mailbox *m, const char *facts)
{
    const struct message q = {.type = MSG_mailbox_take,
                              .mailbox_take = {.mail = m->parcel.id,
                                               .mailbox = m->id,
                                               .key = m->mail.key,
                                               .announced = m->mail.announced,
                                               .too_large = m->mail.too_large,
                                               .facts = facts,
                                               .spooled = m->parcel.spooled,
                                               .data = buf_span(&m->parcel.bytes)}};
    parcel_close_file(&m->parcel);
    ask(m, &q);
}

static void on_facts(void *context, const struct sender_facts *facts)
{
    char text[SENDER_FACTS_LEN];
    sender_facts_format(facts, text);
    ask_take(context, text);
}

static void on_mail(void *context, const struct fetch_mail *mail)
{
    struct fetch_mailbox *m = context;
    parcel_end(&m->parcel);
    m->mail = *mail;
    if (m->parcel.error || !json_is_true(json_object_get(m->settings, "verify")))
        ask_take(m, "");
    else
        parcel_verify(&m->parcel, m->house, fetch_setting(m->settings, "authserv_id"));
}

static void give_up_mail(struct fetch_mailbox *m)
{
    withdraw(m);
    if (m->house->queue->drop && !id_is_none(m->parcel.id))
        m->house->queue->drop(m->house, m->parcel.id);
    parcel_clear(&m->parcel);
}

static void on_cut(void *context)
{
    give_up_mail(context);
}

/* ---- how it went ---- */

static void tell_state(struct fetch_mailbox *m, const struct outcome *o)
{
    if (m->said_state && str_equal(m->state, o->code))
        return;
    m->said_state = true;
    (void)str_copy(m->state, sizeof(m->state), o->code);
    if (o->verdict != VERDICT_DONE)
        log_warning(NULL, "mailbox %s: %s", m->name, o->text);
    else
        log_info(NULL, "mailbox %s: looked at, all is taken", m->name);
    const struct message s = {.type = MSG_mailbox_state,
                              .mailbox_state = {.mailbox = m->id, MESSAGE_OUTCOME(o)}};
    m->house->queue->tell(m->house, &s);
}

static void went_well(struct fetch_mailbox *m)
{
    struct outcome o;
    outcome_done(&o);
    m->failures = 0;
    tell_state(m, &o);
}

static int64_t interval_ms(const struct fetch_mailbox *m)
{
    return json_integer_value(json_object_get(m->settings, "interval")) * 1000;
}

static enum fetch_login login_of(const struct fetch_mailbox *m)
{
    const char *authentication = fetch_setting(m->settings, "authentication");
    return str_equal(authentication, "oauth2")  ? FETCH_LOGIN_TOKEN
           : str_equal(authentication, "scram") ? FETCH_LOGIN_SCRAM
           : str_equal(authentication, "plain") ? FETCH_LOGIN_PLAIN
                                                : FETCH_LOGIN_ANY;
}

static void wait_after_failure(struct fetch_mailbox *m, const struct outcome *why)
{
    /* A token that is refused is replaced; a password is not. */
    bool oauth = login_of(m) == FETCH_LOGIN_TOKEN;
    bool login = str_equal(why->code, oauth ? FETCH_CODE_TOKEN_REFUSED : FETCH_CODE_LOGIN);
    int64_t wait = login ? FIRST_LOGIN_WAIT_MS : FIRST_WAIT_MS;
    unsigned doublings = m->failures < DOUBLINGS ? m->failures : DOUBLINGS;
    m->failures++;
    wait <<= doublings;
    wait = wait < LONGEST_WAIT_MS ? wait : LONGEST_WAIT_MS;
    /* Not all of them in the same moment, where one server holds many. */
    timer_start(&m->next, m->house->loop, wait + rand_below((uint32_t)wait / 4));
}

static void answer_test(struct fetch_mailbox *m, const struct outcome *why)
{
    struct outcome o;
    if (why)
        o = *why;
    else
        outcome_done(&o);
    struct message a = {.type = MSG_mailbox_tested,
                        .mailbox_tested = {MESSAGE_OUTCOME(&o), .text = buf_text(&m->said)}};
    peers_answer(m->house->peers, &m->asker, &a);
    timer_start(&m->goodbye, m->house->loop, 0);
}

static void on_goodbye(void *context)
{
    fetch_mailbox_free(context);
}

static void went_wrong(struct fetch_mailbox *m, const struct outcome *why)
{
    if (m->test) {
        answer_test(m, why);
        return;
    }
    tell_state(m, why);
    wait_after_failure(m, why);
}

/* ---- a look ---- */

static void on_quiet(void *context)
{
    went_well(context);
}

static void on_line(void *context, bool ours, const char *text)
{
    struct fetch_mailbox *m = context;
    (void)buf_printf(&m->said, "%s %s\n", ours ? ">" : "<", text);
}

static void on_over(void *context, const struct outcome *why, bool more)
{
    struct fetch_mailbox *m = context;
    const char *liar = fetch_session_liar(m->session);
    if (liar) {
        free(m->large_key);
        m->large_key = mem_strdup(liar);
    }
    give_up_mail(m);
    struct outcome kept = {.verdict = VERDICT_DONE};
    if (why)
        kept = *why;
    fetch_session_free(m->session);
    m->session = NULL;
    if (why && str_equal(kept.code, FETCH_CODE_LOGIN))
        fetch_token_forget(&m->token);
    if (why) {
        went_wrong(m, &kept);
    } else if (m->test) {
        answer_test(m, NULL);
    } else {
        went_well(m);
        timer_start(&m->next, m->house->loop, more ? 0 : interval_ms(m));
    }
}

static const struct fetch_client_handlers handlers = {.on_keys = on_keys,
                                                      .on_data = on_data,
                                                      .on_mail = on_mail,
                                                      .on_cut = on_cut,
                                                      .on_quiet = on_quiet,
                                                      .on_over = on_over};
static const struct fetch_client_handlers test_handlers = {.on_keys = on_keys,
                                                           .on_data = on_data,
                                                           .on_mail = on_mail,
                                                           .on_cut = on_cut,
                                                           .on_quiet = on_quiet,
                                                           .on_line = on_line,
                                                           .on_over = on_over};

static uint16_t port_of(const struct fetch_mailbox *m, bool imap, bool implicit)
{
    json_int_t port = json_integer_value(json_object_get(m->settings, "port"));
    if (port)
        return (uint16_t)port;
    return imap ? (implicit ? 993 : 143) : (implicit ? 995 : 110);
}

/* secret: the password, or an access token. */
static void connect_with(struct fetch_mailbox *m, const char *secret)
{
    enum fetch_login login = login_of(m);
    char error[TLS_ERROR_LEN];
    struct outcome o;
    const char *security = fetch_setting(m->settings, "security"),
               *user = fetch_setting(m->settings, "username");
    bool imap = str_equal(fetch_setting(m->settings, "protocol"), "imap");
    bool none = str_equal(security, "none"), implicit = str_equal(security, "implicit");
    struct tls_context *tls = NULL;
    if (!none)
        tls = fetch_house_tls(m->house, fetch_setting(m->settings, "ca_file"),
                              fetch_setting(m->settings, "pin"), error);
    if (!none && !tls) {
        outcome_set(&o, VERDICT_RETRY, "mailbox-settings",
                    "The settings cannot be used: %.220s. A ca_file has to lie below /etc, where this "
                    "process may read.",
                    error);
        went_wrong(m, &o);
        return;
    }
    m->session = fetch_session_start(&(struct fetch_session_opts){
        .loop = m->house->loop,
        .host = fetch_setting(m->settings, "host"),
        .port = port_of(m, imap, implicit),
        .implicit_tls = implicit,
        .tls = tls,
        .client = {.protocol = imap ? FETCH_IMAP : FETCH_POP3,
                   .starttls = !none && !implicit,
                   .plaintext_allowed = json_is_true(json_object_get(m->settings, "plaintext_password")) &&
                                        login != FETCH_LOGIN_TOKEN,
                   .login = login,
                   .user = *user ? user : fetch_setting(m->settings, "address"),
                   .password = secret,
                   .folder = fetch_setting(m->settings, "folder"),
                   .max_bytes = (uint64_t)json_integer_value(json_object_get(m->settings, "max_bytes")),
                   .keep_large = str_equal(fetch_setting(m->settings, "too_large"), "keep"),
                   .large_key = m->large_key,
                   .again_ms = interval_ms(m),
                   .look_only = m->test,
                   .handlers = m->test ? &test_handlers : &handlers,
                   .context = m}});
}

static void look(void *context)
{
    struct fetch_mailbox *m = context;
    char password[SECRET_TEXT_LEN];
    struct outcome o;
    if (login_of(m) == FETCH_LOGIN_TOKEN) {
        if (fetch_token_ready(&m->token))
            connect_with(m, m->token.access);
        else
            fetch_token_get(&m->token);
        return;
    }
    if (fetch_secret(m->house, m->settings, "password", password)) {
        connect_with(m, password);
    } else {
        outcome_set(&o, VERDICT_RETRY, "mailbox-secret",
                    "The stored password cannot be read with this installation's key. Set it again.");
        went_wrong(m, &o);
    }
    explicit_bzero(password, sizeof(password));
}

static void on_token(void *context, const struct outcome *why)
{
    struct fetch_mailbox *m = context;
    if (why) {
        went_wrong(m, why);
    } else if (!m->session) {
        timer_stop(&m->next);
        connect_with(m, m->token.access);
    }
}

/* ---- answers of the queue ---- */

static struct fetch_mailbox *take_request(struct fetch_house *h, uint64_t request)
{
    list_each (it, &h->mailboxes) {
        struct fetch_mailbox *m = fetch_mailbox_of(it);
        if (m->request == request) {
            m->request = 0;
            return m;
        }
    }
    return NULL;
}

void fetch_on_known(struct fetch_house *h, uint64_t request, const struct msg_mailbox_known *k)
{
    struct fetch_mailbox *m = take_request(h, request);
    if (m && m->session)
        fetch_session_known(m->session, k->states);
}

void fetch_on_spooled(struct fetch_house *h, uint64_t request, struct msg_mailbox_spooled *s)
{
    struct fetch_mailbox *m = take_request(h, request);
    if (!m || !m->session)
        return;
    parcel_take_file(&m->parcel, s->error == 0 ? take_fd(&s->fd) : -1, (int)s->error);
    fetch_session_resume(m->session);
}

void fetch_on_taken(struct fetch_house *h, uint64_t request, const struct msg_mailbox_taken *t)
{
    struct fetch_mailbox *m = take_request(h, request);
    if (!m || !m->session)
        return;
    int error = m->parcel.error ? m->parcel.error : (int)t->error;
    parcel_clear(&m->parcel);
    fetch_session_taken(m->session, error);
}

/* ---- life ---- */

static void on_device(void *context, const struct outcome *why, const struct device_code *d)
{
    struct fetch_mailbox *m = context;
    struct outcome o;
    if (why)
        o = *why;
    else
        outcome_done(&o);
    if (why && !m->session && !timer_running(&m->next) && !m->token.request)
        wait_after_failure(m, why);
    if (!m->asker_waits)
        return;
    m->asker_waits = false;
    struct message a = {.type = MSG_mailbox_authorization,
                        .mailbox_authorization = {MESSAGE_OUTCOME(&o), .user_code = d->user_code,
                                                  .uri = d->uri, .seconds = d->seconds}};
    peers_answer(m->house->peers, &m->asker, &a);
}

static void on_redeemed(void *context, const struct outcome *why)
{
    struct fetch_mailbox *m = context;
    struct outcome o;
    if (why)
        o = *why;
    else
        outcome_done(&o);
    struct message a = {.type = MSG_mailbox_redeemed, .mailbox_redeemed = {MESSAGE_OUTCOME(&o)}};
    peers_answer(m->house->peers, &m->asker, &a);
}

struct fetch_mailbox *fetch_mailbox_new(struct fetch_house *h, json_t *settings, int64_t delay_ms)
{
    struct fetch_mailbox *m = mem_zalloc(sizeof(*m));
    m->house = h;
    m->settings = json_incref(settings);
    m->name = fetch_setting(settings, "name");
    if (!id_parse(fetch_setting(settings, "id"), &m->id))
        panic("the queue tells of a mailbox without an id");
    m->parcel = (struct fetch_parcel){.on_facts = on_facts, .owner = m};
    parcel_init(&m->parcel);
    buf_init(&m->said, TRANSCRIPT_MAX);
    m->token = (struct fetch_token){.house = h,
                                    .mailbox = m->id,
                                    .name = m->name,
                                    .settings = m->settings,
                                    .on_token = on_token,
                                    .on_device = on_device,
                                    .on_redeemed = on_redeemed,
                                    .context = m};
    m->next = (struct timer){.on_due = look, .context = m};
    m->goodbye = (struct timer){.on_due = on_goodbye, .context = m};
    list_append(&h->mailboxes, &m->node);
    timer_start(&m->next, h->loop, delay_ms);
    return m;
}

void fetch_mailbox_free(struct fetch_mailbox *m)
{
    list_remove(&m->node);
    timer_stop(&m->next);
    timer_stop(&m->goodbye);
    withdraw(m);
    fetch_session_free(m->session);
    fetch_token_clear(&m->token);
    parcel_clear(&m->parcel);
    buf_clear(&m->said);
    free(m->large_key);
    json_decref(m->settings);
    free(m);
}

const json_t *fetch_mailbox_settings(const struct fetch_mailbox *m)
{
    return m->settings;
}

struct fetch_mailbox *fetch_mailbox_of(struct list *node)
{
    return CONTAINER_OF(node, struct fetch_mailbox, node);
}

void fetch_mailbox_test(struct fetch_house *h, json_t *settings, const struct sender *asker)
{
    struct fetch_mailbox *m = fetch_mailbox_new(h, settings, 0);
    m->test = true;
    m->asker = *asker;
    list_remove(&m->node);
    list_append(&h->tests, &m->node);
}

static void answer_with_url(struct fetch_mailbox *m, const struct sender *asker)
{
    struct outcome o;
    SCOPED_BUF struct buf url;
    buf_init(&url, URL_MAX);
    unsigned seconds = fetch_token_begin_code(&m->token, &url);
    if (url.overflow)
        outcome_set(&o, VERDICT_GIVE_UP, "mailbox-url",
                    "The address for the login is too long; shorten oauth_scope.");
    else
        outcome_done(&o);
    struct message a = {.type = MSG_mailbox_authorization,
                        .mailbox_authorization = {MESSAGE_OUTCOME(&o), .user_code = "",
                                                  .uri = url.overflow ? "" : buf_text(&url),
                                                  .seconds = seconds}};
    peers_answer(m->house->peers, asker, &a);
}

void fetch_mailbox_authorize(struct fetch_mailbox *m, const struct sender *asker, bool by_code)
{
    if (by_code) {
        answer_with_url(m, asker);
        return;
    }
    m->asker = *asker;
    m->asker_waits = true;
    fetch_token_authorize(&m->token);
}

void fetch_mailbox_redeem(struct fetch_mailbox *m, const struct sender *asker, const char *pasted)
{
    struct outcome why;
    m->asker = *asker;
    m->asker_waits = false;
    if (!fetch_token_redeem(&m->token, pasted, &why))
        on_redeemed(m, &why);
}
