/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "role/gateway_door.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/scope.h"
#include "base/str.h"
#include "ipc/frame.h"
#include "net/listener.h"
#include "net/stream.h"
#include "role/fetch_parcel.h"
#include "role/gateway_words.h"
#include "role/identity.h"

enum { PEM_MAX = 1 << 20, CLIENTS_MAX = 64, DELIVERIES_MAX = 64 };
enum { OUTPUT_MAX = FRAME_LIST_MAX + (1 << 20), PIECE = 64 * 1024 };
enum { HELLO_MS = 30000, DELIVERY_MS = 10 * 60000, ABSENT_MS = 60000 };

struct gateway_door {
    struct fetch_house *house;
    struct tls_context *tls; /* NULL: this machine's gateways only, in clear */
    struct buf authority;    /* of gateways' certificates, PEM */
    int fds[2];
    struct listener listeners[2]; /* for commands, for mails */
    bool open;
    json_t *list;
    struct list clients, deliveries, asks;
    unsigned client_count, delivery_count;
    struct timer absent; /* no gateway has been there for so long */
};

/* A mail that came over a connection of its own, until a command says what it is. */
struct delivery {
    struct list node;
    struct gateway_door *door;
    struct client *client; /* that brings it; NULL: it is complete */
    struct frame_mail head;
    uint64_t got;
    struct fetch_parcel parcel;
    uint64_t request; /* for a file; 0: none */
    struct timer life;
};

struct client {
    struct list node;
    struct gateway_door *door;
    struct stream *stream;
    char peer[ENDPOINT_TEXT_LEN];
    bool mails; /* it brings one; else commands */
    bool greeted;
    struct timer silence;
    struct delivery *delivery;
};

/* A gateway's question that the queue has not answered. */
struct relayed {
    struct list node;
    struct client *client;
    uint64_t ours, theirs;
};

/* ---- mails ---- */

static void delivery_free(struct delivery *y)
{
    if (y->request)
        peers_withdraw(y->door->house->peers, y->request);
    if (y->client)
        y->client->delivery = NULL;
    timer_stop(&y->life);
    parcel_clear(&y->parcel);
    list_remove(&y->node);
    y->door->delivery_count--;
    free(y);
}

static void on_life_over(void *context)
{
    delivery_free(context);
}

static struct delivery *delivery_of(struct gateway_door *d, struct id mail)
{
    list_each (it, &d->deliveries) {
        struct delivery *y = CONTAINER_OF(it, struct delivery, node);
        if (id_equal(y->head.mail, mail))
            return y;
    }
    return NULL;
}

static struct delivery *delivery_new(struct client *k, const struct frame_mail *head)
{
    struct delivery *old = delivery_of(k->door, head->mail), *y = mem_zalloc(sizeof(*y));
    if (old)
        delivery_free(old);
    *y = (struct delivery){.door = k->door, .client = k, .head = *head};
    parcel_init(&y->parcel);
    y->parcel.id = head->mail;
    y->life = (struct timer){.on_due = on_life_over, .context = y};
    timer_start(&y->life, k->door->house->loop, DELIVERY_MS);
    list_append(&k->door->deliveries, &y->node);
    k->door->delivery_count++;
    k->delivery = y;
    return y;
}

/* ---- clients ---- */

static bool any_gateway(const struct gateway_door *d)
{
    list_each (it, &d->clients) {
        const struct client *k = CONTAINER_OF(it, struct client, node);
        if (k->greeted && !k->mails)
            return true;
    }
    return false;
}

static void client_free(struct client *k)
{
    struct gateway_door *d = k->door;
    list_each_safe (it, &d->asks) {
        struct relayed *r = CONTAINER_OF(it, struct relayed, node);
        if (r->client != k)
            continue;
        peers_withdraw(d->house->peers, r->ours);
        list_remove(it);
        free(r);
    }
    if (k->delivery)
        delivery_free(k->delivery);
    timer_stop(&k->silence);
    stream_free(k->stream);
    list_remove(&k->node);
    d->client_count--;
    if (k->greeted && !k->mails) {
        log_info(NULL, "the gateway at %s has gone", k->peer);
        if (!any_gateway(d))
            timer_start(&d->absent, d->house->loop, ABSENT_MS);
    }
    free(k);
}

static void turn_out(struct client *k, const char *why)
{
    log_warning(NULL, "gateway at %s: %s; it is disconnected", k->peer, why);
    client_free(k);
}

static void on_silence(void *context)
{
    turn_out(context, "it says nothing");
}

/* False: it is gone. */
static bool put(struct client *k, const struct buf *frame)
{
    if (stream_write(k->stream, buf_span(frame)))
        return true;
    turn_out(k, "it reads nothing");
    return false;
}

static bool put_frame(struct client *k, char kind, struct span payload)
{
    SCOPED_BUF struct buf b;
    buf_init(&b, FRAME_LIST_MAX + FRAME_HEAD);
    frame_put(&b, kind, payload);
    return put(k, &b);
}

static bool put_list(struct client *k)
{
    SCOPED_FREE char *text = json_dumps(k->door->list, JSON_COMPACT);
    return put_frame(k, FRAME_LIST, span_str(text));
}

static bool put_answer(struct client *k, uint64_t request, const struct message *m)
{
    SCOPED_BUF struct buf b;
    int none[MESSAGE_FDS_MAX];
    struct message copy = *m;
    copy.request = request;
    buf_init(&b, MESSAGE_BYTES_MAX);
    (void)message_encode(&copy, &b, none);
    return put_frame(k, FRAME_MESSAGE, buf_span(&b));
}

/* ---- commands ---- */

static bool is_gateways(const struct gateway_door *d, struct id mailbox)
{
    for (size_t i = 0; i < json_array_size(d->list); i++) {
        struct id id;
        if (id_parse(fetch_setting(json_array_get(d->list, i), "id"), &id) && id_equal(id, mailbox))
            return true;
    }
    return false;
}

static void relay(struct client *k, const struct message *m, uint64_t theirs)
{
    struct relayed *r = mem_zalloc(sizeof(*r));
    *r = (struct relayed){.client = k, .theirs = theirs};
    r->ours = peers_ask(k->door->house->peers, ROLE_QUEUE, 0, m);
    list_append(&k->door->asks, &r->node);
}

/* With the octets that came over the other connection. */
static bool take(struct client *k, struct message *m)
{
    struct delivery *y = delivery_of(k->door, m->mailbox_take.mail);
    bool empty = m->mailbox_take.spooled == 0;
    if (!empty && (!y || y->client || !id_equal(y->head.mailbox, m->mailbox_take.mailbox))) {
        const struct message lost = {.type = MSG_mailbox_taken,
                                     .mailbox_taken = {.mail = m->mailbox_take.mail, .error = ECONNRESET}};
        return put_answer(k, m->request, &lost);
    }
    m->mailbox_take.spooled = empty ? 0 : y->parcel.spooled;
    m->mailbox_take.data = empty ? span_of(NULL, 0) : buf_span(&y->parcel.bytes);
    relay(k, m, m->request);
    if (y)
        delivery_free(y);
    return true;
}

/* False: the client is gone. */
static bool obey(struct client *k, struct message *m)
{
    struct id mailbox = m->type == MSG_mailbox_keys    ? m->mailbox_keys.mailbox
                        : m->type == MSG_mailbox_take  ? m->mailbox_take.mailbox
                        : m->type == MSG_mailbox_state ? m->mailbox_state.mailbox
                                                       : ID_NONE;
    if (id_is_none(mailbox)) {
        turn_out(k, "it says what no gateway says");
        return false;
    }
    if (!is_gateways(k->door, mailbox))
        return true; /* changed meanwhile: it hears of that, and asks no more */
    if (m->type == MSG_mailbox_take)
        return take(k, m);
    if (m->type == MSG_mailbox_keys)
        relay(k, m, m->request);
    else
        peers_tell(k->door->house->peers, ROLE_QUEUE, 0, m);
    return true;
}

static bool greet(struct client *k, struct span words)
{
    char ours[GATEWAY_HELLO_LEN];
    gateway_hello(ours);
    if (!span_equal(words, span_str(ours))) {
        turn_out(k, "it is of another version; install the same on both machines");
        return false;
    }
    k->greeted = true;
    timer_stop(&k->door->absent);
    log_info(NULL, "the gateway at %s is connected", k->peer);
    return put_frame(k, FRAME_HELLO, span_str(ours)) && put_list(k);
}

static bool on_command(struct client *k, const struct frame *f)
{
    struct message m;
    timer_start(&k->silence, k->door->house->loop, GATEWAY_SILENCE_MS);
    if (!k->greeted && f->kind == FRAME_HELLO)
        return greet(k, f->payload);
    if (k->greeted && f->kind == FRAME_ALIVE)
        return put_frame(k, FRAME_ALIVE, span_of(NULL, 0));
    if (k->greeted && f->kind == FRAME_MESSAGE && message_decode(f->payload, NULL, 0, &m))
        return obey(k, &m);
    turn_out(k, "it says what no gateway says");
    return false;
}

static void read_commands(struct client *k)
{
    struct frame f;
    for (;;) {
        enum frame_step step = frame_read(stream_input(k->stream), FRAME_COMMAND_MAX, &f);
        if (step == FRAME_BAD)
            turn_out(k, "it says what no gateway says");
        if (step != FRAME_COMPLETE || !on_command(k, &f))
            return;
        stream_consume(k->stream, f.whole);
    }
}

/* ---- a mail's connection ---- */

static bool begin_mail(struct client *k)
{
    struct frame f;
    struct frame_mail head;
    enum frame_step step = frame_read(stream_input(k->stream), sizeof(struct frame_mail) + 64, &f);
    if (step == FRAME_MORE)
        return false;
    if (step == FRAME_BAD || f.kind != FRAME_MAIL || !frame_mail_read(f.payload, &head) ||
        !is_gateways(k->door, head.mailbox) || head.size > k->door->house->max_bytes ||
        k->door->delivery_count >= DELIVERIES_MAX) {
        turn_out(k, "its mail is not taken");
        return false;
    }
    k->greeted = true;
    stream_consume(k->stream, f.whole);
    (void)delivery_new(k, &head);
    return true;
}

static void end_mail(struct client *k)
{
    struct delivery *y = k->delivery;
    SCOPED_BUF struct buf b;
    parcel_end(&y->parcel);
    parcel_close_file(&y->parcel);
    buf_init(&b, 64);
    frame_number_put(&b, FRAME_STORED, (uint32_t)y->parcel.error);
    k->delivery = NULL;
    y->client = NULL;
    if (y->parcel.error)
        delivery_free(y);
    if (put(k, &b))
        stream_end(k->stream);
}

static void read_mail(struct client *k)
{
    timer_start(&k->silence, k->door->house->loop, GATEWAY_SILENCE_MS);
    if (!k->delivery && (k->greeted || !begin_mail(k)))
        return;
    struct delivery *y = k->delivery;
    while (y->request == 0 && y->got < y->head.size) {
        struct span in = stream_input(k->stream);
        uint64_t left = y->head.size - y->got;
        size_t n = in.len < left ? in.len : (size_t)left;
        n = n < PIECE ? n : PIECE;
        if (n == 0)
            return;
        bool fits = parcel_add(&y->parcel, span_of(in.data, n));
        stream_consume(k->stream, n);
        y->got += n;
        if (fits)
            continue;
        const struct message q = {.type = MSG_mailbox_spool, .mailbox_spool = {.mail = y->head.mail}};
        y->request = peers_ask(k->door->house->peers, ROLE_QUEUE, 0, &q);
    }
    if (y->request == 0)
        end_mail(k);
}

/* ---- connections ---- */

static void on_input(void *context)
{
    struct client *k = context;
    if (k->door->tls && !stream_secured(k->stream))
        return;
    if (k->mails)
        read_mail(k);
    else
        read_commands(k);
}

static void on_closed(void *context, const struct stream_end *end)
{
    struct client *k = context;
    if (end->why != STREAM_CLOSED)
        log_warning(NULL, "gateway at %s: %s", k->peer, end->text);
    client_free(k);
}

static const struct stream_handlers handlers = {
    .on_input = on_input, .on_secured = on_input, .on_closed = on_closed};

static void accept_client(struct gateway_door *d, int fd, const struct endpoint *peer, bool mails)
{
    if (d->client_count >= CLIENTS_MAX) {
        (void)close(fd);
        return;
    }
    struct client *k = mem_zalloc(sizeof(*k));
    *k = (struct client){.door = d, .mails = mails};
    endpoint_format(peer, k->peer);
    k->silence = (struct timer){.on_due = on_silence, .context = k};
    timer_start(&k->silence, d->house->loop, HELLO_MS);
    list_append(&d->clients, &k->node);
    d->client_count++;
    k->stream = stream_new(&(struct stream_opts){.loop = d->house->loop,
                                                 .fd = fd,
                                                 .input_limit = FRAME_COMMAND_MAX + FRAME_HEAD,
                                                 .output_limit = OUTPUT_MAX,
                                                 .handlers = &handlers,
                                                 .context = k});
    if (d->tls)
        stream_start_tls(k->stream, d->tls, NULL);
}

static void on_accept_commands(void *context, int fd, const struct endpoint *peer)
{
    accept_client(context, fd, peer, false);
}

static void on_accept_mails(void *context, int fd, const struct endpoint *peer)
{
    accept_client(context, fd, peer, true);
}

/* ---- the queue ---- */

static bool answer_spool(struct gateway_door *d, uint64_t request, struct message *m)
{
    list_each (it, &d->deliveries) {
        struct delivery *y = CONTAINER_OF(it, struct delivery, node);
        if (y->request != request)
            continue;
        struct msg_mailbox_spooled *s = &m->mailbox_spooled;
        y->request = 0;
        parcel_take_file(&y->parcel, s->error == 0 ? take_fd(&s->fd) : -1, (int)s->error);
        read_mail(y->client);
        return true;
    }
    return false;
}

bool gateway_door_answer(struct gateway_door *d, uint64_t request, struct message *m)
{
    if (m->type == MSG_mailbox_spooled)
        return answer_spool(d, request, m);
    list_each (it, &d->asks) {
        struct relayed *r = CONTAINER_OF(it, struct relayed, node);
        if (r->ours != request)
            continue;
        struct client *k = r->client;
        uint64_t theirs = r->theirs;
        list_remove(it);
        free(r);
        (void)put_answer(k, theirs, m);
        return true;
    }
    return false;
}

static void on_absent(void *context)
{
    struct gateway_door *d = context;
    struct outcome o;
    outcome_set(&o, VERDICT_RETRY, "mailbox-gateway",
                "%s, so nobody reads this mailbox. Its mail stays there.",
                d->fds[0] >= 0 || d->open ? "No gateway is connected; start `faxpost gateway` on its machine"
                                          : "gateway_address is not set in faxpost.conf");
    for (size_t i = 0; i < json_array_size(d->list); i++) {
        struct message m = {.type = MSG_mailbox_state, .mailbox_state = {MESSAGE_OUTCOME(&o)}};
        if (id_parse(fetch_setting(json_array_get(d->list, i), "id"), &m.mailbox_state.mailbox))
            peers_tell(d->house->peers, ROLE_QUEUE, 0, &m);
    }
}

void gateway_door_list(struct gateway_door *d, json_t *list)
{
    static const char *const secrets[] = {"password", "oauth_client_secret", "oauth_refresh_token"};
    for (size_t i = 0; i < json_array_size(list); i++)
        for (size_t k = 0; k < ARRAY_LEN(secrets); k++)
            (void)json_object_del(json_array_get(list, i), secrets[k]);
    bool same = json_equal(d->list, list) == 1;
    json_decref(d->list);
    d->list = json_incref(list);
    list_each_safe (it, &d->clients) {
        struct client *k = CONTAINER_OF(it, struct client, node);
        if (!same && k->greeted && !k->mails)
            (void)put_list(k);
    }
    if (!any_gateway(d) && json_array_size(list) > 0 && !timer_running(&d->absent))
        timer_start(&d->absent, d->house->loop, d->open ? ABSENT_MS : 0);
}

/* ---- begin and end ---- */

static bool use(struct gateway_door *d, const struct identity *i, const char *else_what)
{
    char error[TLS_ERROR_LEN];
    struct tls_context *tls = tls_server_new(buf_span(&i->chain), buf_span(&i->key), error);
    if (!tls || !tls_server_require_client(tls, buf_span(&d->authority), error)) {
        log_error(NULL, "gateways cannot be let in: %s; see gateway_ca, tls_certificate and tls_key. %s",
                  error, else_what);
        tls_context_free(tls);
        return false;
    }
    tls_context_free(d->tls);
    d->tls = tls;
    return true;
}

static bool make_tls(struct gateway_door *d, struct boot *b)
{
    SCOPED_IDENTITY struct identity i;
    return identity_granted(b, &i) && boot_read(b, "gateway.ca", &d->authority) &&
           use(d, &i, "No mail is fetched.");
}

void gateway_door_renew(struct gateway_door *d, const struct msg_certificate *m)
{
    SCOPED_IDENTITY struct identity i;
    if (d->tls && identity_renewed(m, &i) && use(d, &i, "The former certificate stays in use."))
        log_info(NULL, "gateways that connect from now on get the renewed certificate");
}

struct gateway_door *gateway_door_new(struct fetch_house *h, struct boot *b)
{
    struct gateway_door *d = mem_zalloc(sizeof(*d));
    d->house = h;
    d->list = json_array();
    buf_init(&d->authority, PEM_MAX);
    d->fds[0] = boot_take(b, "gateway.commands");
    d->fds[1] = boot_take(b, "gateway.mails");
    list_init(&d->clients);
    list_init(&d->deliveries);
    list_init(&d->asks);
    d->absent = (struct timer){.on_due = on_absent, .context = d};
    if (d->fds[0] < 0 || !*b->conf.gateway_ca || make_tls(d, b))
        return d;
    gateway_door_free(d);
    return NULL;
}

void gateway_door_open(struct gateway_door *d)
{
    static void (*const on_accept[])(void *, int, const struct endpoint *) = {on_accept_commands,
                                                                              on_accept_mails};
    if (d->fds[0] < 0 || d->fds[1] < 0)
        return;
    for (unsigned i = 0; i < 2; i++) {
        d->listeners[i] = (struct listener){.on_accept = on_accept[i], .context = d};
        listener_start(&d->listeners[i], d->house->loop, d->fds[i]);
        d->fds[i] = -1;
    }
    d->open = true;
}

void gateway_door_free(struct gateway_door *d)
{
    if (d->open)
        for (unsigned i = 0; i < 2; i++)
            listener_stop(&d->listeners[i]);
    while (!list_empty(&d->clients))
        client_free(CONTAINER_OF(d->clients.next, struct client, node));
    while (!list_empty(&d->deliveries))
        delivery_free(CONTAINER_OF(d->deliveries.next, struct delivery, node));
    timer_stop(&d->absent);
    tls_context_free(d->tls);
    buf_clear(&d->authority);
    json_decref(d->list);
    free(d);
}
