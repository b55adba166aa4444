/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What both ends of a gateway's connection have to agree on. */
#pragma once

#include "base/str.h"
#include "ipc/message.h"

enum { GATEWAY_HELLO_LEN = 64 };
/* Who hears nothing for so long takes the other end for gone; the gateway speaks more often. */
enum { GATEWAY_SILENCE_MS = 90000, GATEWAY_ALIVE_MS = 30000 };

/* The messages are the same in one version only. */
static inline void gateway_hello(char text[GATEWAY_HELLO_LEN])
{
    (void)str_format(text, GATEWAY_HELLO_LEN, "faxpost %s, %d messages", FAXPOST_VERSION, (int)MSG_COUNT);
}
