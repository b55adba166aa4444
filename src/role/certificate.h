/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The certificate our listeners show: the administrator's, or one made by ourselves at first start. */
#pragma once

#include <limits.h>

#include "conf/conf.h"
#include "role/statedir.h"

enum { CERTIFICATE_ERROR_LEN = 600 };

struct certificate {
    char chain_path[PATH_MAX], key_path[PATH_MAX]; /* PEM */
};

/* 0, or an errno with a text that says what to do. */
int certificate_prepare(struct certificate *c, const struct conf *conf, const struct statedir *state,
                        char error[CERTIFICATE_ERROR_LEN]) MUST_USE;
