/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Who changed what, when, from where. Written in the transaction of the change itself. */
#pragma once

#include "store/reports.h"
#include "store/scope.h"

struct audit {
    struct id id;
    int64_t at_ms;
    struct id tenant, user; /* of who did it; ID_NONE over the unix socket */
    const char *who;        /* his name */
    const char *client_ip;  /* "" over the unix socket */
    const char *action;     /* "boxes.change" */
    const char *subject;    /* "front" */
    const char *detail;     /* what was changed, without values; why it was refused */
};

enum { AUDIT_KEPT_DAYS = 400 };

/* Also forgets what is older than AUDIT_KEPT_DAYS. */
void audit_add(struct store *s, const struct audit *a);
size_t audit_list(struct store *s, const struct scope *w, const struct report_cursor *c, struct arena *arena,
                  struct audit **list);
