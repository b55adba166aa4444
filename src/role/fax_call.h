/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One attempt of a fax in this process: the session, its media, and what queue and line are told of it.
 *
 * Lives from `send` or `receive` until the queue has stored its end and the line has hung up, or until
 * `forget`. The queue is asked before a page counts as confirmed (received: before MCF leaves; sent: before
 * the next page starts) and before the last question leaves; the asks are repeated to a new queue by ipc. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "ipc/peers.h"
#include "model/id.h"
#include "proto/capabilities.h"
#include "role/call_media.h"
#include "t30/session.h"

enum { FAX_CALL_TRACE_MAX = 32000 };

struct fax_call {
    struct id attempt;
    struct loop *loop;
    struct peers *peers; /* borrowed */
    struct session *session;
    struct call_media media;
    struct timer progress;
    bool sender;
    bool unpaced;                        /* T.38 without waiting for a modem's time */
    struct id document;                  /* for callers who poll */
    unsigned first;                      /* sender: index of the first page of this attempt in the document */
    int64_t began_ms;                    /* when media came; 0: not yet */
    bool far_heard;                      /* a frame of the far side was seen */
    uint8_t dis[CAPABILITIES_FRAME_MAX]; /* its last DIS or DTC ... */
    size_t dis_len;                      /* ... 0: none came */
    uint32_t rate;
    bool ecm;

    uint64_t page_request;   /* open ask of page_sent or page_received; 0: none */
    uint64_t ending_request; /* of page_ending */
    bool done;               /* T.30 is over */
    bool end_stored;         /* attempt_done was answered */
    bool hung_up;            /* the dialog is gone, or there is none yet */
    uint8_t *dialog;         /* owned; what line needs to hang up */
    size_t dialog_len;
    struct buf trace;
};

/* NULL and errno where it cannot be. Both answer nothing. */
struct fax_call *fax_call_send(struct loop *loop, struct peers *peers, const struct msg_send *m) MUST_USE;
struct fax_call *fax_call_receive(struct loop *loop, struct peers *peers,
                                  const struct msg_receive *m) MUST_USE;
void fax_call_free(struct fax_call *c); /* NULL is fine */

/* To a new queue: this process has the call, and whether its media has come. */
void fax_call_announce(struct fax_call *c);
void fax_call_media(struct fax_call *c, struct msg_media *m);
void fax_call_media_end(struct fax_call *c, const char *reason);
void fax_call_page_stored(struct fax_call *c, uint64_t request, bool ok);
void fax_call_ending_stored(struct fax_call *c, uint64_t request, bool ok);
void fax_call_forwarded(struct fax_call *c, bool ok);
void fax_call_end_stored(struct fax_call *c);
/* Before it is freed in the middle: line hangs up, also where the queue's word to it was lost. */
void fax_call_give_up(struct fax_call *c);
/* Nothing of it is needed any more: free it. Line may still wait for the answer to its BYE; our question to
 * it lives on by itself, dialog and all, so that a dead far side does not keep the place of a call. */
bool fax_call_is_over(const struct fax_call *c);
