/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "line/status.h"

#include <stdio.h>

static const struct row {
    int status;
    enum dial_failure failure;
    enum verdict verdict;
    const char *text;
} rows[] = {
    {300, DIAL_FINAL, VERDICT_GIVE_UP,
     "The trunk wants the call sent elsewhere. Redirects are not followed, so that nobody can send our calls "
     "to "
     "numbers that cost money; set the right trunk for this number."},
    {400, DIAL_PROTOCOL, VERDICT_RETRY,
     "The trunk refused the call without a reason we know. It is tried again."},
    {401, DIAL_FINAL, VERDICT_GIVE_UP,
     "The trunk does not accept our user name and password. Check both in the trunk's settings."},
    {402, DIAL_FINAL, VERDICT_GIVE_UP,
     "The trunk wants a payment before it places this call. Ask the provider."},
    {403, DIAL_FINAL, VERDICT_GIVE_UP,
     "The trunk does not allow this call. The number may be barred, or the trunk does not know our address "
     "or "
     "caller id; ask the provider."},
    {404, DIAL_FINAL, VERDICT_GIVE_UP, "The number does not exist. Check it and send the fax again."},
    {407, DIAL_FINAL, VERDICT_GIVE_UP,
     "The trunk does not accept our user name and password. Check both in the trunk's settings."},
    {408, DIAL_NO_ANSWER, VERDICT_RETRY, "Nobody answered. The call is tried again later."},
    {410, DIAL_FINAL, VERDICT_GIVE_UP, "The number is no longer in use. Check it and send the fax again."},
    {415, DIAL_FINAL, VERDICT_GIVE_UP,
     "The far side does not take our offer of a telephone call (G.711). Ask the provider whether the trunk "
     "allows G.711, and whether it wants it encrypted (srtp)."},
    {433, DIAL_FINAL, VERDICT_GIVE_UP,
     "The far side takes no calls without a caller id. Set a caller id for the box or the trunk."},
    {480, DIAL_NO_ANSWER, VERDICT_RETRY, "The number cannot be reached now. The call is tried again later."},
    {484, DIAL_FINAL, VERDICT_GIVE_UP, "The number is incomplete. Check it and send the fax again."},
    {485, DIAL_FINAL, VERDICT_GIVE_UP, "The number is ambiguous. Check it and send the fax again."},
    {486, DIAL_BUSY, VERDICT_RETRY, "The number is busy. The call is tried again later."},
    {487, DIAL_CANCELLED, VERDICT_RETRY, "The call was given up before it was answered."},
    {488, DIAL_FINAL, VERDICT_GIVE_UP,
     "The far side does not take our offer of a telephone call (G.711). Ask the provider whether the trunk "
     "allows G.711, and whether it wants it encrypted (srtp)."},
    {500, DIAL_PROTOCOL, VERDICT_RETRY,
     "The trunk or the network behind it failed to place the call. It is tried again."},
    {503, DIAL_PROTOCOL, VERDICT_RETRY,
     "The trunk has no free line or is out of service. The call is tried again."},
    {600, DIAL_BUSY, VERDICT_RETRY, "The number is busy. The call is tried again later."},
    {603, DIAL_FINAL, VERDICT_GIVE_UP,
     "The far side refused the call. Ask its owner whether it takes faxes."},
    {604, DIAL_FINAL, VERDICT_GIVE_UP, "The number does not exist. Check it and send the fax again."},
    {606, DIAL_FINAL, VERDICT_GIVE_UP,
     "The far side does not take our offer of a telephone call (G.711). Ask the provider whether the trunk "
     "allows G.711, and whether it wants it encrypted (srtp)."},
    {607, DIAL_FINAL, VERDICT_GIVE_UP, "The far side does not want calls from us."},
    {608, DIAL_FINAL, VERDICT_GIVE_UP,
     "A filter in the telephone network refused the call. Ask the provider why our caller id is blocked."},
};

static const struct row *row_of(int status)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (rows[i].status == status)
            return &rows[i];
    return NULL;
}

enum dial_failure status_outcome(int status, struct outcome *o)
{
    const struct row *row = row_of(status);
    if (!row)
        row = row_of(status / 100 * 100);
    if (!row)
        row = row_of(500);
    char code[OUTCOME_CODE_LEN];
    (void)snprintf(code, sizeof(code), "sip-%d", status);
    outcome_set(o, row->verdict, code, "%s", row->text);
    return row->failure;
}

enum dial_failure status_unreachable(const char *what, struct outcome *o)
{
    outcome_set(
        o, VERDICT_RETRY, "sip-unreachable",
        "The trunk %s. The call is tried again; if this stays, check the trunk's address and whether it "
        "is running.",
        what);
    return DIAL_PROTOCOL;
}
