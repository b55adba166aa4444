/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/submissions.h"

#include <openssl/evp.h>
#include <string.h>
#include <unistd.h>

#include "base/hex.h"
#include "base/panic.h"
#include "base/scope.h"
#include "base/str.h"
#include "store/blob.h"
#include "store/claims.h"

enum { PAGES_MAX = 100000 };

bool submission_exists(struct store *s, struct id id)
{
    return sql_get_int(s->sql, 0, "SELECT 1 FROM submission WHERE id = ?1", "d", id) != 0;
}

void submission_add(struct store *s, const struct submission *m)
{
    (void)sql_run(s->sql,
                  "INSERT INTO submission (id, tenant, faxbox, mail, state, created_ms, sender, subject, "
                  "message_id, numbers, resolution, paper, dry,"
                  " report_each, manners, preview, owner, purpose)"
                  " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, '', ?10, ?11, ?12, ?13, ?14, ?15, ?16, "
                  "?17)",
                  "ddtdnitttttnnnnbn", m->id, m->tenant, m->faxbox, m->mail, (int)SUBMISSION_RECEIVED,
                  m->created_ms, m->sender, m->subject, m->message_id, m->resolution ? m->resolution : "",
                  m->paper ? m->paper : "", (int)m->dry, (int)m->report_each, (int)m->manners,
                  (int)m->preview, span_of(m->owner.bytes, sizeof(m->owner.bytes)), (int)m->purpose);
}

void submission_add_target(struct store *s, struct id submission, int target, const struct target_row *t)
{
    (void)sql_run(s->sql,
                  "INSERT INTO submission_target (submission, target, number, display, kind, trunk, billing,"
                  " tries, priority, not_before_ms, recipient, name, subaddress, fax_password)"
                  " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
                  "dntttttnninttt", submission, target, t->number, t->display, t->kind ? t->kind : "",
                  t->trunk ? t->trunk : "", t->billing ? t->billing : "", (int)t->tries, (int)t->priority,
                  t->not_before_ms, t->recipient, t->name ? t->name : "", t->subaddress ? t->subaddress : "",
                  t->fax_password ? t->fax_password : "");
}

void submission_forget_passwords(struct store *s, struct id submission)
{
    (void)sql_run(
        s->sql, "UPDATE submission_target SET fax_password = '' WHERE submission = ?1 AND fax_password <> ''",
        "d", submission);
}

size_t submission_targets(struct store *s, struct id submission, struct arena *a, struct target_row **list)
{
    struct sql_rows r;
    size_t n = 0;
    size_t count = (size_t)sql_get_int(
        s->sql, 0, "SELECT count(*) FROM submission_target WHERE submission = ?1", "d", submission);
    *list = arena_alloc(a, (count + 1) * sizeof(**list));
    sql_query(s->sql, &r,
              "SELECT number, display, kind, trunk, billing, tries, priority, not_before_ms, recipient, name,"
              " subaddress, fax_password FROM submission_target"
              " WHERE submission = ?1 ORDER BY target",
              "d", submission);
    while (n < count && sql_next(&r))
        (*list)[n++] = (struct target_row){.number = sql_text(&r, 0, a),
                                           .display = sql_text(&r, 1, a),
                                           .kind = sql_text(&r, 2, a),
                                           .trunk = sql_text(&r, 3, a),
                                           .billing = sql_text(&r, 4, a),
                                           .tries = (unsigned)sql_int(&r, 5),
                                           .priority = (unsigned)sql_int(&r, 6),
                                           .not_before_ms = sql_int(&r, 7),
                                           .recipient = (int)sql_int(&r, 8),
                                           .name = sql_text(&r, 9, a),
                                           .subaddress = sql_text(&r, 10, a),
                                           .fax_password = sql_text(&r, 11, a)};
    sql_end(&r);
    return n;
}

bool submission_find(struct store *s, struct id id, struct arena *a, struct submission *m)
{
    struct sql_rows r;
    sql_query(
        s->sql, &r,
        "SELECT tenant, faxbox, mail, state, created_ms, sender, subject, message_id, resolution, code,"
        " reason, paper, dry, report_each, manners, preview, owner, purpose FROM submission WHERE id = ?1",
        "d", id);
    if (!sql_next(&r))
        return false;
    *m = (struct submission){.id = id,
                             .tenant = sql_id(&r, 0),
                             .faxbox = sql_text(&r, 1, a),
                             .mail = sql_id(&r, 2),
                             .state = (enum submission_state)sql_int(&r, 3),
                             .created_ms = sql_int(&r, 4),
                             .sender = sql_text(&r, 5, a),
                             .subject = sql_text(&r, 6, a),
                             .message_id = sql_text(&r, 7, a),
                             .resolution = sql_text(&r, 8, a),
                             .code = sql_text(&r, 9, a),
                             .reason = sql_text(&r, 10, a),
                             .paper = sql_text(&r, 11, a),
                             .dry = sql_int(&r, 12) != 0,
                             .report_each = sql_int(&r, 13) != 0,
                             .manners = (unsigned)sql_int(&r, 14),
                             .preview = sql_int(&r, 15) != 0,
                             .owner = sql_id(&r, 16),
                             .purpose = (enum purpose)sql_int(&r, 17)};
    sql_end(&r);
    return true;
}

size_t submission_to_render(struct store *s, struct id *ids, size_t most)
{
    struct sql_rows r;
    sql_query(s->sql, &r,
              "SELECT id FROM submission WHERE state = ?1 AND" UNCLAIMED(CLAIM_RENDER, "submission.id",
                                                                         "?3") "ORDER BY created_ms LIMIT ?2",
              "nid", (int)SUBMISSION_RECEIVED, (int64_t)most, s->node);
    return sql_take_ids(&r, ids, most);
}

void submission_move(struct store *s, struct id id, enum submission_state to, const char *code,
                     const char *reason)
{
    int64_t from = sql_get_int(s->sql, -1, "SELECT state FROM submission WHERE id = ?1", "d", id);
    if (from < 0 || !submission_may_move((enum submission_state)from, to))
        panic("submission %s cannot move from state %d to %s", id_text(id), (int)from,
              submission_state_name(to));
    (void)sql_run(s->sql, "UPDATE submission SET state = ?2, code = ?3, reason = ?4 WHERE id = ?1", "dntt",
                  id, (int)to, code, reason);
}

static void digest_of(struct store *s, struct id blob, char text[65])
{
    uint8_t part[16384], digest[32];
    SCOPED_FD int fd = blob_open(s, blob);
    EVP_MD_CTX *sum = EVP_MD_CTX_new();
    bool good = sum && EVP_DigestInit_ex(sum, EVP_sha256(), NULL) == 1;
    ssize_t n;
    while (good && (n = read(fd, part, sizeof(part))) != 0)
        good = n > 0 && EVP_DigestUpdate(sum, part, (size_t)n) == 1;
    if (!good || EVP_DigestFinal_ex(sum, digest, NULL) != 1)
        panic("the document %s cannot be read", id_text(blob));
    EVP_MD_CTX_free(sum);
    hex_format(digest, sizeof(digest), text);
}

void document_add(struct store *s, struct id submission, const struct document *d)
{
    char digest[65] = "";
    if (d->target == TARGET_ALL) /* else it is ours */
        digest_of(s, d->blob, digest);
    (void)sql_run(s->sql,
                  "INSERT INTO document (submission, place, name, type, blob, target, sha256)"
                  " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                  "dnttdnt", submission, d->place, d->name, d->type, d->blob, d->target, digest);
}

const char *submission_documents(struct store *s, struct id submission, struct arena *a, size_t most)
{
    struct sql_rows r;
    const char *list = "";
    sql_query(s->sql, &r,
              "SELECT sha256, replace(name, '\n', ' ') FROM document WHERE submission = ?1 AND sha256 <> "
              "'' ORDER BY place",
              "d", submission);
    while (sql_next(&r)) {
        const char *longer = arena_format(a, "%s%s %s\n", list, sql_text(&r, 0, a), sql_text(&r, 1, a));
        list = strlen(longer) <= most ? longer : list;
    }
    return list;
}

bool document_is_for_target(struct store *s, struct id submission, int target)
{
    return sql_get_int(s->sql, 0, "SELECT 1 FROM document WHERE submission = ?1 AND target = ?2 LIMIT 1",
                       "dn", submission, target) != 0;
}

bool document_to_render(struct store *s, struct id submission, struct arena *a, struct document *d)
{
    struct sql_rows r;
    sql_query(s->sql, &r,
              "SELECT place, name, type, blob, target FROM document WHERE submission = ?1 AND pages IS NULL"
              " ORDER BY target, place LIMIT 1",
              "d", submission);
    if (!sql_next(&r))
        return false;
    *d = (struct document){.place = (int)sql_int(&r, 0),
                           .name = sql_text(&r, 1, a),
                           .type = sql_text(&r, 2, a),
                           .blob = sql_id(&r, 3),
                           .target = (int)sql_int(&r, 4),
                           .pages = -1};
    sql_end(&r);
    return true;
}

const char *submission_small_text(struct store *s, struct id submission, int target, struct arena *a)
{
    enum { BYTES_MAX = 399 };
    struct sql_rows r;
    const char *list = "";
    unsigned before = 0;
    sql_query(s->sql, &r,
              "SELECT pages, small_text FROM document WHERE submission = ?1 AND target IN (?2, -1) AND pages "
              "IS NOT NULL ORDER BY place",
              "dn", submission, target);
    while (sql_next(&r)) {
        char *rest = arena_strdup(a, sql_text(&r, 1, a)), *word;
        while ((word = strsep(&rest, " ")) != NULL) {
            uint64_t page;
            if (!str_to_u64(word, PAGES_MAX, &page))
                continue;
            const char *longer = arena_format(a, "%s%s%u", list, *list ? ", " : "", before + (unsigned)page);
            list = strlen(longer) <= BYTES_MAX ? longer : list;
        }
        before += (unsigned)sql_int(&r, 0);
    }
    return list;
}

static void add_page(struct store *s, struct id submission, int place, size_t n, const struct page *p)
{
    (void)sql_run(s->sql,
                  "INSERT INTO submission_page (submission, document, page, width, rows, resolution, blob)"
                  " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                  "dninnnd", submission, place, (int64_t)n, (int)p->form.width, (int)p->form.rows,
                  (int)p->form.resolution, blob_put(s, p->t6));
}

static void add_lower(struct store *s, struct id submission, int place, size_t n, const struct page *p)
{
    (void)sql_run(s->sql,
                  "UPDATE submission_page SET lower_width = ?4, lower_rows = ?5, lower_resolution = ?6,"
                  " lower_blob = ?7 WHERE submission = ?1 AND document = ?2 AND page = ?3",
                  "dninnnd", submission, place, (int64_t)n, (int)p->form.width, (int)p->form.rows,
                  (int)p->form.resolution, blob_put(s, p->t6));
}

void document_rendered(struct store *s, struct id submission, int place, const struct page *pages,
                       const struct page *lower, size_t count, const char *small_text, const char *misnamed)
{
    int64_t changed = sql_run(
        s->sql,
        "UPDATE document SET pages = ?3, small_text = ?4, type = CASE WHEN ?5 = '' THEN type ELSE ?5 END"
        " WHERE submission = ?1 AND place = ?2 AND pages IS NULL",
        "dnitt", submission, place, (int64_t)count, small_text, misnamed);
    for (size_t i = 0; changed && i < count; i++) {
        add_page(s, submission, place, i, &pages[i]);
        if (lower && pages[i].form.resolution > PAGE_FINE)
            add_lower(s, submission, place, i, &lower[i]);
    }
}

/* A type with a stroke is what its sender said it is, such as application/pdf. */
const char *submission_misnamed(struct store *s, struct id submission, struct arena *a, size_t most)
{
    struct sql_rows r;
    const char *list = "";
    sql_query(s->sql, &r,
              "SELECT name, type FROM document WHERE submission = ?1 AND type <> '' AND instr(type, '/') = 0"
              " ORDER BY place",
              "d", submission);
    while (sql_next(&r)) {
        const char *longer =
            arena_format(a, "%s%s%s (%s)", list, *list ? ", " : "", sql_text(&r, 0, a), sql_text(&r, 1, a));
        list = strlen(longer) <= most ? longer : list;
    }
    return list;
}

/* A document of its own target, or of all. */
#define PAGES_OF_TARGET                                                                                      \
    " FROM submission_page AS p JOIN document AS d ON d.submission = p.submission AND d.place = p.document"  \
    " JOIN blob AS b ON b.id = p.blob WHERE p.submission = ?1 AND d.target IN (?2, -1)"

size_t submission_pages(struct store *s, struct id submission, int target, struct arena *a,
                        struct stored_page **pages)
{
    struct sql_rows r;
    size_t n = 0;
    size_t count =
        (size_t)sql_get_int(s->sql, 0, "SELECT count(*)" PAGES_OF_TARGET, "dn", submission, target);
    *pages = arena_alloc(a, count * sizeof(**pages));
    sql_query(s->sql, &r,
              "SELECT p.width, p.rows, p.resolution, p.blob, p.lower_width, p.lower_rows, p.lower_resolution,"
              " p.lower_blob" PAGES_OF_TARGET " ORDER BY p.document, p.page",
              "dn", submission, target);
    while (sql_next(&r) && n < count)
        (*pages)[n++] = (struct stored_page){
            {(uint32_t)sql_int(&r, 0), (uint32_t)sql_int(&r, 1), (enum page_resolution)sql_int(&r, 2)},
            sql_id(&r, 3),
            {(uint32_t)sql_int(&r, 4), (uint32_t)sql_int(&r, 5), (enum page_resolution)sql_int(&r, 6)},
            sql_id(&r, 7)};
    return n;
}

size_t submission_originals(struct store *s, struct id submission, int target, struct arena *a,
                            struct original_page **pages)
{
    struct sql_rows r;
    size_t n = 0;
    size_t count =
        (size_t)sql_get_int(s->sql, 0, "SELECT count(*)" PAGES_OF_TARGET, "dn", submission, target);
    *pages = arena_alloc(a, (count + 1) * sizeof(**pages));
    sql_query(s->sql, &r,
              "SELECT d.name, d.type, d.blob, p.page, d.target" PAGES_OF_TARGET
              " ORDER BY p.document, p.page",
              "dn", submission, target);
    while (sql_next(&r) && n < count)
        (*pages)[n++] = (struct original_page){.name = sql_text(&r, 0, a),
                                               .type = sql_text(&r, 1, a),
                                               .document = sql_id(&r, 2),
                                               .page = (unsigned)sql_int(&r, 3),
                                               .ours = sql_int(&r, 4) != TARGET_ALL};
    sql_end(&r);
    return n;
}

uint64_t submission_page_bytes(struct store *s, struct id submission, int target)
{
    return (uint64_t)sql_get_int(s->sql, 0, "SELECT coalesce(sum(b.size), 0)" PAGES_OF_TARGET, "dn",
                                 submission, target);
}

bool replay_key_known(struct store *s, struct span key)
{
    return sql_get_int(s->sql, 0, "SELECT 1 FROM replay_key WHERE key = ?1", "b", key) != 0;
}

bool replay_key_take(struct store *s, struct span key, struct id mail, struct id submission, int64_t now_ms,
                     int64_t since_ms)
{
    (void)sql_run(s->sql, "DELETE FROM replay_key WHERE created_ms < ?1", "i", since_ms);
    return sql_run(s->sql,
                   "INSERT INTO replay_key (key, mail, created_ms, submission) VALUES (?1, ?2, ?3, ?4)"
                   " ON CONFLICT (key) DO NOTHING",
                   "bdid", key, mail, now_ms, submission) == 1;
}

void replay_keys_release(struct store *s, struct id submission)
{
    (void)sql_run(s->sql, "DELETE FROM replay_key WHERE submission = ?1", "d", submission);
}
