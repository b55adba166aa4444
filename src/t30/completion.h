/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How a fax call can end, in words and with a verdict. */
#pragma once

#include "model/outcome.h"

/* Ends that are not T.30's: name, stable code, verdict, text */
#define ENDINGS(X)                                                                                           \
    X(NONE, "", VERDICT_DONE, "")                                                                            \
    X(FAR_HUNG_UP, "call-hung-up", VERDICT_RETRY,                                                            \
      "The other side hung up before the fax was through. It is tried again from the first page that was "   \
      "not confirmed; if it keeps happening, ask the receiver to look at the machine.")                      \
    X(CANCELLED, "cancelled", VERDICT_GIVE_UP, "The call was ended because somebody cancelled the fax.")     \
    X(STUCK, "call-stuck", VERDICT_RETRY,                                                                    \
      "Nothing moved on the line any more, so the call was ended. It is tried again from the first page "    \
      "that was not confirmed.")                                                                             \
    X(TOO_SLOW, "page-takes-too-long", VERDICT_RETRY,                                                        \
      "One page took more than an hour, so the call was ended. It is tried again; a page with less grey or " \
      "in standard resolution goes faster.")                                                                 \
    X(PAGE_TOO_LARGE, "page-too-large", VERDICT_GIVE_UP,                                                     \
      "The other side sent a page longer than 2 m or larger than 8 MB, as no fax machine does. The call "    \
      "was ended; the pages before it are kept.")                                                            \
    X(PAGE_UNREADABLE, "page-unreadable", VERDICT_RETRY,                                                     \
      "A received page could not be read back from memory. It was not confirmed, so the sender has it "      \
      "still and will send it again; the log has the details.")                                              \
    X(STORE_FAILED, "store-failed", VERDICT_RETRY,                                                           \
      "A page could not be stored, so the call was ended before anything was confirmed that is not safe. "   \
      "The administrator should look at the disk.")                                                          \
    X(STORE_SLOW, "store-slow", VERDICT_RETRY,                                                               \
      "Storing a page took so long that the other side gave up. It was not confirmed, so nothing is lost; "  \
      "the administrator should look at the disk.")                                                          \
    X(FILE, "page-file", VERDICT_RETRY,                                                                      \
      "The pages could not be laid out in memory for sending. It is tried again; the log has the details.")

enum ending {
#define ENDING_ENUM(name, code, verdict, text) ENDING_##name,
    ENDINGS(ENDING_ENUM)
#undef ENDING_ENUM
};

void ending_outcome(enum ending ending, struct outcome *o);

/* T30_ERR_...: every one of libspandsp's has its words; T30_ERR_OK and unknown ones say that the call ended
 * before all pages were confirmed, because who asks here has seen no success. */
void completion_outcome(int t30_code, struct outcome *o);
