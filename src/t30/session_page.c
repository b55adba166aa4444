/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "t30/session_inner.h"

#include <errno.h>

#include <spandsp.h>

#include "base/log.h"

bool session_succeeded(const struct session *s)
{
    return s->opts.sender ? s->confirmed == s->opts.page_count - s->opts.first : s->complete;
}

static struct session_page describe_page(struct session *s, const struct engine_state *state)
{
    struct session_page page = {
        .rate = state->rate,
        .ecm = state->ecm,
        .coding = session_coding_of(state->coding),
        .frames_resent = state->frames_resent,
        .bad_rows = state->bad_rows,
        .bytes = state->image_bytes,
        .duration_ms = s->now_ms - s->page_ms,
    };
    s->page_ms = s->now_ms;
    s->rate = state->rate;
    return page;
}

static bool confirms(uint8_t fcf)
{
    /* PIP: the page is confirmed and an operator is wanted (T.30 §5.3.6.1.7). */
    return (fcf & 0xFE) == T30_MCF || (fcf & 0xFE) == T30_RTP || (fcf & 0xFE) == T30_PIP;
}

/* RTN or PIN. After MPS libspandsp sends the page again, after EOP it says goodbye, after EOM it would pass
 * over the page as if it had been confirmed. */
static void page_was_refused(struct session *s)
{
    s->refused = true;
    if (s->course.question_word == T30_EOM)
        session_end_with(s, ENDING_PAGE_REFUSED);
}

void session_begin_page(struct session *s)
{
    size_t page = s->opts.first + s->confirmed;
    bool last = s->ends != NULL && page < s->opts.page_count && s->ends[page];
    s->course.last_page = last;
    hold_next_page(&s->hold, last);
}

static void page_was_answered(struct session *s, uint8_t fcf)
{
    if (session_succeeded(s))
        return;
    s->refused = false;
    if (!confirms(fcf)) {
        page_was_refused(s);
        return;
    }
    struct engine_state state;
    engine_state(s->engine, &state);
    struct session_page page = describe_page(s, &state);
    page.form = s->forms[s->opts.first + s->confirmed];
    s->confirmed++;
    page.number = (unsigned)s->opts.first + s->confirmed;
    s->settled = false; /* after EOM T.30 begins anew, and opens them again */
    course_confirmed(&s->course);
    if (!session_succeeded(s)) {
        session_begin_page(s);
        hold_page(&s->hold, state.ecm);
    }
    s->opts.events->on_page_sent(s->opts.context, &page);
}

static bool image_is_faulty(struct session *s)
{
    enum image_fault fault = engine_image_fault(s->engine);
    if (fault == IMAGE_FINE)
        return false;
    session_end_with(s, fault == IMAGE_TOO_LONG ? ENDING_PAGE_TOO_LARGE : ENDING_PAGE_IMPOSSIBLE);
    return true;
}

static void page_came(struct session *s)
{
    struct engine_state state;
    engine_state(s->engine, &state);
    if (image_is_faulty(s)) {
        hold_page(&s->hold, state.ecm);
        return;
    }
    if (state.pages_received <= s->taken)
        return; /* so bad that it was not kept: T.30 asks for it again */
    struct session_page page = describe_page(s, &state);
    struct page came;
    int error = engine_page(s->engine, &came);
    page.form = came.form;
    hold_page(&s->hold, state.ecm);
    if (error != 0) {
        log_warning(NULL, "page %u of a call is none: error %d", state.pages_received, error);
        session_end_with(s, error == EFBIG ? ENDING_PAGE_TOO_LARGE : ENDING_PAGE_UNREADABLE);
        return;
    }
    s->taken = state.pages_received;
    page.number = s->confirmed + 1;
    s->last_page = question_ends_document(&s->question);
    s->opts.events->on_page_received(s->opts.context, &page, came.t6);
    engine_page_done(s->engine);
}

void session_on_page(void *context, uint8_t fcf)
{
    struct session *s = context;
    if (s->opts.sender)
        page_was_answered(s, fcf);
    else
        page_came(s);
}

void session_page_stored(struct session *s, int64_t now_ms, bool ok)
{
    session_set_now(s, now_ms);
    if (!s->opts.sender && ok && !s->told) {
        s->confirmed++;
        s->complete = s->last_page;
        course_confirmed(&s->course);
    }
    hold_stored(&s->hold, ok);
}

void session_may_ask(struct session *s, int64_t now_ms)
{
    session_set_now(s, now_ms);
    hold_may_ask(&s->hold);
}

/* A few bytes of T.6 can stand for any number of white rows. */
void session_check_size(struct session *s)
{
    if (s->opts.sender || s->engine == NULL || s->ended || image_is_faulty(s))
        return;
    struct engine_state state;
    engine_state(s->engine, &state);
    if (state.rows > PAGE_ROWS_MAX || state.image_bytes > PAGE_BYTES_MAX)
        session_end_with(s, ENDING_PAGE_TOO_LARGE);
}
