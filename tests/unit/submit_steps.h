/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Mails through the queue up to their jobs or answers, with convert played by the test. */
#pragma once

#include "queue_steps.h"

struct note {
    const char *to, *from, *addressees, *subject, *text;
    bool bare;            /* no attachment */
    const char *envelope; /* its sender there; NULL: as From */
    unsigned manners;     /* enum mail_manners */
    const char *wishes;   /* of reports; NULL: none */
};

/* How many mails there were: each has a Message-ID of its own. */
extern unsigned submit_messages;

#define FRONT     "front@fax.example.com\n"
#define TO(flags) "0501234567" flags "@front.fax.example.com\n"

/* Provisioning; fails where it is refused. */
void apply(struct house *h, const char *text);
/* Stored, taken apart, and given back to the queue; from ann@example.com where it does not say. */
struct id send_mail(struct house *h, const struct note *n);
/* Each document gets so many pages, a cover page one. */
void answer_all_renders(struct house *h, size_t pages);
int64_t count_jobs(struct house *h);
/* The job to that number; fails where there is none. */
struct job job_to(struct house *h, const char *number);
/* The next mail of that kind that convert is asked to make; it is made. */
struct heard take_mail(struct house *h, enum message_type kind);
/* The mail is answered with a text that holds this, nothing is faxed, and it is a dead letter. */
void assert_refused(struct house *h, const struct note *n, const char *part);
/* The mail becomes one fax to that number from that box; another mail may have the same number after it. */
void assert_job(struct house *h, const struct note *n, const char *number, const char *box);
void cancel(struct house *h, const struct job *j);
