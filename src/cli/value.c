/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "cli/value.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/scope.h"
#include "base/str.h"

bool value_is_secret(const char *field)
{
    static const char *const secrets[] = {"password", "oauth_client_secret", "oauth_refresh_token"};
    for (size_t i = 0; i < ARRAY_LEN(secrets); i++)
        if (str_equal(field, secrets[i]))
            return true;
    return false;
}

static void on_interrupt(int signal)
{
    /* It only ends ppoll(), so that the terminal shows again what is typed. */
}

/* One line of the terminal; 0 or an errno. */
static int read_line(const sigset_t *while_waiting, struct buf *value)
{
    char line[1024]; /* the terminal gives a line at a time */
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    if (ppoll(&in, 1, NULL, while_waiting) < 0)
        return errno;
    ssize_t n = read(STDIN_FILENO, line, sizeof(line));
    if (n > 0)
        (void)buf_append(value, line, (size_t)n);
    explicit_bzero(line, sizeof(line));
    return n < 0 ? errno : 0;
}

/* Signals wait until ppoll(): one that came before would be lost, and we would read on. */
static int ask(const char *field, struct buf *value)
{
    struct termios shown, hidden;
    sigset_t ends, before;
    const struct sigaction action = {.sa_handler = on_interrupt};
    if (tcgetattr(STDIN_FILENO, &shown) < 0)
        return errno;
    (void)sigemptyset(&ends);
    (void)sigaddset(&ends, SIGINT);
    (void)sigaddset(&ends, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &ends, &before);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    hidden = shown;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    (void)fprintf(stderr, "%s: ", field);
    int error = read_line(&before, value);
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
    (void)fprintf(stderr, "\n");
    (void)signal(SIGINT, SIG_DFL);
    (void)signal(SIGTERM, SIG_DFL);
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    return error;
}

static int read_file(const char *path, struct buf *value)
{
    SCOPED_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd < 0 ? errno : fd_read_rest(fd, value);
}

static void drop_line_break(struct buf *value)
{
    if (value->len > 0 && value->data[value->len - 1] == '\n')
        value->data[--value->len] = 0;
    if (value->len > 0 && value->data[value->len - 1] == '\r')
        value->data[--value->len] = 0;
}

static int after_read(int error, const char *name, struct buf *value)
{
    if (error == EINTR)
        return complain_and(EXIT_INTERRUPTED, "stopped; nothing was changed");
    if (error)
        return complain_and(EXIT_NO_INPUT, "cannot read %s: %s", name, strerror(error));
    drop_line_break(value);
    if (memchr(value->data ? (const void *)value->data : "", 0, value->len))
        return complain_and(EXIT_DATA, "%s holds a zero byte, which no value may", name);
    return EXIT_DONE;
}

int value_take(const char *field, const char *given, const char *file, struct buf *value)
{
    bool secret = value_is_secret(field);
    if (given && file)
        return complain_and(EXIT_USAGE, "give the value or --file, not both");
    if (file)
        return after_read(read_file(file, value), file, value);
    if (!given && !secret)
        return complain_and(EXIT_USAGE, "set needs PATH VALUE; `faxpost set --help` shows what there is");
    if (!given || str_equal(given, "-")) {
        bool terminal = secret && isatty(STDIN_FILENO);
        return after_read(terminal ? ask(field, value) : fd_read_rest(STDIN_FILENO, value), "standard input",
                          value);
    }
    if (secret && *given)
        return complain_and(EXIT_USAGE,
                            "everybody on this machine can read a %s on the command line: leave it out and "
                            "type it when asked, or give it by standard input (-) or --file FILE",
                            field);
    (void)buf_append_str(value, given);
    return EXIT_DONE;
}

int value_take_password(const char *file, struct buf *value)
{
    int status = value_take("password", NULL, file, value);
    if (status != EXIT_DONE || file || !isatty(STDIN_FILENO))
        return status;
    SCOPED_BUF struct buf again;
    buf_init(&again, VALUE_MAX);
    status = after_read(ask("the same again", &again), "standard input", &again);
    bool same = str_equal(buf_text(value), buf_text(&again));
    if (again.data)
        explicit_bzero(again.data, again.room);
    if (status == EXIT_DONE && !same)
        return complain_and(EXIT_DATA, "the two passwords differ; nothing was changed");
    return status;
}
