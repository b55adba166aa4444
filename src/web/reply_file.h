/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Replies that are files. What never changes is kept by browsers, by its tag. */
#pragma once

#include "web/request.h"

enum { FILE_TAG_LEN = 96 };

struct file_reply {
    const char *type;
    const char *name; /* to be saved by; NULL: to be shown */
    const char *tag;  /* with its quotes; NULL: not to be kept */
};

/* The whole file, from its beginning. fd is not taken. */
void reply_file(struct request *r, int fd, const struct file_reply *f);
/* Has whoever asks the file of that tag already? Then he is told so (304). */
bool reply_unchanged(struct request *r, const char *tag) MUST_USE;
/* Too much is asked for at this moment (503, Retry-After). */
void reply_busy(struct request *r);
/* The other role was asked for a file and did not make it. m: its answer, NULL for none. */
void reply_no_file(struct request *r, const char *code, const char *reason);
