/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The pieces of work of this room, each one ask of messages.def: what a worker does, and what the process
 * that started it believes of the answer. */
#pragma once

#include "convert/render.h"
#include "convert/unpack.h"
#include "ipc/message.h"
#include "model/pgp_facts.h"
#include "proto/mail_template.h"

struct work {
    struct message answer; /* its texts point into this struct */
    struct outcome outcome;
    struct unpacked unpacked;
    const char *keys; /* PGP: to which the mail is encrypted, "" to none */
    struct pgp_facts pgp;
    uint8_t sealed[4096];                  /* a secret key that was made */
    char name[MAIL_TEMPLATE_FILE_MAX + 5]; /* of a file for download */
    char small_text[400];
    struct buf payload; /* what travels in the answer's descriptor; empty: none */
};

/* clock_mono_ms; a test of what takes long has one of its own. */
extern int64_t (*work_clock_ms)(void);

/* Longest that a worker may take for it, in seconds of any clock; 0: no work of ours. */
unsigned work_seconds_max(enum message_type ask);

/* What the vault has to open for it; empty: nothing. */
struct span work_secret(const struct message *ask);
/* Does nobody wait for it? Then it is done behind all else. */
bool work_is_slow(enum message_type ask);

/* In the worker, before it is shut in: what the work needs of the system (the zone's file). */
void work_open(const struct message *ask);
/* In the worker: does it. Never fails but by an outcome. work_clear afterwards. */
void work_do(struct work *w, struct render *render, const struct message *ask);
void work_clear(struct work *w);

/* Is it an answer that says that the document of its ask wants LibreOffice first? */
bool work_wants_office(const struct message *answer);
/* In a worker with LibreOffice's rights, as work_do: the payload becomes a PDF, which is to be rendered in
 * the document's place. folder: the worker's own. */
void work_office(struct work *w, const struct message *ask, const char *folder);

/* Sets the answer's descriptor field (-1: none). */
void work_attach(struct message *answer, int fd);

/* Outside the worker: an answer that says why there is none. outcome is borrowed by the answer. */
void work_fail(const struct message *ask, const struct outcome *outcome, struct message *answer);
/* Outside the worker: is this an answer of work_office to that ask? done: there is a PDF. */
bool work_office_answer_good(const struct message *ask, const struct message *answer, bool *done) MUST_USE;
/* Outside the worker: is this an answer to that ask, and is all that it carries well-formed? */
bool work_answer_good(const struct message *ask, const struct message *answer) MUST_USE;
