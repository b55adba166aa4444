/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Two sessions joined by a network of memory, on a clock that only the test moves. */
#pragma once

#include "test.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "proto/udptl_receive.h"
#include "proto/udptl_send.h"
#include "t30/session.h"

enum { PAIR_PAGES = 600, PAIR_PACKETS = 4096 };

enum pair_media { PAIR_T38, PAIR_PCMU, PAIR_PCMA };

/* What one side has been told. */
struct pair_side {
    struct pair *pair;
    struct session *session;
    unsigned pages;
    struct session_page page[PAIR_PAGES];
    uint8_t *t6[PAIR_PAGES]; /* received, owned */
    size_t t6_len[PAIR_PAGES];
    bool wants_t38, done, hears_image;
    int64_t preamble_ms; /* when its V.21 preamble began that no frame has followed yet; 0: none */
    bool between_frames; /* the last packet was the end of a frame */
    const char *dropped; /* why the last frame was that T.30 did not get to see */
    struct session_result result;
    bool forwards;        /* on_forward */
    unsigned polled;      /* on_polled so often */
    unsigned asked;       /* the page of on_page_ending */
    int64_t ask_at_ms;    /* when session_may_ask is called; 0: not wanted */
    int64_t polled_at_ms; /* when it is stored that it is polled; 0: not wanted */
    int64_t store_at_ms;  /* when the page in hand is stored; 0: none is in hand */
    /* Frames sent by this side, by name, in order: "DIS CFR MCF ". Image frames are left out. */
    char said[4000];
    char modems[1000]; /* "<V.17/14400 ": heard, ">": sent */
    uint16_t sequence;
    struct udptl_sender udptl_out; /* where pair.udptl */
    struct udptl_receiver udptl_in;
};

struct pair_packet {
    int64_t arrives_ms;
    bool to_receiver;
    uint16_t sequence;
    size_t len;
    uint8_t data[UDPTL_DATAGRAM_MAX];
};

struct pair {
    enum pair_media media;
    struct pair_side sender, receiver;
    int64_t now_ms;
    int64_t delay_ms;                           /* one way */
    int64_t sender_store_ms, receiver_store_ms; /* how long storing takes; 0: at once, within the event */
    int64_t ask_ms;                             /* how long storing takes that the last question is asked */
    int64_t polled_store_ms;                    /* how long storing takes that the caller polls */
    bool polled_fails;                          /* and that fails */
    unsigned sender_store_fails, receiver_store_fails; /* at this page, from 1; 0: never */
    struct session_t38 t38;
    bool udptl; /* IFP packets travel in UDPTL datagrams with redundancy; set before the first step */
    /* Sees each packet or frame of samples on its way; false: lost. */
    bool (*passes)(struct pair *p, bool to_receiver, uint8_t *data, size_t len);
    unsigned count;    /* for passes, */
    unsigned burst[2]; /* by direction */
    /* Sees each frame that begins its way out, image frames left out. */
    void (*on_sent_frame)(struct pair *p, bool by_sender, const char *name);
    struct wire *wire; /* for both: see lossy_wire.h */
    struct pair_packet *packets;
    size_t packet_count;
};

struct pair_opts {
    enum pair_media media;
    const struct page *pages, *lower; /* lower: may be NULL */
    size_t page_count, first;
    const bool *ends; /* pages that end a document; NULL: the last */
    bool ecm;
    uint32_t max_rate;
    const char *blocked;               /* by the receiver; may be NULL */
    const char *subaddress, *password; /* sent */
    const char *wanted;                /* password of the receiver */
    enum voice voice;                  /* of the receiver */
    uint32_t voice_ms;
    /* The receiver calls and polls, saying these; the sender answers and wants those. */
    bool polling;
    const char *selective, *poll_password;
    const char *wanted_selective, *wanted_poll_password;
    bool nothing_there; /* it has no pages */
};

/* Fixtures of a file of tests that sends a document of three pages, and a call with its first ones. */
int pair_set_up(void **state);
int pair_tear_down(void **state);
struct pair_opts pair_call(enum pair_media media, bool ecm, uint32_t max_rate, size_t page_count);

void pair_open(struct pair *p, const struct pair_opts *opts); /* fields of p that tests set come after */
void pair_use(struct pair *p, enum pair_media media);         /* both sides, now */
void pair_use_fec(
    struct pair *p); /* IFP packets travel in UDPTL datagrams with parity; before the first step */
void pair_run(struct pair *p, int64_t limit_ms); /* until both are done */
void pair_step(struct pair *p);
bool pair_said(const struct pair_side *side, const char *frame); /* so far */
void pair_run_due(struct pair_side *side); /* as role call on T.38: no sooner than session_due_ms */
void pair_store_due(struct pair *p);       /* what a store would answer by now; pair_step does it */
/* A frame of somebody else, as if the other side had sent it: on V.21, or amid an ECM image (which must be
 * between two frames). */
void pair_inject(struct pair *p, bool to_receiver, bool image, struct span frame);
/* The same on another modem, T38_DATA_..., and what announces it, T38_IND_...; of T.38 version 0. */
void pair_inject_on(struct pair *p, bool to_receiver, int data_type, struct span frame);
void pair_inject_signal(struct pair *p, bool to_receiver, int indicator);
bool pair_is_image(struct span ifp); /* image data or training */
void pair_close(struct pair *p);

/* That both ended well and the pages from `first` on arrived pixel by pixel. */
void pair_assert_delivered(const struct pair *p, const struct pair_opts *opts);
