/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Polling (T.30 §4.2.2, figure 5-2): who calls says DTC in place of DCS and receives, who answers sends.
 *
 * libspandsp 0.0.6 begins its DTC twice, one upon the other; says DIS where no answer to it came; repeats it
 * for ever where DIS is repeated; and takes DIS and DTC where a page should come for a new beginning. */
#include <string.h>

#include <spandsp.h>

#include "t30/session_inner.h"

/* Three for its timer (T.30 §5.4.3.1), and as many for a far machine that repeats its DIS. */
enum { COMMANDS_MAX = 6 };

void session_poll_begin(struct session *s)
{
    s->poll.dis_len = s->poll.said_len = 0;
    s->poll.commands = 0;
    s->poll.commanding = s->poll.again = s->poll.settled = s->poll.refused = false;
    if (!s->poll.turned)
        return;
    /* He has to poll again, and would begin at the first page: media do not change after a page has begun. */
    s->poll.turned = s->opts.sender = false;
    if (s->confirmed > 0)
        session_end_with(s, ENDING_FAR_HUNG_UP);
}

const char *session_poll_misfits(const struct session *s, struct span frame)
{
    uint8_t fcf = frame.data[2];
    if (s->opts.polls && s->poll.settled && (fcf == T30_DIS || fcf == T30_CSI))
        return "it sends already";
    if (s->calls || (fcf != T30_DTC && fcf != T30_CIG && fcf != T30_SEP))
        return NULL;
    if (s->poll.turned && s->poll.speaks)
        return "nobody listens";
    if (s->dis_len == 0 || s->poll.settled || s->course.phase != COURSE_NEGOTIATING)
        return "nobody polls now";
    return NULL;
}

/* --- who polls --- */

static void command(struct session *s)
{
    s->poll.again = false;
    if (s->poll.commands++ == COMMANDS_MAX) {
        s->abandoned = true;
        return;
    }
    s->poll.commanding = true;
    s->poll.said_len = 0;
    engine_hear_frame(s->engine, span_of(s->poll.dis, s->poll.dis_len), true);
    s->poll.commanding = false;
    size_t len = s->poll.said_len;
    s->poll.said_len = 0;
    if (len > 0)
        hold_send_frame(&s->hold, span_of(s->poll.said, len));
}

void session_poll_hears_dis(struct session *s, struct span dis)
{
    s->poll.dis_len = dis.len; /* 22 at most: the guard */
    memcpy(s->poll.dis, dis.data, dis.len);
    command(s);
}

bool session_poll_keeps(struct session *s, struct span frame)
{
    if (!s->opts.polls || frame.len < 3 || s->poll.dis_len == 0)
        return false;
    uint8_t fcf = frame.data[2];
    if (fcf == T30_CSI || fcf == T30_DIS || fcf == T30_NSF) {
        s->poll.again = true;
        return true;
    }
    if (!s->poll.commanding || frame.len > sizeof(s->poll.said))
        return false;
    memcpy(s->poll.said, frame.data, frame.len);
    s->poll.said_len = frame.len;
    return true;
}

void session_poll_follow(struct session *s)
{
    if (s->poll.again && !s->ended)
        command(s);
}

/* --- who is polled --- */

static void turn(struct session *s)
{
    s->poll.turned = s->opts.sender = true;
    engine_turn_sender(s->engine);
    session_begin_page(s);
    hold_turn_sender(&s->hold);
    s->poll.refused = !session_said(s->poll.selective, engine_far_selective(s->engine)) ||
                      !session_said(s->poll.password, engine_far_password(s->engine));
    if (s->poll.refused)
        hold_stored(&s->hold, false);
    else
        s->opts.events->on_polled(s->opts.context);
}

void session_poll_hears_dtc(struct session *s, struct span dtc)
{
    if (!s->poll.turned)
        turn(s);
    if (!s->ended && s->ending == ENDING_NONE && session_fits(s, dtc))
        engine_hear_frame(s->engine, dtc, true);
}
