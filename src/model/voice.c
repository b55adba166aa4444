/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "model/voice.h"

#include "base/str.h"

enum voice voice_parse(const char *word)
{
    static const char *const words[VOICE_COUNT] = {
        [VOICE_FAX] = "fax", [VOICE_HANGUP] = "hangup", [VOICE_FORWARD] = "forward"};
    for (unsigned i = 0; i < VOICE_COUNT; i++)
        if (str_equal(words[i], word))
            return (enum voice)i;
    return VOICE_FAX;
}
