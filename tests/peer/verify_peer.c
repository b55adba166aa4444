/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* verify-peer DNS IP HELO SENDER TRUSTED_SERVER ARC < mail: the facts about a mail as mailin finds them, in
 * one line, and how many questions the DNS was asked. IP "": not known. ARC: 1 or 0. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/panic.h"
#include "mail/mail_auth.h"
#include "mail/suffix.h"

enum { MAIL_MAX = 64 << 20, ARGUMENTS = 7 };

struct work {
    struct loop *loop;
    struct buf mail;
};

static ssize_t read_mail(void *context, uint64_t at, uint8_t *to, size_t room)
{
    const struct work *w = context;
    size_t left = at < w->mail.len ? w->mail.len - (size_t)at : 0, n = left < room ? left : room;
    memcpy(to, w->mail.data + at, n);
    return (ssize_t)n;
}

static void on_done(void *context, const struct sender_facts *facts)
{
    struct work *w = context;
    char text[SENDER_FACTS_LEN];
    sender_facts_format(facts, text);
    (void)puts(text);
    loop_stop(w->loop);
}

int main(int argc, char **argv)
{
    struct work w = {.loop = loop_new()};
    struct endpoint server;
    log_open("verify-peer", LOG_LEVEL_WARNING);
    buf_init(&w.mail, MAIL_MAX);
    if (argc != ARGUMENTS || !endpoint_parse(argv[1], &server) || fd_read_rest(STDIN_FILENO, &w.mail) != 0) {
        (void)fputs("usage: verify-peer DNS IP HELO SENDER TRUSTED_SERVER ARC < mail\n", stderr);
        return EXIT_FAILURE;
    }
    suffix_load();
    struct dns_client *dns = dns_client_new(w.loop, &server, 1);
    if (!dns)
        panic("no resolver");
    const struct mail_auth_opts opts = {.loop = w.loop,
                                        .dns = dns,
                                        .about = {.client_ip = argv[2],
                                                  .helo = argv[3],
                                                  .sender = argv[4],
                                                  .trusted_server = argv[5],
                                                  .arc = argv[6][0] == '1'},
                                        .size = w.mail.len,
                                        .read = read_mail,
                                        .on_done = on_done,
                                        .context = &w};
    struct mail_auth *m = mail_auth_start(&opts);
    if (m)
        loop_run(w.loop);
    dns_client_free(dns);
    loop_free(w.loop);
    buf_clear(&w.mail);
    return EXIT_SUCCESS;
}
