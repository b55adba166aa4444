/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/charset_guess.h"

#include <stdlib.h>
#include <string.h>
#include <uchardet.h>

#include "base/attr.h"
#include "base/scope.h"
#include "base/str.h"
#include "convert/charset_words.h"

/* Enough to tell by; a guess takes time. */
enum { BYTES_MAX = 256 * 1024 };

static void ask_uchardet(struct span text, char name[CHARSET_NAME_MAX + 1])
{
    uchardet_t u = uchardet_new();
    name[0] = 0;
    if (!u)
        return;
    (void)uchardet_handle_data(u, (const char *)text.data, text.len);
    uchardet_data_end(u);
    if (!str_copy(name, CHARSET_NAME_MAX + 1, uchardet_get_charset(u)))
        name[0] = 0;
    uchardet_delete(u);
}

/* ---- languages of the west ---- */

/* Their letters beyond ASCII, as Windows-1252 has them: German; French; Italian; Spanish; Portuguese; Dutch;
 * Swedish and Finnish; Danish and Norwegian; Icelandic; Catalan; Estonian. */
static const char *const alphabets[] = {"äöüßéàÄÖÜÉ",
                                        "àâæçéèêëîïôùûüÿœÀÂÆÇÉÈÊËÎÏÔÙÛÜŸŒ",
                                        "àèéìíîòóùúÀÈÉÌÒÙ",
                                        "áéíñóúüçÁÉÍÑÓÚÜ",
                                        "àáâãçéêíóôõúüÀÁÂÃÇÉÊÍÓÔÕÚ",
                                        "éèëïöüóÉËÏÖ",
                                        "åäöéüÅÄÖÉ",
                                        "åæøéèêóòôÅÆØÉ",
                                        "áéíóúýðþæöÁÉÍÓÚÝÐÞÆÖ",
                                        "àçèéíïòóúüÀÇÈÉÍÏÒÓÚÜ",
                                        "äõöüšžÄÕÖÜŠŽ"};

/* Marks that stand between the letters of a word: apostrophes, dashes, a point, a hyphen that may break. */
static const char *const in_words[] = {"’", "‘", "–", "—", "…", "·", "\xc2\xad", "\xc2\xa0", "«", "»"};

static bool is_ascii_letter(uint8_t c)
{
    return char_lower((char)c) >= 'a' && char_lower((char)c) <= 'z';
}

static size_t character_len(const uint8_t *p)
{
    return *p < 0x80 ? 1 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4;
}

static bool is_one_of(struct span c, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (span_equal(c, span_str(list[i])))
            return true;
    return false;
}

static bool is_letter(struct span c)
{
    unsigned code = c.len == 2 ? (unsigned)(c.data[0] & 0x1f) << 6 | (c.data[1] & 0x3f) : 0;
    return (code >= 0xc0 && code <= 0x17f && code != 0xd7 && code != 0xf7) ||
           span_equal(c, span_str("\xef\xbf\xbd"));
}

struct letters {
    size_t count, odd; /* letters beyond ASCII; other signs inside of words */
    size_t known[ARRAY_LEN(alphabets)];
};

static void note(struct letters *n, struct span c, bool inside)
{
    if (!is_letter(c)) {
        n->odd += inside && !is_one_of(c, in_words, ARRAY_LEN(in_words));
        return;
    }
    n->count++;
    for (size_t i = 0; i < ARRAY_LEN(alphabets); i++)
        n->known[i] += memmem(alphabets[i], strlen(alphabets[i]), c.data, c.len) != NULL;
}

static struct letters count_letters(struct span utf8)
{
    struct letters n = {0};
    for (size_t at = 0; at < utf8.len;) {
        size_t len = character_len(utf8.data + at);
        if (at + len > utf8.len)
            break;
        if (len > 1)
            note(&n, span_of(utf8.data + at, len),
                 at > 0 && at + len < utf8.len && is_ascii_letter(utf8.data[at - 1]) &&
                     is_ascii_letter(utf8.data[at + len]));
        at += len;
    }
    return n;
}

/* Read as that, are 49 of 50 letters those of one language of the west? nothing: what is said of a text
 * without such letters. */
static bool is_of_the_west(struct span text, const char *charset, bool nothing)
{
    SCOPED_BUF struct buf utf8;
    size_t best = 0;
    buf_init(&utf8, (size_t)BYTES_MAX * 4);
    (void)charset_convert(charset, text, &utf8);
    struct letters n = count_letters(buf_span(&utf8));
    for (size_t i = 0; i < ARRAY_LEN(alphabets); i++)
        best = n.known[i] > best ? n.known[i] : best;
    return n.count + n.odd == 0 ? nothing : best * 50 >= (n.count + n.odd) * 49;
}

/* ü é â ä ê ö of DOS (code page 850) inside of words, where Windows-1252 has nothing, quotation marks,
 * accents. */
static bool looks_like_dos(struct span text)
{
    size_t dos = 0, high = 0;
    for (size_t i = 1; i + 1 < text.len; i++) {
        uint8_t c = text.data[i];
        high += c >= 0x80;
        dos += c >= 0x80 && memchr("\x81\x82\x83\x84\x88\x94", c, 6) && is_ascii_letter(text.data[i - 1]) &&
               is_ascii_letter(text.data[i + 1]);
    }
    return dos > 0 && (dos * 3 >= high || is_of_the_west(text, "IBM850", false));
}

/* ---- what uchardet says, and what becomes of it ---- */

enum family { OTHER, LATIN, VAGUE /* Latin, and no help where it is not of the west */ };

static const struct guessed {
    const char *name;
    const char *windows; /* the like with letters and marks from 0x80 to 0x9f, where ISO 8859 has nothing */
    enum family family;
} guesses[] = {
    {"", NULL, VAGUE},
    {"WINDOWS-1252", NULL, VAGUE},
    {"ISO-8859-1", NULL, VAGUE},
    {"ISO-8859-15", NULL, VAGUE},
    {"MAC-CENTRALEUROPE", NULL, VAGUE},
    {"IBM850", NULL, VAGUE},
    {"IBM865", NULL, VAGUE},
    {"VISCII", NULL, VAGUE},
    {"IBM852", NULL, LATIN},
    {"ISO-8859-2", "WINDOWS-1250", LATIN},
    {"ISO-8859-3", NULL, LATIN},
    {"ISO-8859-4", "WINDOWS-1257", LATIN},
    {"ISO-8859-9", "WINDOWS-1254", LATIN},
    {"ISO-8859-10", NULL, LATIN},
    {"ISO-8859-13", "WINDOWS-1257", LATIN},
    {"ISO-8859-16", "WINDOWS-1250", LATIN},
    {"WINDOWS-1250", NULL, LATIN},
    {"WINDOWS-1254", NULL, LATIN},
    {"WINDOWS-1257", NULL, LATIN},
    {"WINDOWS-1258", NULL, LATIN},
    {"ISO-8859-6", "WINDOWS-1256", OTHER},
    {"ISO-8859-7", "WINDOWS-1253", OTHER},
    {"ISO-8859-8", "WINDOWS-1255", OTHER},
    {"ISO-8859-11", "WINDOWS-874", OTHER},
};

static const struct guessed *find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(guesses); i++)
        if (str_equal(name, guesses[i].name))
            return &guesses[i];
    return NULL;
}

static bool has_windows_bytes(struct span text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] >= 0x80 && text.data[i] < 0xa0)
            return true;
    return false;
}

/* ---- what its sender writes ---- */

/* How many letters beyond ASCII it has, read so; 0 where they are not that language's. */
static size_t letters_as(struct span text, const struct written *w, const char *charset)
{
    SCOPED_BUF struct buf utf8;
    buf_init(&utf8, (size_t)BYTES_MAX * 4);
    return charset_convert(charset, text, &utf8) == 0 ? words_of_language(buf_span(&utf8), w) : 0;
}

/* The set of that language in which it has the most letters, and more than *most, which becomes so many; else
 * NULL. */
static const char *written_as(struct span text, const struct written *w, size_t *most)
{
    const char *best = NULL;
    for (size_t i = 0; i < ARRAY_LEN(w->charsets); i++) {
        size_t n = letters_as(text, w, w->charsets[i]);
        best = n > *most ? w->charsets[i] : best;
        *most = n > *most ? n : *most;
    }
    return best;
}

/* Words of Icelandic often end in ð, of Turkish hardly ever in the ğ that has its place. */
static bool ends_in_eth(struct span text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] == 0xf0 &&
            (i + 1 == text.len || (text.data[i + 1] < 0x80 && !is_ascii_letter(text.data[i + 1]))))
            return true;
    return false;
}

/* The set of a language beyond the west in which it has more letters than in any one there: a ³ is no ł. Of
 * Icelandic that is seldom true, for its letters are also those of Turkish, which many more write. NULL:
 * none. */
static const char *written_elsewhere(struct span text)
{
    static const char *const west[] = {"de", "fr", "it", "es", "pt", "nl", "sv", "da", "ca", "is"};
    static const char *const others[] = {"pl", "tr", "cs", "sk", "hu", "ro"};
    const size_t count = ARRAY_LEN(west) - (ends_in_eth(text) ? 0 : 1);
    const char *best = NULL;
    size_t most = 0;
    for (size_t i = 0; i < count; i++)
        (void)written_as(text, written_in(west[i]), &most);
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        const char *better = written_as(text, written_in(others[i]), &most);
        best = better ? better : best;
    }
    return best;
}

void charset_guess(struct span whole, const char *language, char name[CHARSET_NAME_MAX + 1])
{
    struct span text = span_of(whole.data, whole.len < BYTES_MAX ? whole.len : BYTES_MAX);
    const struct written *w = written_in(language);
    size_t none = 0;
    const char *own = w ? written_as(text, w, &none) : NULL;
    if (own) {
        (void)str_copy(name, CHARSET_NAME_MAX + 1, own);
        return;
    }
    ask_uchardet(text, name);
    const struct guessed *g = find(name);
    if (!g)
        return;
    const char *better = g->name, *elsewhere = g->family == OTHER ? NULL : written_elsewhere(text);
    if (elsewhere)
        better = elsewhere;
    else if (g->family != OTHER && is_of_the_west(text, "WINDOWS-1252", !looks_like_dos(text)))
        better = "WINDOWS-1252";
    else if (g->family != OTHER && looks_like_dos(text))
        better = "IBM850";
    else if (g->family == VAGUE)
        better = "WINDOWS-1252";
    else if (g->windows && has_windows_bytes(text))
        better = g->windows;
    (void)str_copy(name, CHARSET_NAME_MAX + 1, better);
}
