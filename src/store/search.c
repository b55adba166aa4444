/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/search.h"

#include <string.h>

#include "base/buf.h"
#include "base/hex.h"
#include "base/str.h"
#include "store/search_sql.h"

/* A query of more boxes asks for the tenant's. */
enum { BOXES_ASKED_MAX = 32, TENANT_TAG_BYTES = 4, MATCH_MAX = 8192 };

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
                  "UPDATE fax_search SET words = (SELECT " SEARCH_FAX_WORDS " FROM fax WHERE id = ?1)"
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

static void put_words(struct buf *b, struct arena *a, const char *words)
{
    if (is_number(words)) {
        (void)buf_append_str(b, "words : ");
        put_phrase(b, span_str(number_of(a, words)));
        return;
    }
    size_t put = 0;
    for (const char *at = words; *at;) {
        size_t len = strcspn(at, " ");
        if (len >= 3) {
            (void)buf_printf(b, "%swords : ", put++ ? " AND " : "");
            put_phrase(b, span_of(at, len));
        }
        at += len + strspn(at + len, " ");
    }
    if (put == 0) {
        (void)buf_append_str(b, "words : ");
        put_phrase(b, span_str(words));
    }
}

static void put_box(struct buf *b, struct arena *a, const char *box, size_t *put)
{
    (void)buf_append_str(b, (*put)++ ? " OR place : " : "place : ");
    put_phrase(b, span_str(arena_format(a, "<%s>", box)));
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

const char *search_match(struct store *s, struct arena *a, const struct scope *w, const char *box,
                         const char *words)
{
    SCOPED_BUF struct buf b;
    char tag[2 * TENANT_TAG_BYTES + 1];
    size_t put = 0;
    buf_init(&b, MATCH_MAX);
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

void search_fax_range(struct store *s, const struct id *low, const struct id *high, struct id before,
                      struct search_range *r)
{
    r->low = sql_get_int(s->sql, INT64_MAX, "SELECT n FROM fax WHERE id >= ?1 ORDER BY id LIMIT 1", "b",
                         bytes_of(low));
    r->high = sql_get_int(s->sql, 0, "SELECT n FROM fax WHERE id < ?1 ORDER BY id DESC LIMIT 1", "b",
                          bytes_of(high));
    int64_t after = id_is_none(before)
                        ? INT64_MAX
                        : sql_get_int(s->sql, 0, "SELECT n FROM fax WHERE id = ?1", "d", before);
    if (after <= r->high)
        r->high = after - 1;
}

void search_job_range(struct store *s, const struct id *low, const struct id *high, struct id before,
                      struct search_range *r)
{
    r->low = sql_get_int(s->sql, INT64_MAX, "SELECT n FROM job WHERE id >= ?1 ORDER BY id LIMIT 1", "b",
                         bytes_of(low));
    r->high = sql_get_int(s->sql, 0, "SELECT n FROM job WHERE id < ?1 ORDER BY id DESC LIMIT 1", "b",
                          bytes_of(high));
    int64_t after = id_is_none(before)
                        ? INT64_MAX
                        : sql_get_int(s->sql, 0, "SELECT n FROM job WHERE id = ?1", "d", before);
    if (after <= r->high)
        r->high = after - 1;
}
