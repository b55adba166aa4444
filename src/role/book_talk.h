/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One conversation with a directory's server: it is read whole, asked whether a password is right, or whether
 * somebody is there and not locked. */
#pragma once

#include <jansson.h>

#include "model/identity.h"
#include "model/outcome.h"
#include "role/directory.h"

enum book_talk_kind { TALK_READ, TALK_PASSWORD, TALK_LOOK };

struct book_talk_opts {
    struct directory *directory;
    const json_t *settings; /* stay until the talk is freed */
    enum book_talk_kind kind;
    const char *subject;  /* whom it is about; not of TALK_READ */
    const char *password; /* of TALK_PASSWORD; stays likewise */
    /* Once. DONE: all people are read, or the password is right, or he is there and not locked. GIVE_UP: the
     * password is wrong, or he is locked or not there. RETRY: the server says nothing that counts. */
    void (*on_end)(void *context, const struct outcome *o);
    void *context;
};

struct book_talk;

struct book_talk *book_talk_new(const struct book_talk_opts *opts) MUST_USE;
/* Those that were read. */
const json_t *book_talk_people(const struct book_talk *t);
/* In on_end too. NULL is fine. */
void book_talk_free(struct book_talk *t);
