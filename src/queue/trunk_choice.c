/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/trunk_choice.h"

#include <string.h>

#include "base/attr.h"
#include "base/str.h"

static int64_t still_failed_ms(const struct trunk_candidate *c, int64_t now_ms)
{
    return now_ms - c->failed_ms < TRUNK_REST_MS ? c->failed_ms : 0;
}

size_t trunk_choose(const struct trunk_candidate *list, size_t n, int64_t now_ms)
{
    size_t best = n;
    for (int down = 0; down <= 1 && best == n; down++)
        for (size_t i = 0; i < n; i++)
            if (list[i].down == (down != 0) &&
                (best == n || still_failed_ms(&list[i], now_ms) < still_failed_ms(&list[best], now_ms)))
                best = i;
    return best;
}

bool trunk_may_fail_over(const struct trunk_candidate *list, size_t n, int64_t now_ms)
{
    for (size_t i = 0; i < n; i++)
        if (!list[i].down && still_failed_ms(&list[i], now_ms) == 0)
            return true;
    return false;
}

int trunk_keepalive_s(int set, bool registers)
{
    enum { USUAL_S = 60 };
    return set >= 0 ? set : registers ? 0 : USUAL_S;
}

bool trunk_is_to_blame(const char *code)
{
    static const char *const codes[] = {"sip-unreachable", "sip-not-sent", "sip-login", "trunk-secret",
                                        "no-trunk"};
    for (size_t i = 0; i < ARRAY_LEN(codes); i++)
        if (str_equal(code, codes[i]))
            return true;
    return str_starts(code, "sip-5") && strlen(code) == 7;
}
