/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "role_parent.h"

#include "test.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"

static void on_message(void *context, struct message *m)
{
    struct role_parent *p = context;
    assert_int_equal(m->type, MSG_ready);
    p->ready = true;
}

static void on_closed(void *context)
{
    struct role_parent *p = context;
    p->gone = true;
}

void role_parent_start(struct role_parent *p, struct loop *loop, const char *program, const char *conf)
{
    int fds[2];
    *p = (struct role_parent){.loop = loop};
    assert_int_equal(channel_pair(fds), 0);
    p->pid = fork();
    assert_true(p->pid >= 0);
    if (p->pid == 0) {
        if (fds[1] == 3 ? fd_set_cloexec(3, 0) != 0 : dup2(fds[1], 3) < 0)
            _exit(1);
        /* LeakSanitizer looks into the process by ptrace, which the sandbox refuses. */
        (void)setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
        (void)execl(program, program, (char *)NULL);
        _exit(1);
    }
    (void)close(fds[1]);
    p->channel = (struct channel){.fd = -1, .on_message = on_message, .on_closed = on_closed, .context = p};
    list_init(&p->channel.unsent);
    channel_start(&p->channel, loop, fds[0]);
    channel_send(&p->channel, &(struct message){.type = MSG_init,
                                                .init = {.conf = conf, .conf_name = "test", .bound = ""}});
    channel_send(&p->channel, &(struct message){.type = MSG_go});
}

void role_parent_connect(struct role_parent *p, struct channel *c, enum role role)
{
    int fds[2];
    assert_int_equal(channel_pair(fds), 0);
    struct message m = {.type = MSG_peer,
                        .peer = {.role = role, .generation = ++p->generation, .fd = fds[1]}};
    channel_send(&p->channel, &m);
    (void)close(fds[1]);
    channel_start(c, p->loop, fds[0]);
}

static void on_lost(void *context)
{
    fail_msg("the process ended");
}

void role_parent_join(struct role_parent *p, struct channel *c, enum role role,
                      void (*hears)(void *context, struct message *m), void *context)
{
    *c = (struct channel){.fd = -1, .on_message = hears, .on_closed = on_lost, .context = context};
    list_init(&c->unsent);
    role_parent_connect(p, c, role);
}

void role_parent_end(struct role_parent *p)
{
    int status;
    channel_stop(&p->channel);
    (void)kill(p->pid, SIGKILL);
    (void)waitpid(p->pid, &status, 0);
}
