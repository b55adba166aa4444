/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Our mail client alone, for tests against other people's servers:
 *
 *     smtp-send HOST PORT none|starttls|implicit|auto USER PASSWORD CA_FILE PIN TLS-NAME SENDER FILE
 * RECIPIENT...
 *
 * sends the file once to each recipient, by one connection at a time, and prints for each, as it comes,
 * "RECIPIENT verdict code unreachable text". Ends when all are told; status 0 then. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/str.h"
#include "mail/mail_server.h"

enum { MOST_RECIPIENTS = 1000, FIXED_ARGUMENTS = 11 };

struct run {
    struct loop *loop;
    struct mail_server *server;
    char **recipients;
    struct id ids[MOST_RECIPIENTS];
    int open;
};

static void on_done(void *context, struct id mail, const struct outcome *o, enum delivery_fault fault)
{
    static const char *const verdicts[] = {"done", "retry", "give-up"};
    struct run *r = context;
    int i = 0;
    while (!id_equal(r->ids[i], mail))
        i++;
    (void)printf("%s %s %s %d %s\n", r->recipients[i], verdicts[o->verdict], o->code, fault == FAULT_AWAY,
                 o->text);
    (void)fflush(stdout);
    if (--r->open == 0)
        mail_server_hold(r->server);
}

int main(int argc, char **argv)
{
    static struct run r;
    uint64_t port;
    enum mail_security security;
    struct stat st;
    log_open("smtp-send", LOG_LEVEL_DEBUG);
    if (argc <= FIXED_ARGUMENTS || argc - FIXED_ARGUMENTS > MOST_RECIPIENTS ||
        !str_to_u64(argv[2], 65535, &port) || !mail_security_parse(argv[3], &security) ||
        stat(argv[10], &st) < 0) {
        (void)fprintf(stderr, "usage: see the head of smtp_send.c\n");
        return 2;
    }
    r.loop = loop_new();
    r.recipients = argv + FIXED_ARGUMENTS;
    r.server = mail_server_new(&(struct mail_server_opts){.loop = r.loop,
                                                          .own_name = "fax.example.com",
                                                          .settings = {.host = argv[1],
                                                                       .port = (uint16_t)port,
                                                                       .security = security,
                                                                       .user = argv[4],
                                                                       .password = argv[5],
                                                                       .ca_file = argv[6],
                                                                       .pin = argv[7],
                                                                       .tls_name = argv[8]},
                                                          .connections = 1,
                                                          .on_done = on_done,
                                                          .context = &r});
    r.open = argc - FIXED_ARGUMENTS;
    for (int i = 0; i < argc - FIXED_ARGUMENTS; i++) {
        int fd = open(argv[10], O_RDONLY | O_CLOEXEC);
        r.ids[i] = id_new();
        mail_server_deliver(r.server, &(struct mail_server_mail){.id = r.ids[i],
                                                                 .sender = argv[9],
                                                                 .recipient = r.recipients[i],
                                                                 .fd = fd,
                                                                 .size = (uint64_t)st.st_size});
    }
    while (r.open > 0 || !mail_server_idle(r.server))
        (void)loop_step(r.loop, -1);
    mail_server_free(r.server);
    loop_free(r.loop);
    return 0;
}
