/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/sasl_mechanism.h"

#include "base/str.h"

const char *sasl_name(enum sasl_mechanism m)
{
#define SASL_TEXT(name, text) text,
    static const char *const names[SASL_COUNT] = {"auto", SASL_MECHANISMS(SASL_TEXT)};
#undef SASL_TEXT
    return names[m];
}

bool sasl_wants_token(enum sasl_mechanism m)
{
    return m == SASL_XOAUTH2 || m == SASL_OAUTHBEARER;
}

bool sasl_parse(const char *text, enum sasl_mechanism *m)
{
    *m = SASL_AUTO;
    if (!*text || str_equal_nocase(text, "auto"))
        return true;
    for (unsigned i = SASL_AUTO + 1; i < SASL_COUNT; i++)
        if (str_equal_nocase(text, sasl_name((enum sasl_mechanism)i))) {
            *m = (enum sasl_mechanism)i;
            return true;
        }
    return false;
}

bool sasl_choose(enum sasl_mechanism wanted, unsigned offered, enum sasl_mechanism *chosen)
{
    for (unsigned i = SASL_AUTO + 1; i < SASL_COUNT; i++)
        if ((wanted == SASL_AUTO ? !sasl_wants_token((enum sasl_mechanism)i) : i == wanted) &&
            offered & 1u << i) {
            *chosen = (enum sasl_mechanism)i;
            return true;
        }
    return false;
}

unsigned sasl_bit(struct span name)
{
    for (unsigned i = SASL_AUTO + 1; i < SASL_COUNT; i++)
        if (span_equal_nocase(name, sasl_name((enum sasl_mechanism)i)))
            return 1u << i;
    return 0;
}
