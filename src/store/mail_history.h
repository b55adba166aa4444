/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What happened to each outgoing mail: every try with its server's answer, and what people did with it. It
 * goes when the mail goes. */
#pragma once

#include "model/outcome.h"
#include "model/states.h"
#include "store/store.h"

/* More events of one mail push out its oldest ones. */
enum { MAIL_EVENTS_MAX = 100 };

struct mail_event {
    const char *what;   /* "sent", "deferred" (tried again later), "refused" (given up), "not-made" (composing
                           it failed), "delayed" (a server on its way says so), "returned", "held", "released",
                           "retried" */
    const char *who;    /* did it; "": nobody, it happened */
    const char *server; /* as the settings call it; "" for none */
    const char *code, *text;
    unsigned times;         /* it was so; the same again adds no event */
    int64_t at_ms, last_ms; /* the first and the last time */
};

/* A try: what its server answered, and by what. */
void mail_event_tried(struct store *s, struct id mail, int64_t now_ms, const char *what, const char *server,
                      const struct outcome *answer);
/* A person's deed. */
void mail_event_done(struct store *s, struct id mail, int64_t now_ms, const char *what, const char *who);
/* The same for each mail in that state. */
void mail_event_done_all(struct store *s, enum mail_out_state state, int64_t now_ms, const char *what,
                         const char *who);
/* The oldest first. */
size_t mail_events(struct store *s, struct id mail, struct arena *a, struct mail_event **list);
