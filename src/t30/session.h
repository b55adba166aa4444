/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One fax call, from the first tone to the last: pages in and out as memory, events by callbacks, time as an
 * argument. No socket, no clock, no thread. Which T.30 engine works inside is nobody's business.
 *
 * Success is decided by T.30 alone: by the confirmation of the last page, never by how the call hung up.
 * All times are milliseconds of one clock that never jumps back. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/span.h"
#include "model/outcome.h"
#include "model/page.h"
#include "model/voice.h"
#include "t30/companding.h"

struct session;

enum { SESSION_ID_LEN = 21 }; /* 20 digits of TSI and CSI (T.30 §5.3.6.2.4) and NUL */

enum session_coding { CODING_NONE, CODING_T4_1D, CODING_T4_2D, CODING_T6 };

/* How one page went. */
struct session_page {
    unsigned number; /* in the document, from 1 */
    struct page_form form;
    uint32_t rate; /* bit/s */
    bool ecm;
    enum session_coding coding;
    uint32_t frames_resent; /* ECM frames of it that had to go again */
    uint32_t bad_rows;      /* rows that could not be decoded (received without ECM) */
    uint32_t bytes;         /* as coded for the line */
    int64_t duration_ms;    /* since the page before, or since the first signal */
};

struct session_result {
    struct outcome outcome;
    unsigned pages; /* confirmed in this call: sent ones by the far side, received ones by us */
    /* The far side may have the last page of the document that was on the line and may have said so, but we
     * did not hear it (SPEC D5). */
    bool last_page_uncertain;
    char far_id[SESSION_ID_LEN];
    uint32_t rate; /* of the last page */
};

/* A frame that passed on the line, or a modem for images that was switched on (sent) or was trained (else),
 * or CNG or REFER of a call to a shared number, for the call's trace. */
struct session_frame {
    int64_t now_ms;
    bool sent;
    struct span bytes;   /* of what is no frame: none */
    const char *name;    /* "DCS", "V.17/14400", static */
    const char *dropped; /* why T.30 did not get to see it; NULL: it did */
};

/* None may free the session but on_done; none may be NULL but on_forward. */
struct session_events {
    /* T.38: an IFP packet to send, `copies` times under one sequence number. */
    void (*on_packet)(void *context, struct span ifp, int copies);
    /* The far side confirmed this page: store that, then session_page_stored. The next page does not start
     * before; after the last one nothing waits. */
    void (*on_page_sent)(void *context, const struct session_page *page);
    /* The last page of a document is out and the question about it waits: store that it is asked, then
     * session_may_ask. From then on a lost answer leaves the outcome open (D5). Once a document. */
    void (*on_page_ending)(void *context, unsigned number);
    /* A caller polls and may have our document: store that, then session_page_stored; nothing of it goes out
     * before, and from now on this side sends. Again where T.30 began anew. NULL without pages to poll. */
    void (*on_polled)(void *context);
    /* A page came: store it, then session_page_stored. It is not confirmed before. t6 is borrowed. */
    void (*on_page_received)(void *context, const struct session_page *page, struct span t6);
    /* Fax signals are on this audio call: T.38 would be better. At most once. */
    void (*on_want_t38)(void *context);
    void (*on_frame)(void *context, const struct session_frame *frame);
    /* opts.voice is VOICE_FORWARD and a person seems to call: session_forwarded has to follow. Once; NULL
     * without such calls. */
    void (*on_forward)(void *context);
    /* The call is over, hang up. Once, and last. */
    void (*on_done)(void *context, const struct session_result *result);
};

struct session_opts {
    bool sender; /* calls and sends pages; else answers and receives */
    bool polls;  /* calls, and receives the pages that the far machine holds ready */
    const char *station_id;
    /* Sender: of the fax (SUB, PWD), "" or NULL; to a machine that takes none the fax is not sent. Receiver:
     * what callers have to know; the subaddress is not looked at. Up to 20 of digits, * and #, copied. */
    const char *subaddress, *password;
    /* Who polls: with these; to a machine that takes none nothing is said. Who answers and has pages: what
     * callers have to say for them, "" or NULL: nothing. As above, copied. */
    const char *selective, *poll_password;
    bool ecm;
    uint32_t max_rate; /* bit/s: 14400, 9600 (no V.17) or 4800 (no V.29) */
    /* Sender: all pages of the document, copied, and the index of the first to send. Who answers: the pages
     * for callers who poll; none is fine. */
    const struct page *pages;
    /* Sender, and who is polled: as many, which go out instead where the far machine's DIS has not what pages
     * want; copied. NULL: there is no other way. */
    const struct page *lower;
    size_t page_count, first;
    /* Sender: which of them end a document, where the call brings several; copied. NULL: the last one does.
     */
    const bool *ends;
    const char *blocked; /* receiver: machines that are sent away (model/blocked.h), copied; NULL: none */
    /* Receiver: what becomes of an audio call in which no fax machine was heard for so long. */
    enum voice voice;
    uint32_t voice_ms;
    const struct session_events *events; /* borrowed */
    void *context;
};

/* Sits still until session_use_...; NULL and errno where there are no descriptors or pages. */
struct session *session_new(const struct session_opts *opts) MUST_USE;
void session_free(struct session *s); /* NULL is fine; no event comes */

/* What the far side's SDP says of T.38. */
struct session_t38 {
    unsigned version;  /* T38FaxVersion, 0..3 */
    uint32_t max_rate; /* T38MaxBitRate, bit/s; 0: not told */
    bool unpaced;      /* send as fast as the network takes it: only where no gateway is on the way */
};

/* The media of the call, once at its start and again after a re-INVITE: T.30 begins anew, from the first page
 * that was not confirmed. */
void session_use_t38(struct session *s, int64_t now_ms, const struct session_t38 *far);
void session_use_audio(struct session *s, int64_t now_ms, enum law law);

/* T.38: an IFP packet in order, with its UDPTL sequence number. */
void session_receive(struct session *s, int64_t now_ms, struct span ifp, uint16_t sequence);
/* Audio: octets of G.711 as they come out of the jitter buffer, or how many samples are missing there. */
void session_hear(struct session *s, int64_t now_ms, struct span octets);
void session_hear_gap(struct session *s, int64_t now_ms, size_t samples);
/* Audio: the next count octets of G.711 to send. */
void session_speak(struct session *s, int64_t now_ms, uint8_t *octets, size_t count);

/* Audio: does T.30 listen now? While it does not, the far side is silent and a slip does no harm. */
bool session_listens(const struct session *s);
/* Audio: is the far side in the middle of a signal? */
bool session_hears_carrier(const struct session *s);

/* Time passes; to be called at session_due_ms at the latest. */
void session_run(struct session *s, int64_t now_ms);
int64_t session_due_ms(const struct session *s);

/* The page of the last on_page_sent or on_page_received is stored, or could not be. May be called within. */
void session_page_stored(struct session *s, int64_t now_ms, bool ok);
/* What on_page_ending wanted is stored. May be called within. */
void session_may_ask(struct session *s, int64_t now_ms);
/* What on_forward wanted has happened, and somebody else has the call; or it has not: then it is answered as
 * a fax. Not to be called within. */
void session_forwarded(struct session *s, int64_t now_ms, bool ok);
/* The call is gone (BYE, no media) or is to go; on_done follows at once. */
void session_hang_up(struct session *s, int64_t now_ms);
void session_cancel(struct session *s, int64_t now_ms);

struct session_progress {
    const char *phase; /* "connecting", "negotiating", "page", "confirming", "done"; static */
    unsigned page;     /* now on the line, from 1 */
    unsigned pages;    /* confirmed */
    uint32_t rate;
    bool ecm;
    enum session_coding coding;
    unsigned percent;       /* of the page being sent, about; 0 where unknown */
    const char *far_id;     /* borrowed until the next call */
    const char *subaddress; /* receiver: the sender's SUB, the same way */
};

void session_progress(struct session *s, struct session_progress *progress);
const char *session_coding_name(enum session_coding coding); /* "MMR" and the like; static */
