/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/old_faxes.h"

#include <openssl/evp.h>
#include <string.h>

#include "base/panic.h"
#include "base/str.h"
#include "store/blob.h"
#include "store/search.h"
#include "store/submissions.h"

enum { SHA256_BYTES = 32, TIME_BYTES = 6 };

struct id old_fax_id(int64_t at_ms, const char *source)
{
    uint8_t digest[SHA256_BYTES];
    struct id id = id_first_of(at_ms);
    if (EVP_Digest(source, strlen(source), digest, NULL, EVP_sha256(), NULL) != 1)
        panic("no SHA-256");
    memcpy(id.bytes + TIME_BYTES, digest, sizeof(id.bytes) - TIME_BYTES);
    id.bytes[6] = (uint8_t)(0x70 | (id.bytes[6] & 0x0f));
    id.bytes[8] = (uint8_t)(0x80 | (id.bytes[8] & 0x3f));
    return id;
}

/* Beside it: its job; or its call, of which there is no row: others would count it. */
static struct id sibling(struct id id)
{
    id.bytes[sizeof(id.bytes) - 1] ^= 1;
    return id;
}

bool old_fax_exists(struct store *s, struct id id)
{
    return sql_get_int(s->sql, 0, "SELECT 1 FROM fax WHERE id = ?1", "d", id) != 0 ||
           submission_exists(s, id);
}

/* Numbers of search count down from the others', as ids do: a range of the one is a range of the other. */
void old_fax_add_received(struct store *s, const struct old_fax *f, const struct page *pages, size_t count)
{
    (void)sql_run(s->sql,
                  "INSERT INTO fax (id, tenant, faxbox, attempt, state, faxid, calling, called, station_id, "
                  "answered_ms, last_page_ms, ended_ms, pages, n)"
                  " VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6, '', ?7, ?8, ?9, ?9, ?10,"
                  " (SELECT coalesce(min(n), 1) - 1 FROM fax))",
                  "ddtdnttiin", f->id, f->tenant, f->faxbox, sibling(f->id), (int)FAX_COMPLETE, f->number,
                  f->station_id, f->at_ms, f->ended_ms, (int)count);
    for (size_t i = 0; i < count; i++)
        (void)sql_run(s->sql,
                      "INSERT INTO fax_page (fax, page, width, rows, resolution, blob)"
                      " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                      "dnnnnd", f->id, (int)i, (int)pages[i].form.width, (int)pages[i].form.rows,
                      (int)pages[i].form.resolution, blob_put(s, pages[i].t6));
    search_add_fax(s, f->id);
    change_note(&s->changes, CHANGE_FAX, f->id);
}

static void add_job(struct store *s, const struct old_fax *f, size_t pages)
{
    struct id job = sibling(f->id);
    (void)sql_run(
        s->sql,
        "INSERT INTO job (id, submission, tenant, faxbox, number, display_number, state, created_ms, "
        "next_ms, ended_ms, since_ms, pages, confirmed, tries, dials, code, reason, station_id, n)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, ?7, ?7, ?8, ?7, ?9, ?10, 1, 1, ?11, ?12, ?13,"
        " (SELECT coalesce(min(n), 1) - 1 FROM job))",
        "dddttniinnttt", job, f->id, f->tenant, f->faxbox, f->number,
        (int)(f->delivered ? JOB_DONE : JOB_FAILED), f->at_ms, f->ended_ms,
        (int)(pages > f->pages ? pages : f->pages), (int)f->pages, f->delivered ? "" : "old-failed",
        f->reason, f->station_id);
    search_add_job(s, job);
    change_note(&s->changes, CHANGE_JOB, job);
}

void old_fax_add_sent(struct store *s, const struct old_fax *f, size_t pages)
{
    const struct submission m = {.id = f->id,
                                 .tenant = f->tenant,
                                 .faxbox = f->faxbox,
                                 .created_ms = f->at_ms,
                                 .sender = "",
                                 .subject = f->subject,
                                 .message_id = ""};
    const struct target_row t = {
        .number = f->number, .display = f->number, .priority = PRIORITY_USUAL, .recipient = -1};
    submission_add(s, &m);
    submission_add_target(s, f->id, 0, &t);
    submission_move(s, f->id, SUBMISSION_ADMITTED, "", "");
    submission_move(s, f->id, SUBMISSION_FINISHED, "", "");
    add_job(s, f, pages);
}
