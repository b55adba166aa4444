/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a POP3 or IMAP server can say that it can do, as far as we use it. */
#pragma once

enum {
    MAILBOX_TLS = 1 << 0, /* STLS (RFC 2595), STARTTLS (RFC 9051) */
    MAILBOX_PASSWORD =
        1 << 1, /* USER and PASS; LOGIN, which every IMAP server has unless it says LOGINDISABLED */
    MAILBOX_INITIAL = 1 << 2, /* AUTH takes an initial response: SASL-IR (RFC 4959); POP3 always */
    MAILBOX_IDLE = 1 << 3,    /* RFC 2177 */
    MAILBOX_UIDPLUS = 1 << 4, /* RFC 4315 */
    MAILBOX_UIDL = 1 << 5,
    MAILBOX_TOP = 1 << 6,
    MAILBOX_LOGIN_DISABLED = 1 << 7,
};

/* Above them: the SASL mechanisms offered, as bits of proto/sasl_mechanism.h. */
enum { MAILBOX_LOGINS_SHIFT = 16 };
