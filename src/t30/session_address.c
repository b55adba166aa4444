/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Subaddress (SUB) and password (PWD) of an ordinary fax (T.30 §5.3.6.1.1, table 2 bits 49 and 50).
 * libspandsp sends SUB where the far machine takes one, and forgets it where it does not; PWD it sends to
 * polled machines only, so ours goes before its DCS. */
#include <string.h>

#include <spandsp.h>

#include "base/str.h"
#include "proto/capabilities.h"
#include "t30/session_inner.h"

enum { BIT_READY_TO_SEND = 9, BIT_SELECTIVE_POLLING = 47, BIT_SUBADDRESS = 49, BIT_PASSWORD = 50 };

/* Sent without it the fax could come into wrong hands. */
void session_hear_capabilities(struct session *s, struct span dis)
{
    if (s->opts.polls && !capabilities_bit(dis, BIT_READY_TO_SEND))
        session_end_with(s, ENDING_NOTHING_TO_POLL);
    else if (s->opts.polls && s->poll.selective[0] != 0 && !capabilities_bit(dis, BIT_SELECTIVE_POLLING))
        session_end_with(s, ENDING_NO_SELECTION);
    else if (s->opts.polls && s->poll.password[0] != 0 && !capabilities_bit(dis, BIT_PASSWORD))
        session_end_with(s, ENDING_NO_POLL_PASSWORD);
    else if (s->subaddress[0] != 0 && !capabilities_bit(dis, BIT_SUBADDRESS))
        session_end_with(s, ENDING_NO_SUBADDRESS);
    else if (s->password[0] != 0 && !capabilities_bit(dis, BIT_PASSWORD))
        session_end_with(s, ENDING_NO_PASSWORD);
}

bool session_precedes(struct session *s, struct span frame)
{
    bool dcs = frame.len > 2 && (frame.data[2] & 0xFE) == T30_DCS;
    if (!s->opts.sender || !s->calls || s->password[0] == 0 || !dcs || frame.len > sizeof(s->dcs))
        return false;
    memcpy(s->dcs, frame.data, frame.len);
    s->dcs_len = frame.len;
    /* The digits go last to first, with blanks behind (T.30 §5.3.6.2.4). */
    uint8_t pwd[23] = {0xFF, 0x03, T30_PWD};
    size_t len = strlen(s->password);
    for (size_t i = 0; i < sizeof(pwd) - 3; i++)
        pwd[3 + i] = i < len ? (uint8_t)s->password[len - 1 - i] : ' ';
    hold_send_frame(&s->hold, span_of(pwd, sizeof(pwd)));
    return true;
}

bool session_follows(struct session *s)
{
    size_t len = s->dcs_len;
    s->dcs_len = 0;
    if (len > 0)
        hold_send_frame(&s->hold, span_of(s->dcs, len));
    return len > 0;
}

/* Without the blanks around it: machines put them on either side. */
static void take(char to[SESSION_ID_LEN], const char *from)
{
    size_t skip = strspn(from, " ");
    (void)str_copy(to, SESSION_ID_LEN, from + skip);
    for (size_t n = strlen(to); n > 0 && to[n - 1] == ' '; n--)
        to[n - 1] = 0;
    for (char *c = to; *c != 0; c++)
        if (*c < ' ' || *c > '~')
            *c = '?';
}

bool session_said(const char *wanted, const char *heard)
{
    char said[SESSION_ID_LEN];
    take(said, heard);
    bool right = wanted[0] == 0 || str_equal(said, wanted);
    explicit_bzero(said, sizeof(said));
    return right;
}

void session_check_password(struct session *s)
{
    take(s->subaddress, engine_far_subaddress(s->engine));
    if (!session_said(s->password, engine_far_password(s->engine)))
        session_end_with(s, ENDING_PASSWORD);
}
