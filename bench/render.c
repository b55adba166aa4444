/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* CPU time from a PDF to T.6 pages: ours through the zygote (fork, sandbox, rendering, coding, checking)
 * against Ghostscript's tiffg4 at the same resolution. One JSON object a line, read by
 * bench/render.py; arguments: a case; or "docx" and a file. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../tests/unit/scratch.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/panic.h"
#include "base/scope.h"
#include "base/str.h"
#include "convert/render.h"
#include "convert/t6.h"
#include "convert/tiff_memory.h"
#include "convert/zygote.h"
#include "sandbox/sandbox.h"

/* ---- a document: pages of dense text, two rules, no two lines alike ---- */

static void put_contents(struct buf *b, unsigned page)
{
    static const char *const words[] = {"patient", "the",      "invoice", "of",      "contract", "regarding",
                                        "and",     "with",     "date",    "hearing", "court",    "is",
                                        "number",  "attached", "kindly",  "reply"};
    unsigned seed = page * 7919 + 1;
    (void)buf_append_str(b, "BT /F 11 Tf 14 TL 60 780 Td\n");
    for (int line = 0; line < 48; line++) {
        (void)buf_append_byte(b, '(');
        for (int word = 0; word < 14; word++) {
            seed = seed * 1664525 + 1013904223;
            (void)buf_printf(b, "%s ", words[seed >> 28]);
        }
        (void)buf_append_str(b, ") '\n");
    }
    (void)buf_append_str(b, "ET 0.5 w 60 790 m 530 790 l S 60 60 470 0.5 re f");
}

static void make_pdf(struct buf *b, unsigned pages)
{
    size_t *at = mem_zalloc((4 + 2 * (size_t)pages) * sizeof(*at)), n = 1;
    buf_init(b, (size_t)64 << 20);
    (void)buf_append_str(b, "%PDF-1.4\n");
    at[n++] = b->len;
    (void)buf_append_str(b, "1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n");
    at[n++] = b->len;
    (void)buf_printf(b, "2 0 obj<</Type/Pages/Count %u/Kids[", pages);
    for (unsigned i = 0; i < pages; i++)
        (void)buf_printf(b, "%u 0 R ", 4 + 2 * i);
    (void)buf_append_str(b, "]>>endobj\n");
    at[n++] = b->len;
    (void)buf_append_str(b, "3 0 obj<</Type/Font/Subtype/Type1/BaseFont/Times-Roman>>endobj\n");
    for (unsigned i = 0; i < pages; i++) {
        SCOPED_BUF struct buf contents;
        buf_init(&contents, 1 << 20);
        put_contents(&contents, i);
        at[n++] = b->len;
        (void)buf_printf(b,
                         "%u 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents %u 0 R"
                         "/Resources<</Font<</F 3 0 R>>>>>>endobj\n",
                         4 + 2 * i, 5 + 2 * i);
        at[n++] = b->len;
        (void)buf_printf(b, "%u 0 obj<</Length %zu>>stream\n%s\nendstream endobj\n", 5 + 2 * i, contents.len,
                         buf_text(&contents));
    }
    size_t table = b->len;
    (void)buf_printf(b, "xref\n0 %zu\n0000000000 65535 f \n", n);
    for (size_t i = 1; i < n; i++)
        (void)buf_printf(b, "%010zu 00000 n \n", at[i]);
    (void)buf_printf(b, "trailer<</Size %zu/Root 1 0 R>>\nstartxref\n%zu\n%%%%EOF\n", n, table);
    free(at);
}

/* ---- the two sides ---- */

static double spent_ms(void)
{
    double ms = 0;
    for (int who = 0; who < 2; who++) {
        struct rusage u;
        (void)getrusage(who ? RUSAGE_CHILDREN : RUSAGE_SELF, &u);
        ms += (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000;
        ms += (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1000;
    }
    return ms;
}

/* Most memory that a process waited for so far has held, MB. */
static double most_held_mb(void)
{
    struct rusage u;
    (void)getrusage(RUSAGE_CHILDREN, &u);
    return (double)u.ru_maxrss / 1024;
}

struct waiting {
    bool answered;
    uint32_t pages;
};

static void on_answer(void *context, const struct sender *to, const struct message *answer)
{
    struct waiting *w = context;
    w->answered = true;
    w->pages = answer->rendered.verdict == VERDICT_DONE ? answer->rendered.pages : 0;
}

static void render_once(struct zygote *z, struct loop *l, struct waiting *w, int fd)
{
    const struct message ask = {
        .type = MSG_render,
        .render = {.document = id_new(), .name = "", .resolution = PAGE_FINE, .paper = "a4", .bytes = fd}};
    const struct sender from = {.role = ROLE_QUEUE};
    w->answered = false;
    zygote_work(z, &from, &ask);
    while (!w->answered)
        (void)loop_step(l, -1);
}

/* ---- ours and theirs in turn, so that what disturbs the machine disturbs both ---- */

struct ours {
    struct waiting w;
    struct loop *loop;
    struct zygote *zygote;
    int document;
};

static void ours_open(struct ours *o, const struct buf *pdf, const char *office_folder)
{
    o->loop = loop_new();
    o->document = fd_sealed_memory("document", buf_span(pdf));
    const struct zygote_opts opts = {.loop = o->loop,
                                     .workers_max = 1,
                                     .shut = sandbox_policy(SANDBOX_CONVERT_WORKER),
                                     .shut_office = sandbox_policy(SANDBOX_OFFICE_WORKER),
                                     .office_folder = office_folder,
                                     .on_answer = on_answer,
                                     .context = &o->w};
    o->zygote = zygote_new(&opts);
}

static void ours_close(struct ours *o)
{
    zygote_free(o->zygote);
    loop_free(o->loop);
    (void)close(o->document);
}

static double ours_ms(struct ours *o)
{
    double before = spent_ms();
    render_once(o->zygote, o->loop, &o->w, o->document);
    return spent_ms() - before;
}

struct theirs {
    char from[64], to[64];
    double held_mb; /* most memory that it held */
};

static void theirs_open(struct theirs *t, const struct buf *pdf)
{
    scratch_path(t->from, sizeof(t->from));
    SCOPED_FD int fd = open(t->from, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    (void)str_format(t->to, sizeof(t->to), "%s.tif", t->from);
    if (fd < 0 || fd_write_all(fd, buf_span(pdf)) != 0)
        panic("no place for the document");
}

static void theirs_close(const struct theirs *t)
{
    (void)unlink(t->from);
    (void)unlink(t->to);
}

static double theirs_ms(struct theirs *t)
{
    char output[128];
    double before = spent_ms();
    (void)str_format(output, sizeof(output), "-sOutputFile=%s", t->to);
    pid_t pid = fork();
    if (pid == 0) {
        (void)execlp("gs", "gs", "-q", "-dNOPAUSE", "-dBATCH", "-dSAFER", "-sDEVICE=tiffg4", "-r204x196",
                     output, t->from, (char *)NULL);
        _exit(127);
    }
    int status;
    struct rusage used;
    if (wait4(pid, &status, 0, &used) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        panic("gs did not render (is ghostscript installed?)");
    t->held_mb = (double)used.ru_maxrss / 1024;
    return spent_ms() - before;
}

/* ---- coding alone ---- */

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, unsigned count)
{
    qsort(values, count, sizeof(*values), ascending);
    return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

/* A page of the document as pixels, and the work of one side with it. */
struct coding {
    struct page_form form;
    uint8_t *bits, *back;
    struct buf t6;
};

static double since_ms(const struct timespec *from)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)(now.tv_sec - from->tv_sec) * 1e3 + (double)(now.tv_nsec - from->tv_nsec) / 1e6;
}

static void our_coder(struct coding *c)
{
    buf_reset(&c->t6);
    if (!t6_encode(&c->form, c->bits, &c->t6))
        panic("a page that cannot be coded");
}

static void our_decoder(struct coding *c)
{
    const struct page page = {c->form, buf_span(&c->t6)};
    if (t6_decode(&page, c->back) != c->form.rows)
        panic("a page that cannot be decoded");
}

static void set_tiff_form(TIFF *t, const struct page_form *form)
{
    (void)TIFFSetField(t, TIFFTAG_IMAGEWIDTH, form->width);
    (void)TIFFSetField(t, TIFFTAG_IMAGELENGTH, form->rows);
    (void)TIFFSetField(t, TIFFTAG_ROWSPERSTRIP, form->rows);
    (void)TIFFSetField(t, TIFFTAG_BITSPERSAMPLE, 1);
    (void)TIFFSetField(t, TIFFTAG_SAMPLESPERPIXEL, 1);
    (void)TIFFSetField(t, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISWHITE);
    (void)TIFFSetField(t, TIFFTAG_COMPRESSION, COMPRESSION_CCITTFAX4);
}

static void their_coder(struct coding *c)
{
    buf_reset(&c->t6);
    struct tiff_memory m = {.out = &c->t6};
    TIFF *t = tiff_memory_open(&m, "w");
    set_tiff_form(t, &c->form);
    (void)TIFFWriteEncodedStrip(t, 0, c->bits, (tmsize_t)(t6_row_bytes(c->form.width) * c->form.rows));
    TIFFClose(t);
}

/* Of what their_coder made. */
static void their_decoder(struct coding *c)
{
    struct tiff_memory m = {.in = buf_span(&c->t6)};
    TIFF *t = tiff_memory_open(&m, "r");
    (void)TIFFReadEncodedStrip(t, 0, c->back, -1);
    TIFFClose(t);
}

/* CPU of one page, milliseconds. */
static double coding_ms(void (*work)(struct coding *), struct coding *c)
{
    enum { TIMES = 20 };
    struct timespec from;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
    for (int i = 0; i < TIMES; i++)
        work(c);
    return since_ms(&from) / TIMES;
}

static void draw_a_page(struct coding *c)
{
    SCOPED_BUF struct buf pdf;
    struct page_list pages = {0};
    struct outcome outcome;
    const struct render_opts o = {.name = "", .pages_max = 1, .resolution = PAGE_FINE};
    struct render *r = render_new((size_t)400 << 20);
    make_pdf(&pdf, 1);
    render_document(r, &o, buf_span(&pdf), &pages, &outcome);
    if (pages.count != 1)
        panic("no page: %s", outcome.text);
    c->form = pages.pages[0].form;
    c->bits = mem_alloc(t6_row_bytes(c->form.width) * c->form.rows);
    c->back = mem_alloc(t6_row_bytes(c->form.width) * c->form.rows);
    if (t6_decode(&pages.pages[0], c->bits) != c->form.rows)
        panic("our own page does not decode");
    page_list_clear(&pages);
    render_free(r);
}

static void run_coding(void)
{
    enum { ROUNDS = 15 };
    double figures[4][ROUNDS] = {{0}};
    struct coding c;
    draw_a_page(&c);
    buf_init(&c.t6, (size_t)16 << 20);
    for (int i = 0; i < ROUNDS; i++) {
        static void (*const work[])(struct coding *) = {our_coder, our_decoder, their_coder, their_decoder};
        for (size_t k = 0; k < ARRAY_LEN(work); k++)
            figures[k][i] = coding_ms(work[k], &c);
    }
    for (int k = 0; k < 2; k++)
        (void)printf("{\"case\":\"%s\",\"ours\":%.3f,\"theirs\":%.3f}\n", k ? "page decoded" : "page coded",
                     median(figures[k], ROUNDS), median(figures[k + 2], ROUNDS));
    (void)fflush(stdout);
    free(c.bits);
    free(c.back);
    buf_clear(&c.t6);
}

/* ---- a case ---- */

enum { ROUNDS_MAX = 32 };

struct bench_case {
    const char *name;
    unsigned pages, rounds;
};

static void run_case(const struct bench_case *c)
{
    double ours[ROUNDS_MAX], theirs[ROUNDS_MAX];
    struct ours o = {.document = -1};
    struct theirs t;
    SCOPED_BUF struct buf pdf;
    make_pdf(&pdf, c->pages);
    ours_open(&o, &pdf, NULL);
    theirs_open(&t, &pdf);
    (void)ours_ms(&o);               /* warms up, as a server that runs is */
    double held_mb = most_held_mb(); /* no other process was waited for yet */
    (void)theirs_ms(&t);
    for (unsigned i = 0; i < c->rounds; i++) {
        ours[i] = ours_ms(&o);
        theirs[i] = theirs_ms(&t);
        if (o.w.pages != c->pages)
            panic("%u pages instead of %u", o.w.pages, c->pages);
    }
    ours_close(&o);
    theirs_close(&t);
    (void)printf("{\"case\":\"%s\",\"ours\":%.2f,\"theirs\":%.2f,\"our_mb\":%.1f,\"their_mb\":%.1f}\n",
                 c->name, median(ours, c->rounds), median(theirs, c->rounds), held_mb, t.held_mb);
    (void)fflush(stdout);
}

/* An office document: three workers, LibreOffice in one of them. */
static void run_office(const char *path)
{
    enum { ROUNDS = 7 };
    double ours[ROUNDS];
    char folder[64];
    SCOPED_BUF struct buf document;
    SCOPED_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct ours o = {.document = -1};
    buf_init(&document, (size_t)64 << 20);
    if (fd < 0 || fd_read_rest(fd, &document) != 0)
        panic("no document at %s", path);
    scratch_folder(folder, sizeof(folder));
    ours_open(&o, &document, folder);
    (void)ours_ms(&o);
    for (unsigned i = 0; i < ROUNDS; i++) {
        ours[i] = ours_ms(&o);
        if (o.w.pages == 0)
            panic("the document was refused");
    }
    ours_close(&o);
    (void)printf("{\"case\":\"docx\",\"ours\":%.2f,\"theirs\":null,\"our_mb\":%.1f,\"their_mb\":null}\n",
                 median(ours, ROUNDS), most_held_mb());
    (void)fflush(stdout);
}

static bool is_wanted(int argc, char **argv, const char *name)
{
    bool wanted = argc == 1;
    for (int a = 1; a < argc; a++)
        wanted = wanted || str_equal(argv[a], name);
    return wanted;
}

int main(int argc, char **argv)
{
    static const struct bench_case cases[] = {{"1 page", 1, 25}, {"10 pages", 10, 9}, {"100 pages", 100, 3}};
    if (argc == 3 && str_equal(argv[1], "docx")) {
        run_office(argv[2]);
        return 0;
    }
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        if (is_wanted(argc, argv, cases[i].name))
            run_case(&cases[i]);
    if (is_wanted(argc, argv, "page coded") || is_wanted(argc, argv, "page decoded"))
        run_coding();
    return 0;
}
