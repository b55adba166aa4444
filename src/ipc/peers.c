/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ipc/peers.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/panic.h"
#include "base/rand.h"
#include "ipc/channel.h"

struct neighbour {
    struct list node;
    struct peers *peers;
    enum role role;
    unsigned instance;
    uint64_t generation;
    struct channel channel;
    struct list open_asks; /* oldest first */
    struct list corked;    /* of struct packet */
};

struct open_ask {
    struct list node;
    uint64_t request;
    bool corked; /* has not been sent yet */
    struct packet *packet;
};

struct peers {
    struct peers_opts opts;
    struct channel parent;
    struct list neighbours;
    bool corked;
    uint64_t next_request; /* starts at random, so that an answer to our former life fits nothing here */
};

static struct neighbour *find(const struct peers *p, enum role role, unsigned instance)
{
    list_each (it, &p->neighbours) {
        struct neighbour *n = CONTAINER_OF(it, struct neighbour, node);
        if (n->role == role && n->instance == instance)
            return n;
    }
    return NULL;
}

static void forget_ask(struct open_ask *a)
{
    list_remove(&a->node);
    packet_free(a->packet);
    free(a);
}

/* False where no such ask is open. */
static bool close_ask(struct neighbour *n, uint64_t request)
{
    list_each (it, &n->open_asks) {
        struct open_ask *a = CONTAINER_OF(it, struct open_ask, node);
        if (a->request == request) {
            forget_ask(a);
            return true;
        }
    }
    return false;
}

static void on_message(void *context, struct message *m)
{
    struct neighbour *n = context;
    const struct peers_opts *o = &n->peers->opts;
    if (!message_allowed(m->type, n->role, o->self))
        panic("%s must not send %s to %s", role_name(n->role), message_name(m->type), role_name(o->self));
    if (message_kind(m->type) == KIND_ANSWER && !close_ask(n, m->request))
        return;
    struct sender from = {n->role, n->instance, m->request};
    if (!message_dispatch(o->handlers, o->context, &from, m))
        panic("%s does not expect %s", role_name(o->self), message_name(m->type));
}

static void on_closed(void *context)
{
    struct neighbour *n = context;
    log_debug(NULL, "%s.%u is gone", role_name(n->role), n->instance);
}

static struct neighbour *add(struct peers *p, enum role role, unsigned instance)
{
    struct neighbour *n = mem_zalloc(sizeof(*n));
    n->peers = p;
    n->role = role;
    n->instance = instance;
    n->channel = (struct channel){.fd = -1, .on_message = on_message, .on_closed = on_closed, .context = n};
    list_init(&n->channel.unsent);
    list_init(&n->open_asks);
    list_init(&n->corked);
    list_append(&p->neighbours, &n->node);
    return n;
}

static struct neighbour *find_or_add(struct peers *p, enum role role, unsigned instance)
{
    struct neighbour *n = find(p, role, instance);
    return n ? n : add(p, role, instance);
}

/* The former life may have read from a file before it died, and its place in the file is ours too. */
static void rewind_files(const struct packet *packet)
{
    for (size_t i = 0; i < packet->fd_count; i++)
        (void)lseek(packet->fds[i], 0, SEEK_SET); /* a socket has no place: nothing happens */
}

static void connect_peer(struct peers *p, struct msg_peer *m)
{
    struct neighbour *n = find_or_add(p, (enum role)m->role, m->instance);
    channel_drain(&n->channel);
    channel_stop(&n->channel);
    n->generation = m->generation;
    channel_start(&n->channel, p->opts.loop, take_fd(&m->fd));
    if (p->opts.on_peer)
        p->opts.on_peer(p->opts.context, n->role, n->instance, n->generation);
    /* What on_peer says comes before what is repeated, also when it is corked: line has to know its trunks
     * before it is asked to dial. */
    list_each (it, &n->open_asks) {
        struct open_ask *a = CONTAINER_OF(it, struct open_ask, node);
        rewind_files(a->packet);
        a->corked = a->corked || p->corked;
        if (!a->corked)
            channel_send_packet(&n->channel, a->packet);
    }
}

static void on_parent_message(void *context, struct message *m)
{
    struct peers *p = context;
    if (m->type == MSG_peer && m->peer.role < ROLE_COUNT && m->peer.fd > 0)
        connect_peer(p, &m->peer);
    else if (m->type == MSG_stop)
        p->opts.on_stop(p->opts.context);
    else if (m->type == MSG_certificate && p->opts.on_certificate)
        p->opts.on_certificate(p->opts.context, &m->certificate);
    else if (m->type == MSG_await_quiet && p->opts.on_await_quiet)
        p->opts.on_await_quiet(p->opts.context, &m->await_quiet);
    else
        panic("unexpected %s from the parent", message_name(m->type));
}

/* Without the parent nobody would start our neighbours again, and a new parent must find the state directory
 * free. */
static void on_parent_closed(void *context)
{
    log_warning(NULL, "the parent process is gone; ending");
    exit(1);
}

struct peers *peers_new(const struct peers_opts *opts)
{
    struct peers *p = mem_zalloc(sizeof(*p));
    p->opts = *opts;
    list_init(&p->neighbours);
    rand_bytes(&p->next_request, sizeof(p->next_request));
    p->parent = (struct channel){
        .fd = -1, .on_message = on_parent_message, .on_closed = on_parent_closed, .context = p};
    channel_start(&p->parent, opts->loop, opts->parent_fd);
    return p;
}

void peers_free(struct peers *p)
{
    if (!p)
        return;
    list_each_safe (it, &p->neighbours) {
        struct neighbour *n = CONTAINER_OF(it, struct neighbour, node);
        list_each_safe (ask, &n->open_asks) {
            forget_ask(CONTAINER_OF(ask, struct open_ask, node));
        }
        list_each_safe (packet, &n->corked) {
            packet_free(CONTAINER_OF(packet, struct packet, node));
        }
        channel_stop(&n->channel);
        list_remove(&n->node);
        free(n);
    }
    channel_stop(&p->parent);
    free(p);
}

void peers_tell_parent(struct peers *p, const struct message *m)
{
    channel_send(&p->parent, m);
}

static void check_kind(const struct message *m, enum message_kind kind)
{
    if (message_kind(m->type) != kind)
        panic("message %s is of another kind", message_name(m->type));
}

uint64_t peers_ask(struct peers *p, enum role to, unsigned instance, const struct message *m)
{
    check_kind(m, KIND_ASK);
    struct neighbour *n = find_or_add(p, to, instance);
    struct message numbered = *m;
    do
        numbered.request = ++p->next_request;
    while (numbered.request == 0);
    struct open_ask *a = mem_zalloc(sizeof(*a));
    a->request = numbered.request;
    a->packet = packet_new(&numbered);
    a->corked = p->corked;
    list_append(&n->open_asks, &a->node);
    if (!p->corked)
        channel_send_packet(&n->channel, a->packet);
    return a->request;
}

void peers_withdraw(struct peers *p, uint64_t request)
{
    list_each (it, &p->neighbours) {
        if (close_ask(CONTAINER_OF(it, struct neighbour, node), request))
            return;
    }
}

static void send_or_cork(struct neighbour *n, const struct message *m)
{
    if (n->peers->corked)
        list_append(&n->corked, &packet_new(m)->node);
    else
        channel_send(&n->channel, m);
}

void peers_tell(struct peers *p, enum role to, unsigned instance, const struct message *m)
{
    check_kind(m, KIND_TELL);
    struct neighbour *n = find(p, to, instance);
    if (n)
        send_or_cork(n, m);
}

void peers_answer(struct peers *p, const struct sender *to, const struct message *m)
{
    check_kind(m, KIND_ANSWER);
    struct neighbour *n = find(p, to->role, to->instance);
    struct message numbered = *m;
    numbered.request = to->request;
    if (n)
        send_or_cork(n, &numbered);
}

void peers_cork(struct peers *p)
{
    p->corked = true;
}

static void uncork(struct neighbour *n)
{
    list_each_safe (it, &n->corked) {
        struct packet *packet = CONTAINER_OF(it, struct packet, node);
        channel_send_packet(&n->channel, packet);
        packet_free(packet);
    }
    list_each (it, &n->open_asks) {
        struct open_ask *a = CONTAINER_OF(it, struct open_ask, node);
        if (a->corked)
            channel_send_packet(&n->channel, a->packet);
        a->corked = false;
    }
}

void peers_uncork(struct peers *p)
{
    p->corked = false;
    list_each (it, &p->neighbours) {
        uncork(CONTAINER_OF(it, struct neighbour, node));
    }
}

bool peers_connected(const struct peers *p, enum role role, unsigned instance)
{
    const struct neighbour *n = find(p, role, instance);
    return n && n->channel.fd >= 0;
}

unsigned peers_count(const struct peers *p, enum role role)
{
    unsigned count = 0;
    list_each (it, &p->neighbours) {
        count += CONTAINER_OF(it, struct neighbour, node)->role == role;
    }
    return count;
}
