/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "net/stream.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/panic.h"
#include "base/str.h"

enum { CHUNK_BYTES = 16384 }; /* also the largest TLS record (RFC 8446 §5.1) */
/* So that one fast sender does not keep the other streams waiting. */
enum { CHUNKS_A_ROUND = 8 };
enum { LINGER_MS = 2000 };

enum phase {
    PHASE_OPEN,
    PHASE_FLUSHING, /* STARTTLS was agreed on: plaintext output first */
    PHASE_SECURING,
    PHASE_ENDING,    /* output first, then goodbye */
    PHASE_LINGERING, /* for the other side's end */
    PHASE_CLOSED,    /* on_closed is due or was called */
};

struct stream {
    struct loop *loop;
    int fd;
    struct watch watch;
    uint32_t watched;  /* events; 0: stopped */
    struct timer soon; /* work that no event of the socket announces */
    struct timer linger;
    enum phase phase;
    struct tls *tls; /* NULL: plain */
    bool secured;
    bool want_write; /* TLS cannot go on, reading or writing, before the socket takes bytes */
    struct buf in, out;
    bool written; /* on_drained is owed */
    bool input_ended, told_input_end;
    bool announced_end;
    struct stream_end end;
    const struct stream_handlers *handlers;
    void *context;
    int depth;  /* callbacks we are inside of */
    bool freed; /* inside one of them */
};

static void destroy(struct stream *s)
{
    watch_stop(&s->watch);
    timer_stop(&s->soon);
    timer_stop(&s->linger);
    tls_free(s->tls);
    if (s->fd >= 0)
        (void)close(s->fd);
    buf_clear(&s->in);
    buf_clear(&s->out);
    free(s);
}

static void close_with(struct stream *s, enum stream_why why, const char *text)
{
    if (s->phase == PHASE_CLOSED)
        return;
    s->phase = PHASE_CLOSED;
    s->end.why = why;
    (void)str_copy(s->end.text, sizeof(s->end.text), text);
    watch_stop(&s->watch);
    timer_stop(&s->linger);
    timer_start(&s->soon, s->loop, 0);
}

static void close_after_tls(struct stream *s)
{
    bool certificate;
    const char *text = tls_error(s->tls, &certificate);
    close_with(s, certificate ? STREAM_CERTIFICATE : s->secured ? STREAM_BROKEN : STREAM_TLS_FAILED, text);
}

/* ---- bytes ---- */

enum moved {
    MOVED_SOME,
    MOVED_NONE, /* the socket does not take or have any now */
    MOVED_END,  /* nothing more comes, or the stream is closed */
};

static enum moved after_tls(struct stream *s, enum tls_step step)
{
    if (step == TLS_DONE)
        return MOVED_SOME;
    if (step == TLS_WANT_WRITE)
        s->want_write = true;
    if (step == TLS_WANT_READ || step == TLS_WANT_WRITE)
        return MOVED_NONE;
    if (step == TLS_FAILED)
        close_after_tls(s);
    return MOVED_END;
}

static enum moved after_socket(struct stream *s, ssize_t n)
{
    if (n > 0)
        return MOVED_SOME;
    if (n == 0)
        return MOVED_END;
    if (errno == EAGAIN || errno == EINTR)
        return MOVED_NONE;
    char text[128];
    (void)str_format(text, sizeof(text), "the connection broke off: %s", strerror(errno));
    close_with(s, STREAM_BROKEN, text);
    return MOVED_END;
}

static enum moved receive(struct stream *s, uint8_t *to, size_t room, size_t *len)
{
    if (s->tls)
        return after_tls(s, tls_read(s->tls, to, room, len));
    ssize_t n = recv(s->fd, to, room, 0);
    *len = n > 0 ? (size_t)n : 0;
    return after_socket(s, n);
}

static enum moved transmit(struct stream *s, struct span data, size_t *len)
{
    if (s->tls && s->secured)
        return after_tls(s, tls_write(s->tls, data, len));
    ssize_t n = send(s->fd, data.data, data.len, MSG_NOSIGNAL);
    *len = n > 0 ? (size_t)n : 0;
    return after_socket(s, n);
}

static bool may_write(const struct stream *s)
{
    return s->phase == PHASE_OPEN || s->phase == PHASE_FLUSHING || s->phase == PHASE_ENDING;
}

static bool may_read(const struct stream *s)
{
    return s->phase == PHASE_OPEN && !s->input_ended && s->in.len < s->in.limit;
}

static void flush(struct stream *s)
{
    size_t done = 0;
    while (may_write(s) && done < s->out.len) {
        size_t len = 0;
        if (transmit(s, span_of(s->out.data + done, s->out.len - done), &len) != MOVED_SOME)
            break;
        done += len;
    }
    buf_consume(&s->out, done);
}

/* True where input grew. */
static bool fill(struct stream *s)
{
    uint8_t chunk[CHUNK_BYTES];
    bool grew = false;
    for (int i = 0; i < CHUNKS_A_ROUND && may_read(s); i++) {
        size_t room = s->in.limit - s->in.len, len = 0;
        size_t want = room < sizeof(chunk) ? room : sizeof(chunk);
        enum moved moved = receive(s, chunk, want, &len);
        s->input_ended = moved == MOVED_END;
        if (moved != MOVED_SOME)
            return grew;
        (void)buf_append(&s->in, chunk, len);
        grew = true;
        if (!s->tls && len < want)
            return grew; /* the socket is empty, or epoll tells again */
    }
    /* TLS may hold decrypted bytes that epoll knows nothing of. */
    if (s->tls && may_read(s))
        timer_start(&s->soon, s->loop, 0);
    return grew;
}

static void say_goodbye(struct stream *s)
{
    if (s->tls)
        tls_say_goodbye(s->tls);
    (void)shutdown(s->fd, SHUT_WR);
    s->phase = PHASE_LINGERING;
    timer_start(&s->linger, s->loop, LINGER_MS);
}

/* Raw bytes: after our goodbye nobody reads what they say. */
static void drop_late_input(struct stream *s)
{
    uint8_t chunk[CHUNK_BYTES];
    ssize_t n = 0;
    for (int i = 0; i < CHUNKS_A_ROUND && (n = recv(s->fd, chunk, sizeof(chunk), 0)) > 0; i++) {
    }
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
        close_with(s, STREAM_CLOSED, "");
}

static void shake_hands(struct stream *s)
{
    enum moved moved = after_tls(s, tls_handshake(s->tls));
    if (moved == MOVED_END)
        close_with(s, STREAM_TLS_FAILED, "the other side ended the connection instead of beginning TLS");
    if (moved != MOVED_SOME)
        return;
    s->phase = PHASE_OPEN;
    s->secured = true;
    /* What came with the last handshake record is decrypted already or will be without a new event. */
    timer_start(&s->soon, s->loop, 0);
    s->handlers->on_secured(s->context);
}

/* ---- events ---- */

static void update_watch(struct stream *s)
{
    if (s->phase == PHASE_CLOSED || s->freed)
        return;
    bool reading = s->phase == PHASE_SECURING || s->phase == PHASE_LINGERING || may_read(s);
    bool writing = s->want_write || (may_write(s) && s->out.len > 0);
    uint32_t events = (reading ? (uint32_t)EPOLLIN : 0) | (writing ? (uint32_t)EPOLLOUT : 0);
    if (events == s->watched)
        return;
    /* EPOLLHUP and EPOLLERR come whether asked for or not, again and again: with nothing to do, do not even
     * listen. */
    if (events == 0)
        watch_stop(&s->watch);
    else if (s->watched == 0)
        watch_start(&s->watch, s->loop, s->fd, events);
    else
        watch_change(&s->watch, events);
    s->watched = events;
}

static void write_out(struct stream *s)
{
    flush(s);
    if (s->out.len > 0)
        return;
    if (s->phase == PHASE_FLUSHING) {
        s->phase = PHASE_SECURING;
        timer_start(&s->soon, s->loop, 0);
    } else if (s->phase == PHASE_ENDING) {
        say_goodbye(s);
    } else if (s->phase == PHASE_OPEN && s->written) {
        s->written = false;
        if (s->handlers->on_drained)
            s->handlers->on_drained(s->context);
    }
}

static void announce_end(struct stream *s)
{
    if (s->announced_end)
        return;
    s->announced_end = true;
    s->handlers->on_closed(s->context, &s->end);
}

static void read_in(struct stream *s)
{
    if (fill(s))
        s->handlers->on_input(s->context);
    if (s->freed || s->phase != PHASE_OPEN || !s->input_ended || s->told_input_end)
        return;
    s->told_input_end = true;
    if (s->handlers->on_input_end)
        s->handlers->on_input_end(s->context);
    else
        stream_end(s);
}

static void work(struct stream *s)
{
    s->want_write = false;
    if (s->phase == PHASE_SECURING)
        shake_hands(s);
    else if (s->phase == PHASE_LINGERING)
        drop_late_input(s);
    else if (s->phase == PHASE_OPEN)
        read_in(s);
    if (!s->freed && may_write(s) && (s->out.len > 0 || s->written || s->phase != PHASE_OPEN))
        write_out(s);
    /* What the callbacks wrote goes out in one piece. */
    if (!s->freed && may_write(s) && s->out.len > 0)
        flush(s);
    if (!s->freed && s->out.len == 0 &&
        (s->written || s->phase == PHASE_FLUSHING || s->phase == PHASE_ENDING))
        timer_start(&s->soon, s->loop, 0);
}

static void enter(struct stream *s)
{
    s->depth++;
    if (s->phase == PHASE_CLOSED)
        announce_end(s);
    else
        work(s);
    s->depth--;
    if (s->freed)
        destroy(s);
    else
        update_watch(s);
}

static void on_ready(void *context, uint32_t events)
{
    enter(context);
}

static void on_soon(void *context)
{
    enter(context);
}

static void on_linger_ends(void *context)
{
    close_with(context, STREAM_CLOSED, "");
}

/* ---- interface ---- */

struct stream *stream_new(const struct stream_opts *opts)
{
    struct stream *s = mem_zalloc(sizeof(*s));
    *s = (struct stream){.loop = opts->loop,
                         .fd = opts->fd,
                         .watch = {.on_ready = on_ready, .context = s},
                         .soon = {.on_due = on_soon, .context = s},
                         .linger = {.on_due = on_linger_ends, .context = s},
                         .handlers = opts->handlers,
                         .context = opts->context};
    buf_init(&s->in, opts->input_limit);
    buf_init(&s->out, opts->output_limit);
    /* We write whole replies and commands; Nagle would hold back the second of two. Fails on a unix socket:
     * fine. */
    int on = 1;
    (void)setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    update_watch(s);
    return s;
}

void stream_free(struct stream *s)
{
    if (!s)
        return;
    s->freed = true;
    s->phase = PHASE_CLOSED;
    watch_stop(&s->watch);
    timer_stop(&s->soon);
    timer_stop(&s->linger);
    if (s->depth == 0)
        destroy(s);
}

struct span stream_input(const struct stream *s)
{
    return buf_span(&s->in);
}

void stream_consume(struct stream *s, size_t n)
{
    bool was_full = s->in.len >= s->in.limit;
    buf_consume(&s->in, n);
    if (n > 0 && was_full && s->phase == PHASE_OPEN)
        timer_start(&s->soon, s->loop, 0);
}

bool stream_write(struct stream *s, struct span data)
{
    if (s->phase == PHASE_FLUSHING || s->phase == PHASE_SECURING)
        panic("writing while TLS is not up yet");
    if (s->phase != PHASE_OPEN)
        return true;
    if (data.len > stream_room(s))
        return false;
    (void)buf_append(&s->out, data.data, data.len);
    s->written = true;
    if (s->depth > 0)
        return true; /* goes with all else that the callback writes */
    if (!s->want_write)
        flush(s);
    if (s->out.len == 0)
        timer_start(&s->soon, s->loop, 0);
    update_watch(s);
    return true;
}

size_t stream_room(const struct stream *s)
{
    return s->out.limit - s->out.len;
}

void stream_start_tls(struct stream *s, struct tls_context *context, const char *name)
{
    if (s->phase != PHASE_OPEN || s->tls)
        return;
    buf_reset(&s->in);
    s->tls = tls_new(context, s->fd, name);
    if (!s->tls) {
        close_with(s, STREAM_TLS_FAILED, "the server's name in the settings is no host name");
        return;
    }
    s->phase = PHASE_FLUSHING;
    timer_start(&s->soon, s->loop, 0);
    if (s->depth == 0)
        update_watch(s);
}

bool stream_secured(const struct stream *s)
{
    return s->secured;
}

void stream_describe_tls(const struct stream *s, char *text, size_t room)
{
    if (s->secured)
        tls_describe(s->tls, text, room);
    else
        (void)str_copy(text, room, "no TLS");
}

void stream_end(struct stream *s)
{
    if (s->phase == PHASE_CLOSED || s->phase == PHASE_ENDING || s->phase == PHASE_LINGERING)
        return;
    s->phase = s->phase == PHASE_OPEN ? PHASE_ENDING : PHASE_CLOSED;
    if (s->phase == PHASE_CLOSED)
        watch_stop(&s->watch);
    timer_start(&s->soon, s->loop, 0);
    if (s->depth == 0)
        update_watch(s);
}
