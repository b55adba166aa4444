/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How a mail that came in wants to be answered, as its header says. */
#pragma once

enum mail_manners {
    MAIL_IS_AUTOMATIC = 1 << 0, /* written by a program or for many: never answered (RFC 3834 §2) */
    MAIL_WANTS_DSN = 1 << 1,    /* a program reads the answers: RFC 3464 (asked by RFC 8098 §2.1) */
};
