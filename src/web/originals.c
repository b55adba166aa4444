/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The pages of documents as they came, beside the fax pages that were made of them. Drawn anew each time one
 * is asked for, so they are there for as long as the document is kept, and no longer. */
#include <microhttpd.h>
#include <unistd.h>

#include "base/hex.h"
#include "base/scope.h"
#include "base/str.h"
#include "store/blob.h"
#include "store/config.h"
#include "store/submissions.h"
#include "web/reply_file.h"
#include "web/resources.h"

/* An office document takes its time; as wide as convert draws. */
enum { PATIENCE_MS = 60000, WIDTH_MIN = 16, WIDTH_MAX = PAGE_WIDTH_A3, WIDTH_USUAL = 1000 };

json_t *json_originals(struct request *r, const struct job *j)
{
    struct original_page *pages;
    size_t n = submission_originals(r->store, j->submission, j->target, &r->arena, &pages);
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        (void)json_array_append_new(list, pages[i].ours ? json_null()
                                                        : json_pack("{s:s, s:i}", "document", pages[i].name,
                                                                    "page", (int)pages[i].page + 1));
    return list;
}

static void tag_of(const struct request *r, char tag[FILE_TAG_LEN])
{
    char name[33];
    hex_format(r->subject.bytes, sizeof(r->subject.bytes), name);
    (void)str_format(tag, FILE_TAG_LEN, "\"%s-original-%u-%u\"", name, (unsigned)r->number, r->width);
}

static void on_drawn(struct request *r, const struct message *m)
{
    char tag[FILE_TAG_LEN];
    if (!m || m->picture_made.verdict != VERDICT_DONE) {
        reply_no_file(r, m ? m->picture_made.code : NULL, m ? m->picture_made.reason : NULL);
        return;
    }
    tag_of(r, tag);
    reply_file(r, m->picture_made.png, &(struct file_reply){.type = "image/png", .tag = tag});
}

static bool take_width(struct request *r)
{
    uint64_t width = WIDTH_USUAL;
    const char *text = request_argument(r, "width", "");
    bool good = !*text || (str_to_u64(text, WIDTH_MAX, &width) && width >= WIDTH_MIN);
    if (!good)
        reply_problem(r, MHD_HTTP_BAD_REQUEST, "wrong-width", "width is a whole number from %d to %d.",
                      WIDTH_MIN, WIDTH_MAX);
    r->width = (unsigned)width;
    return good;
}

/* The paper that its letters were laid out on, where it is text. */
static const char *paper_of(struct request *r, const struct job *j)
{
    struct submission s;
    struct faxbox box = {.paper = "a4"};
    bool asked = submission_find(r->store, j->submission, &r->arena, &s) && *s.paper;
    (void)config_box(r->store, &r->arena, j->faxbox, &box);
    return asked ? s.paper : box.paper;
}

void get_job_original(struct request *r)
{
    struct job j;
    struct original_page *pages;
    char tag[FILE_TAG_LEN];
    if (!request_job(r, &j) || !take_width(r))
        return;
    size_t n = submission_originals(r->store, j.submission, j.target, &r->arena, &pages);
    const struct original_page *p = r->number >= 1 && r->number <= n ? &pages[r->number - 1] : NULL;
    SCOPED_FD int bytes = p && !p->ours ? blob_open_if_there(r->store, p->document) : -1;
    if (bytes < 0) {
        reply_problem(r, MHD_HTTP_NOT_FOUND, "no-original",
                      p && p->ours ? "This page was made here: there is no document that it comes from."
                                   : "No document of that page is kept.");
        return;
    }
    r->subject = p->document;
    tag_of(r, tag);
    if (reply_unchanged(r, tag))
        return;
    const struct message m = {.type = MSG_draw_original,
                              .draw_original = {.document = p->document,
                                                .type = p->type,
                                                .paper = paper_of(r, &j),
                                                .page = p->page,
                                                .width = r->width,
                                                .bytes = bytes}};
    request_ask_role(r, ROLE_CONVERT, &m, PATIENCE_MS, on_drawn);
}
