/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Sockets the parent binds because their ports or paths need its rights, and hands out. */
#pragma once

#include "base/buf.h"
#include "conf/conf.h"

enum { LISTENERS_ERROR_LEN = 400 };

struct listeners {
    int smtp[CONF_ENDPOINTS_MAX];
    unsigned smtp_count;
    int gateway[2]; /* for commands and for mails; -1: there are to be no gateways */
    int api;        /* unix socket state/run/api.sock */
};

/* 0, or an errno with a text that names the address and what to do. */
int listeners_open(struct listeners *l, const struct conf *c, const char *state_dir,
                   char error[LISTENERS_ERROR_LEN]) MUST_USE;
/* Appends "smtp 127.0.0.1:2525" lines, "gateway" and "gateway-data" likewise. */
void listeners_describe(const struct listeners *l, struct buf *to);
