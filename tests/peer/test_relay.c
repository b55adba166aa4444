/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* test-relay RELAY: runs the relay between sockets of its own. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "loopback.h"
#include "test.h"

#include "base/attr.h"
#include "base/str.h"

static const char *relay_path;

enum { PATIENCE_MS = 10000 };

struct running {
    pid_t pid;
    FILE *says;
    struct sockaddr_in address;
};

static struct running start_relay(const struct sockaddr_in *target, const char *const options[4])
{
    int out[2];
    char to[32], from[] = "127.0.0.1:0";
    assert_true(str_format(to, sizeof(to), "127.0.0.1:%u", ntohs(target->sin_port)));
    assert_int_equal(pipe(out), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGTERM); /* a failed test leaves no relay behind */
        (void)dup2(out[1], STDOUT_FILENO);
        (void)close(out[0]);
        (void)close(out[1]);
        (void)execl(relay_path, relay_path, options[0], options[1], options[2], options[3], from, to, NULL);
        _exit(127);
    }
    (void)close(out[1]);
    struct running r = {pid, fdopen(out[0], "r"), *target};
    unsigned port = 0;
    assert_int_equal(fscanf(r.says, "{\"port\":%u}", &port), 1);
    r.address.sin_port = htons((uint16_t)port);
    return r;
}

struct told {
    unsigned flows, in, lost, back_in;
};

static struct told stop_relay(struct running *r)
{
    struct told t;
    int status;
    assert_int_equal(kill(r->pid, SIGTERM), 0);
    assert_int_equal(fscanf(r->says,
                            " {\"flows\":%u,\"there\":{\"in\":%u,\"lost\":%u,%*[^}]},\"back\":{\"in\":%u,",
                            &t.flows, &t.in, &t.lost, &t.back_in),
                     4);
    (void)fclose(r->says);
    assert_int_equal(waitpid(r->pid, &status, 0), r->pid);
    assert_int_equal(status, 0);
    return t;
}

static ssize_t receive(int fd, void *to, size_t room, struct sockaddr_in *from, int wait_ms)
{
    struct pollfd p = {fd, POLLIN, 0};
    if (poll(&p, 1, wait_ms) != 1)
        return -1;
    socklen_t len = sizeof(*from);
    return recvfrom(fd, to, room, 0, (struct sockaddr *)from, &len);
}

static void flows_are_kept_apart_and_answers_find_back(void **state)
{
    static const char *const options[4] = {"--jitter", "3", "--delay", "2"};
    struct sockaddr_in server_address, client_address, from;
    int server = loopback_socket(0, &server_address);
    int clients[2] = {loopback_socket(0, &client_address), loopback_socket(0, &client_address)};
    struct running relay = start_relay(&server_address, options);
    for (uint32_t n = 0; n < 100; n++) {
        uint32_t sent[2] = {n, n % 2}, got[2], answer[2];
        const struct sockaddr *to = (struct sockaddr *)&relay.address;
        assert_int_equal(sendto(clients[n % 2], sent, 8, 0, to, sizeof(relay.address)), 8);
        assert_int_equal(receive(server, got, sizeof(got), &from, PATIENCE_MS), 8);
        assert_memory_equal(got, sent, 8);
        got[0] += 1000;
        assert_int_equal(sendto(server, got, 8, 0, (struct sockaddr *)&from, sizeof(from)), 8);
        assert_int_equal(receive(clients[n % 2], answer, sizeof(answer), &from, PATIENCE_MS), 8);
        assert_int_equal(answer[0], n + 1000);
        assert_int_equal(answer[1], n % 2);
        assert_int_equal(from.sin_port, relay.address.sin_port);
    }
    struct told told = stop_relay(&relay);
    assert_int_equal(told.flows, 2);
    assert_int_equal(told.in, 100);
    assert_int_equal(told.back_in, 100);
    (void)close(server);
    (void)close(clients[0]);
    (void)close(clients[1]);
}

static void what_it_says_is_lost_is_lost(void **state)
{
    static const char *const options[4] = {"--loss", "50", "--seed", "9"};
    struct sockaddr_in server_address, client_address, from;
    int server = loopback_socket(0, &server_address), client = loopback_socket(0, &client_address);
    struct running relay = start_relay(&server_address, options);
    unsigned arrived = 0, got;
    /* One more when the last one is there or known to be lost would need a clock: so all at once, then count.
     */
    for (unsigned n = 0; n < 100; n++)
        assert_int_equal(
            sendto(client, &n, sizeof(n), 0, (struct sockaddr *)&relay.address, sizeof(relay.address)),
            sizeof(n));
    while (arrived < 30 && receive(server, &got, sizeof(got), &from, PATIENCE_MS) > 0)
        arrived++;
    assert_int_equal(arrived, 30);
    struct told told = stop_relay(&relay);
    while (receive(server, &got, sizeof(got), &from, 0) > 0)
        arrived++;
    assert_int_equal(told.in - told.lost, arrived);
    assert_in_range(told.lost, told.in / 4, told.in * 3 / 4);
    (void)close(server);
    (void)close(client);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flows_are_kept_apart_and_answers_find_back),
        cmocka_unit_test(what_it_says_is_lost_is_lost),
    };
    if (argc != 2)
        return 2;
    relay_path = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
