/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "role/listeners.h"

#include <errno.h>
#include <grp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/str.h"
#include "model/role.h"

static const char *const names[] = {
#define MAIL_DOOR_NAME(name, text, key) [DOOR_##name] = text,
    MAIL_DOORS(MAIL_DOOR_NAME)
#undef MAIL_DOOR_NAME
        [DOOR_LMTP_SOCKET] = "lmtp_socket"};
static const char *const gateway_names[] = {"gateway", "gateway-data"};

void listeners_name(const struct mail_listener *m, char text[LISTENERS_NAME_LEN])
{
    (void)str_format(text, LISTENERS_NAME_LEN, "%s.%u", names[m->door], m->index);
}

static int listen_tcp(struct inherited *i, const char *name, const struct endpoint *e, int *listening)
{
    *listening = inherited_tcp(i, name, e);
    if (*listening >= 0)
        return 0;
    int fd = socket(e->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int on = 1, error = 0;
    if (fd < 0)
        return errno;
    /* Without REUSEADDR a restart would have to wait for old connections; without V6ONLY [::] takes IPv4's
     * port. */
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (e->address.ss_family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
    if (bind(fd, (const struct sockaddr *)&e->address, e->len) < 0 || listen(fd, SOMAXCONN) < 0) {
        error = errno;
        (void)close(fd);
        return error;
    }
    *listening = fd;
    return 0;
}

static int listen_unix(struct inherited *i, const char *path, int *listening)
{
    *listening = inherited_unix(i, path);
    if (*listening >= 0)
        return 0;
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    if (!str_copy(a.sun_path, sizeof(a.sun_path), path))
        return ENAMETOOLONG;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return errno;
    /* Of a former life of ours: we hold the lock of the state directory. Never a file that a wrong setting
     * names. */
    struct stat there;
    if (lstat(path, &there) == 0 && S_ISSOCK(there.st_mode))
        (void)unlink(path);
    mode_t old = umask(0117);
    int failed =
        bind(fd, (const struct sockaddr *)&a, sizeof(a)) < 0 || listen(fd, SOMAXCONN) < 0 ? errno : 0;
    (void)umask(old);
    if (failed) {
        (void)close(fd);
        return failed;
    }
    *listening = fd;
    return 0;
}

static int open_for_gateways(struct listeners *l, const struct conf *c, struct inherited *from,
                             char error[LISTENERS_ERROR_LEN])
{
    const uint64_t ports[] = {c->local_port, c->local_data_port};
    struct endpoint e;
    char text[256];
    bool bare = strchr(c->gateway_address, ':') && c->gateway_address[0] != '[';
    if (!*c->gateway_address)
        return 0;
    for (unsigned i = 0; i < ARRAY_LEN(ports); i++) {
        (void)str_format(text, sizeof(text), bare ? "[%.200s]:%u" : "%.200s:%u", c->gateway_address,
                         (unsigned)ports[i]);
        if (!endpoint_parse(text, &e)) {
            (void)str_format(error, LISTENERS_ERROR_LEN,
                             "gateway_address is %.100s; an IP address without a port is wanted",
                             c->gateway_address);
            return EINVAL;
        }
        if (!endpoint_is_loopback(&e) && !*c->gateway_ca) {
            (void)str_format(
                error, LISTENERS_ERROR_LEN,
                "gateway_address is %.100s and there is no gateway_ca, so anybody could bring mail as a "
                "gateway; set gateway_ca, or take 127.0.0.1",
                c->gateway_address);
            return EINVAL;
        }
        int failed = listen_tcp(from, gateway_names[i], &e, &l->gateway[i]);
        if (failed) {
            (void)str_format(
                error, LISTENERS_ERROR_LEN,
                "cannot listen for gateways on %.100s: %s; stop what uses that port (`ss -ltnp` shows "
                "it), or set another %s",
                text, strerror(failed), i == 0 ? "local_port" : "local_data_port");
            return failed;
        }
    }
    return 0;
}

/* The group that may write to it beside the owner; "": his own. */
static int give_to_group(const char *path, const char *group)
{
    if (!*group)
        return 0;
    errno = 0;
    const struct group *g = getgrnam(group);
    if (!g)
        return errno ? errno : ESRCH;
    return chown(path, (uid_t)-1, g->gr_gid) < 0 ? errno : 0;
}

static int open_door(struct listeners *l, enum mail_door door, const struct conf_endpoints *at,
                     struct inherited *from, char error[LISTENERS_ERROR_LEN])
{
    char text[ENDPOINT_TEXT_LEN];
    for (unsigned i = 0; i < at->count; i++) {
        struct mail_listener *m = &l->mail[l->mail_count];
        *m = (struct mail_listener){.door = door, .index = i};
        char name[LISTENERS_NAME_LEN];
        listeners_name(m, name);
        int failed = listen_tcp(from, name, &at->list[i], &m->fd);
        endpoint_format(&at->list[i], text);
        if (failed) {
            (void)str_format(
                error, LISTENERS_ERROR_LEN,
                "cannot listen for mail on %s: %s; stop what uses that port (`ss -ltnp` shows it), or set "
                "another in %s_listen",
                text, strerror(failed), names[door]);
            return failed;
        }
        l->mail_count++;
    }
    return 0;
}

static int open_lmtp_socket(struct listeners *l, const struct conf *c, struct inherited *from,
                            char error[LISTENERS_ERROR_LEN])
{
    struct mail_listener *m = &l->mail[l->mail_count];
    *m = (struct mail_listener){.door = DOOR_LMTP_SOCKET};
    if (!*c->lmtp_socket)
        return 0;
    int failed = listen_unix(from, c->lmtp_socket, &m->fd);
    if (!failed) {
        l->mail_count++;
        failed = give_to_group(c->lmtp_socket, c->lmtp_group);
    }
    if (failed)
        (void)str_format(error, LISTENERS_ERROR_LEN,
                         "cannot make lmtp_socket %.200s for group \"%.40s\": %s; its folder must be there, "
                         "and lmtp_group a group of this system",
                         c->lmtp_socket, c->lmtp_group, failed == ESRCH ? "no such group" : strerror(failed));
    return failed;
}

/* Named for the next life. */
static void http_name(const char *key, unsigned i, char name[LISTENERS_NAME_LEN])
{
    (void)str_format(name, LISTENERS_NAME_LEN, "%s.%u", key, i);
}

static int open_http(const struct conf_endpoints *at, const char *key, int fds[], unsigned *count,
                     struct inherited *from, char error[LISTENERS_ERROR_LEN])
{
    char text[ENDPOINT_TEXT_LEN];
    for (unsigned i = 0; i < at->count; i++) {
        char name[LISTENERS_NAME_LEN];
        http_name(key, i, name);
        int failed = listen_tcp(from, name, &at->list[i], &fds[i]);
        endpoint_format(&at->list[i], text);
        if (failed) {
            (void)str_format(
                error, LISTENERS_ERROR_LEN,
                "cannot listen for browsers on %s: %s; stop what uses that port (`ss -ltnp` shows "
                "it), or set another in %s",
                text, strerror(failed), key);
            return failed;
        }
        ++*count;
    }
    return 0;
}

int listeners_open(struct listeners *l, const struct conf *c, const char *state_dir, struct inherited *from,
                   char error[LISTENERS_ERROR_LEN])
{
    char path[4096];
    int failed = 0;
    *l = (struct listeners){.api = -1, .gateway = {-1, -1}};
    bool mail = role_is_wanted(c->roles, ROLE_MAILIN), web = role_is_wanted(c->roles, ROLE_WEB);
#define MAIL_DOOR_OPEN(name, text, key)                                                                      \
    if (!failed && mail)                                                                                     \
        failed = open_door(l, DOOR_##name, &c->key, from, error);
    MAIL_DOORS(MAIL_DOOR_OPEN)
#undef MAIL_DOOR_OPEN
    if (!failed && mail)
        failed = open_lmtp_socket(l, c, from, error);
    if (!failed && role_is_wanted(c->roles, ROLE_FETCH))
        failed = open_for_gateways(l, c, from, error);
    if (!failed && web)
        failed = open_http(&c->http_listen, "http_listen", l->http, &l->http_count, from, error);
    if (!failed && web)
        failed = open_http(&c->setup_listen, "setup_listen", l->setup, &l->setup_count, from, error);
    if (failed || !web)
        return failed;
    (void)str_format(path, sizeof(path), "%s/run/api.sock", state_dir);
    failed = listen_unix(from, path, &l->api);
    if (failed)
        (void)str_format(
            error, LISTENERS_ERROR_LEN, "cannot make the command socket %.200s: %s%s", path, strerror(failed),
            failed == ENAMETOOLONG ? "; unix sockets take 107 characters: choose a shorter state_dir" : "");
    return failed;
}

static void describe(const char *what, int fd, struct buf *to)
{
    struct endpoint e;
    char text[ENDPOINT_TEXT_LEN];
    if (fd < 0 || endpoint_of_socket(fd, &e) != 0)
        return;
    endpoint_format(&e, text);
    (void)buf_printf(to, "%s %s\n", what, text);
}

void listeners_describe(const struct listeners *l, struct buf *to)
{
    for (unsigned i = 0; i < l->mail_count; i++)
        if (l->mail[i].door != DOOR_LMTP_SOCKET)
            describe(names[l->mail[i].door], l->mail[i].fd, to);
    for (unsigned i = 0; i < l->http_count; i++)
        describe("http", l->http[i], to);
    for (unsigned i = 0; i < l->setup_count; i++)
        describe("setup", l->setup[i], to);
    describe("gateway", l->gateway[0], to);
    describe("gateway-data", l->gateway[1], to);
}

bool listeners_leave(const struct listeners *l, struct inherited *to)
{
    char name[LISTENERS_NAME_LEN];
    bool fits = inherited_leave(to, "api", l->api);
    for (unsigned i = 0; i < l->mail_count; i++) {
        listeners_name(&l->mail[i], name);
        fits = fits && inherited_leave(to, name, l->mail[i].fd);
    }
    for (unsigned i = 0; i < l->http_count; i++) {
        http_name("http_listen", i, name);
        fits = fits && inherited_leave(to, name, l->http[i]);
    }
    for (unsigned i = 0; i < l->setup_count; i++) {
        http_name("setup_listen", i, name);
        fits = fits && inherited_leave(to, name, l->setup[i]);
    }
    for (unsigned i = 0; i < ARRAY_LEN(gateway_names); i++)
        fits = fits && inherited_leave(to, gateway_names[i], l->gateway[i]);
    return fits;
}
