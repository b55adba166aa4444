/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Streams, plain and TLS, against each other over loopback TCP, with certificates made here. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test.h"

#include "scratch.h"

#include "base/buf.h"
#include "base/fd.h"
#include "base/str.h"
#include "net/dial.h"
#include "net/listener.h"
#include "net/selfsigned.h"
#include "net/stream.h"

enum { LIMIT = 64 * 1024, PATIENCE_MS = 10000 };

/* One end of a connection, and all that it was told. */
struct end {
    struct stream *stream;
    bool holds_input; /* leaves it in the stream */
    bool starts_tls_at_line;
    struct tls_context *tls;
    struct buf got;
    int drained, secured, input_ended, closed;
    struct stream_end why;
};

static void on_input(void *context)
{
    struct end *e = context;
    struct span in = stream_input(e->stream);
    if (e->holds_input)
        return;
    const uint8_t *newline =
        e->starts_tls_at_line && !stream_secured(e->stream) ? memchr(in.data, '\n', in.len) : NULL;
    size_t take = newline ? (size_t)(newline - in.data) + 1 : in.len;
    assert_true(buf_append(&e->got, in.data, take));
    stream_consume(e->stream, take);
    if (newline) {
        assert_true(stream_write(e->stream, span_str("220 go ahead\r\n")));
        stream_start_tls(e->stream, e->tls, NULL);
    }
}

static void on_drained(void *context)
{
    ((struct end *)context)->drained++;
}

static void on_secured(void *context)
{
    ((struct end *)context)->secured++;
}

static void on_closed(void *context, const struct stream_end *end)
{
    struct end *e = context;
    e->closed++;
    e->why = *end;
}

static void on_input_end(void *context)
{
    ((struct end *)context)->input_ended++;
}

static const struct stream_handlers handlers = {
    .on_input = on_input, .on_drained = on_drained, .on_secured = on_secured, .on_closed = on_closed};
static const struct stream_handlers half_close_handlers = {.on_input = on_input,
                                                           .on_input_end = on_input_end,
                                                           .on_drained = on_drained,
                                                           .on_secured = on_secured,
                                                           .on_closed = on_closed};

struct world {
    struct loop *loop;
    struct end a, b;
};

static void take_end(struct world *w, struct end *e, int fd, const struct stream_handlers *h)
{
    buf_init(&e->got, 64 * 1024 * 1024);
    assert_int_equal(fd_set_nonblocking(fd), 0);
    e->stream = stream_new(&(struct stream_opts){
        .loop = w->loop, .fd = fd, .input_limit = LIMIT, .output_limit = LIMIT, .handlers = h, .context = e});
}

static int listen_loopback(struct endpoint *at)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_true(endpoint_parse("127.0.0.1:0", at));
    assert_int_equal(bind(fd, (struct sockaddr *)&at->address, at->len), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(endpoint_of_socket(fd, at), 0);
    return fd;
}

static void tcp_pair(int fds[2])
{
    struct endpoint at;
    int listening = listen_loopback(&at);
    fds[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fds[0], (struct sockaddr *)&at.address, at.len), 0);
    fds[1] = accept(listening, NULL, NULL);
    assert_true(fds[1] >= 0);
    (void)close(listening);
}

static void world_open(struct world *w, const struct stream_handlers *h)
{
    int fds[2];
    *w = (struct world){.loop = loop_new()};
    tcp_pair(fds);
    take_end(w, &w->a, fds[0], h);
    take_end(w, &w->b, fds[1], h);
}

static void world_close(struct world *w)
{
    stream_free(w->a.stream);
    stream_free(w->b.stream);
    tls_context_free(w->a.tls);
    tls_context_free(w->b.tls);
    buf_clear(&w->a.got);
    buf_clear(&w->b.got);
    loop_free(w->loop);
}

/* Until the condition holds; fails where nothing happens for long. */
#define STEP_UNTIL(w, condition)                                                                             \
    while (!(condition))                                                                                     \
    assert_true(loop_step((w)->loop, PATIENCE_MS))

static void plain_bytes_and_orderly_end(void **state)
{
    struct world w;
    world_open(&w, &handlers);
    assert_true(stream_write(w.a.stream, span_str("EHLO")));
    STEP_UNTIL(&w, w.b.got.len == 4);
    assert_string_equal(buf_text(&w.b.got), "EHLO");
    STEP_UNTIL(&w, w.a.drained == 1);
    assert_true(stream_write(w.b.stream, span_str("bye")));
    stream_end(w.b.stream);
    STEP_UNTIL(&w, w.a.closed && w.b.closed);
    assert_string_equal(buf_text(&w.a.got), "bye");
    assert_int_equal(w.a.why.why, STREAM_CLOSED);
    assert_int_equal(w.b.why.why, STREAM_CLOSED);
    assert_true(stream_write(w.b.stream, span_str("into the void")));
    while (loop_step(w.loop, 0)) {
    }
    assert_int_equal(w.a.closed + w.b.closed, 2);
    world_close(&w);
}

/* The last words of somebody who is still being talked at reach him. */
static void last_words_survive_unread_input(void **state)
{
    struct world w;
    world_open(&w, &handlers);
    w.b.holds_input = true;
    static uint8_t noise[LIMIT];
    assert_true(stream_write(w.a.stream, span_of(noise, sizeof(noise))));
    STEP_UNTIL(&w, stream_input(w.b.stream).len > 0);
    assert_true(stream_write(w.b.stream, span_str("421 enough\r\n")));
    stream_end(w.b.stream);
    STEP_UNTIL(&w, w.a.closed && w.b.closed);
    assert_string_equal(buf_text(&w.a.got), "421 enough\r\n");
    assert_int_equal(w.a.why.why, STREAM_CLOSED);
    world_close(&w);
}

static void half_close_leaves_the_other_way_open(void **state)
{
    struct world w;
    world_open(&w, &half_close_handlers);
    assert_true(stream_write(w.a.stream, span_str("QUIT\r\n")));
    stream_end(w.a.stream); /* FIN; still reads */
    STEP_UNTIL(&w, w.b.input_ended);
    assert_string_equal(buf_text(&w.b.got), "QUIT\r\n");
    assert_int_equal(w.b.closed, 0);
    stream_end(w.b.stream);
    STEP_UNTIL(&w, w.a.closed && w.b.closed);
    assert_int_equal(w.b.why.why, STREAM_CLOSED);
    world_close(&w);
}

/* Nothing is read beyond the limit, nothing is lost, however slow the reader and however early the writer's
 * end. */
static void a_slow_reader_makes_the_writer_wait(void **state)
{
    enum { TOTAL = 24 * 1024 * 1024 };
    struct world w;
    world_open(&w, &handlers);
    w.b.holds_input = true;
    assert_false(stream_write(w.b.stream, span_of(NULL, LIMIT + 1)));
    size_t sent = 0, got = 0, fullest = 0;
    uint8_t chunk[5000];
    while (got < TOTAL) {
        while (sent < TOTAL && stream_room(w.a.stream) > 0) {
            size_t n = stream_room(w.a.stream) < sizeof(chunk) ? stream_room(w.a.stream) : sizeof(chunk);
            n = TOTAL - sent < n ? TOTAL - sent : n;
            for (size_t i = 0; i < n; i++)
                chunk[i] = (uint8_t)((sent + i) * 2654435761u >> 13);
            assert_true(stream_write(w.a.stream, span_of(chunk, n)));
            sent += n;
            if (sent == TOTAL)
                stream_end(w.a.stream);
            if (stream_room(w.a.stream) > 0)
                break;
        }
        struct span in = stream_input(w.b.stream);
        fullest = in.len > fullest ? in.len : fullest;
        if (in.len == LIMIT || sent == TOTAL) {
            for (size_t i = 0; i < in.len; i++)
                assert_int_equal(in.data[i], (uint8_t)((got + i) * 2654435761u >> 13));
            got += in.len;
            stream_consume(w.b.stream, in.len);
        }
        if (got < TOTAL)
            (void)loop_step(w.loop, 5);
    }
    assert_true(fullest <= LIMIT);
    STEP_UNTIL(&w, w.b.closed);
    assert_int_equal(w.b.why.why, STREAM_CLOSED);
    world_close(&w);
}

static void a_reset_is_no_orderly_end(void **state)
{
    struct world w;
    world_open(&w, &handlers);
    stream_free(w.a.stream);
    w.a.stream = NULL;
    assert_true(stream_write(w.b.stream, span_str("a")));
    STEP_UNTIL(&w, w.b.closed);
    /* The FIN came first: in order. Now one with unread input, which the kernel answers with RST. */
    world_close(&w);
    world_open(&w, &handlers);
    w.a.holds_input = true;
    assert_true(stream_write(w.b.stream, span_str("never read")));
    STEP_UNTIL(&w, stream_input(w.a.stream).len > 0);
    int fds[2];
    tcp_pair(fds);
    struct linger at_once = {.l_onoff = 1};
    assert_int_equal(setsockopt(fds[0], SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), 0);
    stream_free(w.b.stream);
    take_end(&w, &w.b, fds[1], &handlers);
    (void)close(fds[0]);
    STEP_UNTIL(&w, w.b.closed);
    assert_int_equal(w.b.why.why, STREAM_BROKEN);
    assert_true(str_starts(w.b.why.text, "the connection broke off"));
    world_close(&w);
}

static void free_in_input(void *context)
{
    struct end *e = context;
    assert_true(stream_write(e->stream, span_str("lost")));
    stream_free(e->stream);
    e->stream = NULL;
    e->drained = 1;
}

static void may_be_freed_in_its_own_callback(void **state)
{
    static const struct stream_handlers freeing = {.on_input = free_in_input, .on_closed = on_closed};
    struct world w = {.loop = loop_new()};
    int fds[2];
    tcp_pair(fds);
    take_end(&w, &w.a, fds[0], &handlers);
    take_end(&w, &w.b, fds[1], &freeing);
    assert_true(stream_write(w.a.stream, span_str("x")));
    STEP_UNTIL(&w, w.b.drained == 1 && w.a.closed);
    assert_int_equal(w.b.closed, 0);
    world_close(&w);
}

/* ---- TLS ---- */

struct identity {
    struct buf certificate, key;
    char file[64]; /* the certificate as an authority */
    char pin[TLS_PIN_TEXT_LEN];
};

static void identity_make(struct identity *id, const char *name)
{
    buf_init(&id->certificate, 65536);
    buf_init(&id->key, 65536);
    assert_int_equal(selfsigned_make(name, SELFSIGNED_SERVER, 30, &id->certificate, &id->key), 0);
    scratch_path(id->file, sizeof(id->file));
    int fd = open(id->file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_int_equal(fd_write_all(fd, buf_span(&id->certificate)), 0);
    (void)close(fd);
}

static void identity_clear(struct identity *id)
{
    (void)unlink(id->file);
    buf_clear(&id->certificate);
    buf_clear(&id->key);
}

/* Both ends go for TLS at once; until both know how it went. */
static void secure(struct world *w, const struct identity *server, const struct tls_client_opts *o,
                   const char *name)
{
    char error[TLS_ERROR_LEN] = "";
    world_open(w, &handlers);
    w->b.tls = tls_server_new(buf_span(&server->certificate), buf_span(&server->key), error);
    assert_string_equal(error, "");
    w->a.tls = tls_client_new(o, error);
    assert_string_equal(error, "");
    stream_start_tls(w->b.stream, w->b.tls, NULL);
    stream_start_tls(w->a.stream, w->a.tls, name);
    STEP_UNTIL(w, (w->a.secured || w->a.closed) && (w->b.secured || w->b.closed));
}

/* proves: S1.7 */
static void certificate_is_verified(void **state)
{
    struct identity right, wrong;
    identity_make(&right, "mail.example.com");
    identity_make(&wrong, "mail.example.com");
    const struct {
        const char *ca_file, *name;
        bool accepted;
        const char *complaint;
    } cases[] = {
        {right.file, "mail.example.com", true, NULL},
        {right.file, "MAIL.example.com", true, NULL},
        {right.file, "mail.example.com.evil.net", false, "hostname mismatch"},
        {right.file, "example.com", false, "hostname mismatch"},
        {right.file, "127.0.0.1", false, "IP address mismatch"},
        {wrong.file, "mail.example.com", false, "self-signed"},
        {NULL, "mail.example.com", false, "self-signed"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct world w;
        secure(&w, &right, &(struct tls_client_opts){.ca_file = cases[i].ca_file}, cases[i].name);
        assert_int_equal(w.a.secured, cases[i].accepted);
        if (!cases[i].accepted) {
            assert_int_equal(w.a.why.why, STREAM_CERTIFICATE);
            assert_non_null(strstr(w.a.why.text, cases[i].complaint));
            assert_non_null(strstr(w.a.why.text, "sha256:"));
        }
        world_close(&w);
    }
    identity_clear(&right);
    identity_clear(&wrong);
}

/* proves: S1.7 */
static void pinned_key_stands_for_authority_and_name(void **state)
{
    struct identity server, other;
    struct world w;
    identity_make(&server, "somewhere.else");
    identity_make(&other, "somewhere.else");
    secure(&w, &server, &(struct tls_client_opts){0}, "mail.example.com");
    const char *seen = strstr(w.a.why.text, "sha256:");
    assert_non_null(seen);
    assert_true(str_copy_span(server.pin, sizeof(server.pin), span_of(seen, TLS_PIN_TEXT_LEN - 1)));
    assert_true(tls_pin_valid(server.pin));
    world_close(&w);

    secure(&w, &server, &(struct tls_client_opts){.pin = server.pin}, "mail.example.com");
    assert_int_equal(w.a.secured, 1);
    world_close(&w);

    /* The pin alone counts, also where the authority would do. */
    secure(&w, &other, &(struct tls_client_opts){.pin = server.pin, .ca_file = other.file}, "somewhere.else");
    assert_int_equal(w.a.secured, 0);
    assert_int_equal(w.a.why.why, STREAM_CERTIFICATE);
    assert_non_null(strstr(w.a.why.text, "not the pinned one"));
    world_close(&w);
    identity_clear(&server);
    identity_clear(&other);
}

static void bytes_over_tls(void **state)
{
    enum { TOTAL = 1024 * 1024 };
    struct identity id;
    struct world w;
    identity_make(&id, "127.0.0.1");
    secure(&w, &id, &(struct tls_client_opts){.ca_file = id.file}, "127.0.0.1");
    STEP_UNTIL(&w, w.a.secured && w.b.secured);
    char what[80];
    stream_describe_tls(w.a.stream, what, sizeof(what));
    assert_true(str_starts(what, "TLSv1.3 "));
    static uint8_t block[LIMIT];
    for (size_t i = 0; i < sizeof(block); i++)
        block[i] = (uint8_t)(i * 31 + (i >> 8));
    for (size_t sent = 0; sent < TOTAL; sent += sizeof(block)) {
        assert_true(stream_write(w.a.stream, span_of(block, sizeof(block))));
        STEP_UNTIL(&w, stream_room(w.a.stream) == LIMIT);
    }
    STEP_UNTIL(&w, w.b.got.len == TOTAL);
    for (size_t at = 0; at < TOTAL; at += sizeof(block))
        assert_memory_equal(w.b.got.data + at, block, sizeof(block));
    stream_end(w.b.stream);
    STEP_UNTIL(&w, w.a.closed && w.b.closed);
    assert_int_equal(w.a.why.why, STREAM_CLOSED);
    world_close(&w);
    identity_clear(&id);
}

/* A cut connection must not look like its orderly end: what was cut off would be taken for whole. */
static void cut_tls_is_broken(void **state)
{
    struct identity id;
    struct world w;
    identity_make(&id, "localhost");
    secure(&w, &id, &(struct tls_client_opts){.ca_file = id.file}, "localhost");
    STEP_UNTIL(&w, w.a.secured && w.b.secured);
    stream_free(w.a.stream);
    w.a.stream = NULL;
    STEP_UNTIL(&w, w.b.closed);
    assert_int_equal(w.b.why.why, STREAM_BROKEN);
    world_close(&w);
    identity_clear(&id);
}

/* What stood in our buffer before TLS is gone; a reply written before goes out in plain. The client here is
 * raw: it must see the plain reply, then a closed connection when it goes on in plaintext. */
static void nothing_said_in_plaintext_survives_starttls(void **state)
{
    struct identity id;
    char error[TLS_ERROR_LEN];
    identity_make(&id, "localhost");
    struct world w;
    world_open(&w, &handlers);
    w.b.tls = tls_server_new(buf_span(&id.certificate), buf_span(&id.key), error);
    w.b.starts_tls_at_line = true;
    struct tls_context *client = tls_client_new(&(struct tls_client_opts){.ca_file = id.file}, error);
    w.a.tls = client;
    /* one segment: the injected command follows STARTTLS */
    assert_true(stream_write(w.a.stream, span_str("STARTTLS\r\nMAIL FROM:<injected@example.com>\r\n")));
    STEP_UNTIL(&w, w.a.got.len == strlen("220 go ahead\r\n"));
    stream_start_tls(w.a.stream, client, "localhost");
    STEP_UNTIL(&w, w.a.secured && w.b.secured);
    assert_true(stream_write(w.a.stream, span_str("EHLO again\r\n")));
    STEP_UNTIL(&w, w.b.got.len > strlen("STARTTLS\r\n"));
    while (loop_step(w.loop, 0)) {
    }
    assert_string_equal(buf_text(&w.b.got), "STARTTLS\r\nEHLO again\r\n");
    world_close(&w);

    world_open(&w, &handlers);
    w.b.tls = tls_server_new(buf_span(&id.certificate), buf_span(&id.key), error);
    w.b.starts_tls_at_line = true;
    assert_true(stream_write(w.a.stream, span_str("STARTTLS\r\n")));
    STEP_UNTIL(&w, w.a.got.len > 0);
    assert_true(stream_write(w.a.stream, span_str("MAIL FROM:<plain@example.com>\r\n")));
    STEP_UNTIL(&w, w.b.closed);
    assert_int_equal(w.b.why.why, STREAM_TLS_FAILED);
    assert_string_equal(buf_text(&w.b.got), "STARTTLS\r\n");
    world_close(&w);
    identity_clear(&id);
}

static void unusable_settings_are_explained(void **state)
{
    char error[TLS_ERROR_LEN];
    assert_null(tls_client_new(&(struct tls_client_opts){.pin = "sha256:12"}, error));
    assert_non_null(strstr(error, "64 hexadecimal digits"));
    assert_null(tls_client_new(&(struct tls_client_opts){.ca_file = "/nonexistent/ca.pem"}, error));
    assert_non_null(strstr(error, "/nonexistent/ca.pem"));
    struct identity a, b;
    identity_make(&a, "a");
    identity_make(&b, "b");
    assert_null(tls_server_new(buf_span(&a.certificate), buf_span(&b.key), error));
    assert_non_null(strstr(error, "does not belong"));
    assert_null(tls_server_new(span_str("no PEM"), buf_span(&b.key), error));
    identity_clear(&a);
    identity_clear(&b);
    struct buf c, k;
    buf_init(&c, 65536);
    buf_init(&k, 65536);
    assert_int_equal(selfsigned_make("evil,DNS:other", SELFSIGNED_SERVER, 1, &c, &k), EINVAL);
    assert_int_equal(selfsigned_make("", SELFSIGNED_SERVER, 1, &c, &k), EINVAL);
    assert_int_equal(
        selfsigned_make("a-name-that-is-longer-than-the-sixty-four-characters.of-a-common-name.example",
                        SELFSIGNED_SERVER, 1, &c, &k),
        0);
    buf_clear(&c);
    buf_clear(&k);
}

/* ---- connecting ---- */

struct caller {
    struct dial_result result;
    int answers, accepted;
};

static void on_dialled(void *context, const struct dial_result *result)
{
    struct caller *c = context;
    c->answers++;
    c->result = *result;
}

static void on_accept(void *context, int fd, const struct endpoint *peer)
{
    struct caller *c = context;
    c->accepted++;
    assert_true(endpoint_is_loopback(peer));
    (void)close(fd);
}

static void dial_finds_a_listener_by_name_and_by_address(void **state)
{
    struct world w = {.loop = loop_new()};
    struct caller c = {0};
    struct endpoint at;
    struct listener k = {.on_accept = on_accept, .context = &c};
    listener_start(&k, w.loop, listen_loopback(&at));
    const char *hosts[] = {"127.0.0.1", "localhost"};
    for (int i = 0; i < 2; i++) {
        struct dial *d = dial_start(w.loop, hosts[i], endpoint_port(&at), on_dialled, &c);
        assert_non_null(d);
        STEP_UNTIL(&w, c.answers == i + 1 && c.accepted == i + 1);
        assert_true(c.result.fd >= 0);
        assert_int_equal(endpoint_port(&c.result.peer), endpoint_port(&at));
        (void)close(c.result.fd);
    }
    listener_stop(&k);
    listener_stop(&k);
    /* Nobody listens there now. */
    assert_non_null(dial_start(w.loop, "127.0.0.1", endpoint_port(&at), on_dialled, &c));
    STEP_UNTIL(&w, c.answers == 3);
    assert_int_equal(c.result.fd, -1);
    assert_non_null(strstr(c.result.error, "Connection refused"));
    loop_free(w.loop);
}

static void unknown_names_and_cancelled_calls(void **state)
{
    struct world w = {.loop = loop_new()};
    struct caller c = {0};
    for (int i = 0; i < 4; i++)
        dial_cancel(dial_start(w.loop, i % 2 ? "localhost" : "::1", 1, on_dialled, &c));
    dial_cancel(NULL);
    /* RFC 6761 §6.4: never exists. No DNS may be reachable here: any failure will do, a success will not. */
    assert_non_null(dial_start(w.loop, "no such host.invalid", 25, on_dialled, &c));
    STEP_UNTIL(&w, c.answers == 1);
    assert_int_equal(c.result.fd, -1);
    assert_true(str_starts(c.result.error, "cannot find the address of no such host.invalid: "));
    loop_free(w.loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_bytes_and_orderly_end),
        cmocka_unit_test(last_words_survive_unread_input),
        cmocka_unit_test(half_close_leaves_the_other_way_open),
        cmocka_unit_test(a_slow_reader_makes_the_writer_wait),
        cmocka_unit_test(a_reset_is_no_orderly_end),
        cmocka_unit_test(may_be_freed_in_its_own_callback),
        cmocka_unit_test(certificate_is_verified),
        cmocka_unit_test(pinned_key_stands_for_authority_and_name),
        cmocka_unit_test(bytes_over_tls),
        cmocka_unit_test(cut_tls_is_broken),
        cmocka_unit_test(nothing_said_in_plaintext_survives_starttls),
        cmocka_unit_test(unusable_settings_are_explained),
        cmocka_unit_test(dial_finds_a_listener_by_name_and_by_address),
        cmocka_unit_test(unknown_names_and_cancelled_calls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
