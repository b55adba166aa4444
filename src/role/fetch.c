/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Fetches mail from mailboxes on other people's servers, by POP3 and IMAP, and hands it to the queue.
 *
 * SECURITY: it believes no server: what one says ends that one's connection at worst. It holds the passwords
 * of the mailboxes, opened with its own key for as long as a login takes, and no file but those that the
 * queue opened for large mails. What speaks for a mail's author is found out here, from the mail and the DNS
 * (A5); the queue judges. A mail is removed from its mailbox when the queue has said that it is durable. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/panic.h"
#include "base/rand.h"
#include "base/scope.h"
#include "base/str.h"
#include "mail/mail_auth.h"
#include "role/boot.h"
#include "role/fetch_mailbox.h"
#include "role/gateway_door.h"

enum { SETTINGS_MAX = 64 * 1024 * 1024 };
/* The first looks at many mailboxes are spread: so long for each of them. */
enum { SPREAD_MS = 5 };

static struct gateway_door *door;

/* ---- settings ---- */

static bool is_named(const json_t *settings, const char *name, const char *value)
{
    return str_equal(fetch_setting(settings, name), value);
}

/* Takes out of the list what is there already, and lets go what is not in it any more. */
static void compare(struct fetch_house *h, json_t *list)
{
    list_each_safe (it, &h->mailboxes) {
        struct fetch_mailbox *m = fetch_mailbox_of(it);
        bool same = false;
        for (size_t i = 0; i < json_array_size(list) && !same; i++) {
            same = json_equal(json_array_get(list, i), fetch_mailbox_settings(m)) == 1;
            if (same)
                (void)json_array_remove(list, i);
        }
        if (!same)
            fetch_mailbox_free(m);
    }
}

/* Those that are not read here, taken out of the list. */
static json_t *take_gateways(json_t *list)
{
    json_t *others = json_array();
    for (size_t i = 0; i < json_array_size(list);) {
        json_t *m = json_array_get(list, i);
        if (!json_is_true(json_object_get(m, "gateway"))) {
            i++;
            continue;
        }
        (void)json_array_append(others, m);
        (void)json_array_remove(list, i);
    }
    return others;
}

static void on_mailboxes(void *context, const struct sender *from, struct msg_mailboxes *m)
{
    struct fetch_house *h = context;
    SCOPED_BUF struct buf text;
    buf_init(&text, SETTINGS_MAX);
    json_t *list = fd_read_rest(m->json, &text) == 0 ? json_loads(buf_text(&text), 0, NULL) : NULL;
    if (!json_is_array(list))
        panic("the queue tells of mailboxes in no JSON");
    json_t *others = take_gateways(list);
    gateway_door_list(door, others);
    json_decref(others);
    compare(h, list);
    size_t count = json_array_size(list);
    for (size_t i = 0; i < count; i++)
        (void)fetch_mailbox_new(h, json_array_get(list, i),
                                count > 1 ? rand_below((uint32_t)count * SPREAD_MS) : 0);
    json_decref(list);
}

static struct fetch_mailbox *named(struct fetch_house *h, const char *name)
{
    list_each (it, &h->mailboxes)
        if (is_named(fetch_mailbox_settings(fetch_mailbox_of(it)), "name", name))
            return fetch_mailbox_of(it);
    return NULL;
}

/* ---- the queue ---- */

static uint64_t ask_queue(struct fetch_house *h, const struct message *m)
{
    return peers_ask(h->peers, ROLE_QUEUE, 0, m);
}

static void withdraw_from_queue(struct fetch_house *h, uint64_t request)
{
    peers_withdraw(h->peers, request);
}

static void tell_queue(struct fetch_house *h, const struct message *m)
{
    peers_tell(h->peers, ROLE_QUEUE, 0, m);
}

static const struct fetch_queue our_queue = {ask_queue, withdraw_from_queue, tell_queue, NULL};

static void on_known(void *context, const struct sender *from, struct msg_mailbox_known *m)
{
    struct message answer = {.type = MSG_mailbox_known, .mailbox_known = *m};
    if (!gateway_door_answer(door, from->request, &answer))
        fetch_on_known(context, from->request, m);
}

static void on_spooled(void *context, const struct sender *from, struct msg_mailbox_spooled *m)
{
    struct message answer = {.type = MSG_mailbox_spooled, .mailbox_spooled = *m};
    bool gateways = gateway_door_answer(door, from->request, &answer);
    m->fd = answer.mailbox_spooled.fd;
    if (!gateways)
        fetch_on_spooled(context, from->request, m);
}

static void on_taken(void *context, const struct sender *from, struct msg_mailbox_taken *m)
{
    struct message answer = {.type = MSG_mailbox_taken, .mailbox_taken = *m};
    if (!gateway_door_answer(door, from->request, &answer))
        fetch_on_taken(context, from->request, m);
}

static void on_token_stored(void *context, const struct sender *from, struct msg_mailbox_token_stored *m)
{
}

/* ---- people, through web ---- */

static void no_such(struct outcome *o, const char *name)
{
    outcome_set(o, VERDICT_GIVE_UP, "no-mailbox", "There is no enabled mailbox \"%.100s\".", name);
}

static void on_test(void *context, const struct sender *from, struct msg_mailbox_test *t)
{
    struct fetch_house *h = context;
    struct fetch_mailbox *m = named(h, t->name);
    struct outcome o;
    if (m) {
        fetch_mailbox_test(h, (json_t *)(uintptr_t)fetch_mailbox_settings(m), from);
        return;
    }
    no_such(&o, t->name);
    const struct message a = {.type = MSG_mailbox_tested,
                              .mailbox_tested = {MESSAGE_OUTCOME(&o), .text = ""}};
    peers_answer(h->peers, from, &a);
}

static void on_authorize(void *context, const struct sender *from, struct msg_mailbox_authorize *t)
{
    struct fetch_house *h = context;
    struct fetch_mailbox *m = named(h, t->name);
    const json_t *settings = m ? fetch_mailbox_settings(m) : NULL;
    bool device = *fetch_setting(settings, "oauth_device_url"),
         code = *fetch_setting(settings, "oauth_authorize_url");
    struct outcome o;
    if (t->by_code ? code : device || code) {
        fetch_mailbox_authorize(m, from, t->by_code || !device);
        return;
    }
    if (m)
        outcome_set(&o, VERDICT_GIVE_UP, "no-authorize-url",
                    "The mailbox has no %s, so nobody can authorise it that way. Set it, as the provider's "
                    "documentation has it.",
                    t->by_code ? "oauth_authorize_url" : "oauth_device_url and no oauth_authorize_url");
    else
        no_such(&o, t->name);
    const struct message a = {
        .type = MSG_mailbox_authorization,
        .mailbox_authorization = {MESSAGE_OUTCOME(&o), .user_code = "", .uri = "", .seconds = 0}};
    peers_answer(h->peers, from, &a);
}

static void on_redeem(void *context, const struct sender *from, struct msg_mailbox_redeem *t)
{
    struct fetch_house *h = context;
    struct fetch_mailbox *m = named(h, t->name);
    struct outcome o;
    if (m) {
        fetch_mailbox_redeem(m, from, t->pasted);
        return;
    }
    no_such(&o, t->name);
    const struct message a = {.type = MSG_mailbox_redeemed, .mailbox_redeemed = {MESSAGE_OUTCOME(&o)}};
    peers_answer(h->peers, from, &a);
}

static const struct message_handlers handlers = {.mailboxes = on_mailboxes,
                                                 .mailbox_known = on_known,
                                                 .mailbox_spooled = on_spooled,
                                                 .mailbox_taken = on_taken,
                                                 .mailbox_token_stored = on_token_stored,
                                                 .mailbox_test = on_test,
                                                 .mailbox_authorize = on_authorize,
                                                 .mailbox_redeem = on_redeem};

/* ---- begin and end ---- */

static void on_stop(void *context)
{
    struct fetch_house *h = context;
    loop_stop(h->loop);
}

static void on_certificate(void *context, const struct msg_certificate *m)
{
    gateway_door_renew(door, m);
}

/* A descriptor a mailbox, and one more for each large mail. */
static void want_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max)
        return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

static void drop_all(struct list *mailboxes)
{
    while (!list_empty(mailboxes))
        fetch_mailbox_free(fetch_mailbox_of(mailboxes->next));
}

static void read_key(struct fetch_house *h, struct boot *b)
{
    int key = boot_take(b, "key.fetch");
    int error = key < 0 ? ENOENT : secret_key_read(&h->key, key);
    if (error)
        log_error(NULL, "cannot read our key, so no mailbox with a password can be read: %s",
                  strerror(error));
}

int main(void)
{
    static struct boot boot;
    static struct fetch_house h;
    boot_begin(&boot, ROLE_FETCH);
    list_init(&h.mailboxes);
    list_init(&h.tests);
    list_init(&h.contexts);
    h.queue = &our_queue;
    h.max_bytes = boot.conf.smtp_max_bytes;
    read_key(&h, &boot);
    want_descriptors();
    door = gateway_door_new(&h, &boot);
    if (!door)
        return ROLE_EXIT_CONFIG;
    boot_drop(&boot);
    h.loop = loop_new();
    h.dns = mail_auth_dns(h.loop, boot.conf.dns_servers.list, boot.conf.dns_servers.count);
    if (!h.dns)
        return ROLE_EXIT_FAILED;
    const struct peers_opts opts = {.loop = h.loop,
                                    .self = ROLE_FETCH,
                                    .parent_fd = BOOT_PARENT_FD,
                                    .handlers = &handlers,
                                    .context = &h,
                                    .on_stop = on_stop,
                                    .on_certificate = on_certificate};
    h.peers = peers_new(&opts);
    json_object_seed(0); /* reads /dev/urandom while it may */
    boot_shut_in(&boot);
    gateway_door_open(door);
    boot_ready("");
    loop_run(h.loop);
    drop_all(&h.mailboxes);
    drop_all(&h.tests);
    gateway_door_free(door);
    peers_free(h.peers);
    dns_client_free(h.dns);
    fetch_house_clear(&h);
    loop_free(h.loop);
    conf_clear(&boot.conf);
    return ROLE_EXIT_DONE;
}
