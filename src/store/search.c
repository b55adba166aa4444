/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/search.h"

#include <string.h>

#include "base/buf.h"
#include "base/hex.h"
#include "base/str.h"
#include "store/search_sql.h"

/* A query of more boxes asks for the tenant's. */
enum {
    TRIGRAMS_OF_WORD = 3,
    TRIGRAMS_OF_BOX = 2,
    BOXES_ASKED_MAX = 32,
    TENANT_TAG_BYTES = 4,
    MATCH_MAX = 8192
};

/* ---- writing ---- */

void search_add_fax(struct store *s, struct id fax)
{
    (void)sql_run(s->sql,
                  "INSERT INTO fax_search (rowid, words, place) SELECT n, " SEARCH_FAX_WORDS ", " SEARCH_PLACE
                  " FROM fax WHERE id = ?1",
                  "d", fax);
}

void search_update_fax(struct store *s, struct id fax)
{
    (void)sql_run(s->sql,
                  "UPDATE fax_search SET words = (SELECT " SEARCH_FAX_WORDS " FROM fax WHERE id = ?1),"
                  " place = (SELECT " SEARCH_PLACE " FROM fax WHERE id = ?1)"
                  " WHERE rowid = (SELECT n FROM fax WHERE id = ?1)",
                  "d", fax);
}

void search_add_job(struct store *s, struct id job)
{
    (void)sql_run(s->sql,
                  "INSERT INTO job_search (rowid, words, place) SELECT n, " SEARCH_JOB_WORDS ", " SEARCH_PLACE
                  " FROM job WHERE id = ?1",
                  "d", job);
}

void search_update_job(struct store *s, struct id job)
{
    (void)sql_run(s->sql,
                  "UPDATE job_search SET words = (SELECT " SEARCH_JOB_WORDS " FROM job WHERE id = ?1)"
                  " WHERE rowid = (SELECT n FROM job WHERE id = ?1)",
                  "d", job);
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
static void put_word(struct buf *b, const char *column, struct span word, int most)
{
    enum { TRIGRAM = 3 };
    if (word.len <= TRIGRAM || !search_is_ascii(word)) {
        (void)buf_printf(b, "%s : ", column);
        put_phrase(b, word);
        return;
    }
    size_t end = word.len;
    for (int n = 0; n < most && end > 0; n++) {
        size_t from = end > TRIGRAM ? end - TRIGRAM : 0;
        (void)buf_printf(b, "%s%s : ", n ? " AND " : "", column);
        put_phrase(b, span_of(word.data + from, TRIGRAM));
        end = from;
    }
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
        put_word(b, "words", list[i], TRIGRAMS_OF_WORD);
    }
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

static void put_box(struct buf *b, struct arena *a, const char *box, size_t *put)
{
    (void)buf_append_str(b, (*put)++ ? " OR (" : "(");
    put_word(b, "place", span_str(arena_format(a, "<%s>", box)), TRIGRAMS_OF_BOX);
    (void)buf_append_byte(b, ')');
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
        put_box(b, a, sql_text(&r, 0, a), &put);
    if (put == 0)
        (void)buf_append_str(b, "place : \"<>\""); /* he has none */
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
    char tag[2 * TENANT_TAG_BYTES + 1];
    size_t put = 0;
    buf_init(&b, MATCH_MAX);
    if (sql_is_postgres(s->sql))
        return match_of_postgres(a, words);
    put_words(&b, a, words);
    size_t words_len = b.len;
    (void)buf_append_str(&b, " AND (");
    if (*box)
        put_box(&b, a, box, &put);
    else if (id_is_none(w->user) || !put_boxes_of(s, &b, a, w->user)) {
        hex_format(w->tenant.bytes + sizeof(w->tenant.bytes) - TENANT_TAG_BYTES, TENANT_TAG_BYTES, tag);
        (void)buf_append_str(&b, "place : ");
        put_phrase(&b, span_str(arena_format(a, "{%s}", tag)));
    }
    bool everywhere = !*box && id_is_none(w->tenant) && id_is_none(w->user);
    (void)buf_append_str(&b, ")");
    const char *whole = buf_text(&b);
    return everywhere ? (const char *)arena_dup(a, span_of(whole, words_len)).data : arena_strdup(a, whole);
}

/* ---- numbers ---- */

static struct span bytes_of(const struct id *id)
{
    return span_of(id->bytes, sizeof(id->bytes));
}

/* ?1 in each: the first one from there, the last one before it, the one itself. */
#define NUMBERS_OF(table)                                                                                    \
    "SELECT n FROM " table " WHERE id >= ?1 ORDER BY id LIMIT 1",                                            \
        "SELECT n FROM " table " WHERE id < ?1 ORDER BY id DESC LIMIT 1",                                    \
        "SELECT n FROM " table " WHERE id = ?1"

static void range(struct store *s, const char *const statements[3], const struct id *low,
                  const struct id *high, struct id before, struct search_range *r)
{
    r->low = sql_get_int(s->sql, INT64_MAX, statements[0], "b", bytes_of(low));
    r->high = sql_get_int(s->sql, 0, statements[1], "b", bytes_of(high));
    int64_t after = id_is_none(before) ? INT64_MAX : sql_get_int(s->sql, 0, statements[2], "d", before);
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
