/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/work.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/panic.h"
#include "base/scope.h"
#include "base/str.h"
#include "convert/answer_mail.h"
#include "convert/cover.h"
#include "convert/local_time.h"
#include "convert/mime_writer.h"
#include "convert/office.h"
#include "convert/pdf_writer.h"
#include "convert/pgp_find.h"
#include "convert/pgp_mail.h"
#include "convert/received_mail.h"
#include "convert/report_mail.h"
#include "convert/report_page.h"
#include "convert/vault.h"
#include "convert/report_status.h"
#include "convert/tiff_writer.h"
#include "convert/work_inner.h"
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
    for (size_t i = 0; i < u->count; i++)
        parts[i] = (struct part){u->parts[i].name, u->parts[i].type, buf_span(&u->parts[i].bytes)};
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

/* ---- mails ---- */

static void set_composed(struct work *w, struct id mail)
{
    w->answer =
        (struct message){.type = MSG_composed, .composed = {.mail = mail, MESSAGE_OUTCOME(&w->outcome)}};
}

/* Ours, the same each time the mail is made: a mail made twice is one mail. */
static void make_message_id(char *to, size_t room, struct id mail, const char *from)
{
    const char *at = strrchr(from, '@');
    (void)str_format(to, room, "faxpost-%s@%s", id_text(mail), at ? at + 1 : "localhost");
}

/* Only who has one of the keys can read it. */
static void encrypt_mail(struct work *w)
{
    struct openpgp *o = openpgp_new();
    openpgp_add_keys(o, w->keys);
    (void)pgp_mail_encrypt(o, &w->payload, &w->outcome);
    openpgp_free(o);
}

static void refuse_mail(struct work *w, const char *from, const char *to)
{
    outcome_set(
        &w->outcome, VERDICT_GIVE_UP, "mail-address",
        "A mail from %.100s to %.100s cannot be made: an address is malformed, or the mail too large.", from,
        to);
}

static void write_mail(struct work *w, const struct mime_head *head, const struct mime_body *body)
{
    if (!mime_write(&w->payload, head, body))
        refuse_mail(w, head->from, head->to);
    else if (*w->keys)
        encrypt_mail(w);
}

/* The queue takes no template that cannot be filled. */
static void bad_template(struct work *w)
{
    outcome_set(&w->outcome, VERDICT_GIVE_UP, "mail-template", "The template of this mail cannot be used.");
}

/* What is the same in all our mails. */
#define MAIL_HEAD(m, words, id)                                                                              \
    {                                                                                                        \
        .from = (m)->from, .from_name = "Fax", .to = (m)->to, .subject = buf_text(&(words)->subject),        \
        .message_id = (id), .in_reply_to = "", .date_ms = clock_wall_ms()                                    \
    }

/* ---- a received fax ---- */

/* File and its MIME type; false where it does not fit. */
static bool wrap_pages(const struct msg_compose_received *m, const char *title, const struct page_list *l,
                       struct buf *file)
{
    const struct pdf_opts opts = {.title = title,
                                  .created_ms = m->answered_ms,
                                  .zone_minutes = local_time_zone_minutes(m->answered_ms)};
    return m->tiff ? tiff_write(file, m->answered_ms, l->pages, l->count)
                   : pdf_write(file, &opts, l->pages, l->count);
}

static void write_received(struct work *w, const struct msg_compose_received *m,
                           const struct page_list *pages, const struct mail_words *words)
{
    char name[MAIL_TEMPLATE_FILE_MAX + 5], message_id[800];
    SCOPED_BUF struct buf file;
    buf_init(&file, PAGE_SET_BYTES_MAX);
    make_message_id(message_id, sizeof(message_id), m->mail, m->from);
    (void)str_format(name, sizeof(name), "%s.%s", buf_text(&words->file), m->tiff ? "tif" : "pdf");
    if (!wrap_pages(m, buf_text(&words->subject), pages, &file)) {
        work_too_large(&w->outcome);
        return;
    }
    const struct mime_head head = MAIL_HEAD(m, words, message_id);
    write_mail(w, &head,
               &(struct mime_body){
                   .text = buf_text(&words->text),
                   .html = buf_text(&words->html),
                   .attachments = &(struct mime_attachment){name, m->tiff ? "image/tiff" : "application/pdf",
                                                            buf_span(&file)},
                   .count = 1});
}

static void do_compose_received(struct work *w, struct render *render, const struct message *ask)
{
    const struct msg_compose_received *m = &ask->compose_received;
    struct page_list pages = {0};
    struct mail_words words;
    const struct received_facts facts = {.serial = m->serial,
                                         .outside_prefix = m->outside_prefix,
                                         .calling = m->calling,
                                         .called = m->called,
                                         .station_id = m->station_id,
                                         .box = m->box,
                                         .answered_ms = m->answered_ms,
                                         .seconds = m->seconds,
                                         .pages = m->pages,
                                         .earlier_pages = m->earlier_pages,
                                         .partial = m->partial != 0,
                                         .faxid = m->faxid};
    if (!received_words(&words, m->template, &facts))
        bad_template(w);
    else if (work_read_pages(m->page_set, &pages, &w->outcome))
        write_received(w, m, &pages, &words);
    mail_words_clear(&words);
    page_list_clear(&pages);
    set_composed(w, m->mail);
}

/* ---- a report ---- */

static void write_report(struct work *w, const struct msg_compose_report *m, const struct report_facts *facts,
                         struct span pdf, const struct mail_words *words)
{
    char name[MAIL_TEMPLATE_FILE_MAX + 5], message_id[800];
    SCOPED_BUF struct buf status;
    buf_init(&status, 1 << 20);
    if (m->dsn)
        report_status(&status, facts, m->host_name, m->domain);
    make_message_id(message_id, sizeof(message_id), m->mail, m->from);
    (void)str_format(name, sizeof(name), "%s.pdf", buf_text(&words->file));
    struct mime_head head = MAIL_HEAD(m, words, message_id);
    head.in_reply_to = m->message_id;
    head.reply_to = m->reply_to;
    head.answers = true;
    write_mail(w, &head,
               &(struct mime_body){.text = buf_text(&words->text),
                                   .html = buf_text(&words->html),
                                   .attachments = &(struct mime_attachment){name, "application/pdf", pdf},
                                   .count = 1,
                                   .delivery_status = buf_span(&status)});
}

static void draw_report(struct work *w, struct render *render, const struct msg_compose_report *m,
                        const struct report_facts *facts, const struct page_list *pages)
{
    struct mail_words words;
    SCOPED_BUF struct buf pdf;
    buf_init(&pdf, PAGE_SET_BYTES_MAX);
    if (!report_draw(render_context(render), facts, pages->count > 0 ? &pages->pages[0] : NULL, &pdf))
        outcome_set(&w->outcome, VERDICT_RETRY, "report-drawing", "The report could not be drawn.");
    bool good = report_words(&words, m->template, m->language, facts);
    if (!good)
        bad_template(w);
    else if (w->outcome.verdict == VERDICT_DONE)
        write_report(w, m, facts, buf_span(&pdf), &words);
    mail_words_clear(&words);
}

static void do_compose_report(struct work *w, struct render *render, const struct message *ask)
{
    const struct msg_compose_report *m = &ask->compose_report;
    struct page_list pages = {0};
    struct report_facts facts = {.box = m->box,
                                 .serial = m->serial,
                                 .subject = m->subject,
                                 .received_ms = m->received_ms,
                                 .control = *m->reply_to != 0};
    if (!report_facts_parse(&facts, m->jobs))
        outcome_set(&w->outcome, VERDICT_GIVE_UP, "report-facts",
                    "The facts of a report are no list of jobs.");
    else if (m->page_set <= 0 || work_read_pages(m->page_set, &pages, &w->outcome))
        draw_report(w, render, m, &facts, &pages);
    report_facts_clear(&facts);
    page_list_clear(&pages);
    set_composed(w, m->mail);
}

/* ---- answers in words ---- */

/* To people in charge, in our own words. */
static void compose_notice(struct work *w, const struct msg_compose_answer *m, const char *message_id)
{
    const struct mime_head head = {.from = m->from,
                                   .from_name = "Fax",
                                   .to = m->to,
                                   .subject = m->subject,
                                   .message_id = message_id,
                                   .in_reply_to = "",
                                   .date_ms = clock_wall_ms()};
    write_mail(w, &head, &(struct mime_body){.text = m->text});
    set_composed(w, m->mail);
}

static void do_compose_answer(struct work *w, struct render *render, const struct message *ask)
{
    const struct msg_compose_answer *m = &ask->compose_answer;
    char message_id[800];
    struct mail_words words;
    SCOPED_BUF struct buf status;
    buf_init(&status, 1 << 20);
    make_message_id(message_id, sizeof(message_id), m->mail, m->from);
    if (m->notice) {
        compose_notice(w, m, message_id);
        return;
    }
    if (m->dsn)
        answer_status(&status, m);
    if (answer_words(&words, m)) {
        struct mime_head head = MAIL_HEAD(m, &words, message_id);
        head.in_reply_to = m->message_id;
        head.reply_to = m->reply_to;
        head.answers = m->kind != MAIL_TEMPLATE_KEPT;
        write_mail(w, &head,
                   &(struct mime_body){.text = buf_text(&words.text),
                                       .html = buf_text(&words.html),
                                       .delivery_status = buf_span(&status)});
    } else {
        bad_template(w);
    }
    mail_words_clear(&words);
    set_composed(w, m->mail);
}

static void write_preview(struct work *w, const struct msg_compose_preview *m, const struct page_list *pages,
                          const struct mail_words *words)
{
    char name[MAIL_TEMPLATE_FILE_MAX + 5], message_id[800];
    SCOPED_BUF struct buf pdf;
    buf_init(&pdf, PAGE_SET_BYTES_MAX);
    make_message_id(message_id, sizeof(message_id), m->mail, m->from);
    (void)str_format(name, sizeof(name), "%s.pdf", buf_text(&words->file));
    const struct pdf_opts opts = {.title = buf_text(&words->subject), .created_ms = clock_wall_ms()};
    if (!pdf_write(&pdf, &opts, pages->pages, pages->count)) {
        work_too_large(&w->outcome);
        return;
    }
    struct mime_head head = MAIL_HEAD(m, words, message_id);
    head.in_reply_to = m->message_id;
    head.answers = true;
    write_mail(
        w, &head,
        &(struct mime_body){.text = buf_text(&words->text),
                            .html = buf_text(&words->html),
                            .attachments = &(struct mime_attachment){name, "application/pdf", buf_span(&pdf)},
                            .count = 1});
}

static void do_compose_preview(struct work *w, struct render *render, const struct message *ask)
{
    struct page_list pages = {0};
    struct mail_words words;
    if (!preview_words(&words, &ask->compose_preview))
        bad_template(w);
    else if (work_read_pages(ask->compose_preview.page_set, &pages, &w->outcome))
        write_preview(w, &ask->compose_preview, &pages, &words);
    mail_words_clear(&words);
    page_list_clear(&pages);
    set_composed(w, ask->compose_preview.mail);
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
    {MSG_compose_received, MSG_composed, 60, do_compose_received},
    {MSG_compose_report, MSG_composed, 60, do_compose_report},
    {MSG_compose_answer, MSG_composed, 60, do_compose_answer},
    {MSG_compose_preview, MSG_composed, 60, do_compose_preview},
    {MSG_make_picture, MSG_picture_made, 20, work_make_picture},
    {MSG_make_file, MSG_file_made, 60, work_make_file},
    {MSG_make_report, MSG_file_made, 60, work_make_report},
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
                     : ask->type == MSG_make_file       ? ask->make_file.zone
                     : ask->type == MSG_make_report     ? ask->make_report.zone
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
    FIELDS(picture_made, page, png)
    FIELDS(file_made, about, file)
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
    case MSG_make_picture: return ask->make_picture.page;
    case MSG_make_file: return ask->make_file.about;
    case MSG_make_report: return ask->make_report.about;
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
    if (answer->type == MSG_file_made && !work_file_name_good(answer->file_made.name))
        return false;
    if (answer->type == MSG_pgp_opened && (answer->pgp_opened.signature >= PGP_SIGNATURE_COUNT ||
                                           answer->pgp_opened.digest.len != PGP_DIGEST_LEN))
        return false;
    return fd_checked_size(*f.fd, PAGE_SET_BYTES_MAX, &size) == 0 && size > 0;
}
