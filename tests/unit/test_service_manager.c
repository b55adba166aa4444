/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "role/service_manager.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/str.h"
#include "test.h"

static int ear; /* the service manager's */

/* A name without a file, chosen by the kernel. */
static int open_ear(void **state)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    socklen_t len = sizeof(a);
    char name[sizeof(a.sun_path) + 1] = "@";
    ear = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(ear, (struct sockaddr *)&a, sizeof(a.sun_family)), 0);
    assert_int_equal(getsockname(ear, (struct sockaddr *)&a, &len), 0);
    memcpy(name + 1, a.sun_path + 1, len - sizeof(a.sun_family) - 1);
    name[len - sizeof(a.sun_family)] = 0;
    (void)setenv("NOTIFY_SOCKET", name, 1);
    (void)unsetenv("WATCHDOG_USEC");
    (void)unsetenv("WATCHDOG_PID");
    return 0;
}

static int close_ear(void **state)
{
    return close(ear);
}

static const char *heard(void)
{
    static char text[200];
    ssize_t n = recv(ear, text, sizeof(text) - 1, 0);
    text[n > 0 ? n : 0] = 0;
    return text;
}

static void what_is_told_arrives_and_no_child_can_speak(void **state)
{
    struct service_manager m;
    service_manager_open(&m);
    assert_null(getenv("NOTIFY_SOCKET"));
    service_manager_tell(&m, "READY=1\nSTATUS=Serving.");
    assert_string_equal(heard(), "READY=1\nSTATUS=Serving.");
    service_manager_close(&m);
}

static void nobody_asked_nobody_is_told(void **state)
{
    struct service_manager m;
    (void)unsetenv("NOTIFY_SOCKET");
    service_manager_open(&m);
    service_manager_tell(&m, "READY=1");
    assert_string_equal(heard(), "");
    service_manager_close(&m);
}

static void no_address_is_no_reason_to_stop(void **state)
{
    struct service_manager m;
    static const char *const names[] = {"", "@", "/", "relative", "/nowhere/at/all"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        (void)setenv("NOTIFY_SOCKET", names[i], 1);
        service_manager_open(&m);
        assert_int_equal(m.fd, -1);
        service_manager_close(&m);
    }
}

static void watchdog_is_fed_while_the_loop_turns(void **state)
{
    struct service_manager m;
    struct loop *loop = loop_new();
    (void)setenv("WATCHDOG_USEC", "20000", 1);
    service_manager_open(&m);
    assert_int_equal(m.interval_ms, 20);
    service_manager_watch(&m, loop);
    for (int i = 0; i < 3; i++) {
        while (!*heard())
            (void)loop_step(loop, -1);
    }
    service_manager_close(&m);
    loop_free(loop);
}

static void watchdog_of_another_process_is_not_fed(void **state)
{
    struct service_manager m;
    (void)setenv("WATCHDOG_USEC", "20000", 1);
    (void)setenv("WATCHDOG_PID", "1", 1);
    service_manager_open(&m);
    assert_int_equal(m.interval_ms, 0);
    service_manager_close(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_told_arrives_and_no_child_can_speak, open_ear, close_ear),
        cmocka_unit_test_setup_teardown(nobody_asked_nobody_is_told, open_ear, close_ear),
        cmocka_unit_test_setup_teardown(no_address_is_no_reason_to_stop, open_ear, close_ear),
        cmocka_unit_test_setup_teardown(watchdog_is_fed_while_the_loop_turns, open_ear, close_ear),
        cmocka_unit_test_setup_teardown(watchdog_of_another_process_is_not_fed, open_ear, close_ear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
