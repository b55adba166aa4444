/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The session as its own files see it: session.c (media, time, life), session_line.c (what passes between
 * line and T.30), session_page.c (pages and their storing), session_lower.c (which of them), session_fit.c
 * (pages made smaller), session_voice.c (is it a fax at all?), session_view.c (what is told of it). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "t30/audio_terminal.h"
#include "t30/completion.h"
#include "t30/course.h"
#include "t30/engine.h"
#include "t30/hold.h"
#include "t30/packet_terminal.h"
#include "t30/question.h"
#include "t30/session.h"
#include "t30/silence.h"
#include "t30/voice.h"

/* Our DIS, of which a DCS may choose (T.30 table 2). */
enum { DIS_ROOM = 32 };
enum { SAMPLES_PER_MS = 8 };

enum voice_stage {
    VOICE_OPEN,
    VOICE_ASKED,   /* on_forward */
    VOICE_LEAVING, /* hears that it is over */
};

struct session {
    struct session_opts opts;
    char station_id[SESSION_ID_LEN];
    size_t *page_bytes; /* sender: T.6 size of each page, for the progress */
    struct page_form *forms;
    bool *ends;                /* sender: pages that end a document; NULL: the last one alone */
    int file;                  /* memfd, to receive into; -1: none */
    int send_file;             /* memfd */
    bool calls;                /* has called: it sends or polls */
    struct lower_pages *lower; /* session_lower.c; NULL: there is no other way */

    struct fitting *fitting; /* session_fit.c; NULL: all pages are as they are to be */
    bool settled;            /* sender: how the next one goes was said (DCS) */

    struct engine *engine; /* NULL before the first media and after the end */
    struct packet_terminal *packets;
    struct audio_terminal *audio;
    enum law law;
    struct session_t38 far_t38; /* as in the last session_use_t38 */
    struct hold hold;
    struct course course;
    struct question question; /* receiver */
    struct silence silence;
    bool abandoned;      /* the far side fell silent: the engine is ended at the next chance */
    int64_t answered_ms; /* receiver: when these media began, however often T.30 did */
    bool again;          /* receiver: nobody spoke yet, and T.30 has said who we are three times */
    uint8_t dis[DIS_ROOM];
    size_t dis_len;
    bool ecm_image;             /* an ECM image is being listened to */
    bool image_over;            /* and its end was heard (RCP) */
    bool plain_image;           /* one without ECM is */
    int64_t untrained_since_ms; /* a signal that is neither V.21 nor trained to is on the line; 0: none */
    bool understood;            /* since T.30 began to listen: a frame, or the training of an image */
    int64_t patience;           /* receiver: samples that T.30's timers stand still */
    bool flags_only;            /* since the carrier came up V.21's flags were heard and no good frame */
    bool sending_image;         /* the image modem is on: nobody listens */

    int64_t now_ms;
    int64_t elapsed_ms; /* until when T.30's timers have run, on T.38 */
    int64_t ran_ms;     /* the last session_run */
    int64_t moved_ms;   /* last good frame or image data */
    bool moved;
    int64_t page_ms; /* when the page on the line began */
    size_t gap;      /* samples of audio in a row that did not come */

    const char *modem; /* that listens to an image, by name */
    char *blocked;     /* owned */

    struct {
        struct voice_ear *ear; /* while it is open who calls, or somebody is sent away; else NULL */
        enum voice_stage stage;
        bool settled; /* it is a fax */
        int64_t since_ms;
    } voice; /* opts.voice */

    unsigned taken;     /* receiver: pages of this engine's file that were handed out */
    unsigned confirmed; /* in all of this call */
    bool last_page;     /* receiver: the page being stored is the last */
    bool complete;      /* receiver: it was stored */
    bool refused;       /* sender: the last answer to a page was RTN or PIN */
    uint32_t rate;
    char far_id[SESSION_ID_LEN];
    char subaddress[SESSION_ID_LEN]; /* sender: to send; receiver: heard */
    char password[SESSION_ID_LEN];   /* sender: to send; receiver: wanted */
    uint8_t dcs[DIS_ROOM];           /* waits until our password is sent */
    size_t dcs_len;

    /* session_poll.c */
    struct {
        char selective[SESSION_ID_LEN], password[SESSION_ID_LEN];
        uint8_t dis[DIS_ROOM]; /* who polls: the far machine's */
        size_t dis_len;
        bool commanding; /* T.30 hears it: what is sent then waits here */
        uint8_t said[DIS_ROOM];
        size_t said_len;
        bool again;        /* T.30 would introduce itself where it has to say DTC once more */
        unsigned commands; /* DTC so often */
        bool settled;      /* DCS was heard: nobody polls any more */
        bool turned;       /* who called has polled: this side sends, opts.sender is set */
        bool refused;      /* he may not */
        bool speaks;       /* T.30 has a modem on */
    } poll;

    bool want_t38_told;
    enum ending ending; /* decided by us; the engine is ended at the next chance */
    bool ended, told;
    int t30_code;
};

/* The time in all parts of the session. T.30 is not told: that is for session_run and what hears the line. */
void session_set_now(struct session *s, int64_t now_ms);
/* All pages of this side are through. */
bool session_succeeded(const struct session *s);
/* The first cause counts; the engine is ended at the end of the call into the session. */
void session_end_with(struct session *s, enum ending ending);

/* Of the media that end here: engine and terminal. Not from inside the engine. */
void session_drop_media(struct session *s);

/* session_address.c */
/* Who has called: what the far machine's DIS says. */
void session_hear_capabilities(struct session *s, struct span dis);
/* Sender: true where something else is sent before that frame, which session_follows sends then. */
bool session_precedes(struct session *s, struct span frame);
bool session_follows(struct session *s);
/* Receiver: at DCS, with which all is said. */
void session_check_password(struct session *s);
/* Nothing is wanted, or it is what the far machine said. */
bool session_said(const char *wanted, const char *heard);

/* session_lower.c */
/* Keeps opts.lower. 0 or errno. */
int session_keep_lower(struct session *s) MUST_USE;
/* They are to go out, if there are any; T.30 has not opened the others yet. */
void session_take_lower(struct session *s);
void session_drop_lower(struct session *s);

/* session_fit.c */
/* Of the far machine's DIS or DTC: may T.30 hear it? Not while pages are being made to fit it. */
bool session_fits(struct session *s, struct span dis);
void session_fit_run(struct session *s);
int64_t session_fit_due_ms(const struct session *s);
void session_fit_free(struct session *s);

/* session_poll.c */
/* A frame that passed the guard: why it is none for this moment; NULL: it is. */
const char *session_poll_misfits(const struct session *s, struct span frame);
/* Who polls: the far machine's DIS. */
void session_poll_hears_dis(struct session *s, struct span dis);
/* Who answers: DTC. */
void session_poll_hears_dtc(struct session *s, struct span dtc);
/* True: T.30's frame does not go out, or not now. */
bool session_poll_keeps(struct session *s, struct span frame);
/* After T.30 was told of time or frames. */
void session_poll_follow(struct session *s);
/* New media. */
void session_poll_begin(struct session *s);

/* session_voice.c */
/* Audio begins. True: no T.30 yet. */
bool session_voice_begins(struct session *s, int64_t now_ms);
/* A fax machine was heard, or is to be believed in. */
void session_voice_is_fax(struct session *s);
/* A call without T.30, whoever calls hears a tone. */
bool session_voice_waits(const struct session *s);
/* True: it is a fax, and T.30 has to begin. */
bool session_voice_hears(struct session *s, struct span octets);
bool session_voice_run(struct session *s);

/* session_line.c: what the terminal, the engine and the hold call. */
extern const struct terminal_events session_terminal_events;
struct engine_user session_engine_user(struct session *s);
struct hold_user session_hold_user(struct session *s);
void session_on_packet(void *context, struct span ifp, int copies);
/* Asks for T.38, once in a call. */
void session_want_t38(struct session *s);

/* Sender: what is known of the page that comes next on the line. */
void session_begin_page(struct session *s);

/* The engine's on_page. */
void session_on_page(void *context, uint8_t fcf);
/* Ends the call where the page that is coming in is no page any more. */
void session_check_size(struct session *s);

void session_remember_far_id(struct session *s);
enum session_coding session_coding_of(int t4_compression);
/* Of a modem for images: "V.17/14400", static; "?" for what is none. */
const char *session_modem_name(const struct modem_setting *m);
