/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/number.h"

#include <string.h>

#include "base/str.h"

enum { DIGITS_MAX = 15 /* E.164 §6.2.1 */, DIGITS_MIN_ABROAD = 7, DIGITS_LEN = NUMBER_TEXT_LEN };

/* D3's own list; the country's and the tenant's come on top. */
static const char everywhere_emergency[] = "110 112 113 115 118 911 999";

/* Codes of no country: satellite, shared cost, premium rate (ITU-T E.164, list of assigned country codes). */
static const char *const world_premium[] = {"870", "878", "881", "882", "883", "888", "979"};

static bool is_number_char(char c)
{
    return char_is_digit(c) || (c && strchr("+ ./-()", c));
}

static size_t count_digits(struct span text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++)
        n += char_is_digit((char)text.data[i]);
    return n;
}

/* Without what people put around a number. */
static struct span trim(struct span s)
{
    while (s.len > 0 && !char_is_digit((char)s.data[0]) && s.data[0] != '+' && s.data[0] != '(')
        s = span_of(s.data + 1, s.len - 1);
    while (s.len > 0 && !char_is_digit((char)s.data[s.len - 1]))
        s.len--;
    return s;
}

bool number_text_parse(const char *text, char number[NUMBER_TEXT_LEN], struct complaint *why)
{
    while (*text == ' ' || *text == '\t')
        text++;
    size_t len = strlen(text);
    while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t'))
        len--;
    bool plus_inside = false, letters = false, foreign = false;
    for (size_t i = 0; i < len; i++) {
        letters = letters || char_is_alpha(text[i]);
        foreign = foreign || !is_number_char(text[i]);
        plus_inside = plus_inside || (text[i] == '+' && count_digits(span_of(text, i)) > 0);
    }
    static const char how[] =
        "a fax number is written with digits, a + in front where it is international, and "
        "space . / - ( ) between them";
    if (letters)
        return complain_code(why, "number-letters", "\"%s\" holds letters; %s", QUOTED(text), how);
    if (foreign)
        return complain_code(why, "number-characters", "\"%s\" is no number; %s", QUOTED(text), how);
    if (plus_inside || memmem(text, len, "++", 2))
        return complain_code(why, "number-plus", "\"%s\" has a + inside; %s", QUOTED(text), how);
    if (count_digits(span_of(text, len)) < NUMBER_DIGITS_MIN)
        return complain_code(why, "number-short", "\"%s\" is no number: it takes at least %d digits",
                             QUOTED(text), NUMBER_DIGITS_MIN);
    if (!str_copy_span(number, NUMBER_TEXT_LEN, span_of(text, len)))
        return complain_code(why, "number-long", "\"%s\" is too long for a number", QUOTED(text));
    return true;
}

size_t number_text_find(const char *text, char (*found)[NUMBER_TEXT_LEN], size_t most)
{
    size_t count = 0;
    while (*text) {
        size_t len = 0;
        bool digits = false; /* a + behind them begins the next number */
        for (; is_number_char(text[len]) && !(digits && text[len] == '+'); len++)
            digits = digits || char_is_digit(text[len]);
        if (count_digits(span_of(text, len)) >= NUMBER_DIGITS_MIN) {
            if (count < most)
                (void)str_copy_span(found[count], NUMBER_TEXT_LEN, trim(span_of(text, len)));
            count++;
        }
        text += len > 0 ? len : 1;
    }
    return count;
}

/* ---- normalisation ---- */

static bool in_list(const char *list, const char *digits)
{
    size_t len = strlen(digits);
    for (const char *at = list; at && *at;) {
        size_t n = strcspn(at, " ");
        if (n == len && n > 0 && strncmp(at, digits, n) == 0)
            return true;
        at += n + strspn(at + n, " ");
    }
    return false;
}

bool number_is_emergency(const char *digits)
{
    return in_list(everywhere_emergency, digits);
}

static bool is_emergency(const struct number_plan *p, const struct country *c, const char *digits)
{
    return number_is_emergency(digits) || in_list(c->emergency, digits) || in_list(p->emergency, digits);
}

/* Digits alone; international: a + stood in front. The "(0)" that people write into international numbers is
 * no part of them, except where the zero stays. */
static bool take_digits(const char *text, char digits[DIGITS_LEN])
{
    bool international = strchr(text, '+') != NULL;
    size_t n = 0;
    for (const char *at = text; *at && n < DIGITS_LEN - 1; at++) {
        if (international && n > 0 && str_starts(at, "(0)") && !(n == 2 && strncmp(digits, "39", 2) == 0))
            at += 2;
        else if (char_is_digit(*at))
            digits[n++] = *at;
    }
    digits[n] = 0;
    return international;
}

static bool is_world_premium(const char *e164)
{
    for (size_t i = 0; i < ARRAY_LEN(world_premium); i++)
        if (str_starts(e164, world_premium[i]))
            return true;
    return false;
}

/* The premium range that digits (E.164 without +) fall into, as digits of it that decide; 0: none. */
static size_t premium_prefix_len(const char *digits)
{
    if (is_world_premium(digits))
        return 3;
    const struct country *c = country_of_e164(digits);
    const struct country_range *r = c ? country_range_find(c, digits + strlen(c->code)) : NULL;
    return r && r->kind == NUMBER_PREMIUM ? strlen(c->code) + strlen(r->pattern) : 0;
}

static enum number_kind classify(const struct number_plan *p, const struct country *home, const char *e164)
{
    const struct country *c = country_of_e164(e164);
    const char *national = c ? e164 + strlen(c->code) : e164;
    if (c && (is_emergency(p, home, national) || is_emergency(p, c, national)))
        return NUMBER_EMERGENCY;
    if (premium_prefix_len(e164) > 0)
        return NUMBER_PREMIUM;
    size_t len = strlen(national);
    const struct country_range *r = c == home ? country_range_find(home, national) : NULL;
    if (!r || len < home->least || len > home->most)
        return NUMBER_INTERNATIONAL;
    return r->kind;
}

static bool take_e164(const struct number_plan *p, const struct country *home, const char *digits,
                      struct number *n)
{
    size_t len = strlen(digits);
    if (digits[0] == '0' || len > DIGITS_MAX)
        return false;
    n->kind = classify(p, home, digits);
    const struct country *c = country_of_e164(digits);
    size_t national = c ? len - strlen(c->code) : 0;
    bool fits = c ? national >= c->least && national <= c->most : len >= DIGITS_MIN_ABROAD;
    return str_format(n->dial, sizeof(n->dial), "+%s", digits) && (fits || n->kind == NUMBER_EMERGENCY);
}

/* A national number without its trunk digit. */
static bool take_national(const struct number_plan *p, const struct country *c, const char *national,
                          struct number *n)
{
    char digits[2 * DIGITS_LEN];
    return str_format(digits, sizeof(digits), "%s%s", c->code, national) && take_e164(p, c, digits, n);
}

static bool take_local(const struct number_plan *p, const struct country *c, const char *digits,
                       struct number *n)
{
    char national[2 * DIGITS_LEN];
    const char *area = p->area_code ? p->area_code : "";
    if (*c->trunk && str_starts(area, c->trunk))
        area += strlen(c->trunk);
    if (!*area || c->closed)
        return false;
    if (!str_format(national, sizeof(national), "%s%s", area, digits))
        return false;
    return take_national(p, c, national, n);
}

/* Digits as they would be dialled on a line of that country. */
static bool take_dialled(const struct number_plan *p, const struct country *c, const char *digits,
                         struct number *n)
{
    size_t len = strlen(digits), trunk = strlen(c->trunk);
    if (is_emergency(p, c, digits) || country_is_short_premium(c, digits)) {
        n->kind = is_emergency(p, c, digits) ? NUMBER_EMERGENCY : NUMBER_PREMIUM;
        return str_copy(n->dial, sizeof(n->dial), digits);
    }
    if (str_starts(digits, c->outward))
        return take_e164(p, c, digits + strlen(c->outward), n);
    if (trunk > 0 && str_starts(digits, c->trunk))
        return take_national(p, c, digits + trunk, n);
    if (trunk == 0 || (c->least == c->most && len == c->most))
        return take_national(p, c, digits, n);
    return take_local(p, c, digits, n);
}

/* Dialled with the outside prefix in front, as from a desk. Only where that leaves a whole number: else every
 * local number that happens to begin like the prefix had two readings. */
static bool take_from_desk(const struct number_plan *p, const struct country *c, const char *digits,
                           struct number *n)
{
    const char *prefix = p->outside_prefix ? p->outside_prefix : "";
    if (!*prefix || !str_starts(digits, prefix))
        return false;
    const char *rest = digits + strlen(prefix);
    bool whole = is_emergency(p, c, rest) || str_starts(rest, c->outward) || c->closed ||
                 (*c->trunk && str_starts(rest, c->trunk)) ||
                 (c->least == c->most && strlen(rest) == c->most);
    return whole && take_dialled(p, c, rest, n);
}

static bool complain_incomplete(const struct number_plan *p, const struct country *c, const char *text,
                                struct complaint *why)
{
    const char *area = p->area_code && *p->area_code ? "" : " (no area code is set for this tenant)";
    return complain_code(
        why, "number-incomplete",
        "\"%s\" is neither an extension of this house nor a complete number%s; write it with its area "
        "code or internationally, as in +%s...",
        QUOTED(text), c->closed ? "" : area, c->code);
}

/* Without the help of what stands beside it: an extension, or written with area or country code. */
static bool is_whole(const struct number_plan *p, const struct country *c, const char *text)
{
    char digits[DIGITS_LEN];
    struct number n = {0};
    if (take_digits(text, digits))
        return take_e164(p, c, digits, &n);
    if (p->is_extension && p->is_extension(p->context, digits))
        return true;
    if (str_starts(digits, c->outward) || (*c->trunk && str_starts(digits, c->trunk)))
        return take_dialled(p, c, digits, &n);
    bool complete = !*c->trunk || (c->least == c->most && strlen(digits) == c->most);
    return complete && take_national(p, c, digits, &n) &&
           (n.kind == NUMBER_NATIONAL || n.kind == NUMBER_MOBILE);
}

/* "200 201" where both are numbers of their own. Blanks within one number separate what is none. */
static bool complain_two(const struct number_plan *p, const struct country *c, const char *text,
                         struct complaint *why)
{
    enum { PIECES = 2 };
    char pieces[PIECES][NUMBER_TEXT_LEN];
    size_t count = 0;
    for (const char *at = text + strspn(text, " "); *at; count++) {
        char piece[NUMBER_TEXT_LEN];
        size_t len = strcspn(at, " ");
        struct span words = trim(span_of(at, len));
        if (!str_copy_span(piece, sizeof(piece), words) || count_digits(words) < NUMBER_DIGITS_MIN ||
            !is_whole(p, c, piece))
            return true;
        if (count < PIECES)
            (void)str_copy(pieces[count], sizeof(pieces[count]), piece);
        at += len + strspn(at + len, " ");
    }
    if (count < PIECES)
        return true;
    return complain_code(why, "number-several",
                         "\"%s\" can be read as one number, or as %s and %s%s; leave the blank out, or put a "
                         "comma between them if each shall get the fax",
                         QUOTED(text), pieces[0], pieces[1], count > PIECES ? " and more" : "");
}

bool number_normalise(const struct number_plan *p, const char *text, struct number *n, struct complaint *why)
{
    char digits[DIGITS_LEN];
    struct number desk = {0};
    *n = (struct number){0};
    const struct country *c = country_find(p->country);
    if (!c)
        return complain_code(why, "settings-broken", "the tenant's country \"%s\" is not one of %s",
                             QUOTED(p->country), country_list());
    if (!complain_two(p, c, text, why))
        return false;
    if (take_digits(text, digits))
        return take_e164(p, c, digits, n) ||
               complain_code(
                   why, "number-international",
                   "\"%s\" is no international number: those have a country code and %d to %d digits in all",
                   QUOTED(text), DIGITS_MIN_ABROAD, DIGITS_MAX);
    if (!is_emergency(p, c, digits) && p->is_extension && p->is_extension(p->context, digits)) {
        n->kind = NUMBER_EXTENSION;
        return str_copy(n->dial, sizeof(n->dial), digits) || complain_incomplete(p, c, text, why);
    }
    bool direct = take_dialled(p, c, digits, n), from_desk = take_from_desk(p, c, digits, &desk);
    bool abroad = direct && (n->kind == NUMBER_INTERNATIONAL || n->kind == NUMBER_PREMIUM);
    if (from_desk && (!direct || desk.kind == NUMBER_EMERGENCY))
        *n = desk;
    else if (from_desk && abroad && str_starts(digits, c->outward) && !str_equal(n->dial, desk.dial))
        return complain_code(
            why, "number-two-readings",
            "\"%s\" can be read as %s or, with the prefix %s for outside lines, as %s; write the one "
            "that is meant",
            QUOTED(text), n->dial, p->outside_prefix, desk.dial);
    return direct || from_desk || complain_incomplete(p, c, text, why);
}

/* ---- dial plan ---- */

/* Length of the longest prefix in the list that begins the number, "+" counted; 0: none. */
static size_t longest_prefix(const char *list, const char *dial)
{
    size_t best = 0;
    for (const char *at = list; at && *at;) {
        size_t n = strcspn(at, " ");
        if (n > best && strncmp(at, dial, n) == 0)
            best = n;
        at += n + strspn(at + n, " ");
    }
    return best;
}

const char *number_kind_name(enum number_kind kind)
{
    static const char *const names[] = {
        [NUMBER_EXTENSION] = "extension",  [NUMBER_NATIONAL] = "national",
        [NUMBER_MOBILE] = "mobile",        [NUMBER_INTERNATIONAL] = "international",
        [NUMBER_PREMIUM] = "premium-rate", [NUMBER_EMERGENCY] = "emergency",
    };
    return names[kind];
}

bool number_may_dial(const struct number_plan *p, const struct number *n, struct complaint *why)
{
    if (n->kind == NUMBER_EMERGENCY)
        return complain_code(why, "number-emergency", "%s is an emergency number; those are never dialled",
                             n->dial);
    size_t allow = longest_prefix(p->allow, n->dial), deny = longest_prefix(p->deny, n->dial);
    if (deny > 0 && deny >= allow)
        return complain_code(why, "number-denied", "the dial plan does not allow calls to %s (denied: %.*s)",
                             n->dial, (int)deny, n->dial);
    bool outside = n->dial[0] == '+';
    size_t premium =
        n->kind == NUMBER_PREMIUM ? outside ? premium_prefix_len(n->dial + 1) + 1 : strlen(n->dial) : 0;
    bool needs_leave = n->kind == NUMBER_PREMIUM || n->kind == NUMBER_INTERNATIONAL;
    if (!needs_leave || (allow > 0 && allow >= premium))
        return true;
    return complain_code(
        why, n->kind == NUMBER_PREMIUM ? "number-premium" : "number-abroad",
        "%s is %s number, which may not be called from here; the administrator can allow it in the dial plan",
        n->dial, n->kind == NUMBER_PREMIUM ? "a premium-rate" : "an international");
}

void number_format_national(const struct number_plan *p, const char *dial, char to[NUMBER_TEXT_LEN])
{
    const struct country *c = country_find(p->country);
    bool ours = c && dial[0] == '+' && str_starts(dial + 1, c->code);
    if (ours)
        (void)str_format(to, NUMBER_TEXT_LEN, "%s%s", c->trunk, dial + 1 + strlen(c->code));
    else if (c && dial[0] == '+')
        (void)str_format(to, NUMBER_TEXT_LEN, "%s%s", c->outward, dial + 1);
    else
        (void)str_copy(to, NUMBER_TEXT_LEN, dial);
}
