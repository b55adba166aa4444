/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Pages as pictures. A stored page never changes, so its picture is kept by browsers; its tag is the page's
 * own random name. */
#include <microhttpd.h>
#include <unistd.h>

#include "base/hex.h"
#include "base/scope.h"
#include "base/str.h"
#include "store/blob.h"
#include "store/config.h"
#include "store/readings.h"
#include "web/reply_file.h"
#include "web/resources.h"

/* As convert makes them. */
enum { WIDTH_MIN = 16, WIDTH_MAX = PAGE_WIDTH_A3, PATIENCE_MS = 30000 };

/* The picture's tag; the last part goes up where pictures of the same page come to look otherwise. */
static void tag_of(struct id page, const struct request *r, char tag[FILE_TAG_LEN])
{
    char name[33];
    hex_format(page.bytes, sizeof(page.bytes), name);
    (void)str_format(tag, FILE_TAG_LEN, "\"%s-%u-%d\"", name, r->width,
                     (r->turned == 0   ? 1
                      : r->turned == 2 ? 2
                                       : (int)r->turned + 2) +
                         (r->deskew ? 10 : 0));
}

static void on_picture(struct request *r, const struct message *m)
{
    char tag[FILE_TAG_LEN];
    if (!m || m->picture_made.verdict != VERDICT_DONE) {
        reply_no_file(r, m ? m->picture_made.code : NULL, m ? m->picture_made.reason : NULL);
        return;
    }
    tag_of(r->subject, r, tag);
    reply_file(r, m->picture_made.png, &(struct file_reply){.type = "image/png", .tag = tag});
}

static bool take_width(struct request *r)
{
    uint64_t width = 0;
    const char *text = request_argument(r, "width", "");
    if (*text && (!str_to_u64(text, WIDTH_MAX, &width) || width < WIDTH_MIN)) {
        reply_problem(r, MHD_HTTP_BAD_REQUEST, "wrong-width",
                      "width is a whole number from %d to %d; without it every pixel is shown.", WIDTH_MIN,
                      WIDTH_MAX);
        return false;
    }
    r->width = (unsigned)width;
    return true;
}

static void no_page(struct request *r)
{
    reply_problem(r, MHD_HTTP_NOT_FOUND, "unknown-page", "There is no such page.");
}

/* *pages is read after count is known: both come of one call. */
static void show_page(struct request *r, struct stored_page *const *pages, size_t count)
{
    char tag[FILE_TAG_LEN];
    if (!take_width(r))
        return;
    if (r->number > count) {
        no_page(r);
        return;
    }
    const struct stored_page *p = &(*pages)[r->number - 1];
    tag_of(p->blob, r, tag);
    if (reply_unchanged(r, tag))
        return;
    SCOPED_FD int t6 = blob_open_if_there(r->store, p->blob);
    if (t6 < 0) {
        no_page(r);
        return;
    }
    r->subject = p->blob;
    const struct message m = {.type = MSG_make_picture,
                              .make_picture = {.page = p->blob,
                                               .page_width = p->form.width,
                                               .rows = p->form.rows,
                                               .resolution = (uint32_t)p->form.resolution,
                                               .width = r->width,
                                               .turned = r->turned,
                                               .deskew = r->deskew,
                                               .t6 = t6}};
    request_ask_role(r, ROLE_CONVERT, &m, PATIENCE_MS, on_picture);
}

void get_fax_page(struct request *r)
{
    struct fax f;
    struct stored_page *pages;
    if (!request_fax(r, &f))
        return;
    struct faxbox box = {.deskew = false};
    if (r->number > 0)
        r->turned = reading_turned(r->store, f.id, (unsigned)r->number - 1);
    r->deskew = config_box(r->store, &r->arena, f.faxbox, &box) && box.deskew;
    show_page(r, &pages, fax_pages(r->store, f.id, &r->arena, &pages));
}

void get_preview_page(struct request *r)
{
    struct submission s;
    struct stored_page *pages;
    if (request_preview(r, &s))
        show_page(r, &pages, submission_pages(r->store, s.id, 0, &r->arena, &pages));
}

void get_job_page(struct request *r)
{
    struct job j;
    struct stored_page *pages;
    if (request_job(r, &j))
        show_page(r, &pages, submission_pages(r->store, j.submission, j.target, &r->arena, &pages));
}
