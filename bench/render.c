/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* CPU time from a PDF to T.6 pages: ours through the zygote (fork, sandbox, rendering, coding, checking)
 * against Ghostscript's tiffg4 at the same resolution. One JSON object a line, read by
 * bench/render.py; arguments: the cases, all without. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/mem.h"
#include "base/panic.h"
#include "base/scope.h"
#include "base/str.h"
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

static void ours_open(struct ours *o, const struct buf *pdf)
{
    o->loop = loop_new();
    o->document = fd_sealed_memory("document", buf_span(pdf));
    const struct zygote_opts opts = {.loop = o->loop,
                                     .workers_max = 1,
                                     .shut = sandbox_policy(SANDBOX_CONVERT_WORKER),
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
};

static void theirs_open(struct theirs *t, const struct buf *pdf)
{
    (void)str_copy(t->from, sizeof(t->from), "/tmp/faxpost-bench-XXXXXX");
    SCOPED_FD int fd = mkstemp(t->from);
    (void)str_format(t->to, sizeof(t->to), "%s.tif", t->from);
    if (fd < 0 || fd_write_all(fd, buf_span(pdf)) != 0)
        panic("no place in /tmp");
}

static void theirs_close(const struct theirs *t)
{
    (void)unlink(t->from);
    (void)unlink(t->to);
}

static double theirs_ms(const struct theirs *t)
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
    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        panic("gs did not render (is ghostscript installed?)");
    return spent_ms() - before;
}

/* ---- a case ---- */

enum { ROUNDS_MAX = 32 };

struct bench_case {
    const char *name;
    unsigned pages, rounds;
};

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

static void run_case(const struct bench_case *c)
{
    double ours[ROUNDS_MAX], theirs[ROUNDS_MAX];
    struct ours o = {.document = -1};
    struct theirs t;
    SCOPED_BUF struct buf pdf;
    make_pdf(&pdf, c->pages);
    ours_open(&o, &pdf);
    theirs_open(&t, &pdf);
    (void)ours_ms(&o); /* warms up, as a server that runs is */
    (void)theirs_ms(&t);
    for (unsigned i = 0; i < c->rounds; i++) {
        ours[i] = ours_ms(&o);
        theirs[i] = theirs_ms(&t);
        if (o.w.pages != c->pages)
            panic("%u pages instead of %u", o.w.pages, c->pages);
    }
    ours_close(&o);
    theirs_close(&t);
    (void)printf("{\"case\":\"%s\",\"ours\":%.2f,\"theirs\":%.2f}\n", c->name, median(ours, c->rounds),
                 median(theirs, c->rounds));
    (void)fflush(stdout);
}

int main(int argc, char **argv)
{
    static const struct bench_case cases[] = {{"1 page", 1, 25}, {"10 pages", 10, 9}, {"100 pages", 100, 3}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        bool wanted = argc == 1;
        for (int a = 1; a < argc; a++)
            wanted = wanted || str_equal(argv[a], cases[i].name);
        if (wanted)
            run_case(&cases[i]);
    }
    return 0;
}
