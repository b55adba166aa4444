/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How a fax call can end, in words and with a verdict. */
#pragma once

#include <stdbool.h>

#include "model/outcome.h"

/* Ends that are not T.30's: name, stable code, verdict, what happened, hint to a person who sends */
#define ENDINGS(X)                                                                                           \
    X(NONE, "", VERDICT_DONE, "", "")                                                                        \
    X(FAR_HUNG_UP, "call-hung-up", VERDICT_RETRY, "The other side hung up before the fax was through.",      \
      "If it keeps happening, ask the receiver to look at the machine.")                                     \
    X(CANCELLED, "cancelled", VERDICT_GIVE_UP, "The call was ended because somebody cancelled the fax.", "") \
    X(BLOCKED, "station-blocked", VERDICT_GIVE_UP,                                                           \
      "The other fax machine calls itself by a number that is blocked here (blocked_callers), so the call "  \
      "was ended.",                                                                                          \
      "")                                                                                                    \
    X(NO_SUBADDRESS, "t30-no-subaddress", VERDICT_GIVE_UP,                                                   \
      "The other machine takes no subaddress (SUB), and without it the fax might reach somebody else.",      \
      "Ask the receiver, or send it without ^SUB.")                                                          \
    X(NO_PASSWORD, "t30-no-password", VERDICT_GIVE_UP,                                                       \
      "The other machine takes no password (PWD), and without it anybody there might read the fax.",         \
      "Ask the receiver, or send it without ^PWD.")                                                          \
    X(NOTHING_TO_POLL, "t30-nothing-to-poll", VERDICT_GIVE_UP,                                               \
      "The other machine has no document ready for callers who poll it.",                                    \
      "Ask its owner to put the document there, then poll again.")                                           \
    X(NO_SELECTION, "t30-no-selective-polling", VERDICT_GIVE_UP,                                             \
      "The other machine cannot be asked for one of several documents (SEP).",                               \
      "Ask its owner, or poll without SEP.")                                                                 \
    X(NO_POLL_PASSWORD, "t30-no-poll-password", VERDICT_GIVE_UP,                                             \
      "The other machine takes no password (PWD), so it was not said.",                                      \
      "Ask its owner, or poll without PWD.")                                                                 \
    X(POLL_REFUSED, "poll-refused", VERDICT_GIVE_UP,                                                         \
      "The caller wanted to fetch the document of this box and did not say the subaddress (SEP) or the "     \
      "password (PWD) that it needs, so it got nothing.",                                                    \
      "")                                                                                                    \
    X(PASSWORD, "station-password", VERDICT_GIVE_UP,                                                         \
      "The other machine did not say the password (PWD) that this box wants (fax_password), so the call "    \
      "was ended.",                                                                                          \
      "")                                                                                                    \
    X(STUCK, "call-stuck", VERDICT_RETRY,                                                                    \
      "Nothing moved on the line any more for a minute and a half, so the call was ended.", "")              \
    X(TOO_SLOW, "page-takes-too-long", VERDICT_RETRY,                                                        \
      "One page took more than an hour, so the call was ended.",                                             \
      "A page with less grey or in standard resolution goes faster.")                                        \
    X(PAGE_TOO_LARGE, "page-too-large", VERDICT_GIVE_UP,                                                     \
      "The other side sent a page longer than 2 m or larger than 8 MB, as no fax machine does, so the call " \
      "was "                                                                                                 \
      "ended.",                                                                                              \
      "")                                                                                                    \
    X(PAGE_IMPOSSIBLE, "page-impossible", VERDICT_GIVE_UP,                                                   \
      "The other side sent image data that is no picture, as no fax machine does, so the call was ended.",   \
      "")                                                                                                    \
    X(PAGE_REFUSED, "t30-page-bad", VERDICT_RETRY,                                                           \
      "A page arrived damaged, and the other machine refused it.", "")                                       \
    X(PAGE_UNREADABLE, "page-unreadable", VERDICT_RETRY,                                                     \
      "A received page could not be read back from memory and was not confirmed; the log has the details.",  \
      "")                                                                                                    \
    X(STORE_FAILED, "store-failed", VERDICT_RETRY,                                                           \
      "A page could not be stored, so the call was ended before anything was confirmed that is not safe. "   \
      "The "                                                                                                 \
      "administrator should look at the disk.",                                                              \
      "")                                                                                                    \
    X(STORE_SLOW, "store-slow", VERDICT_RETRY,                                                               \
      "Storing took so long that the other side gave up; nothing was confirmed that is not safe. The "       \
      "administrator should look at the disk.",                                                              \
      "")                                                                                                    \
    X(VOICE, "voice-call", VERDICT_DONE,                                                                     \
      "No fax machine was heard: a person seems to have called, and the call was ended.", "")                \
    X(FORWARDED, "voice-forwarded", VERDICT_DONE,                                                            \
      "No fax machine was heard: a person seems to have called, and the call was forwarded.", "")            \
    X(FILE, "page-file", VERDICT_RETRY,                                                                      \
      "There was no memory for the pages of the call; the log has the details.", "")

enum ending {
#define ENDING_ENUM(name, code, verdict, what, hint) ENDING_##name,
    ENDINGS(ENDING_ENUM)
#undef ENDING_ENUM
};

/* Whose end it is: the texts say what becomes of the fax. */
enum fate {
    FATE_SENT,
    FATE_SENT_IN_DOUBT, /* the last page may have arrived (SPEC D5) */
    FATE_RECEIVED,
    FATE_POLLED,  /* we hold it ready, a caller wanted it */
    FATE_POLLING, /* we want it */
};

void ending_outcome(enum ending ending, enum fate fate, struct outcome *o);

/* T30_ERR_...: every one of libspandsp's has its words; T30_ERR_OK and unknown ones say that the call ended
 * before all pages were confirmed, because who asks here has seen no success. */
void completion_outcome(int t30_code, enum fate fate, struct outcome *o);

/* Not libspandsp's: DCN came to a page's question that may have been answered before, and that was not heard.
 * No refusal. */
enum { COMPLETION_LEFT = 1000 };
/* Nor this: DCN came to our DTC. */
enum { COMPLETION_POLL_DENIED = 1001 };
