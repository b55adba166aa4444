/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/charset_words.h"

#include <string.h>

#include "base/str.h"

#define WEST                                                                                                 \
    {                                                                                                        \
        "WINDOWS-1252", "ISO-8859-15"                                                                        \
    }
#define EAST                                                                                                 \
    {                                                                                                        \
        "WINDOWS-1250", "ISO-8859-2"                                                                         \
    }
#define BALTIC                                                                                               \
    {                                                                                                        \
        "WINDOWS-1257", "ISO-8859-13"                                                                        \
    }

/* Of those that two sets could write the one stands here that its people use. */
const struct written written_languages[] = {
    {"de", WEST, "äöüßéàÄÖÜÉ"},
    {"fr", WEST, "àâæçéèêëîïôùûüÿœÀÂÆÇÉÈÊËÎÏÔÙÛÜŸŒ"},
    {"it", WEST, "àèéìíîòóùúÀÈÉÌÒÙ"},
    {"es", WEST, "áéíñóúüçÁÉÍÑÓÚÜªº"},
    {"pt", WEST, "àáâãçéêíóôõúüÀÁÂÃÇÉÊÍÓÔÕÚªº"},
    {"nl", WEST, "éèëïöüóáÉËÏÖ"},
    {"sv", WEST, "åäöéüÅÄÖÉ"},
    {"da", WEST, "åæøéèêóòôÅÆØÉ"},
    {"is", WEST, "áéíóúýðþæöÁÉÍÓÚÝÐÞÆÖ"},
    {"ca", WEST, "àçèéíïòóúüÀÇÈÉÍÏÒÓÚÜ"},
    {"et", BALTIC, "äõöüšžÄÕÖÜŠŽ"},
    {"pl", EAST, "ąćęłńóśźżĄĆĘŁŃÓŚŹŻ"},
    {"cs", EAST, "áčďéěíňóřšťúůýžÁČĎÉĚÍŇÓŘŠŤÚŮÝŽ"},
    {"sk", EAST, "áäčďéíĺľňóôŕšťúýžÁÄČĎÉÍĹĽŇÓÔŔŠŤÚÝŽ"},
    {"hu", EAST, "áéíóöőúüűÁÉÍÓÖŐÚÜŰ"},
    {"ro", EAST, "ăâîşţșțĂÂÎŞŢȘȚ"},
    {"hr", EAST, "čćđšžČĆĐŠŽ"},
    {"sq", EAST, "ëçËÇ"},
    {"tr", {"WINDOWS-1254", "ISO-8859-9"}, "âçğıîöşüûÂÇĞİÎÖŞÜÛ"},
    {"lt", BALTIC, "ąčęėįšųūžĄČĘĖĮŠŲŪŽ"},
    {"lv", BALTIC, "āčēģīķļņšūžĀČĒĢĪĶĻŅŠŪŽ"},
};
const size_t written_languages_count = ARRAY_LEN(written_languages);

/* Countries and languages that are called otherwise than the language above. */
static const char *const also[][2] = {{"at", "de"}, {"ch", "de"}, {"be", "fr"}, {"lu", "fr"}, {"cz", "cs"},
                                      {"dk", "da"}, {"no", "da"}, {"nb", "da"}, {"nn", "da"}, {"se", "sv"},
                                      {"fi", "sv"}, {"ee", "et"}, {"br", "pt"}, {"mx", "es"}, {"ar", "es"},
                                      {"sl", "hr"}, {"si", "hr"}, {"bs", "hr"}, {"ba", "hr"}, {"al", "sq"},
                                      {"md", "ro"}, {"cy", "tr"}};

const struct written *written_in(const char *tag)
{
    size_t len = strcspn(tag, "-_,; ");
    struct span name = span_of(tag, len);
    for (size_t i = 0; i < ARRAY_LEN(also); i++)
        if (span_equal_nocase(name, also[i][0]))
            name = span_str(also[i][1]);
    for (size_t i = 0; i < ARRAY_LEN(written_languages); i++)
        if (span_equal_nocase(name, written_languages[i].language))
            return &written_languages[i];
    return NULL;
}

/* ---- characters ---- */

static unsigned next_character(struct span *rest)
{
    const uint8_t *p = rest->data;
    size_t len = *p < 0x80 ? 1 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4;
    unsigned code = len == 1 ? *p : *p & (0xffu >> (len + 1));
    if (len > rest->len)
        len = rest->len;
    for (size_t i = 1; i < len; i++)
        code = code << 6 | (p[i] & 0x3f);
    *rest = span_of(p + len, rest->len - len);
    return code;
}

/* Of Latin-1 Supplement, Latin Extended-A, and the Romanian ones with a comma below. */
static bool is_letter(unsigned c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == 0xaa || c == 0xba ||
           (c >= 0xc0 && c <= 0x17f && c != 0xd7 && c != 0xf7) || (c >= 0x218 && c <= 0x21b);
}

static bool is_capital(unsigned c)
{
    bool even = (c >= 0x100 && c < 0x138) || (c >= 0x14a && c < 0x178) || c >= 0x218;
    bool odd = (c >= 0x139 && c < 0x149) || (c >= 0x179 && c < 0x17f);
    return is_letter(c) && ((c >= 'A' && c <= 'Z') || (c >= 0xc0 && c < 0xdf) || c == 0x178 ||
                            (even && c % 2 == 0) || (odd && c % 2 == 1));
}

static bool is_small(unsigned c)
{
    return is_letter(c) && !is_capital(c) && c != 0xaa && c != 0xba;
}

/* What may stand behind a word: ’ ” “ » … – — and a blank that does not break. */
static bool may_follow(unsigned c)
{
    return c == 0x2019 || c == 0x201d || c == 0x201c || c == 0xbb || c == 0x2026 || c == 0x2013 ||
           c == 0x2014 || c == 0xa0;
}

/* ---- words ---- */

/* Five characters of the text: at[2] is looked at. 0: beyond its ends. */
struct view {
    unsigned at[5];
};

static bool has_foreign(const struct view *v, size_t from, size_t to)
{
    for (size_t i = from; i <= to; i++)
        if (v->at[i] >= 0x80)
            return true;
    return false;
}

/* Does its last letter not go with the ones before: a capital behind a small one, a small one behind two
 * capitals? */
static bool breaks_case(const struct view *v)
{
    const unsigned *c = v->at;
    if (is_capital(c[2]) && is_small(c[1]) && has_foreign(v, 1, 2))
        return true;
    return is_small(c[2]) && is_capital(c[1]) && is_capital(c[0]) && has_foreign(v, 0, 2);
}

/* Apostrophes, dashes, a point, a hyphen that may break: between the letters of a word. */
static bool may_join(unsigned c)
{
    return may_follow(c) || c == 0x2018 || c == 0xb7 || c == 0xad || c == 0xab;
}

/* NESTLÉ®, CAFÉ™, Spaß²: as UTF-8 there would be an end of another script at a Latin word, of which only the
 * Greek Ω (MΩ) and the Romanian ș, ț are found. */
static bool is_mark_of_word(const struct view *v)
{
    static const unsigned marks[] = {0xa9, 0xae, 0xb2, 0xb3, 0xb9, 0x2122};
    const unsigned *c = v->at;
    if (c[0] >= 0x80 || !is_letter(c[0]) || c[1] < 0xc6 || c[1] > 0xdf || c[1] == 0xc8 || c[1] == 0xce)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(marks); i++)
        if (c[2] == marks[i])
            return !is_letter(c[3]);
    return false;
}

/* A sign beyond ASCII: does it stand at a word as no sign does? Behind a letter beyond ASCII, which is what
 * UTF-8 looks like, little may stand: CAFÉ’S. */
static bool stands_odd(const struct view *v)
{
    const unsigned *c = v->at;
    bool behind = is_letter(c[1]), before = is_letter(c[3]);
    if (!behind || c[1] < 0x80)
        return behind && before && !may_join(c[2]);
    if (is_mark_of_word(v))
        return false;
    bool genitive = c[2] == 0x2019 && (c[3] == 's' || c[3] == 'S') && !is_letter(c[4]);
    return c[1] == 0xc2 || c[1] == 0xc3 || !may_follow(c[2]) || (before && !genitive);
}

struct letters {
    size_t count;
    size_t known[ARRAY_LEN(written_languages)];
};

static void count_letter(struct letters *n, struct span c)
{
    n->count++;
    for (size_t i = 0; i < ARRAY_LEN(written_languages); i++) {
        const char *letters = written_languages[i].letters;
        n->known[i] += memmem(letters, strlen(letters), c.data, c.len) != NULL;
    }
}

static bool read_letters(struct span utf8, struct letters *n)
{
    struct view v = {{0}};
    struct span rest = utf8, before[3];
    for (size_t i = 0; i < 3; i++)
        before[i] = span_of(utf8.data, 0);
    for (size_t left = 3; left > 0; left -= rest.len == 0) {
        memmove(v.at, v.at + 1, sizeof(v.at) - sizeof(v.at[0]));
        memmove(before, before + 1, sizeof(before) - sizeof(before[0]));
        before[2] = rest;
        v.at[4] = rest.len > 0 ? next_character(&rest) : 0;
        before[2].len -= rest.len;
        if (is_letter(v.at[2]) && breaks_case(&v))
            return false;
        if (v.at[2] < 0x80)
            continue;
        if (is_letter(v.at[2]))
            count_letter(n, before[0]);
        else if (stands_odd(&v))
            return false;
    }
    return true;
}

size_t words_of_language(struct span utf8, const struct written *language)
{
    struct letters n = {.count = 0};
    if (!read_letters(utf8, &n))
        return 0;
    for (size_t i = 0; i < ARRAY_LEN(written_languages); i++)
        if (n.known[i] == n.count && (!language || language == &written_languages[i]))
            return n.count;
    return 0;
}
