/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Work given to the zygote as the queue would give it: answers, crashes, time-outs, many at once. */
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "picture_files.h"
#include "zygote_bench.h"

#include "base/fd.h"
#include "base/mem.h"
#include "base/scope.h"
#include "base/str.h"
#include "convert/openpgp.h"
#include "convert/pgp_find.h"
#include "convert/t6.h"
#include "convert/vault.h"
#include "model/page_set.h"
#include "model/page_text.h"
#include "model/part_set.h"
#include "proto/mail_template.h"

static void text_becomes_pages(void **state)
{
    struct bench *b = *state;
    render(b, "letter.txt", span_str("Dear Sir,\n\nI agree.\fSecond page\n"));
    assert_string_equal(b->outcome.text, "");
    assert_int_equal(b->pages, 2);
    SCOPED_FD int fd = fd_sealed_memory("pages", buf_span(&b->payload));
    struct page_set set;
    assert_int_equal(page_set_read(fd, b->payload.len, &set), 0);
    assert_int_equal(set.count, 2);
    assert_int_equal(set.places[0].form.width, PAGE_WIDTH_A4);
    page_set_clear(&set);
}

static void mail_with_old_charset_is_unpacked(void **state)
{
    struct bench *b = *state;
    static const char mail[] = "From: \"Praxis\" <front@example.com>\r\nTo: 200@fax.example.com\r\n"
                               "Subject: =?iso-8859-1?Q?f=FCr_Sie?=\r\nMIME-Version: 1.0\r\n"
                               "Content-Type: text/plain; charset=koi8-r\r\n\r\n\xf0\xf2\xe9\r\n";
    SCOPED_FD int fd = fd_sealed_memory("mail", span_str(mail));
    const struct message ask = {.type = MSG_unpack, .unpack = {.mail = id_new(), .mail_bytes = fd}};
    do_now(b, &ask);
    assert_int_equal(b->outcome.verdict, VERDICT_DONE);
    assert_string_equal(b->from, "front@example.com");
    assert_string_equal(b->subject, "für Sie");
    assert_string_equal(b->text, "ПРИ\n");
}

static void give_received(struct bench *b, int pages)
{
    const struct message ask = {
        .type = MSG_compose_received,
        .compose_received = {.mail = id_new(),
                             .from = "fax@example.com",
                             .to = "office@example.com",
                             .serial = "SN1",
                             .outside_prefix = "0",
                             .calling = "0501234567",
                             .called = "0509655637",
                             .zone = "Europe/Rome",
                             .answered_ms = 1584010298000,
                             .seconds = 34,
                             .pages = 2,
                             .faxid = 211,
                             .station_id = "",
                             .box = "Front",
                             .template = mail_template_shipped(MAIL_TEMPLATE_RECEIVED, "en", false),
                             .page_set = pages}};
    do_now(b, &ask);
}

static void received_pages_become_a_mail_in_the_zone_of_its_reader(void **state)
{
    struct bench *b = *state;
    render(b, "", span_str("one\ftwo"));
    SCOPED_FD int pages = fd_sealed_memory("pages", buf_span(&b->payload));
    give_received(b, pages);
    assert_string_equal(b->outcome.text, "");
    const char *mail = buf_text(&b->payload);
    assert_non_null(strstr(mail, "\r\nSubject: [SN1] FAX successfully received from 00501234567\r\n"));
    assert_non_null(strstr(mail, "\r\nDate and time: 12/03/2020 11:51:38\r\n"));
    assert_non_null(strstr(mail, "filename=\"F00501234567_T0509655637_2020-03-12_11_51_38_211.pdf\""));
}

static void turn_page(const struct page *page, struct buf *turned)
{
    uint32_t width = page->form.width, rows = page->form.rows;
    size_t row_bytes = t6_row_bytes(width);
    SCOPED_FREE uint8_t *bits = mem_zalloc(row_bytes * rows);
    SCOPED_FREE uint8_t *out = mem_zalloc(row_bytes * rows);
    assert_int_equal(t6_decode(page, bits), rows);
    for (uint32_t y = 0; y < rows; y++)
        for (uint32_t x = 0; x < width; x++)
            if (bits[y * row_bytes + x / 8] >> (7 - x % 8) & 1)
                out[(rows - 1 - y) * row_bytes + (width - 1 - x) / 8] |=
                    (uint8_t)(0x80 >> (width - 1 - x) % 8);
    assert_true(t6_encode(&page->form, out, turned));
}

static void read_first_page(struct bench *b, const char *languages, bool turn)
{
    struct page_set set;
    SCOPED_FD int fd = fd_sealed_memory("pages", buf_span(&b->payload));
    assert_int_equal(page_set_read(fd, b->payload.len, &set), 0);
    uint8_t *t6 = mem_alloc(set.places[0].len);
    assert_int_equal(page_set_read_page(fd, &set.places[0], t6), 0);
    SCOPED_BUF struct buf turned;
    buf_init(&turned, PAGE_BYTES_MAX);
    const struct page first = {set.places[0].form, span_of(t6, set.places[0].len)};
    if (turn)
        turn_page(&first, &turned);
    SCOPED_FD int page = fd_sealed_memory("page", turn ? buf_span(&turned) : first.t6);
    const struct message ask = {.type = MSG_read_page,
                                .read_page = {.fax = id_new(),
                                              .page = 3,
                                              .languages = languages,
                                              .width = set.places[0].form.width,
                                              .rows = set.places[0].form.rows,
                                              .resolution = (uint32_t)set.places[0].form.resolution,
                                              .t6 = page}};
    give(b, &ask, 12);
    wait_for(b, b->answers + 1);
    free(t6);
    page_set_clear(&set);
}

/* In a worker without any file. */
static void words_of_a_page_are_read(void **state)
{
    struct bench *b = *state;
    struct page_word w;
    const struct page_form any = {PAGE_WIDTH_A4, PAGE_ROWS_MAX, PAGE_FINE};
    SCOPED_BUF struct buf plain;
    buf_init(&plain, PAGE_TEXT_BYTES_MAX);
    render(b, "letter.txt", span_str("Dear Doctor,\n\nthe patient agrees with the treatment.\n"));
    read_first_page(b, "xyz eng", false);
    assert_string_equal(b->outcome.text, "");
    struct span rest = buf_span(&b->payload), text;
    assert_true(page_text_next_page(&rest, &text));
    page_text_plain(&plain, text, &any);
    assert_string_equal(buf_text(&plain), "Dear Doctor, the patient agrees with the treatment.");
    assert_true(page_text_next(&text, &any, &w));
    assert_true(w.x > 50 && w.x < 300 && w.y > 50 && w.y < 300 && w.height < 60);
    static const char long_letter[] =
        "Dear Doctor,\n\nthe patient agrees with the treatment, and so does his family.\n"
        "He will come on Monday morning, and bring the documents with him.\n"
        "Please write to us when the results of the examination are there.\n";
    render(b, "letter.txt", span_str(long_letter));
    read_first_page(b, "eng", true);
    assert_true(str_starts(buf_text(&b->payload), PAGE_TEXT_TURNED));
    buf_reset(&plain);
    page_text_plain(&plain, span_of(b->payload.data, b->payload.len - 1), &any);
    assert_non_null(strstr(buf_text(&plain), "the patient agrees with the treatment"));
    render(b, "letter.txt", span_str(long_letter));
    read_first_page(b, "eng", false);
    assert_false(str_starts(buf_text(&b->payload), PAGE_TEXT_TURNED));
    render(b, "empty.txt", span_str(" \n\n"));
    if (b->outcome.verdict == VERDICT_DONE) {
        read_first_page(b, "eng", false);
        assert_string_equal(b->outcome.text, "");
        assert_string_equal(buf_text(&b->payload), "\f");
    }
    render(b, "letter.txt", span_str("Dear Doctor"));
    read_first_page(b, "xyz", false);
    assert_string_equal(b->outcome.code, "ocr-missing");
}

static void report_is_made(void **state)
{
    struct bench *b = *state;
    render(b, "", span_str("one"));
    SCOPED_FD int pages = fd_sealed_memory("pages", buf_span(&b->payload));
    const struct message ask = {
        .type = MSG_compose_report,
        .compose_report = {
            .mail = id_new(),
            .from = "fax@example.com",
            .to = "front@example.com",
            .message_id = "abc@example.com",
            .subject = "Befund Müller",
            .box = "front",
            .serial = "SN1",
            .zone = "Europe/Berlin",
            .received_ms = 1584010298000,
            .jobs =
                "[{\"number\":\"0301234\",\"state\":\"done\",\"outcome\":{\"code\":\"\",\"text\":\"\"},"
                "\"pages\":1,\"confirmed\":1,\"station_id\":\"+49 30 1234\",\"attempts\":[{\"started_ms\":"
                "1584010299000,\"seconds\":31,\"mode\":\"t38\",\"rate\":14400,\"ecm\":true,\"result\":"
                "\"confirmed\"}],\"page_stats\":[]}]",
            .host_name = "fax.example.com",
            .domain = "front.fax.example.com",
            .template = mail_template_shipped(MAIL_TEMPLATE_REPORT, "en", false),
            .page_set = pages}};
    do_now(b, &ask);
    assert_string_equal(b->outcome.text, "");
    const char *mail = buf_text(&b->payload);
    assert_non_null(strstr(mail, "\r\nSubject: Fax to 0301234 delivered (1 page)\r\n"));
    assert_non_null(strstr(mail, "\r\nIn-Reply-To: <abc@example.com>\r\n"));
    assert_non_null(strstr(mail, "Content-Type: application/pdf\r\n"));
}

static void answer_is_dated_in_the_zone_of_its_reader(void **state)
{
    struct bench *b = *state;
    const struct message ask = {
        .type = MSG_compose_answer,
        .compose_answer = {.mail = id_new(),
                           .from = "fax@example.com",
                           .to = "front@example.com",
                           .message_id = "",
                           .subject = "",
                           .zone = "Asia/Tokyo",
                           .kind = MAIL_TEMPLATE_REFUSED,
                           .text = "Nothing was faxed.",
                           .code = "no-document",
                           .host_name = "fax.example.com",
                           .recipients = "",
                           .template = mail_template_shipped(MAIL_TEMPLATE_REFUSED, "en", false)}};
    do_now(b, &ask);
    const char *date = strstr(buf_text(&b->payload), "Date: ");
    assert_non_null(date);
    assert_memory_equal(strchr(date, '\r') - 5, "+0900", 5);
}

/* ---- what somebody looks at ---- */

static void give_picture(struct bench *b, int t6, uint64_t request)
{
    const struct message ask = {.type = MSG_make_picture,
                                .make_picture = {.page = id_new(),
                                                 .page_width = PAGE_WIDTH_A4,
                                                 .rows = 300,
                                                 .resolution = PAGE_FINE,
                                                 .width = 200,
                                                 .t6 = t6}};
    give_of(b, ROLE_WEB, &ask, request);
}

static void make_file(struct bench *b, int pages, bool tiff, uint64_t faxid)
{
    const struct message ask = {.type = MSG_make_file,
                                .make_file = {.about = id_new(),
                                              .tiff = tiff,
                                              .title = "fax",
                                              .outside_prefix = "0",
                                              .calling = "050\r\n123\"4567/..",
                                              .called = "0509655637",
                                              .zone = "Europe/Rome",
                                              .at_ms = 1584010298000,
                                              .faxid = faxid,
                                              .page_set = pages}};
    give_of(b, ROLE_WEB, &ask, 11);
    wait_for(b, b->answers + 1);
    assert_int_equal(b->type, MSG_file_made);
    assert_int_equal(b->outcome.verdict, VERDICT_DONE);
}

/* proves: S2.17 */
static void pages_become_files_with_safe_names(void **state)
{
    struct bench *b = *state;
    render(b, "", span_str("one"));
    SCOPED_FD int pages = fd_sealed_memory("pages", buf_span(&b->payload));
    make_file(b, pages, false, 211);
    assert_memory_equal(b->payload.data, "%PDF-", 5);
    assert_string_equal(b->subject, "F00501234567_T0509655637_2020-03-12_11_51_38_211.pdf");
    make_file(b, pages, true, 211);
    assert_memory_equal(b->payload.data, "II*", 3);
    make_file(b, pages, false, 0);
    assert_string_equal(b->subject, "T0509655637_2020-03-12_11_51_38.pdf");
}

static void what_is_no_page_becomes_no_picture(void **state)
{
    struct bench *b = *state;
    SCOPED_FD int t6 = fd_sealed_memory("page", span_str("noise"));
    const struct message ask = {.type = MSG_make_picture,
                                .make_picture = {.page = id_new(),
                                                 .page_width = 1000000,
                                                 .rows = 4000000000u,
                                                 .resolution = PAGE_FINE,
                                                 .width = 200,
                                                 .t6 = t6}};
    give_of(b, ROLE_WEB, &ask, 1);
    wait_for(b, b->answers + 1);
    assert_int_equal(b->outcome.verdict, VERDICT_GIVE_UP);
}

/* One worker is free for it at any time, however many pages are looked at, and what is too much is told so.
 */
static void documents_come_before_pictures(void **state)
{
    struct bench *b = *state;
    enum { PICTURES = 100 };
    SCOPED_FD int t6 = fd_sealed_memory("page", span_str("noise"));
    unsigned before = b->answers, done = b->done;
    for (uint64_t i = 0; i < PICTURES; i++)
        give_picture(b, t6, 1000 + i);
    unsigned busy = b->answers - before;
    assert_true(busy > 0 && busy < PICTURES);
    assert_string_equal(b->outcome.code, "busy");
    assert_int_not_equal(zygote_worker(b->zygote, 0), 0);
    assert_int_equal(zygote_worker(b->zygote, 1), 0); /* of the two, one is kept for faxes */
    SCOPED_FD int fd = fd_sealed_memory("document", span_str("hello"));
    const struct message ask = {.type = MSG_render,
                                .render = {.document = id_new(), .name = "", .paper = "a4", .bytes = fd}};
    give(b, &ask, 7);
    while (b->request != 7)
        (void)loop_step(b->loop, -1);
    assert_true(b->answers - before < PICTURES / 2 + busy);
    wait_for(b, before + PICTURES + 1);
    assert_int_equal(b->done - done, PICTURES - busy + 1);
}

/* A web that starts anew does not end what queue wants. */
static void only_the_work_of_the_dead_is_dropped(void **state)
{
    struct bench *b = *state;
    SCOPED_FD int t6 = fd_sealed_memory("page", span_str("noise"));
    SCOPED_FD int fd = fd_sealed_memory("document", span_str("hello"));
    unsigned before = b->answers;
    for (uint64_t i = 0; i < 5; i++)
        give_picture(b, t6, i);
    const struct message ask = {.type = MSG_render,
                                .render = {.document = id_new(), .name = "", .paper = "a4", .bytes = fd}};
    give(b, &ask, 7);
    zygote_drop(b->zygote, ROLE_WEB);
    wait_for(b, before + 1);
    assert_int_equal(b->request, 7);
    give_picture(b, t6, 8);
    wait_for(b, before + 2);
    assert_int_equal(b->request, 8);
    assert_int_equal(b->outcome.verdict, VERDICT_DONE);
}

/* Pixels of a cover page that are black. */
static unsigned draw_cover(struct bench *b, const char *template, const char *facts)
{
    SCOPED_FD int fd = fd_sealed_memory("facts", span_str(facts));
    const struct message ask = {.type = MSG_render,
                                .render = {.document = id_new(),
                                           .name = "cover page",
                                           .resolution = PAGE_FINE,
                                           .paper = "a4",
                                           .cover = 3,
                                           .zone = "Europe/Berlin",
                                           .created_ms = 1584010298000,
                                           .template = template,
                                           .bytes = fd}};
    do_now(b, &ask);
    assert_string_equal(b->outcome.text, "");
    assert_int_equal(b->pages, 1);
    SCOPED_FD int pages = fd_sealed_memory("pages", buf_span(&b->payload));
    struct page_set set;
    assert_int_equal(page_set_read(pages, b->payload.len, &set), 0);
    SCOPED_FREE uint8_t *t6 = mem_alloc(set.places[0].len);
    assert_int_equal(page_set_read_page(pages, &set.places[0], t6), 0);
    const struct page page = {set.places[0].form, span_of(t6, set.places[0].len)};
    size_t len = t6_row_bytes(page.form.width) * page.form.rows;
    SCOPED_FREE uint8_t *bits = mem_alloc(len);
    assert_int_equal(t6_decode(&page, bits), page.form.rows);
    page_set_clear(&set);
    unsigned black = 0;
    for (size_t i = 0; i < len; i++)
        black += (unsigned)__builtin_popcount(bits[i]);
    return black;
}

static const char cover_facts[] =
    "{\"to\":\"Jo\",\"company\":\"<b>Smith</b>\",\"number\":\"030 1234\",\"from\":\"front@example.com\","
    "\"box\":\"Surgery\",\"station_id\":\"+49 30 5555\",\"subject\":\"Lab\",\"text\":\"Dear Jo\\nbye\"}";

/* proves: D6 S4.9 */
static void cover_page_is_drawn_by_its_template(void **state)
{
    struct bench *b = *state;
    for (size_t i = 0; mail_template_languages[i]; i++) {
        const char *shipped = mail_template_shipped(MAIL_TEMPLATE_COVER, mail_template_languages[i], false);
        assert_in_range(draw_cover(b, shipped, cover_facts), 20000, 400000);
    }
    unsigned square =
        draw_cover(b,
                   "subject: x\ntext:\nx\nhtml:\n<html><body><div style=\"background-color:black;"
                   "width:100pt;height:100pt\">&nbsp;</div></body></html>\n",
                   cover_facts);
    assert_in_range(square, 5000, 19000);
    assert_in_range(draw_cover(b, "subject: FAX\ntext:\n{to}\n", cover_facts), 200, 5000);
    /* Whatever a value looks like. */
    static const char strange[] = "{\"to\":\"%PDF-1.7 1 0 obj\",\"subject\":\"From: a MIME-Version: 1\"}";
    assert_in_range(draw_cover(b, "subject: {to}\ntext:\n{subject}\n", strange), 200, 5000);
    assert_in_range(draw_cover(b, "subject: x\ntext:\nx\nhtml:\n<center>{to}</center>", strange), 200, 5000);
    /* It counts as one page, so more of it is cut; what cannot be filled gives way to ours. */
    assert_in_range(
        draw_cover(b,
                   "subject: x\ntext:\nx\nhtml:\n<html><body>{words}<p style=\"page-break-before:always\">"
                   "2</p></body></html>\n",
                   cover_facts),
        200, 20000);
    assert_in_range(draw_cover(b, "{nothing}", cover_facts), 20000, 400000);
}

/* A document that works its worker for as long as it likes: pages without end, each the same. */
static void give_endless(struct bench *b)
{
    struct buf text;
    buf_init(&text, 1 << 24);
    for (int i = 0; i < 490; i++)
        for (int line = 0; line < 60; line++)
            (void)buf_append_str(&text,
                                 "the quick brown fox jumps over the lazy dog, again and again and ag\n");
    SCOPED_FD int fd = fd_sealed_memory("document", buf_span(&text));
    const struct message ask = {
        .type = MSG_render, .render = {.document = id_new(), .name = "long.txt", .paper = "a4", .bytes = fd}};
    give(b, &ask, 12);
    buf_clear(&text);
}

static void crash_of_a_worker_costs_its_document_only(void **state)
{
    struct bench *b = *state;
    unsigned before = b->answers;
    give_endless(b);
    pid_t pid = zygote_worker(b->zygote, 0);
    assert_true(pid > 0);
    assert_int_equal(kill(pid, SIGSEGV), 0);
    wait_for(b, before + 1);
    assert_string_equal(b->outcome.code, "document-crash");
    assert_non_null(strstr(b->outcome.text, "\"long.txt\" is built in a way"));
    assert_int_equal(b->outcome.verdict, VERDICT_GIVE_UP);
    render(b, "", span_str("still here"));
    assert_int_equal(b->outcome.verdict, VERDICT_DONE);
}

/* The kernel, short of memory, or an operator: the document is not to blame. */
static void killed_worker_is_started_again(void **state)
{
    struct bench *b = *state;
    struct zygote *usual = b->zygote;
    const struct zygote_opts o = {.loop = b->loop,
                                  .workers_max = 1,
                                  .shut = sandbox_policy(SANDBOX_CONVERT_WORKER),
                                  .on_answer = bench_on_answer,
                                  .context = b,
                                  .kill_wait_ms = 1};
    b->zygote = zygote_new(&o);
    unsigned before = b->answers;
    give_endless(b);
    for (int kills = 1; kills <= 5; kills++) {
        pid_t pid = zygote_worker(b->zygote, 0);
        assert_true(pid > 0);
        assert_int_equal(b->answers, before);
        assert_int_equal(kill(pid, SIGKILL), 0);
        while (b->answers == before &&
               (zygote_worker(b->zygote, 0) == pid || zygote_worker(b->zygote, 0) == 0))
            (void)loop_step(b->loop, -1);
    }
    assert_string_equal(b->outcome.code, "worker-killed");
    assert_non_null(strstr(b->outcome.text, "\"long.txt\" could not be read"));
    render(b, "", span_str("still here"));
    assert_int_equal(b->outcome.verdict, VERDICT_DONE);
    zygote_free(b->zygote);
    b->zygote = usual;
}

static void worker_that_takes_too_long_is_ended(void **state)
{
    struct bench *b = *state;
    struct zygote *usual = b->zygote;
    const struct zygote_opts o = {.loop = b->loop,
                                  .workers_max = 1,
                                  .shut = sandbox_policy(SANDBOX_CONVERT_WORKER),
                                  .on_answer = bench_on_answer,
                                  .context = b,
                                  .seconds_max = 1};
    b->zygote = zygote_new(&o);
    unsigned before = b->answers;
    give_endless(b);
    pid_t pid = zygote_worker(b->zygote, 0);
    assert_int_equal(kill(pid, SIGSTOP), 0);
    wait_for(b, before + 1);
    assert_string_equal(b->outcome.code, "document-timeout");
    assert_non_null(strstr(b->outcome.text, "\"long.txt\" takes too long"));
    zygote_free(b->zygote);
    b->zygote = usual;
}

/* 10^12 marks in a few kilobytes: forms that draw the next one ten times each. */
/* proves: S2.10 */
static void fan_out_of_forms_is_ended(void **state)
{
    enum { LEVELS = 12 };
    struct bench *b = *state;
    struct zygote *usual = b->zygote;
    SCOPED_BUF struct buf pdf;
    buf_init(&pdf, 1 << 20);
    (void)buf_append_str(
        &pdf, "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Count 1"
              "/Kids[3 0 R]>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
              "/Resources<</XObject<</X 10 0 R>>>>>>endobj\n"
              "4 0 obj<</Length 6>>stream\n/X Do \nendstream endobj\n");
    for (int i = 0; i < LEVELS; i++)
        (void)buf_printf(
            &pdf,
            "%d 0 obj<</Type/XObject/Subtype/Form/BBox[0 0 595 842]/Resources<</XObject<</X %d 0 R>>>>"
            "/Length 60>>stream\n%s\nendstream endobj\n",
            10 + i, 11 + i,
            i + 1 < LEVELS ? "/X Do /X Do /X Do /X Do /X Do /X Do /X Do /X Do /X Do /X Do "
                           : "0 0 5 5 re f 9 9 5 5 re f 0 0 5 5 re f 9 9 5 5 re f         ");
    (void)buf_append_str(&pdf, "trailer<</Root 1 0 R>>\n%%EOF\n");
    const struct zygote_opts o = {.loop = b->loop,
                                  .workers_max = 1,
                                  .shut = sandbox_policy(SANDBOX_CONVERT_WORKER),
                                  .on_answer = bench_on_answer,
                                  .context = b,
                                  .seconds_max = 1};
    b->zygote = zygote_new(&o);
    render(b, "fan.pdf", buf_span(&pdf));
    assert_int_equal(b->outcome.verdict, VERDICT_GIVE_UP);
    assert_true(str_starts(b->outcome.text, "\"fan.pdf\" "));
    assert_string_equal(b->outcome.code, "document-timeout");
    zygote_free(b->zygote);
    b->zygote = usual;
}

static void more_work_than_workers_waits(void **state)
{
    struct bench *b = *state;
    unsigned before = b->answers, good = b->done;
    SCOPED_FD int fd = fd_sealed_memory("document", span_str("hello"));
    for (uint64_t i = 0; i < 9; i++) {
        const struct message ask = {.type = MSG_render,
                                    .render = {.document = id_new(), .name = "", .paper = "a4", .bytes = fd}};
        give(b, &ask, i);
    }
    assert_int_equal(zygote_worker(b->zygote, 2), 0); /* two at once, no third */
    wait_for(b, before + 9);
    assert_int_equal(b->done, good + 9);
}

static void work_of_a_dead_asker_makes_room(void **state)
{
    struct bench *b = *state;
    for (int i = 0; i < 4; i++)
        give_endless(b); /* both workers, and two that wait */
    unsigned before = b->answers;
    zygote_drop(b->zygote, ROLE_QUEUE);
    assert_int_equal(zygote_worker(b->zygote, 0), 0);
    render(b, "", span_str("for the new one"));
    assert_int_equal(b->outcome.verdict, VERDICT_DONE);
    assert_int_equal(b->answers, before + 1);
}

/* Each library decodes with no file, no thread and no other system call than the worker has. */
static void pictures_of_every_kind_are_read_in_the_sandbox(void **state)
{
    struct bench *b = *state;
    enum { W = 1200, H = 1600 };
    SCOPED_FREE uint8_t *rgb = mem_alloc(W * H * 3);
    picture_draw(rgb, W, H);
    for (size_t i = 0; i < PICTURE_KIND_COUNT; i++) {
        SCOPED_BUF struct buf file;
        buf_init(&file, 1 << 24);
        picture_kinds[i].make(&file, rgb, W, H, 0, 0);
        render(b, "", buf_span(&file));
        if (b->outcome.verdict != VERDICT_DONE || b->pages != 1)
            fail_msg("%s: %s", picture_kinds[i].name, b->outcome.text);
    }
}

/* ---- PGP ---- */

/* The seal's key as the parent gives it, and its public half. */
static void open_vault(unsigned char public_half[crypto_box_PUBLICKEYBYTES])
{
    unsigned char secret[crypto_box_SECRETKEYBYTES];
    assert_true(sodium_init() >= 0);
    assert_int_equal(crypto_box_keypair(public_half, secret), 0);
    assert_int_equal(vault_open(fd_sealed_memory("key", span_of(secret, sizeof(secret)))), 0);
}

/* proves: S2.5 */
static void no_worker_has_the_key_of_the_seals(void **state)
{
    unsigned char public_half[crypto_box_PUBLICKEYBYTES], sealed[3 + VAULT_SEAL_BYTES];
    int status = 1;
    open_vault(public_half);
    assert_true(vault_seal(span_str("abc"), span_of(public_half, sizeof(public_half)), sealed));
    pid_t child = fork();
    if (child == 0) {
        vault_lay_out(span_of(sealed, sizeof(sealed)));
        _exit(vault_is_open() || vault_plain().len > 0 ? 1 : 0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    vault_lay_out(span_of(sealed, sizeof(sealed)));
    assert_true(span_equal(vault_plain(), span_str("abc")));
    vault_put_away();
    assert_int_equal(vault_plain().len, 0);
}

static void open_message(struct bench *b, struct span message, struct span sealed)
{
    struct buf set;
    buf_init(&set, PART_SET_BYTES_MAX);
    const struct part parts[] = {{"", PGP_PIECE_HEADER, span_str("Subject: x\r\n")},
                                 {"", PGP_PIECE_ENCRYPTED, message}};
    assert_true(part_set_format(&set, parts, 2));
    SCOPED_FD int fd = fd_sealed_memory("pieces", buf_span(&set));
    const struct message ask = {.type = MSG_pgp_open,
                                .pgp_open = {.mail = id_new(), .secret = sealed, .keys = "", .pieces = fd}};
    do_now(b, &ask);
    buf_clear(&set);
}

/* To the key in the payload. In a process of its own: librnp keeps /dev/urandom open, which a worker that is
 * born here would lose. */
static void encrypt_elsewhere(struct bench *b, struct buf *message)
{
    int ends[2], status = 1;
    assert_int_equal(pipe(ends), 0);
    (void)buf_append_byte(&b->payload, 0);
    pid_t child = fork();
    if (child == 0) {
        struct outcome outcome;
        struct openpgp *o = openpgp_new();
        openpgp_add_keys(o, (const char *)b->payload.data);
        bool good = openpgp_encrypt(o, span_str("Content-Type: text/plain\r\n\r\nsecret words\r\n"), message,
                                    &outcome) &&
                    fd_write_all(ends[1], buf_span(message)) == 0;
        _exit(good ? 0 : 1);
    }
    (void)close(ends[1]);
    assert_int_equal(fd_read_rest(ends[0], message), 0);
    (void)close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

/* As shut in as any worker: made by one, used by another, and nothing of it is left here. */
/* proves: S2.5 */
static void keys_are_made_and_used_behind_the_sandbox(void **state)
{
    struct bench *b = *state;
    unsigned char public_half[crypto_box_PUBLICKEYBYTES];
    SCOPED_BUF struct buf message;
    buf_init(&message, 1 << 20);
    open_vault(public_half);
    const struct message make = {.type = MSG_pgp_make,
                                 .pgp_make = {.tenant = id_new(),
                                              .user_id = "Fax <fax@example.com>",
                                              .seal_to = span_of(public_half, sizeof(public_half))}};
    do_now(b, &make);
    assert_string_equal(b->outcome.text, "");
    encrypt_elsewhere(b, &message);
    open_message(b, buf_span(&message), span_of(b->sealed, b->sealed_len));
    assert_string_equal(b->outcome.text, "");
    assert_non_null(memmem(b->payload.data, b->payload.len, "secret words", 12));
    assert_int_equal(vault_plain().len, 0);
    b->sealed[b->sealed_len - 1] ^= 1;
    open_message(b, buf_span(&message), span_of(b->sealed, b->sealed_len));
    assert_string_equal(b->outcome.code, "pgp-not-for-us");
    assert_int_equal(b->payload.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_becomes_pages),
        cmocka_unit_test(mail_with_old_charset_is_unpacked),
        cmocka_unit_test(received_pages_become_a_mail_in_the_zone_of_its_reader),
        cmocka_unit_test(words_of_a_page_are_read),
        cmocka_unit_test(report_is_made),
        cmocka_unit_test(answer_is_dated_in_the_zone_of_its_reader),
        cmocka_unit_test(pages_become_files_with_safe_names),
        cmocka_unit_test(what_is_no_page_becomes_no_picture),
        cmocka_unit_test(documents_come_before_pictures),
        cmocka_unit_test(only_the_work_of_the_dead_is_dropped),
        cmocka_unit_test(cover_page_is_drawn_by_its_template),
        cmocka_unit_test(crash_of_a_worker_costs_its_document_only),
        cmocka_unit_test(killed_worker_is_started_again),
        cmocka_unit_test(worker_that_takes_too_long_is_ended),
        cmocka_unit_test(fan_out_of_forms_is_ended),
        cmocka_unit_test(more_work_than_workers_waits),
        cmocka_unit_test(work_of_a_dead_asker_makes_room),
        cmocka_unit_test(no_worker_has_the_key_of_the_seals),
        cmocka_unit_test(keys_are_made_and_used_behind_the_sandbox),
        cmocka_unit_test(pictures_of_every_kind_are_read_in_the_sandbox),
    };
    return cmocka_run_group_tests(tests, bench_set_up, bench_tear_down);
}
