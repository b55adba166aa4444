/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/naptr.h"

#include "base/str.h"

enum { NUMBERS_LEN = 4 };

static uint16_t u16_at(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

/* A character string (RFC 1035 §3.3) off the front of *rest. */
static bool take_string(struct span *rest, struct span *string)
{
    if (rest->len == 0 || rest->len - 1 < rest->data[0])
        return false;
    *string = span_of(rest->data + 1, rest->data[0]);
    *rest = span_of(string->data + string->len, rest->len - 1 - string->len);
    return true;
}

bool naptr_parse(struct span rdata, const char *service, struct naptr *n)
{
    struct span flags, services, expression;
    if (rdata.len < NUMBERS_LEN)
        return false;
    *n = (struct naptr){.order = u16_at(rdata.data), .preference = u16_at(rdata.data + 2)};
    struct span rest = span_of(rdata.data + NUMBERS_LEN, rdata.len - NUMBERS_LEN);
    return take_string(&rest, &flags) && take_string(&rest, &services) && take_string(&rest, &expression) &&
           span_equal_nocase(flags, "s") && span_equal_nocase(services, service) && expression.len == 0 &&
           dns_read_name(rest, n->name) && n->name[0] != 0;
}

static bool is_before(const struct naptr *a, const struct naptr *b)
{
    return a->order != b->order ? a->order < b->order : a->preference < b->preference;
}

void naptr_order(struct naptr *list, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        for (size_t k = i; k > 0 && is_before(&list[k], &list[k - 1]); k--) {
            const struct naptr kept = list[k];
            list[k] = list[k - 1];
            list[k - 1] = kept;
        }
    }
}
