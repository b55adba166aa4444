/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Server-sent events: what changed, as it is committed, to everybody who may see it. A client fetches what it
 * shows. One that was away says the last it heard of and is told what it missed, or to look at everything
 * anew
 * ("resync"). What a slow one has not taken is bounded; it is told to resync as well. */
#pragma once

#include "ipc/message.h"
#include "web/actor.h"

struct events;
struct MHD_Connection;
struct MHD_Response;

struct events *events_new(void);
/* All streams have ended. */
void events_free(struct events *e);
/* A stream for that actor; last: of the header Last-Event-ID, "" for none. NULL where there are too many. */
struct MHD_Response *events_open(struct events *e, struct MHD_Connection *c, const struct actor *a,
                                 struct store *s, const char *last);
/* Something changed; s judges who may see it. True where a client has to be written to. */
bool events_add(struct events *e, struct store *s, const struct msg_changed *m);
/* Keeps silent streams open and ends old ones. True as above. */
bool events_tick(struct events *e, struct store *s, int64_t now_ms);
/* events_tick is due after that many milliseconds at the latest; -1: there is no stream. */
int64_t events_wait_ms(const struct events *e, int64_t now_ms);
/* Before the doors are closed. */
void events_end(struct events *e);
