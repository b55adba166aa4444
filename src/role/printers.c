/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "role/printers.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "mail/https_post.h"
#include "net/tls.h"
#include "proto/ipp.h"

/* The queue has few at once. */
enum { HANDED_MAX = 64, REQUEST_MAX = 8192, WORDS_MAX = 250 };
enum { ASK_S = 30, SEND_S = 600 };
#define FILE_BYTES_MAX (UINT64_C(1) << 30)

enum step { STEP_LOOK, STEP_PRINTER, STEP_OPEN_JOBS, STEP_OLD_JOBS, STEP_SEND };

struct errand {
    struct list node;
    struct printers *printers;
    struct sender from;
    struct id id;
    enum step step;
    char *uri, url[IPP_URL_MAX];
    char media[IPP_TEXT_MAX];
    unsigned format, dpi, copies, job;
    bool maybe;
    int file;
    uint64_t file_bytes;
    struct ipp_printer printer;
    struct tls_context *tls;
    struct https_post *post;
};

/* A job that a printer has. The queue may die before it has heard so. */
struct handed {
    struct list node;
    struct id id;
    unsigned job;
};

static void ask(struct errand *e);

/* ---- answers ---- */

static void forget(struct errand *e)
{
    list_remove(&e->node);
    https_post_cancel(e->post);
    tls_context_free(e->tls);
    if (e->file >= 0)
        (void)close(e->file);
    free(e->uri);
    free(e);
}

static void drop_handed(struct printers *p, struct list *node)
{
    list_remove(node);
    free(CONTAINER_OF(node, struct handed, node));
    p->handed_count--;
}

static void remember(struct printers *p, struct id id, unsigned job)
{
    struct handed *h = mem_zalloc(sizeof(*h));
    *h = (struct handed){.id = id, .job = job};
    list_append(&p->handed, &h->node);
    if (++p->handed_count > HANDED_MAX)
        drop_handed(p, p->handed.next);
}

static void answer(struct printers *p, const struct sender *to, struct id id, const struct outcome *o,
                   const struct ipp_printer *wants, unsigned format, unsigned job)
{
    struct message m = {.type = MSG_printed,
                        .printed = {.print = id,
                                    MESSAGE_OUTCOME(o),
                                    .format = format,
                                    .dpi = format == IPP_PWG ? wants->dpi : 0,
                                    .job = job}};
    peers_answer(p->peers, to, &m);
}

/* An earlier try may have reached it, and this one did not come to its list of jobs: the next one has to. */
static bool is_unclear_still(const struct errand *e, const struct outcome *o)
{
    return e->maybe && e->step > STEP_LOOK && e->step < STEP_SEND && o->verdict == VERDICT_RETRY &&
           !str_equal(o->code, "print-format");
}

static void finish(struct errand *e, struct outcome *o, unsigned format, unsigned job)
{
    if (is_unclear_still(e, o))
        (void)str_copy(o->code, sizeof(o->code), "print-unclear");
    if (o->verdict == VERDICT_DONE && job > 0 && e->step != STEP_LOOK)
        remember(e->printers, e->id, job);
    answer(e->printers, &e->from, e->id, o, &e->printer, format, job);
    forget(e);
}

static void has_job(struct errand *e, unsigned job)
{
    struct outcome o;
    outcome_done(&o);
    finish(e, &o, e->format, job);
}

static void fail(struct errand *e, enum verdict verdict, const char *code, const char *text)
{
    struct outcome o;
    outcome_set(&o, verdict, code, "%s", text);
    finish(e, &o, e->format, 0);
}

/* ---- what a printer says ---- */

/* Its own words, in brackets. */
static void words(char to[WORDS_MAX], const char *text, const char *reasons)
{
    to[0] = 0;
    if (*text || *reasons)
        (void)str_format(to, WORDS_MAX, " (%.150s%s%.80s)", text, *text && *reasons ? "; " : "", reasons);
}

static void refused(struct errand *e, unsigned status, const char *message)
{
    char own[WORDS_MAX];
    struct outcome o;
    words(own, message, "");
    if (status == IPP_BUSY || status == IPP_NOT_ACCEPTING || status == IPP_TEMPORARY_ERROR)
        outcome_set(&o, VERDICT_RETRY, "print-busy", "The printer takes no job just now%s.", own);
    else if (status == IPP_NOT_FOUND || status == IPP_GONE)
        outcome_set(&o, VERDICT_RETRY, "print-unknown",
                    "There is no printer of that name%s. Look at the path behind the host in print_to.", own);
    else if (status >= IPP_FORBIDDEN && status <= IPP_NOT_AUTHORIZED)
        outcome_set(&o, VERDICT_RETRY, "print-forbidden",
                    "The printer does not let this machine print%s. Allow it there without a login.", own);
    else
        outcome_set(&o, VERDICT_RETRY, "print-refused", "The printer refused with IPP status 0x%04x%s.",
                    status, own);
    finish(e, &o, e->format, 0);
}

/* The best that both know; e->format where it will do. */
static int choose(const struct errand *e)
{
    const struct ipp_printer *p = &e->printer;
    if (!p->lists_formats || (e->format < IPP_FORMAT_COUNT && p->formats[e->format] && e->format == IPP_PDF))
        return (int)e->format;
    for (int f = 0; f < IPP_FORMAT_COUNT; f++)
        if (p->formats[f])
            return f;
    return -1;
}

/* Nothing of ours is there. */
static void send_or_change(struct errand *e)
{
    struct outcome o;
    int format = choose(e);
    if (format < 0) {
        fail(e, VERDICT_GIVE_UP, "print-no-format",
             "The printer takes neither PDF nor PWG raster nor TIFF. Set up a queue for it in CUPS and name "
             "that in print_to.");
    } else if ((unsigned)format != e->format || (format == IPP_PWG && e->dpi != e->printer.dpi)) {
        outcome_set(&o, VERDICT_RETRY, "print-format", "The printer takes %s.", ipp_format_names[format]);
        finish(e, &o, (unsigned)format, 0);
    } else {
        e->step = STEP_SEND;
        ask(e);
    }
}

static void on_printer(struct errand *e, struct span body)
{
    unsigned status;
    char media[IPP_TEXT_MAX];
    (void)str_copy(media, sizeof(media), e->media);
    if (!ipp_read_printer(body, media, &status, &e->printer)) {
        fail(e, VERDICT_RETRY, "print-no-ipp", "What answers there is no printer that speaks IPP.");
    } else if (status > IPP_OK_LAST) {
        refused(e, status, e->printer.message);
    } else if (!e->printer.accepting) {
        refused(e, IPP_NOT_ACCEPTING, *e->printer.message ? e->printer.message : e->printer.reasons);
    } else if (e->maybe) { /* whatever it takes by now */
        e->step = STEP_OPEN_JOBS;
        ask(e);
    } else {
        send_or_change(e);
    }
}

/* It may have come there before we heard so. */
static void on_jobs(struct errand *e, struct span body)
{
    unsigned status;
    struct ipp_job job;
    if (!ipp_find_job(body, id_text(e->id), &status, &job)) {
        fail(e, VERDICT_RETRY, "print-unclear", "The printer's list of jobs cannot be read.");
    } else if (status == IPP_BUSY || status == IPP_TEMPORARY_ERROR) {
        refused(e, status, job.message);
    } else if (job.id > 0) {
        has_job(e, job.id);
    } else if (e->step == STEP_OPEN_JOBS) { /* one that keeps no list has no job of ours in it */
        e->step = STEP_OLD_JOBS;
        ask(e);
    } else {
        send_or_change(e);
    }
}

static void on_sent(struct errand *e, struct span body)
{
    unsigned status;
    struct ipp_job job;
    if (!ipp_read_job(body, &status, &job))
        fail(e, VERDICT_RETRY, "print-unclear",
             "Whether the printer has the fax is not clear: its answer is no IPP.");
    else if (status > IPP_OK_LAST)
        refused(e, status, job.message);
    else
        has_job(e, job.id);
}

static void on_looked(struct errand *e, struct span body)
{
    unsigned status;
    struct ipp_job job;
    struct outcome o;
    char own[WORDS_MAX];
    if (!ipp_read_job(body, &status, &job)) {
        fail(e, VERDICT_RETRY, "print-no-ipp", "What answers there is no printer that speaks IPP.");
        return;
    }
    words(own, job.message, job.reasons);
    outcome_done(&o); /* it does not remember the job: that it had it is all that can be known */
    if (status > IPP_OK_LAST && status != IPP_NOT_FOUND && status != IPP_GONE)
        outcome_set(&o, VERDICT_RETRY, "print-asking",
                    "The printer does not say what became of its job %u%s.", e->job, own);
    else if (status <= IPP_OK_LAST && (job.state == IPP_JOB_CANCELED || job.state == IPP_JOB_ABORTED))
        outcome_set(&o, VERDICT_GIVE_UP, "print-aborted",
                    "The printer has %s its job %u%s. Print the fax again, or from its mail.",
                    job.state == IPP_JOB_CANCELED ? "cancelled" : "broken off", e->job, own);
    else if (status <= IPP_OK_LAST && (job.state == IPP_JOB_STOPPED || job.state == IPP_JOB_HELD))
        outcome_set(&o, VERDICT_RETRY, "print-stopped", "The printer's job %u waits there for somebody%s.",
                    e->job, own);
    else if (status <= IPP_OK_LAST && job.state != IPP_JOB_COMPLETED)
        outcome_set(&o, VERDICT_RETRY, "print-goes-on", "The printer is at it.");
    finish(e, &o, e->format, 0);
}

/* ---- asking ---- */

static void on_answer(void *context, const struct https_answer *a)
{
    static void (*const next[])(struct errand * e, struct span body) = {[STEP_LOOK] = on_looked,
                                                                        [STEP_PRINTER] = on_printer,
                                                                        [STEP_OPEN_JOBS] = on_jobs,
                                                                        [STEP_OLD_JOBS] = on_jobs,
                                                                        [STEP_SEND] = on_sent};
    struct errand *e = context;
    char text[400];
    e->post = NULL; /* it frees itself */
    if (a->status == 200) {
        next[e->step](e, span_of(a->body, a->body_len));
        return;
    }
    if (a->status == 0)
        (void)str_format(text, sizeof(text), "The printer does not answer: %.250s. Is it switched on?",
                         a->error);
    else
        (void)str_format(text, sizeof(text), "The printer answered with HTTP %u.%s", a->status,
                         a->status == 401 || a->status == 403
                             ? " Allow this machine to print without a login."
                         : a->status == 426 ? " It wants TLS: write ipps:// in print_to."
                         : a->status == 404 ? " Look at the path in print_to."
                                            : "");
    bool unclear = e->step == STEP_SEND && a->status == 0;
    fail(e, VERDICT_RETRY, unclear || e->maybe ? "print-unclear" : "print-unreachable", text);
}

static void put_wanted(struct buf *b, const char *const *names)
{
    for (size_t i = 0; names[i]; i++)
        ipp_put_text(b, IPP_KEYWORD, i == 0 ? "requested-attributes" : "", names[i]);
}

static void put_request(const struct errand *e, struct buf *b)
{
    static const char *const of_printer[] = {"document-format-supported",
                                             "printer-is-accepting-jobs",
                                             "printer-state",
                                             "printer-state-reasons",
                                             "printer-state-message",
                                             "print-scaling-supported",
                                             "media-supported",
                                             "pwg-raster-document-resolution-supported",
                                             NULL};
    static const char *const of_job[] = {
        "job-id", "job-name", "job-state", "job-state-reasons", "job-state-message", NULL};
    static const enum ipp_operation operations[] = {[STEP_LOOK] = IPP_GET_JOB_ATTRIBUTES,
                                                    [STEP_PRINTER] = IPP_GET_PRINTER_ATTRIBUTES,
                                                    [STEP_OPEN_JOBS] = IPP_GET_JOBS,
                                                    [STEP_OLD_JOBS] = IPP_GET_JOBS,
                                                    [STEP_SEND] = IPP_PRINT_JOB};
    enum { JOBS_MOST = 100 };
    ipp_begin(b, operations[e->step], e->uri);
    if (e->step == STEP_PRINTER) {
        put_wanted(b, of_printer);
    } else if (e->step == STEP_SEND) {
        ipp_put_text(b, IPP_NAME, "job-name", id_text(e->id));
        ipp_put_text(b, IPP_MIME, "document-format", ipp_format_names[e->format]);
        ipp_group(b, IPP_JOB_GROUP);
        if (e->copies > 1)
            ipp_put_number(b, IPP_INTEGER, "copies", (int32_t)e->copies);
        if (*e->printer.media)
            ipp_put_text(b, IPP_KEYWORD, "media", e->printer.media);
        if (e->printer.fits)
            ipp_put_text(b, IPP_KEYWORD, "print-scaling", "fit");
    } else {
        if (e->step == STEP_LOOK) {
            ipp_put_number(b, IPP_INTEGER, "job-id", (int32_t)e->job);
        } else {
            ipp_put_number(b, IPP_INTEGER, "limit", JOBS_MOST);
            ipp_put_text(b, IPP_KEYWORD, "which-jobs",
                         e->step == STEP_OPEN_JOBS ? "not-completed" : "completed");
        }
        put_wanted(b, of_job);
    }
    ipp_end(b);
}

static void ask(struct errand *e)
{
    SCOPED_BUF struct buf b;
    buf_init(&b, REQUEST_MAX);
    put_request(e, &b);
    bool sends = e->step == STEP_SEND;
    const struct https_post_opts opts = {.url = e->url,
                                         .plain = str_starts(e->url, "http://"),
                                         .type = "application/ipp",
                                         .headers = "",
                                         .body = buf_span(&b),
                                         .file = e->file,
                                         .file_bytes = sends ? e->file_bytes : 0,
                                         .patience_s = sends ? SEND_S : ASK_S};
    e->post = https_post_send(e->printers->loop, e->tls, &opts, on_answer, e);
}

/* ---- from the queue ---- */

void printers_init(struct printers *p)
{
    list_init(&p->errands);
    list_init(&p->handed);
}

void printers_clear(struct printers *p)
{
    list_each_safe (it, &p->errands)
        forget(CONTAINER_OF(it, struct errand, node));
    while (!list_empty(&p->handed))
        drop_handed(p, p->handed.next);
}

static const struct handed *find_handed(const struct printers *p, struct id id)
{
    list_each (it, &p->handed)
        if (id_equal(CONTAINER_OF(it, struct handed, node)->id, id))
            return CONTAINER_OF(it, struct handed, node);
    return NULL;
}

static void begin(struct printers *p, const struct sender *from, struct msg_print *m)
{
    char error[TLS_ERROR_LEN] = "";
    struct errand *e = mem_zalloc(sizeof(*e));
    *e = (struct errand){.printers = p,
                         .from = *from,
                         .id = m->print,
                         .step = m->job > 0 ? STEP_LOOK : STEP_PRINTER,
                         .uri = mem_strdup(m->uri),
                         .format = m->format,
                         .dpi = m->dpi,
                         .copies = m->copies,
                         .job = m->job,
                         .maybe = m->maybe != 0,
                         .file = take_fd(&m->file)};
    (void)str_copy(e->media, sizeof(e->media), m->media);
    list_append(&p->errands, &e->node);
    bool good = ipp_url(m->uri, e->url) && m->format < IPP_FORMAT_COUNT &&
                (m->job > 0 || fd_checked_size(e->file, FILE_BYTES_MAX, &e->file_bytes) == 0);
    bool secure = good && str_starts(e->url, "https://");
    e->tls = secure ? tls_client_new(&(struct tls_client_opts){.pin = m->pin}, error) : NULL;
    if (!good)
        fail(e, VERDICT_GIVE_UP, "print-settings",
             "The printer's address in the settings is none; set print_to.");
    else if (secure && !e->tls)
        fail(e, VERDICT_RETRY, "print-settings", error);
    else
        ask(e);
}

void printers_print(struct printers *p, const struct sender *from, struct msg_print *m)
{
    struct outcome o;
    list_each (it, &p->errands) {
        struct errand *e = CONTAINER_OF(it, struct errand, node);
        if (!id_equal(e->id, m->print))
            continue;
        e->from = *from; /* the next life of the queue asks */
        return;
    }
    const struct handed *h = m->job == 0 ? find_handed(p, m->print) : NULL;
    outcome_done(&o);
    if (h)
        answer(p, from, m->print, &o, &(struct ipp_printer){.dpi = 0}, m->format, h->job);
    else
        begin(p, from, m);
}
