/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/country.h"

#include <string.h>

#include "base/str.h"

#define N NUMBER_NATIONAL
#define M NUMBER_MOBILE
#define I NUMBER_INTERNATIONAL
#define P NUMBER_PREMIUM

static const struct country_range ranges_it[] = {
    {"01", N}, {"02", N},   {"03", N},  {"04", N},  {"05", N}, {"06", N}, {"07", N}, {"08", N},
    {"09", N}, {"0549", I}, /* San Marino */
    {"3", M},  {"55", N},   {"800", N}, {"803", N}, {"84", P}, {"89", P}, {"1", P},  {"70", P},
};

static const struct country_range ranges_de[] = {
    {"2", N},  {"3", N},  {"4", N},   {"5", N},   {"6", N},   {"7", N},   {"8", N},
    {"9", N},  {"15", M}, {"16", M},  {"17", M},  {"12", P},  {"137", P}, {"138", P},
    {"18", P}, {"19", P}, {"700", P}, {"800", N}, {"900", P},
};

static const struct country_range ranges_at[] = {
    {"1", N},   {"2", N},   {"3", N},   {"4", N},   {"5", N},   {"6", N},  {"7", N},  {"650", M}, {"651", M},
    {"652", M}, {"653", M}, {"655", M}, {"657", M}, {"659", M}, {"66", M}, {"67", M}, {"68", M},  {"69", M},
    {"718", P}, {"730", P}, {"740", P}, {"800", N}, {"804", N}, {"81", P}, {"82", P}, {"9", P},
};

static const struct country_range ranges_ch[] = {
    {"21", N}, {"22", N}, {"24", N}, {"26", N}, {"27", N},  {"31", N}, {"32", N},  {"33", N},
    {"34", N}, {"41", N}, {"43", N}, {"44", N}, {"51", N},  {"52", N}, {"55", N},  {"56", N},
    {"58", N}, {"61", N}, {"62", N}, {"71", N}, {"81", N},  {"91", N}, {"74", M},  {"75", M},
    {"76", M}, {"77", M}, {"78", M}, {"79", M}, {"800", N}, {"84", P}, {"878", P}, {"90", P},
};

static const struct country_range ranges_fr[] = {
    {"1", N},
    {"2", N},
    {"3", N},
    {"4", N},
    {"5", N},
    {"6", M},
    {"7", M},
    {"9", N},
    {"80", N},
    {"81", P},
    {"82", P},
    {"83", P},
    {"84", P},
    {"86", P},
    {"87", P},
    {"88", P},
    {"89", P},
    /* Overseas, with country codes of their own. */
    {"262", I},
    {"263", I},
    {"269", I},
    {"508", I},
    {"590", I},
    {"594", I},
    {"596", I},
    {"639", I},
    {"690", I},
    {"691", I},
    {"692", I},
    {"693", I},
    {"694", I},
    {"696", I},
    {"697", I},
    {"976", I},
};

static const struct country_range ranges_es[] = {
    {"6", M},  {"71", M}, {"72", M}, {"73", M}, {"74", M},  {"70", P},  {"81", N}, {"82", N}, {"83", N},
    {"84", N}, {"85", N}, {"86", N}, {"87", N}, {"88", N},  {"91", N},  {"92", N}, {"93", N}, {"94", N},
    {"95", N}, {"96", N}, {"97", N}, {"98", N}, {"800", N}, {"900", N}, {"80", P}, {"90", P},
};

static const struct country_range ranges_gb[] = {
    {"1", N},
    {"2", N},
    {"3", N},
    {"55", N},
    {"56", N},
    {"70", P},
    {"71", M},
    {"72", M},
    {"73", M},
    {"74", M},
    {"75", M},
    {"76", P},
    {"77", M},
    {"78", M},
    {"79", M},
    {"800", N},
    {"808", N},
    {"84", P},
    {"87", P},
    {"9", P},
    /* Jersey, Guernsey and Man share the code, not the tariffs. */
    {"1481", I},
    {"1534", I},
    {"1624", I},
    {"7509", I},
    {"7524", I},
    {"7624", I},
    {"7700", I},
    {"7781", I},
    {"7797", I},
    {"7829", I},
    {"7839", I},
    {"7911", I},
    {"7924", I},
    {"7937", I},
};

/* Area codes are [2-9][0-8]x; what is not the United States proper is listed. */
static const struct country_range ranges_us[] = {
#define ROW(n)                                                                                               \
    {n "0", N}, {n "1", N}, {n "2", N}, {n "3", N}, {n "4", N}, {n "5", N}, {n "6", N}, {n "7", N},          \
    {                                                                                                        \
        n "8", N                                                                                             \
    }
    ROW("2"),
    ROW("3"),
    ROW("4"),
    ROW("6"),
    ROW("7"),
    ROW("8"),
    ROW("9"),
    {"51", N},
    {"53", N},
    {"54", N},
    {"55", N},
    {"56", N},
    {"57", N},
    {"58", N},
    ROW("50"), /* 500 is taken back below */
#undef ROW
    {"211", I},
    {"311", I},
    {"411", P},
    {"511", I},
    {"611", I},
    {"711", I},
    {"811", I},
    {"911", I},
    {"900", P},
    {"xxx976", P},
    {"500", P},
    {"521", P},
    {"522", P},
    {"523", P},
    {"524", P},
    {"525", P},
    {"526", P},
    {"527", P},
    {"528", P},
    {"529", P},
    {"533", P},
    {"544", P},
    {"566", P},
    {"577", P},
    {"588", P},
    {"600", I},
    {"622", I},
    {"633", I},
    {"644", I},
    {"655", I},
    {"677", I},
    {"688", I},
    {"700", P},
    {"710", I},
    /* Canada */
    {"204", I},
    {"226", I},
    {"236", I},
    {"249", I},
    {"250", I},
    {"257", I},
    {"263", I},
    {"289", I},
    {"306", I},
    {"343", I},
    {"354", I},
    {"365", I},
    {"367", I},
    {"368", I},
    {"382", I},
    {"387", I},
    {"403", I},
    {"416", I},
    {"418", I},
    {"428", I},
    {"431", I},
    {"437", I},
    {"438", I},
    {"450", I},
    {"460", I},
    {"468", I},
    {"474", I},
    {"506", I},
    {"514", I},
    {"519", I},
    {"537", I},
    {"548", I},
    {"568", I},
    {"579", I},
    {"581", I},
    {"584", I},
    {"587", I},
    {"604", I},
    {"613", I},
    {"639", I},
    {"647", I},
    {"672", I},
    {"683", I},
    {"705", I},
    {"709", I},
    {"742", I},
    {"753", I},
    {"778", I},
    {"780", I},
    {"782", I},
    {"807", I},
    {"819", I},
    {"825", I},
    {"867", I},
    {"873", I},
    {"879", I},
    {"902", I},
    {"905", I},
    {"942", I},
    /* Caribbean and Pacific */
    {"242", I},
    {"246", I},
    {"264", I},
    {"268", I},
    {"284", I},
    {"340", I},
    {"345", I},
    {"441", I},
    {"473", I},
    {"649", I},
    {"658", I},
    {"664", I},
    {"670", I},
    {"671", I},
    {"684", I},
    {"721", I},
    {"758", I},
    {"767", I},
    {"784", I},
    {"787", I},
    {"809", I},
    {"829", I},
    {"849", I},
    {"868", I},
    {"869", I},
    {"876", I},
    {"939", I},
};

#undef N
#undef M
#undef I
#undef P

#define RANGES(name) .ranges = ranges_##name, .range_count = ARRAY_LEN(ranges_##name)

/* clang-format off */
static const struct country countries[] = {
    {.iso = "IT", .code = "39", .trunk = "", .trunk_kept = true, .outward = "00", .least = 5, .most = 11, .closed = true,
     .emergency = "112 113 114 115 117 118 1515 1522 1525 1530", .short_premium = "12xx 4xxxx 19696", RANGES(it)},
    {.iso = "DE", .code = "49", .trunk = "0", .outward = "00", .least = 5, .most = 13,
     .emergency = "110 112 115", .short_premium = "118xx 1180xx", RANGES(de)},
    {.iso = "AT", .code = "43", .trunk = "0", .outward = "00", .least = 4, .most = 13,
     .emergency = "112 122 128 133 140 141 142 144 147", .short_premium = "118xxx", RANGES(at)},
    {.iso = "CH", .code = "41", .trunk = "0", .outward = "00", .least = 9, .most = 9, .closed = true,
     .emergency = "112 117 118 143 144 145 147 1414", .short_premium = "18xx", RANGES(ch)},
    {.iso = "FR", .code = "33", .trunk = "0", .outward = "00", .least = 9, .most = 9, .closed = true,
     .emergency = "15 17 18 112 114 115 119 191 196 197 116000 116117", .short_premium = "118xxx 3xxx", RANGES(fr)},
    {.iso = "ES", .code = "34", .trunk = "", .outward = "00", .least = 9, .most = 9, .closed = true,
     .emergency = "016 061 062 080 085 088 091 092 112", .short_premium = "118xx", RANGES(es)},
    {.iso = "GB", .code = "44", .trunk = "0", .outward = "00", .least = 9, .most = 10,
     .emergency = "101 105 111 112 999", .short_premium = "118xxx", RANGES(gb)},
    {.iso = "US", .code = "1", .trunk = "1", .outward = "011", .least = 10, .most = 10,
     .emergency = "911 988 112", .short_premium = "411", RANGES(us)},
};
/* clang-format on */

const struct country *country_find(const char *iso)
{
    for (size_t i = 0; i < ARRAY_LEN(countries); i++)
        if (str_equal_nocase(countries[i].iso, iso))
            return &countries[i];
    return NULL;
}

const struct country *country_of_e164(const char *digits)
{
    for (size_t i = 0; i < ARRAY_LEN(countries); i++)
        if (str_starts(digits, countries[i].code))
            return &countries[i];
    return NULL;
}

/* E.164's zones: 1 and 7 are a code by themselves; these are the codes of two digits; all others have three.
 */
size_t country_code_len(const char *digits)
{
    static const char *const two[] = {"20", "27", "30", "31", "32", "33", "34",
                                      "36", "39", "4",  "5",  "6",  "8",  "9"};
    static const char *const three[] = {"42", "50", "59", "67", "68", "69", "80", "83",
                                        "85", "87", "88", "89", "96", "97", "99"};
    if (digits[0] == '1' || digits[0] == '7')
        return 1;
    for (size_t i = 0; i < ARRAY_LEN(three); i++)
        if (str_starts(digits, three[i]))
            return 3;
    for (size_t i = 0; i < ARRAY_LEN(two); i++)
        if (str_starts(digits, two[i]))
            return 2;
    return 3;
}

const char *country_list(void)
{
    return "IT, DE, AT, CH, FR, ES, GB and US";
}

bool country_pattern_begins(const char *pattern, const char *digits)
{
    for (; *pattern; pattern++, digits++)
        if (*pattern == 'x' ? !*digits : *pattern != *digits)
            return false;
    return true;
}

const struct country_range *country_range_find(const struct country *c, const char *national)
{
    const struct country_range *best = NULL;
    for (size_t i = 0; i < c->range_count; i++) {
        const struct country_range *r = &c->ranges[i];
        if (country_pattern_begins(r->pattern, national) &&
            (!best || strlen(r->pattern) > strlen(best->pattern)))
            best = r;
    }
    return best;
}

bool country_is_short_premium(const struct country *c, const char *digits)
{
    size_t len = strlen(digits);
    for (const char *at = c->short_premium; *at; at += strspn(at, " ")) {
        char pattern[16];
        size_t n = strcspn(at, " ");
        (void)str_copy_span(pattern, sizeof(pattern), span_of(at, n));
        if (n == len && country_pattern_begins(pattern, digits))
            return true;
        at += n;
    }
    return false;
}
