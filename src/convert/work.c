/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/work.h"

#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/panic.h"
#include "base/scope.h"
#include "base/str.h"
#include "convert/charset.h"
#include "convert/charset_words.h"
#include "convert/cover.h"
#include "convert/local_time.h"
#include "convert/office.h"
#include "convert/openpgp.h"
#include "convert/pgp_find.h"
#include "convert/looker.h"
#include "convert/reader.h"
#include "convert/smime.h"
#include "convert/sniff.h"
#include "convert/vault.h"
#include "convert/work_inner.h"
#include "model/look.h"
#include "model/page_set.h"
#include "model/page_text.h"
#include "model/part_set.h"

/* What people fax is shorter; a call for this much takes hours. */
enum { PAGES_MAX = 1000 };

/* ---- render ---- */

static void list_small_text(struct work *w, const struct small_text *small)
{
    size_t len = 0;
    for (size_t i = 0; i < small->count; i++)
        if (str_format(w->small_text + len, sizeof(w->small_text) - len, "%u ", small->pages[i]))
            len = strlen(w->small_text);
}

static void render_once(struct work *w, struct render *render, const struct render_opts *o, struct span bytes,
                        struct page_list *pages)
{
    render_document(render, o, bytes, pages, &w->outcome);
    if (o->cover)
        page_list_keep(pages, 1);
}

int64_t (*work_clock_ms)(void) = clock_mono_ms;

/* What took a third of the time that there is would take as long again: with one set of pages it is sent. */
enum { RENDER_SECONDS_MAX = 180, TWICE_WITHIN_MS = RENDER_SECONDS_MAX * 1000 / 3 };

/* At 300 and 400 dpi, which few machines take: once more at fine, for the machine that is known only in the
 * call. Photographs made smaller there would be darker and half as long again on the wire; superfine ones
 * would not, nor anything else (bench/README). Where that makes other pages, as of a TIFF that is a fax at
 * one of the two alone, or none, or there is no time for it, the call makes them smaller itself. */
static void render_twice(struct work *w, struct render *render, const struct render_opts *o,
                         struct span bytes, struct page_list *pages, struct page_list *lower)
{
    struct render_opts fine = *o;
    fine.resolution = PAGE_FINE;
    int64_t begun_ms = work_clock_ms();
    render_once(w, render, o, bytes, pages);
    list_small_text(w, render_small_text(render));
    if (o->resolution <= PAGE_SUPERFINE || w->outcome.verdict != VERDICT_DONE ||
        work_clock_ms() - begun_ms > TWICE_WITHIN_MS)
        return;
    render_once(w, render, &fine, bytes, lower);
    if (w->outcome.verdict != VERDICT_DONE || lower->count != pages->count)
        page_list_clear(lower);
    outcome_done(&w->outcome);
}

/* False: too large. */
static bool put_both(struct buf *to, const struct page_list *pages, const struct page_list *lower)
{
    SCOPED_FREE struct page *all = mem_alloc((pages->count + lower->count) * sizeof(*all));
    memcpy(all, pages->pages, pages->count * sizeof(*all));
    if (lower->count > 0)
        memcpy(all + pages->count, lower->pages, lower->count * sizeof(*all));
    return page_set_format(to, all, pages->count + lower->count);
}

static bool put_pages(struct buf *to, const struct page_list *pages, struct page_list *lower)
{
    if (put_both(to, pages, lower))
        return true;
    bool both = lower->count > 0;
    page_list_clear(lower);
    buf_reset(to);
    return both && put_both(to, pages, lower);
}

static void do_render(struct work *w, struct render *render, const struct message *ask)
{
    SCOPED_BUF struct buf bytes;
    struct page_list pages = {0}, lower = {0};
    struct render_opts o = {.name = ask->render.name, .pages_max = PAGES_MAX, .resolution = PAGE_FINE};
    if (ask->render.resolution < PAGE_RESOLUTION_COUNT)
        o.resolution = (enum page_resolution)ask->render.resolution;
    if (!paper_parse(ask->render.paper, &o.paper))
        o.paper = PAPER_A4;
    charset_of_type(ask->render.type, o.charset);
    charset_language_of_type(ask->render.type, o.language);
    if (!written_in(o.language)) /* English, as many programs say whoever writes */
        (void)str_copy(o.language, sizeof(o.language), ask->render.country);
    struct cover_page cover = {.html = false};
    const char *misnamed = NULL;
    buf_init(&cover.bytes, WORK_INPUT_BYTES_MAX);
    bool good = work_read_input(ask->render.bytes, &bytes, &w->outcome);
    if (good && ask->render.cover > 0)
        good = cover_write(&cover, &ask->render, buf_text(&bytes), &w->outcome);
    else if (good)
        misnamed = document_misnamed(ask->render.name, sniff(buf_span(&bytes)));
    if (good && ask->render.cover > 0)
        cover_page_opts(&cover, &o);
    if (good)
        render_twice(w, render, &o, buf_span(o.cover ? &cover.bytes : &bytes), &pages, &lower);
    buf_clear(&cover.bytes);
    if (w->outcome.verdict == VERDICT_DONE && !put_pages(&w->payload, &pages, &lower))
        work_too_large(&w->outcome);
    w->answer = (struct message){.type = MSG_rendered,
                                 .rendered = {.document = ask->render.document,
                                              MESSAGE_OUTCOME(&w->outcome),
                                              .pages = (uint32_t)pages.count,
                                              .lower = (uint32_t)lower.count,
                                              .small_text = w->small_text,
                                              .misnamed = misnamed ? misnamed : ""}};
    page_list_clear(&pages);
    page_list_clear(&lower);
}

static const char office_code[] = "document-office";

bool work_wants_office(const struct message *answer)
{
    return (answer->type == MSG_rendered && str_equal(answer->rendered.code, office_code)) ||
           (answer->type == MSG_picture_made && str_equal(answer->picture_made.code, office_code));
}

void work_office(struct work *w, const struct message *ask, const char *folder)
{
    SCOPED_BUF struct buf bytes;
    memset(w, 0, sizeof(*w));
    outcome_done(&w->outcome);
    buf_init(&w->payload, PAGE_SET_BYTES_MAX);
    bool fax = ask->type == MSG_render;
    if (work_read_input(fax ? ask->render.bytes : ask->draw_original.bytes, &bytes, &w->outcome))
        office_to_pdf(folder, fax ? ask->render.name : "", buf_span(&bytes), &w->payload, &w->outcome);
    work_fail(ask, &w->outcome, &w->answer); /* or not: the office's answer says no more than how it went */
    if (w->outcome.verdict != VERDICT_DONE)
        buf_clear(&w->payload);
}

/* ---- the table ---- */

typedef void work_run(struct work *w, struct render *render, const struct message *ask);

static const struct piece {
    enum message_type ask, answer;
    unsigned seconds_max;
    work_run *run;
    /* Where the ask keeps them; 0: it has none. */
    size_t about, zone, keys;
    bool openpgp;
    size_t secret;
    bool slow; /* nobody waits for it */
} pieces[] = {
#define AT(field) offsetof(struct message, field)
    {MSG_unpack, MSG_unpacked, 60, work_unpack, AT(unpack.mail), 0, 0, false, 0, false},
    {MSG_pgp_open, MSG_pgp_opened, 60, work_pgp_open, AT(pgp_open.mail), 0, 0, true, AT(pgp_open.secret),
     false},
    {MSG_pgp_make, MSG_pgp_made, 60, work_pgp_make, AT(pgp_make.tenant), 0, 0, true, 0, false},
    {MSG_render, MSG_rendered, RENDER_SECONDS_MAX, do_render, AT(render.document), AT(render.zone), 0, false,
     0, false},
#define COMPOSE(name, secret)                                                                                \
    {                                                                                                        \
        MSG_compose_##name, MSG_composed, 60, work_compose_##name, AT(compose_##name.mail),                  \
            AT(compose_##name.zone), AT(compose_##name.keys), false, secret, false                           \
    }
    COMPOSE(received, 0),
    COMPOSE(report, AT(compose_report.signer)),
    COMPOSE(answer, 0),
    COMPOSE(preview, 0),
    {MSG_draw_cover, MSG_picture_made, 20, work_draw_cover, AT(draw_cover.page), 0, 0, false, 0, false},
    {MSG_draw_original, MSG_picture_made, 60, work_draw_original, AT(draw_original.document), 0, 0, false, 0,
     false},
    {MSG_make_picture, MSG_picture_made, 20, work_make_picture, AT(make_picture.page), 0, 0, false, 0, false},
    {MSG_make_file, MSG_file_made, 60, work_make_file, AT(make_file.about), AT(make_file.zone), 0, false, 0,
     false},
    {MSG_make_report, MSG_file_made, 60, work_make_report, AT(make_report.about), AT(make_report.zone), 0,
     false, AT(make_report.signer), false},
    {MSG_make_forecast, MSG_file_made, 60, work_make_forecast, AT(make_forecast.about), 0, 0, false, 0,
     false},
    {MSG_make_print, MSG_print_made, 120, work_make_print, AT(make_print.print), 0, 0, false, 0, false},
    {MSG_make_archive, MSG_archive_made, 120, work_make_archive, AT(make_archive.copy), AT(make_archive.zone),
     0, false, AT(make_archive.signer), false},
    {MSG_look_at_fax, MSG_fax_looked_at, 60, work_look_at_fax, AT(look_at_fax.fax), 0, 0, false, 0, false},
    {MSG_read_page, MSG_page_read, 300, work_read_page, AT(read_page.fax), 0, 0, false, 0, true},
#undef COMPOSE
#undef AT
};

static const struct piece *find_piece(enum message_type ask)
{
    for (size_t i = 0; i < ARRAY_LEN(pieces); i++)
        if (pieces[i].ask == ask)
            return &pieces[i];
    return NULL;
}

unsigned work_seconds_max(enum message_type ask)
{
    const struct piece *p = find_piece(ask);
    return p ? p->seconds_max : 0;
}

bool work_is_slow(enum message_type ask)
{
    const struct piece *p = find_piece(ask);
    return p && p->slow;
}

static struct id ask_about(const struct message *ask)
{
    struct id id;
    memcpy(&id, (const char *)ask + find_piece(ask->type)->about, sizeof(id));
    return id;
}

static const char *text_at(const struct message *ask, size_t at)
{
    const char *text = NULL;
    if (at > 0)
        memcpy(&text, (const char *)ask + at, sizeof(text));
    return text ? text : "";
}

struct span work_secret(const struct message *ask)
{
    const struct piece *p = find_piece(ask->type);
    struct span secret = {NULL, 0};
    if (p->secret > 0)
        memcpy(&secret, (const char *)ask + p->secret, sizeof(secret));
    return secret;
}

void work_open(const struct message *ask)
{
    const struct piece *p = find_piece(ask->type);
    const char *keys = text_at(ask, p->keys);
    if (ask->type == MSG_read_page)
        reader_prepare(ask->read_page.languages);
    if (ask->type == MSG_look_at_fax)
        looker_prepare();
    bool smime = smime_wanted(keys), signs = !p->openpgp && vault_plain().len > 0;
    if (smime || signs)
        smime_prepare();
    if (p->openpgp || (*keys && !smime))
        openpgp_prepare();
    local_time_enter(text_at(ask, p->zone));
}

void work_do(struct work *w, struct render *render, const struct message *ask)
{
    const struct piece *p = find_piece(ask->type);
    memset(w, 0, sizeof(*w));
    outcome_done(&w->outcome);
    buf_init(&w->payload, PAGE_SET_BYTES_MAX);
    w->keys = text_at(ask, p->keys);
    p->run(w, render, ask);
    if (w->outcome.verdict != VERDICT_DONE)
        buf_clear(&w->payload);
}

void work_clear(struct work *w)
{
    unpacked_clear(&w->unpacked);
    buf_clear(&w->payload);
}

/* ---- about answers ---- */

/* Where the answer of some type keeps what all of them have. */
struct answer_fields {
    struct id *about;
    uint32_t *verdict;
    const char **code, **reason;
    int *fd;
};

static bool answer_fields(struct message *m, struct answer_fields *f)
{
#define FIELDS(name, id_field, fd_field)                                                                     \
    if (m->type == MSG_##name) {                                                                             \
        *f = (struct answer_fields){&m->name.id_field, &m->name.verdict, &m->name.code, &m->name.reason,     \
                                    &m->name.fd_field};                                                      \
        return true;                                                                                         \
    }
    FIELDS(unpacked, mail, parts)
    FIELDS(pgp_opened, mail, mail_bytes)
    FIELDS(pgp_made, tenant, public_key)
    FIELDS(rendered, document, page_set)
    FIELDS(composed, mail, mail_bytes)
    FIELDS(picture_made, page, png)
    FIELDS(file_made, about, file)
    FIELDS(print_made, print, file)
    FIELDS(archive_made, copy, file)
    FIELDS(page_read, fax, text)
    FIELDS(fax_looked_at, fax, found)
#undef FIELDS
    return false;
}

void work_attach(struct message *answer, int fd)
{
    struct answer_fields f;
    if (answer_fields(answer, &f))
        *f.fd = fd;
}

void work_fail(const struct message *ask, const struct outcome *outcome, struct message *answer)
{
    struct answer_fields f;
    *answer = (struct message){.type = find_piece(ask->type)->answer};
    if (!answer_fields(answer, &f))
        panic("%s answers nothing", message_name(answer->type));
    *f.about = ask_about(ask);
    *f.verdict = (uint32_t)outcome->verdict;
    *f.code = outcome->code;
    *f.reason = outcome->text;
    *f.fd = -1;
}

static bool set_of_pages(int fd, uint64_t pages)
{
    struct page_set set;
    uint64_t size;
    if (fd_checked_size(fd, PAGE_SET_BYTES_MAX, &size) != 0 || page_set_read(fd, size, &set) != 0)
        return false;
    bool good = set.count == pages && pages > 0;
    page_set_clear(&set);
    return good;
}

static bool set_of_parts(int fd)
{
    struct part_set set;
    uint64_t size;
    if (fd_checked_size(fd, PART_SET_BYTES_MAX, &size) != 0 || part_set_read(fd, size, &set) != 0)
        return false;
    part_set_clear(&set);
    return true;
}

static bool text_of_page(const struct msg_read_page *ask, int fd)
{
    const struct page_form form = {ask->width, ask->rows, (enum page_resolution)ask->resolution};
    SCOPED_BUF struct buf b;
    struct outcome unread;
    struct span text, rest;
    if (!work_read_input(fd, &b, &unread))
        return false;
    rest = buf_span(&b);
    return page_text_next_page(&rest, &text) && rest.len == 0 && page_text_valid(text, &form);
}

static bool good_look(int fd)
{
    struct look look;
    struct outcome unread;
    SCOPED_BUF struct buf b;
    return work_read_input(fd, &b, &unread) && look_read(buf_span(&b), &look);
}

bool work_office_answer_good(const struct message *ask, const struct message *answer, bool *done)
{
    struct message copy = *answer;
    struct answer_fields f;
    if (answer->type != find_piece(ask->type)->answer || !answer_fields(&copy, &f) ||
        !id_equal(*f.about, ask_about(ask)) || *f.verdict > VERDICT_GIVE_UP)
        return false;
    *done = *f.verdict == VERDICT_DONE;
    return true;
}

bool work_answer_good(const struct message *ask, const struct message *answer)
{
    struct message copy = *answer;
    struct answer_fields f;
    uint64_t size;
    if (answer->type != find_piece(ask->type)->answer || !answer_fields(&copy, &f) ||
        !id_equal(*f.about, ask_about(ask)) || *f.verdict > VERDICT_GIVE_UP)
        return false;
    if (*f.verdict != VERDICT_DONE)
        return true;
    if (answer->type == MSG_rendered)
        return (answer->rendered.lower == 0 || answer->rendered.lower == answer->rendered.pages) &&
               document_word_known(answer->rendered.misnamed) &&
               set_of_pages(*f.fd, (uint64_t)answer->rendered.pages + answer->rendered.lower);
    if (answer->type == MSG_unpacked)
        return answer->unpacked.pgp <= PGP_FOUND_INSIDE && set_of_parts(*f.fd);
    if (answer->type == MSG_file_made && !work_file_name_good(answer->file_made.name))
        return false;
    if (answer->type == MSG_fax_looked_at)
        return good_look(*f.fd);
    if (answer->type == MSG_page_read)
        return answer->page_read.page == ask->read_page.page && text_of_page(&ask->read_page, *f.fd);
    if (answer->type == MSG_pgp_opened && (answer->pgp_opened.signature >= PGP_SIGNATURE_COUNT ||
                                           answer->pgp_opened.digest.len != PGP_DIGEST_LEN))
        return false;
    return fd_checked_size(*f.fd, PAGE_SET_BYTES_MAX, &size) == 0 && size > 0;
}
