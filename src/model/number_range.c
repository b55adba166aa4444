/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "model/number_range.h"

#include <string.h>

#include "base/span.h"
#include "base/str.h"

/* Digits and a leading +, without what people put between them. */
static bool take_number(struct span text, char number[NUMBER_RANGE_LEN])
{
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = (char)text.data[i];
        if (strchr(" ./-()", c))
            continue;
        if ((!char_is_digit(c) && !(c == '+' && n == 0)) || n == NUMBER_RANGE_DIGITS)
            return false;
        number[n++] = c;
    }
    number[n] = 0;
    return n > 0 && !str_equal(number, "+");
}

/* The sign between two numbers: before a second +, or with blanks around it; a - alone stands inside of one.
 */
static const char *middle(const char *text)
{
    const char *plus = strrchr(text, '+');
    const char *sign = strstr(text, " - ");
    if (!plus || plus == text)
        return sign ? sign + 1 : NULL;
    while (plus > text && plus[-1] == ' ')
        plus--;
    return plus > text && plus[-1] == '-' ? plus - 1 : NULL;
}

bool number_range_parse(const char *text, struct number_range *r)
{
    size_t len = strlen(text);
    const char *sign = middle(text);
    *r = (struct number_range){0};
    if (len > 0 && text[len - 1] == '*')
        return take_number(span_of(text, len - 1), r->low) &&
               strlen(r->low) >= NUMBER_RANGE_PREFIX_LEAST + (size_t)(r->low[0] == '+');
    return sign && take_number(span_of(text, (size_t)(sign - text)), r->low) &&
           take_number(span_str(sign + 1), r->high) && strlen(r->low) == strlen(r->high) &&
           (r->low[0] == '+') == (r->high[0] == '+') && strcmp(r->low, r->high) < 0;
}

bool number_range_of(const char *number, struct number_range *r)
{
    return str_copy(r->low, sizeof(r->low), number) && str_copy(r->high, sizeof(r->high), number);
}

void number_range_format(const struct number_range *r, char text[2 * NUMBER_RANGE_LEN + 3])
{
    (void)str_format(text, 2 * NUMBER_RANGE_LEN + 3, "%s%s%s", r->low,
                     !*r->high          ? "*"
                     : r->low[0] == '+' ? "-"
                                        : " - ",
                     r->high);
}

/* Of the beginnings only as much is compared as both sides have. */
static bool is_above(const struct number_range *a, const struct number_range *b, size_t len)
{
    return strncmp(a->low, *b->high ? b->high : b->low, len) > 0;
}

bool number_range_meet(const struct number_range *a, const struct number_range *b)
{
    size_t n = strlen(a->low), m = strlen(b->low);
    /* Numbers of one length, or beginnings that are no longer than the other side's numbers. */
    if (n != m && *(n < m ? a : b)->high)
        return false;
    size_t len = n < m ? n : m;
    return !is_above(a, b, len) && !is_above(b, a, len);
}
