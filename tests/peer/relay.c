/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* udp-relay: a bad network between two UDP ports, for tests that need real sockets.
 *
 * What comes to the listening port from an address goes on to the target from a socket of that address's own,
 * and answers go back the same way; so any number of flows share the port. Each direction of each flow is a
 * lossy.h of its own, seeded from --seed and its place in order. Says {"port":N} when it listens; SIGTERM or
 * SIGINT end it, and it tells what became of the packets as one line of JSON. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/endpoint.h"
#include "base/mem.h"
#include "lossy.h"
#include "net/loop.h"

enum { FLOWS_MAX = 1000, PACKETS_A_ROUND = 64 };

struct relay;

/* One direction: a bad network and the socket that its packets leave by. */
struct way {
    struct relay *relay;
    struct lossy lossy;
    struct timer timer;
    int fd;
    const struct endpoint *to; /* NULL: the socket is connected */
};

struct flow {
    struct list node;
    struct relay *relay;
    struct endpoint source;
    int fd; /* towards the target */
    struct watch watch;
    struct way there, back;
};

struct relay {
    struct loop *loop;
    struct lossy_opts opts;
    struct endpoint listen, target;
    int listen_fd, signal_fd;
    struct watch listen_watch, signal_watch;
    struct list flows;
    unsigned flow_count;
};

static void die(const char *what)
{
    (void)fprintf(stderr, "udp-relay: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* What the network does not take is lost, as a network does. */
static void send_due(struct way *w)
{
    uint8_t packet[LOSSY_PACKET_MAX];
    size_t len;
    int64_t now_ms = clock_mono_ms();
    while (lossy_take(&w->lossy, now_ms, packet, &len)) {
        const struct sockaddr *to = w->to ? (const struct sockaddr *)&w->to->address : NULL;
        (void)!sendto(w->fd, packet, len, 0, to, w->to ? w->to->len : 0);
    }
    int64_t due_ms = lossy_due_ms(&w->lossy);
    if (due_ms >= 0)
        timer_start(&w->timer, w->relay->loop, due_ms - now_ms);
}

static void on_way_due(void *context)
{
    send_due(context);
}

static void pass(struct way *w, const uint8_t *packet, size_t len)
{
    lossy_put(&w->lossy, packet, len, clock_mono_ms());
    send_due(w);
}

static void way_init(struct way *w, struct relay *r, int fd, const struct endpoint *to)
{
    struct lossy_opts opts = r->opts;
    opts.seed += 1000003U * (2U * r->flow_count + (to ? 1 : 0));
    *w = (struct way){.relay = r, .fd = fd, .to = to};
    w->timer.on_due = on_way_due;
    w->timer.context = w;
    lossy_init(&w->lossy, &opts);
}

static void on_answer(void *context, uint32_t events)
{
    struct flow *f = context;
    uint8_t packet[LOSSY_PACKET_MAX + 1];
    for (unsigned i = 0; i < PACKETS_A_ROUND; i++) {
        ssize_t len = recv(f->fd, packet, sizeof(packet), MSG_DONTWAIT);
        if (len < 0)
            return; /* nothing there, or the target's port is closed just now */
        pass(&f->back, packet, (size_t)len);
    }
}

static struct flow *new_flow(struct relay *r, const struct endpoint *source)
{
    if (r->flow_count == FLOWS_MAX)
        return NULL;
    int fd = socket(r->target.address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&r->target.address, r->target.len) < 0)
        die("no socket towards the target");
    struct flow *f = mem_zalloc(sizeof(*f));
    f->relay = r;
    f->source = *source;
    f->fd = fd;
    way_init(&f->there, r, fd, NULL);
    way_init(&f->back, r, r->listen_fd, &f->source);
    f->watch.on_ready = on_answer;
    f->watch.context = f;
    watch_start(&f->watch, r->loop, fd, EPOLLIN);
    list_append(&r->flows, &f->node);
    r->flow_count++;
    return f;
}

static struct flow *flow_of(struct relay *r, const struct endpoint *source)
{
    list_each (it, &r->flows) {
        struct flow *f = CONTAINER_OF(it, struct flow, node);
        if (endpoint_port(&f->source) == endpoint_port(source) && endpoint_equal_host(&f->source, source))
            return f;
    }
    return new_flow(r, source);
}

static void on_packet(void *context, uint32_t events)
{
    struct relay *r = context;
    uint8_t packet[LOSSY_PACKET_MAX + 1];
    for (unsigned i = 0; i < PACKETS_A_ROUND; i++) {
        struct endpoint from = {.len = sizeof(from.address)};
        ssize_t len = recvfrom(r->listen_fd, packet, sizeof(packet), MSG_DONTWAIT,
                               (struct sockaddr *)&from.address, &from.len);
        if (len < 0)
            return;
        struct flow *f = flow_of(r, &from);
        if (f)
            pass(&f->there, packet, (size_t)len);
    }
}

static void on_signal(void *context, uint32_t events)
{
    struct relay *r = context;
    loop_stop(r->loop);
}

static void listen_at(struct relay *r)
{
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
    r->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    r->listen_fd = socket(r->listen.address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (r->signal_fd < 0 || r->listen_fd < 0)
        die("no descriptor");
    if (bind(r->listen_fd, (const struct sockaddr *)&r->listen.address, r->listen.len) < 0)
        die("cannot listen there");
    if (endpoint_of_socket(r->listen_fd, &r->listen))
        die("the socket has no address");
    r->listen_watch = (struct watch){.on_ready = on_packet, .context = r};
    r->signal_watch = (struct watch){.on_ready = on_signal, .context = r};
    watch_start(&r->listen_watch, r->loop, r->listen_fd, EPOLLIN);
    watch_start(&r->signal_watch, r->loop, r->signal_fd, EPOLLIN);
}

static void add_counts(struct lossy_counts *sum, struct way *w)
{
    const struct lossy_counts *c = &w->lossy.counts;
    sum->in += c->in;
    sum->lost += c->lost;
    sum->reordered += c->reordered;
    sum->duplicated += c->duplicated;
    sum->out += c->out;
    timer_stop(&w->timer);
    lossy_clear(&w->lossy);
}

static void print_counts(const char *name, const struct lossy_counts *c)
{
    (void)printf("\"%s\":{\"in\":%" PRIu64 ",\"lost\":%" PRIu64 ",\"reordered\":%" PRIu64
                 ",\"duplicated\":%" PRIu64 ",\"out\":%" PRIu64 "}",
                 name, c->in, c->lost, c->reordered, c->duplicated, c->out);
}

/* Ends all flows and tells what became of their packets. */
static void end(struct relay *r)
{
    struct lossy_counts there = {0}, back = {0};
    list_each_safe (it, &r->flows) {
        struct flow *f = CONTAINER_OF(it, struct flow, node);
        add_counts(&there, &f->there);
        add_counts(&back, &f->back);
        watch_stop(&f->watch);
        (void)close(f->fd);
        list_remove(&f->node);
        free(f);
    }
    (void)printf("{\"flows\":%u,", r->flow_count);
    print_counts("there", &there);
    (void)printf(",");
    print_counts("back", &back);
    (void)printf("}\n");
    watch_stop(&r->listen_watch);
    watch_stop(&r->signal_watch);
    (void)close(r->listen_fd);
    (void)close(r->signal_fd);
    loop_free(r->loop);
}

static void usage(FILE *out)
{
    (void)fputs("usage: udp-relay [--seed N] [--loss PERCENT] [--burst MEAN] [--delay MS] [--jitter MS]\n"
                "                 [--reorder PERCENT] [--duplicate PERCENT] LISTEN TARGET\n"
                "LISTEN and TARGET are ADDRESS:PORT; port 0 of LISTEN is chosen by the kernel.\n",
                out);
}

static double number(const char *text, double least, double most)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end || !(value >= least && value <= most)) {
        (void)fprintf(stderr, "udp-relay: \"%s\" is not a number from %g to %g\n", text, least, most);
        exit(2);
    }
    return value;
}

static void set_option(struct lossy_opts *o, int option)
{
    switch (option) {
    case 's': o->seed = (uint64_t)number(optarg, 0, 1e15); return;
    case 'l': o->loss = number(optarg, 0, 90) / 100; return;
    case 'b': o->burst = number(optarg, 1, 1000); return;
    case 'd': o->delay_ms = (int64_t)number(optarg, 0, 60000); return;
    case 'j': o->jitter_ms = (int64_t)number(optarg, 0, 60000); return;
    case 'r': o->reorder = number(optarg, 0, 100) / 100; return;
    case 'u': o->duplicate = number(optarg, 0, 100) / 100; return;
    case 'h': usage(stdout); exit(0);
    default: usage(stderr); exit(2);
    }
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"seed", required_argument, NULL, 's'},
                                            {"loss", required_argument, NULL, 'l'},
                                            {"burst", required_argument, NULL, 'b'},
                                            {"delay", required_argument, NULL, 'd'},
                                            {"jitter", required_argument, NULL, 'j'},
                                            {"reorder", required_argument, NULL, 'r'},
                                            {"duplicate", required_argument, NULL, 'u'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    struct relay r = {0};
    list_init(&r.flows);
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) >= 0;)
        set_option(&r.opts, option);
    if (argc - optind != 2 || !endpoint_parse(argv[optind], &r.listen) ||
        !endpoint_parse(argv[optind + 1], &r.target)) {
        usage(stderr);
        return 2;
    }
    r.loop = loop_new();
    listen_at(&r);
    (void)printf("{\"port\":%u}\n", endpoint_port(&r.listen));
    (void)fflush(stdout);
    loop_run(r.loop);
    end(&r);
    return 0;
}
