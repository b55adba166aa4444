/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What becomes of a call to a shared number in which no fax machine is heard. */
#pragma once

enum voice {
    VOICE_FAX,     /* it is answered as a fax: T.30 gives up by itself */
    VOICE_HANGUP,  /* answered as a fax, and soon hung up with a tone that people know */
    VOICE_FORWARD, /* rings until a fax tone is heard, then goes to a telephone */
    VOICE_COUNT
};

/* "fax", "hangup", "forward"; VOICE_FAX where it is none of them. */
enum voice voice_parse(const char *word);
