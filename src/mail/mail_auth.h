/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Finds out who sent a mail (A5), in the background: reads the mail slice by slice, asks the DNS, then tells
 * the facts once. For mail that comes by SMTP and for polled mail alike. What it costs is bounded: 5
 * signatures, 10 seals, 160 questions, MAIL_AUTH_MS of time; who makes it cost more is a temporary error. */
#pragma once

#include <sys/types.h>

#include "mail/evidence.h"
#include "net/dns_client.h"
#include "net/loop.h"

enum { MAIL_AUTH_MS = 20 * 1000 };

struct mail_auth;

struct mail_auth_opts {
    struct loop *loop;
    struct dns_client *dns;
    struct evidence_opts about; /* now_s and is_public_suffix are filled in */
    int64_t limit_ms;           /* 0: MAIL_AUTH_MS */
    uint64_t size;              /* of the mail, which stays as it is until the end */
    /* Octets from `at` on, at most `room`; fewer only at the end; -1: it cannot be read. */
    ssize_t (*read)(void *context, uint64_t at, uint8_t *to, size_t room);
    /* Once, never from within mail_auth_start. It has freed itself before. */
    void (*on_done)(void *context, const struct sender_facts *facts);
    void *context;
};

/* What a role needs for it, before it is shut in: the list of public suffixes and a resolver, which is the
 * role's (net/dns_client.h). NULL after a line in the log. */
struct dns_client *mail_auth_dns(struct loop *l, const struct endpoint *servers, unsigned count) MUST_USE;

struct mail_auth *mail_auth_start(const struct mail_auth_opts *opts) MUST_USE;
void mail_auth_cancel(struct mail_auth *m); /* no callback; NULL is fine */
