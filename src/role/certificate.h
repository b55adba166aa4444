/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The certificate our listeners show: the administrator's, or one made by ourselves at first start. */
#pragma once

#include <limits.h>

#include "conf/conf.h"
#include "role/file_mark.h"
#include "role/statedir.h"

enum { CERTIFICATE_ERROR_LEN = 600 };

struct certificate {
    char chain_path[PATH_MAX], key_path[PATH_MAX]; /* PEM */
    struct file_mark used[2], seen[2];             /* chain, key: those in use, those of the last look */
};

/* 0, or an errno with a text that says what to do. */
int certificate_prepare(struct certificate *c, const struct conf *conf, const struct statedir *state,
                        char error[CERTIFICATE_ERROR_LEN]) MUST_USE;
/* To be asked now and then: other files stand there than those in use, and both are as at the last look, so
 * that nobody writes them just now. True once for each change. */
bool certificate_renewed(struct certificate *c) MUST_USE;
/* What stands there now is in use. */
void certificate_use(struct certificate *c);
