/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Real PDFs, mails and office files through shut-in workers, and what an office document may reach. */
#include <math.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tiff_coder.h"
#include "zygote_bench.h"

#include "base/fd.h"
#include "base/mem.h"
#include "base/scope.h"
#include "base/str.h"
#include "convert/office.h"
#include "convert/office_folder.h"
#include "convert/skew.h"
#include "convert/t6.h"
#include "model/page_set.h"

static const char *corpus(void)
{
    const char *path = getenv("FAXPOST_CORPUS");
    return path ? path : "../shared/corpus";
}

static void read_file(const char *folder, const char *name, struct buf *b)
{
    char path[4096];
    assert_true(str_format(path, sizeof(path), "%s/%s/%s", corpus(), folder, name));
    SCOPED_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(fd_read_rest(fd, b), 0);
}

/* A sample in the short run, all with FAXPOST_TESTS=long. */
static bool long_run(void)
{
    const char *form = getenv("FAXPOST_TESTS");
    return form && str_equal(form, "long");
}

/* FAXPOST_SEED=n makes the sample begin with another file. */
static unsigned seed(void)
{
    const char *text = getenv("FAXPOST_SEED");
    return text ? (unsigned)strtoul(text, NULL, 10) : 0;
}

/* Every nth file of a folder, all of them in the long form, through `one`; how many there were. Skips,
 * visibly, without a corpus. */
static unsigned each_file(struct bench *b, const char *folder, unsigned nth,
                          void (*one)(struct bench *b, const char *name, struct span bytes))
{
    char path[4096];
    struct dirent **names;
    assert_true(str_format(path, sizeof(path), "%s/%s", corpus(), folder));
    int count = scandir(path, &names, NULL, alphasort);
    unsigned seen = 0, taken = 0;
    if (count < 0) {
        print_message("skipped: no corpus at %s (set FAXPOST_CORPUS)\n", path);
        skip();
    }
    nth = long_run() ? 1 : nth;
    for (int i = 0; i < count; i++) {
        if (names[i]->d_name[0] != '.' && (seen++ + seed()) % nth == 0) {
            taken++;
            SCOPED_BUF struct buf bytes;
            buf_init(&bytes, 64 << 20);
            read_file(folder, names[i]->d_name, &bytes);
            one(b, names[i]->d_name, buf_span(&bytes));
        }
        free(names[i]);
    }
    free(names);
    return taken;
}

/* What was refused, by its reason. */
static struct tally {
    char code[OUTCOME_CODE_LEN];
    unsigned count;
} tallies[20];

static void count_refusal(const struct outcome *o)
{
    size_t i = 0;
    while (i < ARRAY_LEN(tallies) - 1 && tallies[i].count > 0 && strcmp(tallies[i].code, o->code) != 0)
        i++;
    (void)str_copy(tallies[i].code, sizeof(tallies[i].code), o->code);
    tallies[i].count++;
}

static void say_refusals(const char *what, unsigned all, unsigned good)
{
    print_message("%u %s, %u rendered", all, what, good);
    for (size_t i = 0; i < ARRAY_LEN(tallies) && tallies[i].count > 0; i++)
        print_message(", %u %s", tallies[i].count, tallies[i].code);
    print_message("\n");
    memset(tallies, 0, sizeof(tallies));
}

static void render_any(struct bench *b, const char *name, struct span bytes)
{
    render(b, name, bytes);
    if (b->outcome.verdict == VERDICT_DONE)
        return;
    /* Refused is fine where a person is told why; a crash is not. */
    if (str_equal(b->outcome.code, "document-crash"))
        fail_msg("%s: %s", name, b->outcome.text);
    assert_true(strlen(b->outcome.text) > 20);
    if (long_run())
        print_message("%s\n", b->outcome.text); /* it names the file */
    count_refusal(&b->outcome);
}

/* ---- real pages through libtiff ---- */

static unsigned pages_coded;

/* Our coding of the page as libtiff reads it; then its pixels both ways, in each coding, or in one by turns.
 */
static void code_page(const struct page_form *form, struct span t6)
{
    const struct page page = {*form, t6};
    size_t len = t6_row_bytes(form->width) * form->rows;
    SCOPED_FREE uint8_t *bits = mem_alloc(len), *back = mem_zalloc(len);
    const struct fax_pixels p = {bits, form->width, form->rows};
    assert_int_equal(t6_decode(&page, bits), form->rows);
    their_decode(FAX_CODING_T6, &p, t6, back);
    assert_memory_equal(back, bits, len);
    for (unsigned coding = 0; coding < FAX_CODING_COUNT; coding++)
        if (long_run() || coding == pages_coded % FAX_CODING_COUNT)
            (void)assert_coded_alike((enum fax_coding)coding, &p);
    pages_coded++;
}

/* Every page of a document, of long ones and in the short run the first ones. */
static void code_any(struct bench *b, const char *name, struct span bytes)
{
    enum { PAGES_LONG = 100, PAGES_SHORT = 2 };
    struct page_set set;
    render(b, name, bytes);
    if (b->outcome.verdict != VERDICT_DONE)
        return;
    SCOPED_FD int fd = fd_sealed_memory("pages", buf_span(&b->payload));
    assert_int_equal(page_set_read(fd, b->payload.len, &set), 0);
    for (size_t i = 0; i < set.count && i < (long_run() ? PAGES_LONG : PAGES_SHORT); i++) {
        const struct page_place *at = &set.places[i];
        code_page(&at->form, span_of(b->payload.data + at->at, at->len));
    }
    page_set_clear(&set);
}

static void real_pages_are_coded_as_libtiff_does(void **state)
{
    enum { LEAST_LONG = 500, LEAST_SHORT = 20 };
    (void)each_file(*state, "pdf", 15, code_any);
    print_message("%u pages coded both ways\n", pages_coded);
    assert_true(pages_coded >= (long_run() ? LEAST_LONG : LEAST_SHORT));
}

/* ---- how pages lie ---- */

static const double degree = 3.14159265358979323846 / 180;
static const double turned[] = {0, 0.5, -0.8, 1.5, -2.5, 4};

/* Real pages that were turned by a known angle. */
static struct straightness {
    unsigned pages, found[ARRAY_LEN(turned)], wrong[ARRAY_LEN(turned)];
} straight;

static double found_after(const struct page_form *as, const uint8_t *bits, double degrees)
{
    struct page_form form = *as;
    uint8_t *copy = mem_alloc(t6_row_bytes(form.width) * form.rows);
    memcpy(copy, bits, t6_row_bytes(form.width) * form.rows);
    if (degrees != 0)
        page_view_apply(&(struct page_view){.skew = {.angle = -degrees * degree}}, &form, &copy);
    double angle = skew_find(&form, copy).angle / degree;
    free(copy);
    return angle;
}

/* Nothing found leaves the page as it came, which harms nobody. */
static void turn_page(const char *name, const struct page_form *form, struct span t6)
{
    const struct page page = {*form, t6};
    SCOPED_FREE uint8_t *bits = mem_alloc(t6_row_bytes(form->width) * form->rows);
    assert_int_equal(t6_decode(&page, bits), form->rows);
    straight.pages++;
    for (size_t i = 0; i < ARRAY_LEN(turned); i++) {
        double angle = found_after(form, bits, turned[i]), off = fabs(angle - turned[i]);
        if (angle == 0)
            continue;
        straight.found[i]++;
        straight.wrong[i] += off > 0.2;
        if (off > 0.2 && long_run())
            print_message("  %s turned by %.1f: %.2f found\n", name, turned[i], angle);
    }
}

static void turn_any(struct bench *b, const char *name, struct span bytes)
{
    struct page_set set;
    render(b, name, bytes);
    if (b->outcome.verdict != VERDICT_DONE)
        return;
    SCOPED_FD int fd = fd_sealed_memory("pages", buf_span(&b->payload));
    assert_int_equal(page_set_read(fd, b->payload.len, &set), 0);
    const struct page_place *at = &set.places[0];
    turn_page(name, &at->form, span_of(b->payload.data + at->at, at->len));
    page_set_clear(&set);
}

static void real_pages_are_shown_straight(void **state)
{
    (void)each_file(*state, "pdf", 40, turn_any);
    for (size_t i = 0; i < ARRAY_LEN(turned); i++) {
        print_message("%u pages turned by %+.1f degrees: %u found, %u of them wrong by more than 0.2\n",
                      straight.pages, turned[i], straight.found[i], straight.wrong[i]);
        unsigned of = turned[i] == 0 ? straight.pages / 100 : straight.found[i] / 10;
        assert_true(straight.wrong[i] <= of + 1);
    }
}

/* Reports of mail servers are told from mails that people write. */
static void unpack_any(struct bench *b, const char *name, struct span bytes)
{
    SCOPED_FD int fd = fd_sealed_memory("mail", bytes);
    const struct message ask = {.type = MSG_unpack, .unpack = {.mail = id_new(), .mail_bytes = fd}};
    do_now(b, &ask);
    if (b->outcome.verdict != VERDICT_DONE && !str_equal(b->outcome.code, "mail-automatic"))
        fail_msg("%s: %s", name, b->outcome.text);
}

static void corpus_of_pdfs_is_rendered_or_refused(void **state)
{
    struct bench *b = *state;
    unsigned good = b->done;
    unsigned n = each_file(b, "pdf", 7, render_any);
    say_refusals("PDFs", n, b->done - good);
    /* Every tenth file of the corpus is broken or encrypted on purpose. */
    assert_true((b->done - good) * 100 >= n * 85);
}

static void corpus_of_mails_is_unpacked(void **state)
{
    struct bench *b = *state;
    unsigned n = each_file(b, "mail", 4, unpack_any);
    print_message("%u mails unpacked\n", n);
}

static void need_office(void)
{
    if (!office_installed()) {
        print_message("skipped: LibreOffice is not installed\n");
        skip();
    }
}

/* A listener on this machine stands for the web server that a document names. */
static int listen_here(unsigned *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
    assert_int_equal(listen(fd, 5), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    *port = ntohs(at.sin_port);
    return fd;
}

/* proves: S2.10 */
static void office_document_reaches_nothing_that_it_names(void **state)
{
    struct bench *b = *state;
    unsigned port;
    char text[800];
    need_office();
    SCOPED_FD int listener = listen_here(&port);
    (void)str_format(
        text, sizeof(text),
        "{\\rtf1 {\\field{\\*\\fldinst INCLUDEPICTURE \"http://127.0.0.1:%u/a.png\" \\\\d}{\\fldrslt x}}"
        "{\\field{\\*\\fldinst INCLUDETEXT \"http://127.0.0.1:%u/a.rtf\"}{\\fldrslt y}}"
        "{\\field{\\*\\fldinst INCLUDETEXT \"file:///etc/passwd\"}{\\fldrslt z}}Words\\par}",
        port, port);
    render(b, "a.rtf", span_str(text));
    assert_string_equal(b->outcome.text, "");
    assert_int_equal(b->pages, 1);
    assert_int_equal(accept(listener, NULL, NULL), -1);
    assert_int_equal(errno, EAGAIN);
}

/* proves: S2.10 */
static void office_document_cut_off_is_refused_with_a_reason(void **state)
{
    struct bench *b = *state;
    need_office();
    static const char word[] = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and more";
    render(b, "letter.doc", span_of(word, sizeof(word) - 1));
    assert_int_equal(b->outcome.verdict, VERDICT_GIVE_UP);
    assert_string_equal(b->outcome.code, "document-broken");
    assert_true(str_starts(b->outcome.text, "\"letter.doc\" "));
}

/* The name is compared with what came, not with the PDF that LibreOffice made of it. */
static void office_document_of_another_name_is_told(void **state)
{
    struct bench *b = *state;
    need_office();
    static const struct {
        const char *name, *is;
    } cases[] = {{"letter.pdf", "RTF"}, {"letter.rtf", ""}, {"letter.odt", "RTF"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        render(b, cases[i].name, span_str("{\\rtf1\\ansi Hello}"));
        assert_string_equal(b->outcome.text, "");
        assert_string_equal(b->text, cases[i].is);
    }
}

/* proves: S2.10 */
static void office_document_with_a_password_is_refused_by_name(void **state)
{
    static const char *const names[] = {"66880d-PasswordProtected.doc", "47d331-password.xls"};
    struct bench *b = *state;
    need_office();
    if (access(corpus(), R_OK) != 0) {
        print_message("skipped: no corpus at %s (set FAXPOST_CORPUS)\n", corpus());
        skip();
    }
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        SCOPED_BUF struct buf bytes;
        buf_init(&bytes, 64 << 20);
        read_file("office", names[i], &bytes);
        render(b, names[i], buf_span(&bytes));
        assert_string_equal(b->outcome.code, "document-encrypted");
        assert_non_null(strstr(b->outcome.text, names[i]));
    }
}

/* Whatever the worker leaves goes with it. */
static void folder_of_an_office_document_is_gone_after_it(void **state)
{
    char base[PATH_MAX], path[PATH_MAX], inner[PATH_MAX + 20];
    bench_folder(base);
    assert_true(office_folder_make(base, 3, path));
    for (unsigned i = 0; i < 3; i++) {
        (void)str_format(inner, sizeof(inner), "%s/%u", path, i);
        assert_int_equal(i ? symlink("/", inner) : mkdir(inner, 0700), 0);
    }
    (void)str_format(inner, sizeof(inner), "%s/0/file", path);
    SCOPED_FD int fd = open(inner, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    office_folder_sweep(base);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(rmdir(base), 0);
}

/* proves: S2.10 */
static void corpus_of_office_files_is_rendered_or_refused(void **state)
{
    struct bench *b = *state;
    unsigned good = b->done;
    need_office();
    unsigned n = each_file(b, "office", 25, render_any);
    say_refusals("office files", n, b->done - good);
    assert_true((b->done - good) * 100 >= n * 70);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(corpus_of_pdfs_is_rendered_or_refused),
        cmocka_unit_test(real_pages_are_coded_as_libtiff_does),
        cmocka_unit_test(real_pages_are_shown_straight),
        cmocka_unit_test(corpus_of_mails_is_unpacked),
        cmocka_unit_test(office_document_reaches_nothing_that_it_names),
        cmocka_unit_test(office_document_cut_off_is_refused_with_a_reason),
        cmocka_unit_test(office_document_of_another_name_is_told),
        cmocka_unit_test(office_document_with_a_password_is_refused_by_name),
        cmocka_unit_test(folder_of_an_office_document_is_gone_after_it),
        cmocka_unit_test(corpus_of_office_files_is_rendered_or_refused),
    };
    return cmocka_run_group_tests(tests, bench_set_up, bench_tear_down);
}
