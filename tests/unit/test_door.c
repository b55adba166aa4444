/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What slow and greedy clients may cost: a door on loopback, its clock in our hands. */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/scope.h"
#include "base/str.h"
#include "web/door.h"

enum { CLIENTS_MAX = 16, SHARE = 20 };

struct hall {
    struct door *door;
    struct sockaddr_in address;
    unsigned answered;
};

static enum MHD_Result on_request(void *context, struct MHD_Connection *c, const char *url,
                                  const char *method, const char *version, const char *data, size_t *data_len,
                                  void **slot)
{
    struct hall *h = context;
    struct client *client = client_of(c);
    static char text[] = "here";
    if (!*slot) {
        *slot = h;
        client_enter(client, CLIENT_BRINGING);
        return MHD_YES;
    }
    if (*data_len > 0) {
        client->received += *data_len;
        *data_len = 0;
        return MHD_YES;
    }
    h->answered++;
    assert_string_equal(client->address, "127.0.0.1");
    client_enter(client, CLIENT_WAITING);
    struct MHD_Response *r = MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_PERSISTENT);
    enum MHD_Result result = MHD_queue_response(c, MHD_HTTP_OK, r);
    MHD_destroy_response(r);
    return result;
}

static void on_completed(void *context, struct MHD_Connection *c, void **slot,
                         enum MHD_RequestTerminationCode code)
{
    client_enter(client_of(c), CLIENT_SILENT);
}

static void open_hall(struct hall *h, unsigned per_address_max)
{
    socklen_t len = sizeof(h->address);
    h->address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&h->address, len), 0);
    assert_int_equal(listen(fd, 64), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&h->address, &len), 0);
    const struct door_opts opts = {.listen_fd = fd,
                                   .clients_max = CLIENTS_MAX,
                                   .per_address_max = per_address_max,
                                   .on_request = on_request,
                                   .on_completed = on_completed,
                                   .context = h};
    h->door = door_open(&opts);
    assert_non_null(h->door);
}

static int setup(void **state)
{
    struct hall *h = mem_zalloc(sizeof(*h));
    open_hall(h, SHARE);
    *state = h;
    return 0;
}

static int setup_shares(void **state)
{
    struct hall *h = mem_zalloc(sizeof(*h));
    open_hall(h, 3);
    *state = h;
    return 0;
}

static int teardown(void **state)
{
    struct hall *h = *state;
    door_close(h->door);
    free(h);
    return 0;
}

/* As if so much time had passed. */
static void run(struct hall *h, int64_t later_ms)
{
    for (int i = 0; i < 8; i++)
        door_run(h->door, clock_mono_ms() + later_ms);
}

static int come(struct hall *h)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&h->address, sizeof(h->address)), 0);
    assert_int_equal(fd_set_nonblocking(fd), 0);
    run(h, 0);
    return fd;
}

static void say(struct hall *h, int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
    run(h, 0);
}

/* Did the server end it? */
static bool is_over(int fd)
{
    char bytes[256];
    ssize_t n;
    do
        n = recv(fd, bytes, sizeof(bytes), 0);
    while (n > 0);
    return n == 0 || errno == ECONNRESET;
}

static void head_that_never_ends_is_cut_off(void **state)
{
    struct hall *h = *state;
    SCOPED_FD int fd = come(h);
    say(h, fd, "GET / HTTP/1.1\r\nHost: x\r\nX-Slow:");
    run(h, 29000);
    assert_false(is_over(fd));
    assert_true(door_wait_ms(h->door, clock_mono_ms()) >= 0);
    run(h, 31000);
    assert_true(is_over(fd));
    assert_int_equal(h->answered, 0);
}

static void body_drop_by_drop_is_cut_off(void **state)
{
    struct hall *h = *state;
    SCOPED_FD int slow = come(h);
    SCOPED_FD int steady = come(h);
    static char chunk[81920 + 1];
    memset(chunk, 'x', sizeof(chunk) - 1);
    say(h, slow, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nxx");
    say(h, steady, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n");
    say(h, steady, chunk);
    run(h, 35000); /* ten seconds' worth of bytes have come */
    assert_true(is_over(slow));
    assert_false(is_over(steady));
    run(h, 45000);
    assert_true(is_over(steady));
}

static void between_two_requests_silence_is_bounded(void **state)
{
    struct hall *h = *state;
    SCOPED_FD int fd = come(h);
    say(h, fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    say(h, fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(h->answered, 2);
    assert_false(is_over(fd));
    run(h, 31000);
    assert_true(is_over(fd));
}

static void one_address_has_its_share(void **state)
{
    struct hall *h = *state;
    int fds[4];
    for (int i = 0; i < 4; i++)
        fds[i] = come(h);
    assert_true(is_over(fds[3]));
    say(h, fds[2], "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(h->answered, 1);
    for (int i = 0; i < 4; i++)
        (void)close(fds[i]);
    run(h, 0);
    SCOPED_FD int again = come(h);
    assert_false(is_over(again));
}

/* Silence shuts nobody out. */
static void full_door_lets_the_silent_go(void **state)
{
    struct hall *h = *state;
    int fds[2 * CLIENTS_MAX];
    for (int i = 0; i < 2 * CLIENTS_MAX; i++)
        fds[i] = come(h);
    assert_true(is_over(fds[0]));
    say(h, fds[2 * CLIENTS_MAX - 1], "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(h->answered, 1);
    for (int i = 0; i < 2 * CLIENTS_MAX; i++)
        (void)close(fds[i]);
    run(h, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(head_that_never_ends_is_cut_off, setup, teardown),
        cmocka_unit_test_setup_teardown(body_drop_by_drop_is_cut_off, setup, teardown),
        cmocka_unit_test_setup_teardown(between_two_requests_silence_is_bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(one_address_has_its_share, setup_shares, teardown),
        cmocka_unit_test_setup_teardown(full_door_lets_the_silent_go, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
