/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/search.h"

#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "store/search_codes.h"
#include "store/search_sql.h"

/* A query of more boxes asks for the tenant's. */
enum { TRIGRAMS_OF_WORD = 3, BOXES_ASKED_MAX = 32, MATCH_MAX = 8192 };

/* ---- writing ---- */

/* PostgreSQL has an index of its own (store/sql_dialect.h). */
#define ADD(table, words)                                                                                    \
    "WITH w AS MATERIALIZED (SELECT n, tenant, faxbox, " words " AS words FROM " table " WHERE id = ?1)"     \
    " INSERT INTO " table "_search (rowid, words, place)"                                                    \
    " SELECT n, words, search_codes(tenant, faxbox, words) FROM w"
#define ADD_TO_POSTGRES(table, words)                                                                        \
    "INSERT INTO " table "_search (rowid, words, place) SELECT n, " words ", '' FROM " table " WHERE id = "  \
    "?1"

void search_add_fax(struct store *s, struct id fax)
{
    static const char *const add[] = {ADD("fax", SEARCH_FAX_WORDS), ADD_TO_POSTGRES("fax", SEARCH_FAX_WORDS)};
    (void)sql_run(s->sql, add[sql_is_postgres(s->sql)], "d", fax);
}

void search_drop_fax(struct store *s, struct id fax)
{
    (void)sql_run(s->sql, "DELETE FROM fax_search WHERE rowid = (SELECT n FROM fax WHERE id = ?1)", "d", fax);
}

void search_update_fax(struct store *s, struct id fax)
{
    search_drop_fax(s, fax);
    search_add_fax(s, fax);
}

void search_add_job(struct store *s, struct id job)
{
    static const char *const add[] = {ADD("job", SEARCH_JOB_WORDS), ADD_TO_POSTGRES("job", SEARCH_JOB_WORDS)};
    (void)sql_run(s->sql, add[sql_is_postgres(s->sql)], "d", job);
}

void search_drop_job(struct store *s, struct id job)
{
    (void)sql_run(s->sql, "DELETE FROM job_search WHERE rowid = (SELECT n FROM job WHERE id = ?1)", "d", job);
}

void search_update_job(struct store *s, struct id job)
{
    search_drop_job(s, job);
    search_add_job(s, job);
}

/* ---- asking ---- */

/* A phrase of FTS5: whatever is in it is text. */
static void put_phrase(struct buf *b, struct span text)
{
    (void)buf_append_byte(b, '"');
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '"')
            (void)buf_append_byte(b, '"');
        (void)buf_append_byte(b, text.data[i]);
    }
    (void)buf_append_byte(b, '"');
}

static bool is_number(const char *words)
{
    return words[strspn(words, "0123456789+-/() .")] == 0 && strpbrk(words, "0123456789") != NULL;
}

/* People write "050 123-45" and "0039 50 ..." for what is stored as +395012345. */
static const char *number_of(struct arena *a, const char *words)
{
    char *digits = arena_strdup(a, words);
    size_t n = 0;
    for (const char *c = words; *c; c++)
        if (char_is_digit(*c))
            digits[n++] = *c;
    digits[n] = 0;
    size_t zeros = strspn(digits, "0");
    return n - zeros >= 3 ? digits + zeros : digits;
}

bool search_is_ascii(struct span text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] >= 0x80)
            return false;
    return true;
}

/* Where a long word is looked for, a few of its trigrams that do not overlap, from its end, tell nearly as
 * much as all of them, which is what a phrase asks for: the beginnings of numbers are everybody's and dear to
 * look up. The rows say the rest (search_patterns). */
static void put_trigrams(struct buf *b, struct span word)
{
    enum { TRIGRAM = 3 };
    if (word.len <= TRIGRAM || !search_is_ascii(word)) {
        (void)buf_append_str(b, "words : ");
        put_phrase(b, word);
        return;
    }
    size_t end = word.len;
    for (int n = 0; n < TRIGRAMS_OF_WORD && end > 0; n++) {
        size_t from = end > TRIGRAM ? end - TRIGRAM : 0;
        (void)buf_append_str(b, n ? " AND words : " : "words : ");
        put_phrase(b, span_of(word.data + from, TRIGRAM));
        end = from;
    }
}

static bool is_digits(struct span word)
{
    for (size_t i = 0; i < word.len; i++)
        if (!char_is_digit((char)word.data[i]))
            return false;
    return true;
}

static bool has_code(struct span word)
{
    return word.len >= SEARCH_DIGITS_LEAST && is_digits(word);
}

/* Of a number its last digits are its own. */
static void put_word(struct buf *b, struct span word)
{
    char code[SEARCH_CODE_BYTES + 1];
    if (!has_code(word)) {
        put_trigrams(b, word);
        return;
    }
    unsigned codes = word.len == SEARCH_DIGITS_LEAST ? SEARCH_DIGIT_CODES : 1;
    for (unsigned n = 0; n < codes; n++) {
        search_code_digits(word, n, code);
        (void)buf_printf(b, "%s%s", n ? " OR place : " : "(place : ", code);
    }
    (void)buf_append_byte(b, ')');
}

/* The words that are looked for; a number is one, however it is written. */
static size_t split(struct arena *a, const char *words, struct span list[SEARCH_PATTERNS])
{
    size_t n = 0;
    if (is_number(words)) {
        list[0] = span_str(number_of(a, words));
        return 1;
    }
    for (const char *at = words; *at && n < SEARCH_PATTERNS;) {
        size_t len = strcspn(at, " ");
        if (len >= 3)
            list[n++] = span_of(at, len);
        at += len + strspn(at + len, " ");
    }
    if (n == 0)
        list[n++] = span_str(words);
    return n;
}

static void put_words(struct buf *b, struct arena *a, const char *words)
{
    struct span list[SEARCH_PATTERNS];
    size_t n = split(a, words, list);
    for (size_t i = 0; i < n; i++) {
        (void)buf_append_str(b, i ? " AND " : "");
        put_word(b, list[i]);
    }
}

bool search_has_code(struct arena *a, const char *words)
{
    struct span list[SEARCH_PATTERNS];
    size_t n = split(a, words, list);
    for (size_t i = 0; i < n; i++)
        if (has_code(list[i]))
            return true;
    return false;
}

void search_patterns(struct store *s, struct arena *a, const char *words,
                     const char *patterns[SEARCH_PATTERNS])
{
    struct span list[SEARCH_PATTERNS];
    size_t n = split(a, words, list);
    for (size_t i = 0; i < SEARCH_PATTERNS; i++) {
        patterns[i] = "%";
        /* SQLite's LIKE knows the cases of ASCII alone; a phrase was asked for. */
        if (i >= n || (!sql_is_postgres(s->sql) && !search_is_ascii(list[i])))
            continue;
        SCOPED_BUF struct buf b;
        buf_init(&b, 1024);
        (void)buf_append_byte(&b, '%');
        for (size_t k = 0; k < list[i].len; k++) {
            if (strchr("%_!", list[i].data[k]))
                (void)buf_append_byte(&b, '!');
            (void)buf_append_byte(&b, list[i].data[k]);
        }
        (void)buf_append_byte(&b, '%');
        patterns[i] = arena_strdup(a, buf_text(&b));
    }
}

static void put_place(struct buf *b, struct span name, size_t *put)
{
    char code[SEARCH_CODE_BYTES + 1];
    search_code_place(name, code);
    (void)buf_printf(b, "%splace : %s", (*put)++ ? " OR " : "", code);
}

/* False where they are too many to be named. */
static bool put_boxes_of(struct store *s, struct buf *b, struct arena *a, struct id user)
{
    struct sql_rows r;
    size_t put = 0;
    if (sql_get_int(s->sql, 0, "SELECT count(*) FROM faxbox_user WHERE user = ?1", "d", user) >
        BOXES_ASKED_MAX)
        return false;
    sql_query(s->sql, &r, "SELECT faxbox FROM faxbox_user WHERE user = ?1", "d", user);
    while (sql_next(&r))
        put_place(b, span_str(sql_text(&r, 0, a)), &put);
    if (put == 0)
        put_place(b, span_str(""), &put); /* he has none */
    return true;
}

/* PostgreSQL's index is asked by search_patterns alone; as with the other one nothing is found by less than
 * three letters. */
static const char *match_of_postgres(struct arena *a, const char *words)
{
    struct span list[SEARCH_PATTERNS];
    (void)split(a, words, list);
    return list[0].len < 3 ? "" : words;
}

const char *search_match(struct store *s, struct arena *a, const struct scope *w, const char *box,
                         const char *words)
{
    SCOPED_BUF struct buf b;
    size_t put = 0;
    buf_init(&b, MATCH_MAX);
    if (sql_is_postgres(s->sql))
        return match_of_postgres(a, words);
    if (*words)
        put_words(&b, a, words);
    if (*box || !id_is_none(w->tenant) || !id_is_none(w->user)) {
        (void)buf_append_str(&b, *words ? " AND (" : "(");
        if (*box)
            put_place(&b, span_str(box), &put);
        else if (id_is_none(w->user) || !put_boxes_of(s, &b, a, w->user))
            put_place(&b, span_of(w->tenant.bytes, sizeof(w->tenant.bytes)), &put);
        (void)buf_append_byte(&b, ')');
    }
    return arena_strdup(a, buf_text(&b));
}

/* ---- numbers ---- */

static struct span bytes_of(const struct id *id)
{
    return span_of(id->bytes, sizeof(id->bytes));
}

/* ?1 in each: the first one from there, the last one before it, the one itself; and the first and the last of
 * all, which are not those of the first and the last id where faxes of another server stand between
 * (old_faxes.h). */
enum { FROM, BEFORE, ITSELF, FIRST, LAST, NUMBERS };
#define NUMBERS_OF(table)                                                                                    \
    "SELECT n FROM " table " WHERE id >= ?1 ORDER BY id LIMIT 1",                                            \
        "SELECT n FROM " table " WHERE id < ?1 ORDER BY id DESC LIMIT 1",                                    \
        "SELECT n FROM " table " WHERE id = ?1", "SELECT n FROM " table " ORDER BY n LIMIT 1",               \
        "SELECT n FROM " table " ORDER BY n DESC LIMIT 1"

/* The end of all time: no fax began later. */
static bool is_last(const struct id *id)
{
    return id->bytes[0] == 0xff;
}

static void range(struct store *s, const char *const statements[NUMBERS], const struct id *low,
                  const struct id *high, struct id before, struct search_range *r)
{
    r->low = id_is_none(*low) ? sql_get_int(s->sql, INT64_MAX, statements[FIRST], "")
                              : sql_get_int(s->sql, INT64_MAX, statements[FROM], "b", bytes_of(low));
    r->high = is_last(high) ? sql_get_int(s->sql, INT64_MIN, statements[LAST], "")
                            : sql_get_int(s->sql, INT64_MIN, statements[BEFORE], "b", bytes_of(high));
    int64_t after = id_is_none(before) ? INT64_MAX : sql_get_int(s->sql, 0, statements[ITSELF], "d", before);
    if (after <= r->high)
        r->high = after - 1;
}

void search_fax_range(struct store *s, const struct id *low, const struct id *high, struct id before,
                      struct search_range *r)
{
    static const char *const statements[] = {NUMBERS_OF("fax")};
    range(s, statements, low, high, before, r);
}

void search_job_range(struct store *s, const struct id *low, const struct id *high, struct id before,
                      struct search_range *r)
{
    static const char *const statements[] = {NUMBERS_OF("job")};
    range(s, statements, low, high, before, r);
}
