/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/work_inner.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/panic.h"
#include "base/scope.h"
#include "base/str.h"
#include "convert/cover.h"
#include "convert/local_time.h"
#include "convert/office.h"
#include "convert/pdf_writer.h"
#include "convert/pgp_find.h"
#include "convert/pgp_mail.h"
#include "convert/sniff.h"
#include "convert/vault.h"
#include "model/page_set.h"
#include "model/part_set.h"

enum { INPUT_BYTES_MAX = 512 * 1024 * 1024 };
/* What people fax is shorter; a call for this much takes hours. */
enum { PAGES_MAX = 500 };

/* ---- input ---- */

static bool read_input(int fd, struct buf *b, struct outcome *o)
{
    uint64_t size;
    buf_init(b, INPUT_BYTES_MAX);
    int error = fd_checked_size(fd, INPUT_BYTES_MAX, &size);
    if (!error && size > 0) {
        b->data = mem_alloc((size_t)size + 1);
        b->room = (size_t)size + 1;
        b->len = (size_t)size;
        b->data[size] = 0;
        error = fd_pread_all(fd, b->data, (size_t)size, 0);
    }
    if (error)
        outcome_set(o, VERDICT_RETRY, "convert-input", "The document could not be read from the store (%s).",
                    strerror(error));
    return !error;
}

/* All pages of a set; each data is owned by the list. */
bool work_read_pages(int fd, struct page_list *l, struct outcome *o)
{
    struct page_set set;
    uint64_t size;
    int error = fd_checked_size(fd, PAGE_SET_BYTES_MAX, &size);
    if (!error)
        error = page_set_read(fd, size, &set);
    for (size_t i = 0; !error && i < set.count; i++) {
        SCOPED_BUF struct buf t6;
        SCOPED_FREE uint8_t *bytes = mem_alloc(set.places[i].len);
        buf_init(&t6, PAGE_BYTES_MAX);
        error = page_set_read_page(fd, &set.places[i], bytes);
        if (!error && buf_append(&t6, bytes, set.places[i].len))
            page_list_add(l, &set.places[i].form, &t6);
    }
    if (!error)
        page_set_clear(&set);
    else
        outcome_set(o, VERDICT_RETRY, "convert-input", "The pages could not be read from the store (%s).",
                    strerror(error));
    return !error;
}

void work_too_large(struct outcome *o)
{
    outcome_set(o, VERDICT_GIVE_UP, "convert-too-large", "The result is larger than Faxpost handles.");
}

/* ---- unpack ---- */

/* The documents of a mail, or what has to be opened first. */
static size_t list_parts(struct unpacked *u, struct span raw, bool look, struct part *parts, uint32_t *found,
                         struct outcome *o)
{
    size_t count = 0;
    *found = look ? pgp_find(raw, u, parts, &count, o) : PGP_FOUND_NONE;
    if (*found == PGP_FOUND_PIECES)
        return count;
    unpacked_drop_signatures(u);
    for (size_t i = 0; i < u->count; i++) {
        const struct unpacked_part *p = &u->parts[i];
        const char *other = document_misnamed(p->name, sniff(buf_span(&p->bytes)));
        parts[i] = (struct part){p->name, other ? other : "", buf_span(&p->bytes)};
    }
    return u->count;
}

static void do_unpack(struct work *w, struct render *render, const struct message *ask)
{
    SCOPED_BUF struct buf raw;
    struct unpacked *u = &w->unpacked;
    struct part parts[PART_SET_PARTS_MAX];
    uint32_t found = PGP_FOUND_NONE;
    size_t count = 0;
    if (read_input(ask->unpack.mail_bytes, &raw, &w->outcome))
        unpack_mail(buf_span(&raw), u, &w->outcome);
    if (w->outcome.verdict == VERDICT_DONE)
        count = list_parts(u, buf_span(&raw), ask->unpack.look != 0, parts, &found, &w->outcome);
    if (w->outcome.verdict == VERDICT_DONE && !part_set_format(&w->payload, parts, count))
        work_too_large(&w->outcome);
    w->answer = (struct message){.type = MSG_unpacked,
                                 .unpacked = {.mail = ask->unpack.mail,
                                              .round = ask->unpack.round,
                                              .pgp = found,
                                              MESSAGE_OUTCOME(&w->outcome),
                                              .from = u->from,
                                              .from_name = u->from_name,
                                              .addressees = buf_text(&u->addressees),
                                              .subject = u->subject,
                                              .message_id = u->message_id,
                                              .manners = u->manners,
                                              .text = buf_text(&u->text),
                                              .bounce = u->bounce.action,
                                              .bounce_status = u->bounce.status,
                                              .bounce_words = u->bounce.words,
                                              .bounce_envid = u->bounce.envid,
                                              .returned_id = u->returned_id}};
}

/* ---- OpenPGP ---- */

/* The bytes of the pieces; each data is owned by the list. */
static bool read_pieces(int fd, struct part_set *set, struct pgp_piece *pieces, struct outcome *o)
{
    uint64_t size;
    int error = fd_checked_size(fd, PART_SET_BYTES_MAX, &size);
    if (!error)
        error = part_set_read(fd, size, set);
    for (size_t i = 0; !error && i < set->count; i++) {
        const struct part_place *p = &set->places[i];
        uint8_t *bytes = mem_alloc((size_t)p->len + 1);
        pieces[i] = (struct pgp_piece){p->type, p->name, span_of(bytes, (size_t)p->len)};
        error = fd_pread_all(fd, bytes, (size_t)p->len, (off_t)p->at);
    }
    if (error)
        outcome_set(o, VERDICT_GIVE_UP, "convert-input", "The pieces of the mail could not be read (%s).",
                    strerror(error));
    return !error;
}

static void open_pieces(struct work *w, const struct msg_pgp_open *m, const struct part_set *set,
                        const struct pgp_piece *pieces)
{
    struct openpgp *o = openpgp_new();
    openpgp_add_keys(o, m->keys);
    if (vault_plain().len > 0 && !openpgp_add_secret(o, vault_plain()))
        outcome_set(
            &w->outcome, VERDICT_GIVE_UP, "pgp-secret",
            "Nothing was faxed: this fax server cannot use its own PGP key. Its administrator can make a new "
            "one (faxpost key make --replace).");
    else
        (void)pgp_mail_open(o, pieces, set->count, &w->payload, &w->pgp, &w->outcome);
    openpgp_free(o);
}

static void do_pgp_open(struct work *w, struct render *render, const struct message *ask)
{
    struct part_set set = {.count = 0};
    struct pgp_piece pieces[PART_SET_PARTS_MAX] = {{.type = NULL}};
    if (read_pieces(ask->pgp_open.pieces, &set, pieces, &w->outcome))
        open_pieces(w, &ask->pgp_open, &set, pieces);
    for (size_t i = 0; i < PART_SET_PARTS_MAX; i++)
        free((void *)(uintptr_t)pieces[i].bytes.data);
    part_set_clear(&set);
    const struct pgp_facts *f = &w->pgp;
    w->answer = (struct message){.type = MSG_pgp_opened,
                                 .pgp_opened = {.mail = ask->pgp_open.mail,
                                                MESSAGE_OUTCOME(&w->outcome),
                                                .encrypted = f->encrypted,
                                                .bound = f->bound,
                                                .signature = (uint32_t)f->signature,
                                                .key = f->key,
                                                .signed_ms = f->signed_ms,
                                                .digest = span_of(f->digest, sizeof(f->digest))}};
}

/* The secret key leaves the worker sealed: nobody between here and the store has it. */
static void do_pgp_make(struct work *w, struct render *render, const struct message *ask)
{
    SCOPED_BUF struct buf secret;
    buf_init(&secret, sizeof(w->sealed) - VAULT_SEAL_BYTES);
    bool good = openpgp_make(ask->pgp_make.user_id, &w->payload, &secret) &&
                vault_seal(buf_span(&secret), ask->pgp_make.seal_to, w->sealed);
    if (!good)
        outcome_set(&w->outcome, VERDICT_GIVE_UP, "pgp-make", "No PGP key could be made.");
    w->answer = (struct message){
        .type = MSG_pgp_made,
        .pgp_made = {.tenant = ask->pgp_make.tenant,
                     MESSAGE_OUTCOME(&w->outcome),
                     .secret = span_of(w->sealed, good ? secret.len + VAULT_SEAL_BYTES : 0)}};
}

/* ---- render ---- */

static void do_render(struct work *w, struct render *render, const struct message *ask)
{
    SCOPED_BUF struct buf bytes;
    struct page_list pages = {0};
    struct render_opts o = {.name = ask->render.name, .pages_max = PAGES_MAX, .resolution = PAGE_FINE};
    if (ask->render.resolution < PAGE_RESOLUTION_COUNT)
        o.resolution = (enum page_resolution)ask->render.resolution;
    if (!paper_parse(ask->render.paper, &o.paper))
        o.paper = PAPER_A4;
    SCOPED_BUF struct buf cover;
    buf_init(&cover, INPUT_BYTES_MAX);
    bool good = read_input(ask->render.bytes, &bytes, &w->outcome);
    if (good && ask->render.cover > 0)
        good = cover_write(&cover, buf_text(&bytes), ask->render.cover, ask->render.created_ms, &w->outcome);
    if (good)
        render_document(render, &o, buf_span(ask->render.cover > 0 ? &cover : &bytes), &pages, &w->outcome);
    if (w->outcome.verdict == VERDICT_DONE && !page_set_format(&w->payload, pages.pages, pages.count))
        work_too_large(&w->outcome);
    w->answer = (struct message){.type = MSG_rendered,
                                 .rendered = {.document = ask->render.document,
                                              MESSAGE_OUTCOME(&w->outcome),
                                              .pages = (uint32_t)pages.count}};
    page_list_clear(&pages);
}

static const char office_code[] = "document-office";

bool work_wants_office(const struct message *answer)
{
    return answer->type == MSG_rendered && str_equal(answer->rendered.code, office_code);
}

void work_office(struct work *w, const struct message *ask, const char *folder)
{
    SCOPED_BUF struct buf bytes;
    memset(w, 0, sizeof(*w));
    outcome_done(&w->outcome);
    buf_init(&w->payload, PAGE_SET_BYTES_MAX);
    if (read_input(ask->render.bytes, &bytes, &w->outcome))
        office_to_pdf(folder, ask->render.name, buf_span(&bytes), &w->payload, &w->outcome);
    w->answer = (struct message){
        .type = MSG_rendered, .rendered = {.document = ask->render.document, MESSAGE_OUTCOME(&w->outcome)}};
    if (w->outcome.verdict != VERDICT_DONE)
        buf_clear(&w->payload);
}

static void do_make_pdf(struct work *w, struct render *render, const struct message *ask)
{
    struct page_list pages = {0};
    int64_t now_ms = clock_wall_ms();
    const struct pdf_opts opts = {
        .title = ask->make_pdf.title, .created_ms = now_ms, .zone_minutes = local_time_zone_minutes(now_ms)};
    if (work_read_pages(ask->make_pdf.page_set, &pages, &w->outcome) &&
        !pdf_write(&w->payload, &opts, pages.pages, pages.count))
        work_too_large(&w->outcome);
    page_list_clear(&pages);
    w->answer = (struct message){.type = MSG_pdf_made,
                                 .pdf_made = {.fax = ask->make_pdf.fax, MESSAGE_OUTCOME(&w->outcome)}};
}

/* ---- the table ---- */

static const struct piece {
    enum message_type ask, answer;
    unsigned seconds_max;
    void (*run)(struct work *w, struct render *render, const struct message *ask);
} pieces[] = {
    {MSG_unpack, MSG_unpacked, 60, do_unpack},
    {MSG_pgp_open, MSG_pgp_opened, 60, do_pgp_open},
    {MSG_pgp_make, MSG_pgp_made, 60, do_pgp_make},
    {MSG_render, MSG_rendered, 180, do_render},
    {MSG_compose_received, MSG_composed, 60, work_compose_received},
    {MSG_compose_report, MSG_composed, 60, work_compose_report},
    {MSG_compose_answer, MSG_composed, 60, work_compose_answer},
    {MSG_compose_preview, MSG_composed, 60, work_compose_preview},
    {MSG_make_pdf, MSG_pdf_made, 60, do_make_pdf},
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

/* To which a mail is encrypted; "": to none. */
static const char *keys_of(const struct message *ask)
{
    return ask->type == MSG_compose_received  ? ask->compose_received.keys
           : ask->type == MSG_compose_report  ? ask->compose_report.keys
           : ask->type == MSG_compose_preview ? ask->compose_preview.keys
           : ask->type == MSG_compose_answer  ? ask->compose_answer.keys
                                              : "";
}

static bool needs_openpgp(const struct message *ask)
{
    return ask->type == MSG_pgp_open || ask->type == MSG_pgp_make || *keys_of(ask);
}

void work_open(const struct message *ask)
{
    if (needs_openpgp(ask))
        openpgp_prepare();
    local_time_enter(ask->type == MSG_compose_received  ? ask->compose_received.zone
                     : ask->type == MSG_compose_report  ? ask->compose_report.zone
                     : ask->type == MSG_compose_answer  ? ask->compose_answer.zone
                     : ask->type == MSG_compose_preview ? ask->compose_preview.zone
                     : ask->type == MSG_render          ? ask->render.zone
                                                        : "");
}

void work_do(struct work *w, struct render *render, const struct message *ask)
{
    memset(w, 0, sizeof(*w));
    outcome_done(&w->outcome);
    buf_init(&w->payload, PAGE_SET_BYTES_MAX);
    w->keys = keys_of(ask);
    find_piece(ask->type)->run(w, render, ask);
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
    FIELDS(pdf_made, fax, pdf)
#undef FIELDS
    return false;
}

static struct id ask_about(const struct message *ask)
{
    switch ((int)ask->type) {
    case MSG_unpack: return ask->unpack.mail;
    case MSG_pgp_open: return ask->pgp_open.mail;
    case MSG_pgp_make: return ask->pgp_make.tenant;
    case MSG_render: return ask->render.document;
    case MSG_compose_received: return ask->compose_received.mail;
    case MSG_compose_report: return ask->compose_report.mail;
    case MSG_compose_answer: return ask->compose_answer.mail;
    case MSG_compose_preview: return ask->compose_preview.mail;
    case MSG_make_pdf: return ask->make_pdf.fax;
    default: return ID_NONE;
    }
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

static bool set_of_pages(int fd, uint32_t pages)
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
        return set_of_pages(*f.fd, answer->rendered.pages);
    if (answer->type == MSG_unpacked)
        return answer->unpacked.pgp <= PGP_FOUND_INSIDE && set_of_parts(*f.fd);
    if (answer->type == MSG_pgp_opened && (answer->pgp_opened.signature >= PGP_SIGNATURE_COUNT ||
                                           answer->pgp_opened.digest.len != PGP_DIGEST_LEN))
        return false;
    return fd_checked_size(*f.fd, PAGE_SET_BYTES_MAX, &size) == 0 && size > 0;
}
