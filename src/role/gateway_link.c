/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "role/gateway_link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/scope.h"
#include "ipc/frame.h"
#include "net/dial.h"
#include "net/stream.h"
#include "role/fetch_mailbox.h"
#include "role/gateway_words.h"

enum { OUTPUT_MAX = 32 << 20, PIECE = 64 * 1024 };
enum { CONNECT_MS = 30000, FIRST_WAIT_MS = 500, LONGEST_WAIT_MS = 15000 };

struct gateway_link {
    struct gateway_link_opts opts;
    struct dial *dial;
    struct stream *stream; /* NULL: not connected */
    bool greeted;
    struct timer again, silence, alive;
    struct timer broken; /* found out while a mailbox spoke: on_lost comes from the loop */
    int64_t wait_ms;
    uint64_t last_request;
    struct list errands;
    bool down_said;
};

/* A question that needs more than a frame: a file for a mail, or the mail's way to the server. */
struct errand {
    struct list node;
    struct gateway_link *link;
    uint64_t request; /* 0: only the file is kept */
    struct id mail;
    int fd; /* of the file, ours; -1: none */
    struct timer soon;

    char *key, *facts;
    struct msg_mailbox_take take; /* its texts are ours, its data is in `bytes` */
    struct buf bytes;
    uint64_t size, sent;
    struct dial *dial;
    struct stream *stream;
    struct timer limit;
};

static struct gateway_link *only;

/* ---- errands ---- */

static void errand_free(struct errand *e)
{
    dial_cancel(e->dial);
    stream_free(e->stream);
    timer_stop(&e->soon);
    timer_stop(&e->limit);
    if (e->fd >= 0)
        (void)close(e->fd);
    buf_clear(&e->bytes);
    free(e->key);
    free(e->facts);
    list_remove(&e->node);
    free(e);
}

static struct errand *errand_of(struct gateway_link *l, struct id mail)
{
    list_each (it, &l->errands) {
        struct errand *e = CONTAINER_OF(it, struct errand, node);
        if (id_equal(e->mail, mail))
            return e;
    }
    return NULL;
}

static struct errand *errand_new(struct gateway_link *l, struct id mail)
{
    struct errand *e = mem_zalloc(sizeof(*e));
    *e = (struct errand){.link = l, .mail = mail, .fd = -1};
    list_append(&l->errands, &e->node);
    return e;
}

/* ---- the connection for commands ---- */

static void connect_again(void *context);

static void lose(struct gateway_link *l, const char *why)
{
    bool was = l->greeted;
    dial_cancel(l->dial);
    l->dial = NULL;
    stream_free(l->stream);
    l->stream = NULL;
    l->greeted = false;
    timer_stop(&l->silence);
    timer_stop(&l->alive);
    timer_stop(&l->broken);
    if (!l->down_said)
        log_warning(NULL,
                    "the server %s is not reached: %s; mail stays in its mailboxes, and it is tried again",
                    l->opts.host, why);
    l->down_said = true;
    if (was)
        l->opts.on_lost(l->opts.context);
    while (!list_empty(&l->errands))
        errand_free(CONTAINER_OF(l->errands.next, struct errand, node));
    timer_start(&l->again, l->opts.house->loop, l->wait_ms);
    l->wait_ms = l->wait_ms * 2 < LONGEST_WAIT_MS ? l->wait_ms * 2 : LONGEST_WAIT_MS;
}

static void on_silence(void *context)
{
    lose(context, "it says nothing");
}

static void on_broken(void *context)
{
    lose(context, "it reads nothing");
}

/* False: it will be lost. */
static bool put(struct gateway_link *l, const struct buf *b)
{
    if (stream_write(l->stream, buf_span(b)))
        return true;
    timer_start(&l->broken, l->opts.house->loop, 0);
    return false;
}

static bool put_frame(struct gateway_link *l, char kind, struct span payload)
{
    SCOPED_BUF struct buf b;
    buf_init(&b, FRAME_COMMAND_MAX);
    frame_put(&b, kind, payload);
    return put(l, &b);
}

static bool put_message(struct gateway_link *l, const struct message *m, uint64_t request)
{
    SCOPED_BUF struct buf b;
    int none[MESSAGE_FDS_MAX];
    struct message copy = *m;
    copy.request = request;
    if (!l->greeted)
        return false;
    buf_init(&b, MESSAGE_BYTES_MAX);
    (void)message_encode(&copy, &b, none);
    return put_frame(l, FRAME_MESSAGE, buf_span(&b));
}

static void on_alive(void *context)
{
    struct gateway_link *l = context;
    timer_start(&l->alive, l->opts.house->loop, GATEWAY_ALIVE_MS);
    (void)put_frame(l, FRAME_ALIVE, span_of(NULL, 0));
}

static void on_hello(struct gateway_link *l, struct span words)
{
    char ours[GATEWAY_HELLO_LEN];
    gateway_hello(ours);
    if (!span_equal(words, span_str(ours))) {
        lose(l, "it is of another version; install the same on both machines");
        return;
    }
    log_info(NULL, "connected with the server %s", l->opts.host);
    l->greeted = true;
    l->down_said = false;
    l->wait_ms = FIRST_WAIT_MS;
    timer_start(&l->alive, l->opts.house->loop, GATEWAY_ALIVE_MS);
}

static void on_list(struct gateway_link *l, struct span text)
{
    json_t *list = json_loadb((const char *)text.data, text.len, 0, NULL);
    if (json_is_array(list))
        l->opts.on_list(l->opts.context, list);
    else
        lose(l, "it says what no server says");
    json_decref(list);
}

static void on_message(struct gateway_link *l, struct span payload)
{
    struct message m;
    bool good = message_decode(payload, NULL, 0, &m);
    if (good && m.type == MSG_mailbox_known)
        fetch_on_known(l->opts.house, m.request, &m.mailbox_known);
    else if (good && m.type == MSG_mailbox_taken)
        fetch_on_taken(l->opts.house, m.request, &m.mailbox_taken);
    else
        lose(l, "it says what no server says");
}

static void on_frame(struct gateway_link *l, const struct frame *f)
{
    timer_start(&l->silence, l->opts.house->loop, GATEWAY_SILENCE_MS);
    if (f->kind == FRAME_HELLO && !l->greeted)
        on_hello(l, f->payload);
    else if (f->kind == FRAME_LIST && l->greeted)
        on_list(l, f->payload);
    else if (f->kind == FRAME_MESSAGE && l->greeted)
        on_message(l, f->payload);
    else if (f->kind != FRAME_ALIVE)
        lose(l, "it says what no server says");
}

static void on_input(void *context)
{
    struct gateway_link *l = context;
    struct frame f;
    while (l->stream) {
        enum frame_step step = frame_read(stream_input(l->stream), FRAME_LIST_MAX, &f);
        if (step == FRAME_BAD)
            lose(l, "it says what no server says");
        if (step != FRAME_COMPLETE)
            return;
        on_frame(l, &f);
        if (l->stream)
            stream_consume(l->stream, f.whole);
    }
}

static void say_hello(void *context)
{
    char ours[GATEWAY_HELLO_LEN];
    gateway_hello(ours);
    (void)put_frame(context, FRAME_HELLO, span_str(ours));
}

static void on_closed(void *context, const struct stream_end *end)
{
    lose(context, *end->text ? end->text : "it closed the connection");
}

static const struct stream_handlers handlers = {
    .on_input = on_input, .on_secured = say_hello, .on_closed = on_closed};

static void on_dialled(void *context, const struct dial_result *r)
{
    struct gateway_link *l = context;
    l->dial = NULL;
    if (r->fd < 0) {
        lose(l, r->error);
        return;
    }
    l->stream = stream_new(&(struct stream_opts){.loop = l->opts.house->loop,
                                                 .fd = r->fd,
                                                 .input_limit = FRAME_LIST_MAX + FRAME_HEAD,
                                                 .output_limit = OUTPUT_MAX,
                                                 .handlers = &handlers,
                                                 .context = l});
    if (l->opts.tls)
        stream_start_tls(l->stream, l->opts.tls, l->opts.host);
    else
        say_hello(l);
}

static void connect_again(void *context)
{
    struct gateway_link *l = context;
    timer_start(&l->silence, l->opts.house->loop, CONNECT_MS);
    l->dial = dial_start(l->opts.house->loop, l->opts.host, l->opts.port, on_dialled, l);
}

/* ---- a mail's way ---- */

static void answer_take(struct errand *e, int error)
{
    struct gateway_link *l = e->link;
    const struct msg_mailbox_taken m = {.mail = e->mail, .error = (uint32_t)error};
    uint64_t request = e->request;
    errand_free(e);
    fetch_on_taken(l->opts.house, request, &m);
}

static void on_late(void *context)
{
    answer_take(context, ETIMEDOUT);
}

/* The server has its octets: what it is. */
static void say_take(struct errand *e)
{
    struct gateway_link *l = e->link;
    struct message m = {.type = MSG_mailbox_take, .mailbox_take = e->take};
    m.mailbox_take.spooled = e->size;
    m.mailbox_take.data = span_of(NULL, 0);
    if (put_message(l, &m, e->request))
        errand_free(e);
}

static ssize_t next_piece(const struct errand *e, uint8_t *to, size_t room)
{
    if (e->fd >= 0)
        return pread(e->fd, to, room, (off_t)e->sent);
    size_t left = e->bytes.len - (size_t)e->sent, n = left < room ? left : room;
    memcpy(to, e->bytes.data + e->sent, n);
    return (ssize_t)n;
}

static void push_mail(void *context)
{
    struct errand *e = context;
    uint8_t piece[PIECE];
    while (e->sent < e->size && stream_room(e->stream) >= PIECE) {
        ssize_t n = next_piece(e, piece, sizeof(piece));
        if (n <= 0) {
            answer_take(e, n < 0 ? errno : EIO);
            return;
        }
        (void)stream_write(e->stream, span_of(piece, (size_t)n));
        e->sent += (uint64_t)n;
        timer_start(&e->limit, e->link->opts.house->loop, GATEWAY_SILENCE_MS);
    }
}

static void on_mail_input(void *context)
{
    struct errand *e = context;
    struct frame f;
    uint32_t error = EPROTO;
    enum frame_step step = frame_read(stream_input(e->stream), 64, &f);
    if (step == FRAME_MORE)
        return;
    bool good = step == FRAME_COMPLETE && f.kind == FRAME_STORED && frame_number_read(f.payload, &error);
    if (good && error == 0 && e->sent == e->size)
        say_take(e);
    else
        answer_take(e, good && error ? (int)error : EPROTO);
}

static void begin_mail(void *context)
{
    struct errand *e = context;
    SCOPED_BUF struct buf b;
    buf_init(&b, 256);
    frame_mail_put(&b, &(struct frame_mail){e->mail, e->take.mailbox, e->size});
    (void)stream_write(e->stream, buf_span(&b));
    push_mail(e);
}

static void on_mail_closed(void *context, const struct stream_end *end)
{
    answer_take(context, ECONNRESET);
}

static const struct stream_handlers mail_handlers = {.on_input = on_mail_input,
                                                     .on_drained = push_mail,
                                                     .on_secured = begin_mail,
                                                     .on_closed = on_mail_closed};

static void on_mail_dialled(void *context, const struct dial_result *r)
{
    struct errand *e = context;
    e->dial = NULL;
    if (r->fd < 0) {
        answer_take(e, ECONNREFUSED);
        return;
    }
    e->stream = stream_new(&(struct stream_opts){.loop = e->link->opts.house->loop,
                                                 .fd = r->fd,
                                                 .input_limit = 4096,
                                                 .output_limit = 4 * PIECE,
                                                 .handlers = &mail_handlers,
                                                 .context = e});
    if (e->link->opts.tls)
        stream_start_tls(e->stream, e->link->opts.tls, e->link->opts.host);
    else
        begin_mail(e);
}

static void begin_take(struct gateway_link *l, const struct msg_mailbox_take *take, uint64_t request)
{
    struct errand *e = errand_of(l, take->mail);
    if (!e)
        e = errand_new(l, take->mail);
    e->request = request;
    e->key = mem_strdup(take->key);
    e->facts = mem_strdup(take->facts);
    e->take = *take;
    e->take.key = e->key;
    e->take.facts = e->facts;
    buf_init(&e->bytes, take->data.len + 1);
    (void)buf_append(&e->bytes, take->data.data, take->data.len);
    e->size = take->spooled ? take->spooled : take->data.len;
    e->limit = (struct timer){.on_due = on_late, .context = e};
    timer_start(&e->limit, l->opts.house->loop, CONNECT_MS);
    if (e->size == 0)
        say_take(e);
    else
        e->dial = dial_start(l->opts.house->loop, l->opts.host, l->opts.data_port, on_mail_dialled, e);
}

/* ---- a file ---- */

static void give_file(void *context)
{
    struct errand *e = context;
    struct msg_mailbox_spooled s = {.mail = e->mail, .fd = -1};
    uint64_t request = e->request;
    e->request = 0;
    e->fd = memfd_create("mail", MFD_CLOEXEC);
    s.fd = e->fd < 0 ? -1 : dup(e->fd);
    s.error = s.fd < 0 ? (uint32_t)errno : 0;
    fetch_on_spooled(e->link->opts.house, request, &s);
    if (s.fd >= 0)
        (void)close(s.fd); /* nobody took it */
}

/* ---- as the queue ---- */

static uint64_t ask(struct fetch_house *h, const struct message *m)
{
    struct gateway_link *l = only;
    uint64_t request = ++l->last_request;
    if (m->type == MSG_mailbox_keys) {
        (void)put_message(l, m, request);
    } else if (m->type == MSG_mailbox_take) {
        begin_take(l, &m->mailbox_take, request);
    } else if (m->type == MSG_mailbox_spool) {
        struct errand *e = errand_new(l, m->mailbox_spool.mail);
        e->request = request;
        e->soon = (struct timer){.on_due = give_file, .context = e};
        timer_start(&e->soon, h->loop, 0);
    }
    return request;
}

static void withdraw(struct fetch_house *h, uint64_t request)
{
    list_each_safe (it, &only->errands) {
        struct errand *e = CONTAINER_OF(it, struct errand, node);
        if (e->request == request)
            errand_free(e);
    }
}

static void tell(struct fetch_house *h, const struct message *m)
{
    (void)put_message(only, m, 0);
}

static void drop(struct fetch_house *h, struct id mail)
{
    struct errand *e = errand_of(only, mail);
    if (e)
        errand_free(e);
}

const struct fetch_queue gateway_queue = {ask, withdraw, tell, drop};

/* ---- begin and end ---- */

struct gateway_link *gateway_link_new(const struct gateway_link_opts *opts)
{
    struct gateway_link *l = mem_zalloc(sizeof(*l));
    l->opts = *opts;
    l->wait_ms = FIRST_WAIT_MS;
    list_init(&l->errands);
    l->again = (struct timer){.on_due = connect_again, .context = l};
    l->silence = (struct timer){.on_due = on_silence, .context = l};
    l->alive = (struct timer){.on_due = on_alive, .context = l};
    l->broken = (struct timer){.on_due = on_broken, .context = l};
    timer_start(&l->again, opts->house->loop, 0);
    only = l;
    return l;
}

void gateway_link_free(struct gateway_link *l)
{
    while (!list_empty(&l->errands))
        errand_free(CONTAINER_OF(l->errands.next, struct errand, node));
    dial_cancel(l->dial);
    stream_free(l->stream);
    timer_stop(&l->again);
    timer_stop(&l->silence);
    timer_stop(&l->alive);
    timer_stop(&l->broken);
    only = NULL;
    free(l);
}
