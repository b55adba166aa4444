/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The mails we write and the PDFs in them, and mails we take apart. What was written is read back by GMime
 * and by MuPDF, which know nothing of our writers. */
#include <mupdf/fitz.h>
#include <stdio.h>
#include <string.h>

#include "test.h"

#include "base/mem.h"
#include "base/scope.h"
#include "base/str.h"
#include "convert/answer_mail.h"
#include "convert/local_time.h"
#include "convert/mime_writer.h"
#include "convert/pdf_writer.h"
#include "convert/received_mail.h"
#include "convert/render.h"
#include "convert/report_labels.h"
#include "convert/report_mail.h"
#include "convert/report_page.h"
#include "convert/sniff.h"
#include "convert/t6.h"
#include "convert/unpack.h"

static struct render *warm;

static int set_up(void **state)
{
    unpack_prepare();
    warm = render_new((size_t)400 << 20);
    local_time_enter("Europe/Rome");
    return 0;
}

static int tear_down(void **state)
{
    render_free(warm);
    return 0;
}

/* ---- the received-fax mail ---- */

/* 12 March 2020, 11:51:38 in Rome. */
static const struct received_facts example = {.serial = "SERIAL NUMBER",
                                              .outside_prefix = "0",
                                              .calling = "0501234567",
                                              .called = "0509655637",
                                              .station_id = "",
                                              .box = "Front",
                                              .answered_ms = 1584010298000,
                                              .seconds = 34,
                                              .pages = 1,
                                              .faxid = 211};

static const char *shipped(enum mail_template_kind kind, const char *language)
{
    return mail_template_shipped(kind, language, false);
}

static void assert_body(const struct received_facts *f, const char *expected)
{
    struct mail_words w;
    assert_true(received_words(&w, shipped(MAIL_TEMPLATE_RECEIVED, "en"), f));
    assert_string_equal(buf_text(&w.text), expected);
    assert_string_equal(buf_text(&w.html), "");
    mail_words_clear(&w);
}

static void assert_subject(const struct received_facts *f, const char *expected)
{
    struct mail_words w;
    assert_true(received_words(&w, shipped(MAIL_TEMPLATE_RECEIVED, "en"), f));
    assert_string_equal(buf_text(&w.subject), expected);
    mail_words_clear(&w);
}

static void assert_name(const struct received_facts *f, const char *expected)
{
    struct mail_words w;
    assert_true(received_words(&w, shipped(MAIL_TEMPLATE_RECEIVED, "en"), f));
    assert_string_equal(buf_text(&w.file), expected);
    mail_words_clear(&w);
}

/* proves: S2.15 */
static void subject_says_serial_and_caller_as_dialled(void **state)
{
    struct received_facts f = example;
    assert_subject(&f, "[SERIAL NUMBER] FAX successfully received from 00501234567");
    f.outside_prefix = "";
    assert_subject(&f, "[SERIAL NUMBER] FAX successfully received from 0501234567");
    f.outside_prefix = "0";
    f.calling = "";
    assert_subject(&f, "[SERIAL NUMBER] FAX successfully received from anonymous");
}

/* proves: S2.16 */
static void body_has_exactly_its_lines(void **state)
{
    struct received_facts f = example;
    assert_body(&f, "FAX received from 0501234567\n"
                    "\n"
                    "Date and time: 12/03/2020 11:51:38\n"
                    "Transmission time : 34 seconds\n"
                    "Number of pages: 1\n");
    f.partial = true;
    f.pages = 2;
    assert_body(&f, "FAX partially received from 0501234567\n"
                    "\n"
                    "Date and time: 12/03/2020 11:51:38\n"
                    "Transmission time : 34 seconds\n"
                    "Pages received: 2 (transmission broke off)\n");
}

/* proves: S2.17 */
static void attachment_is_named_by_numbers_time_and_faxid(void **state)
{
    struct received_facts f = example;
    assert_name(&f, "F00501234567_T0509655637_2020-03-12_11_51_38_211");
    f.calling = "";
    assert_name(&f, "Fanonymous_T0509655637_2020-03-12_11_51_38_211");
}

/* proves: S2.17 */
static void numbers_are_reduced_before_they_get_near_a_name_or_header(void **state)
{
    struct received_facts f = example;
    f.calling = "../../etc\r\nBcc: x@y.z\"; +39*#";
    f.called = "06/12\x01 ü";
    assert_name(&f, "F0etcBccxyz+39*#_T0612_2020-03-12_11_51_38_211");
    assert_subject(&f, "[SERIAL NUMBER] FAX successfully received from 0etcBccxyz+39*#");
    f.calling = "()";
    assert_subject(&f, "[SERIAL NUMBER] FAX successfully received from anonymous");
}

static void time_is_the_one_of_the_zone(void **state)
{
    char text[64];
    local_time_enter("America/New_York");
    local_time_format(text, sizeof(text), "%d/%m/%Y %H:%M:%S", example.answered_ms);
    assert_string_equal(text, "12/03/2020 06:51:38");
    assert_int_equal(local_time_zone_minutes(example.answered_ms), -240);
    local_time_enter("../../etc/passwd");
    local_time_format(text, sizeof(text), "%H:%M", example.answered_ms);
    assert_string_equal(text, "10:51");
    local_time_enter("Europe/Rome");
}

/* ---- MIME ---- */

static const struct mime_head plain_head = {.from = "fax@example.com",
                                            .from_name = "Fax",
                                            .to = "office@example.com",
                                            .subject = "hello",
                                            .message_id = "1@example.com",
                                            .in_reply_to = "",
                                            .date_ms = 1584010298000};

static void assert_wire_form(const struct buf *b)
{
    size_t column = 0;
    for (size_t i = 0; i < b->len; i++) {
        uint8_t c = b->data[i];
        assert_true(c < 0x80);
        if (c == '\n')
            assert_true(i > 0 && b->data[i - 1] == '\r');
        if (c == '\r')
            assert_true(i + 1 < b->len && b->data[i + 1] == '\n');
        column = c == '\n' ? 0 : column + 1;
        assert_true(column <= 200);
    }
    assert_memory_equal(b->data + b->len - 2, "\r\n", 2);
}

static void mail_comes_back_as_it_was_written(void **state)
{
    SCOPED_BUF struct buf b;
    buf_init(&b, 1 << 20);
    struct mime_head head = plain_head;
    head.subject = "Befund Müller – zweite Übersendung, mit allen Anlagen und einem sehr langen Betreff 你好";
    head.from_name = "Praxis \"Süd\"";
    uint8_t bytes[1000];
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(i * 31);
    const struct mime_attachment files[] = {{"Übersicht \"1\".pdf", "application/pdf", span_of(bytes, 1000)},
                                            {"b.pdf", "application/pdf", span_of(bytes, 1)}};
    static const char text[] =
        "Grüße\n.\nFrom here a line that is longer than seventy-six characters goes on and on "
        "and on and on \n=end ";
    assert_true(mime_write(&b, &head, &(struct mime_body){.text = text, .attachments = files, .count = 2}));
    assert_wire_form(&b);
    struct unpacked u;
    struct outcome o;
    unpack_mail(buf_span(&b), &u, &o);
    assert_string_equal(o.text, "");
    assert_string_equal(u.from, "fax@example.com");
    assert_string_equal(u.from_name, "Praxis \"Süd\"");
    assert_string_equal(buf_text(&u.addressees), "office@example.com\t\n");
    assert_string_equal(u.subject, head.subject);
    assert_string_equal(u.message_id, "1@example.com");
    assert_true(u.date_ms == head.date_ms);
    assert_true(str_starts(buf_text(&u.text), text));
    assert_int_equal(u.count, 2);
    assert_string_equal(u.parts[0].name, "Übersicht \"1\".pdf");
    assert_string_equal(u.parts[1].name, "b.pdf");
    assert_int_equal(u.parts[0].bytes.len, 1000);
    assert_memory_equal(u.parts[0].bytes.data, bytes, 1000);
    assert_int_equal(u.parts[1].bytes.len, 1);
    unpacked_clear(&u);
}

/* The lines of S2.16 are read by programs: they stand in the mail as they are, not encoded. */
static void simple_text_is_not_encoded(void **state)
{
    SCOPED_BUF struct buf b;
    buf_init(&b, 1 << 20);
    assert_true(
        mime_write(&b, &plain_head,
                   &(struct mime_body){.text = "FAX received from 0501234567\n\nNumber of pages: 1\n"}));
    assert_non_null(
        strstr(buf_text(&b), "\r\n\r\nFAX received from 0501234567\r\n\r\nNumber of pages: 1\r\n"));
}

static void no_value_becomes_a_header(void **state)
{
    static const char attack[] = "x\r\nBcc: victim@example.com\r\n\r\nbody";
    SCOPED_BUF struct buf b;
    buf_init(&b, 1 << 20);
    struct mime_head head = plain_head;
    head.subject = attack;
    head.from_name = attack;
    head.message_id = attack;
    head.in_reply_to = attack;
    const struct mime_attachment file = {attack, "application/pdf", span_str("x")};
    assert_true(mime_write(&b, &head, &(struct mime_body){.text = "text", .attachments = &file, .count = 1}));
    assert_wire_form(&b);
    assert_null(strstr(buf_text(&b), "\r\nBcc:"));
    assert_null(strstr(buf_text(&b), "\nBcc:"));
    head = plain_head;
    head.to = "a@b.c>\r\nBcc: <victim@example.com";
    assert_false(mime_write(&b, &head, &(struct mime_body){.text = "text"}));
    head.to = "nobody";
    assert_false(mime_write(&b, &head, &(struct mime_body){.text = "text"}));
}

/* ---- PDF of received pages ---- */

static struct page make_page(enum page_resolution r, uint32_t rows, struct buf *t6, uint8_t **bits)
{
    struct page_form form = {.width = PAGE_WIDTH_A4, .rows = rows, .resolution = r};
    size_t len = t6_row_bytes(form.width) * rows;
    *bits = mem_zalloc(len);
    for (size_t i = 0; i < len; i++)
        (*bits)[i] = (i / 216) % 50 < 20 && i % 216 > 20 ? (uint8_t)(i * 2654435761u >> 13) & 0x7e : 0;
    buf_init(t6, PAGE_BYTES_MAX);
    assert_true(t6_encode(&form, *bits, t6));
    return (struct page){form, buf_span(t6)};
}

/* MuPDF at one pixel a pixel. */
static void assert_pixels(fz_context *ctx, fz_document *doc, int number, const struct page *p,
                          const uint8_t *bits)
{
    fz_page *page = fz_load_page(ctx, doc, number);
    fz_rect box = fz_bound_page(ctx, page);
    float x = (float)p->form.width / (box.x1 - box.x0), y = (float)p->form.rows / (box.y1 - box.y0);
    fz_pixmap *drawn = fz_new_pixmap_from_page(ctx, page, fz_scale(x, y), fz_device_gray(ctx), 0);
    assert_int_equal(drawn->w, p->form.width);
    assert_int_equal(drawn->h, p->form.rows);
    unsigned wrong = 0;
    for (uint32_t row = 0; row < p->form.rows; row++)
        for (uint32_t i = 0; i < p->form.width; i++) {
            bool black = drawn->samples[(size_t)row * (size_t)drawn->stride + i] < 128;
            wrong += black != (bits[row * 216 + i / 8] >> (7 - i % 8) & 1);
        }
    assert_int_equal(wrong, 0);
    fz_drop_pixmap(ctx, drawn);
    fz_drop_page(ctx, page);
}

static void pdf_holds_every_pixel_in_true_size(void **state)
{
    static const struct {
        enum page_resolution resolution;
        uint32_t rows;
    } forms[] = {{PAGE_STANDARD, 1144}, {PAGE_FINE, 2287}, {PAGE_SUPERFINE, 4574}, {PAGE_FINE, 1}};
    struct buf t6[4];
    uint8_t *bits[4];
    struct page pages[4];
    fz_context *ctx = render_context(warm);
    SCOPED_BUF struct buf b;
    buf_init(&b, 1 << 24);
    for (size_t i = 0; i < 4; i++)
        pages[i] = make_page(forms[i].resolution, forms[i].rows, &t6[i], &bits[i]);
    const struct pdf_opts o = {.title = "Fax (1) \\ für 你", .created_ms = 1584010298000, .zone_minutes = 60};
    assert_true(pdf_write(&b, &o, pages, 4));
    fz_stream *stream = fz_open_memory(ctx, b.data, b.len);
    fz_document *doc = fz_open_document_with_stream(ctx, "application/pdf", stream);
    char text[200];
    assert_true(fz_lookup_metadata(ctx, doc, FZ_META_INFO_TITLE, text, sizeof(text)) > 0);
    assert_string_equal(text, o.title);
    assert_true(fz_lookup_metadata(ctx, doc, FZ_META_INFO_CREATIONDATE, text, sizeof(text)) > 0);
    assert_non_null(strstr(buf_text(&b), "/CreationDate(D:20200312115138+01'00')"));
    assert_int_equal(fz_count_pages(ctx, doc), 4);
    for (int i = 0; i < 3; i++) {
        fz_page *page = fz_load_page(ctx, doc, i);
        fz_rect box = fz_bound_page(ctx, page);
        fz_drop_page(ctx, page);
        /* 297 mm high and 215.2 mm wide, at whatever resolution it came. */
        assert_in_range((int)(box.x1 * 100), 60985, 61000);
        assert_in_range((int)(box.y1 * 100), 84180, 84240);
        assert_pixels(ctx, doc, i, &pages[i], bits[i]);
    }
    fz_drop_document(ctx, doc);
    fz_drop_stream(ctx, stream);
    for (size_t i = 0; i < 4; i++) {
        buf_clear(&t6[i]);
        free(bits[i]);
    }
}

static uint32_t be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* What ISO 19005-2 wants of every file, as far as it can be seen without a validator. */
/* proves: S2.14 S4.1 */
static void pdf_is_one_for_archives(void **state)
{
    static uint8_t t6[] = {0, 0x10, 1};
    const struct page page = {{PAGE_WIDTH_A4, 1, PAGE_FINE}, span_of(t6, sizeof(t6))};
    const struct pdf_opts o = {
        .title = "FAX <from> & \xc3\xbc", .created_ms = 1584010298000, .zone_minutes = -210};
    SCOPED_BUF struct buf b, again;
    buf_init(&b, 1 << 20);
    buf_init(&again, 1 << 20);
    assert_true(pdf_write(&b, &o, &page, 1));
    assert_true(pdf_write(&again, &o, &page, 1));
    assert_true(span_equal(buf_span(&b), buf_span(&again)));
    static const char *const wanted[] = {
        "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
        "<pdfaid:part>2</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>",
        "x-default\">FAX &lt;from&gt; &amp; \xc3\xbc</rdf:li>",
        "<xmp:CreateDate>2020-03-12T07:21:38-03:30</xmp:CreateDate>",
        "/CreationDate(D:20200312072138-03'30')",
        "/S/GTS_PDFA1/OutputConditionIdentifier",
        "/ID[<"};
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
        if (!memmem(b.data, b.len, wanted[i], strlen(wanted[i])))
            fail_msg("no %s", wanted[i]);
    const uint8_t *head = memmem(b.data, b.len, "<</N 1/Length ", 14);
    assert_non_null(head);
    const uint8_t *profile = (const uint8_t *)memmem(head, 60, "stream\n", 7) + 7;
    assert_memory_equal(profile + 36, "acsp", 4);
    assert_int_equal(be32(profile), (uint32_t)strtoul((const char *)head + 14, NULL, 10));
    for (unsigned i = 0; i < be32(profile + 128); i++) /* each tag inside, and on a word */
        assert_true(be32(profile + 136 + 12 * i) % 4 == 0 &&
                    be32(profile + 136 + 12 * i) + be32(profile + 140 + 12 * i) <= be32(profile));
    fz_context *ctx = render_context(warm);
    fz_stream *stream = fz_open_memory(ctx, b.data, b.len);
    fz_document *doc = fz_open_document_with_stream(ctx, "application/pdf", stream);
    assert_int_equal(fz_count_pages(ctx, doc), 1);
    fz_drop_document(ctx, doc);
    fz_drop_stream(ctx, stream);
}

static void broken_page_data_does_no_harm(void **state)
{
    uint8_t *bits = mem_zalloc(216 * 2000), junk[5000];
    for (unsigned seed = 0; seed < 40; seed++) {
        for (size_t i = 0; i < sizeof(junk); i++)
            junk[i] = (uint8_t)((i * 7919 + seed * 104729) >> 3);
        const struct page p = {{PAGE_WIDTH_A4, 2000, PAGE_FINE}, span_of(junk, sizeof(junk) - seed)};
        assert_true(t6_decode(&p, bits) <= 2000);
    }
    free(bits);
}

/* ---- report ---- */

static const char one_job[] =
    "[{\"number\":\"030 1234\",\"state\":\"%s\",\"outcome\":{\"code\":\"sip-486\",\"text\":\"The line was "
    "busy.\"},"
    "\"pages\":2,\"confirmed\":%d,\"station_id\":\"+49 30 1234\",\"attempts\":[{\"started_ms\":1584010299000,"
    "\"seconds\":31,\"mode\":\"t38\",\"rate\":14400,\"ecm\":true,\"result\":\"confirmed\"}],\"page_stats\":[{"
    "\"page\":1,"
    "\"confirmed_ms\":1584010320000,\"seconds\":20.5,\"rate\":14400,\"coding\":\"T.6\",\"ecm\":true,"
    "\"resent\":3}]}]";

#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void make_facts(struct report_facts *f, const char *state, int confirmed)
{
    char json[1000];
    (void)snprintf(json, sizeof(json), one_job, state, confirmed);
    *f = (struct report_facts){.box = "front",
                               .serial = "SN1",
                               .subject = "Befund 你好",
                               .misnamed = "",
                               .language = "en",
                               .received_ms = 1584010298000};
    assert_true(report_facts_parse(f, json, ""));
}

static void report_tells_delivered_from_failed(void **state)
{
    static const struct {
        const char *state;
        int confirmed;
        const char *subject, *line;
    } cases[] = {{"done", 2, "Fax to 030 1234 delivered (2 pages)", "Fax to 030 1234: delivered\n"},
                 {"failed", 1, "Fax to 030 1234: not delivered", "  Reason: The line was busy.\n"},
                 {"unknown", 1, "Fax to 030 1234: outcome unknown", "  Pages confirmed: 1 of 2\n"},
                 {"cancelled", 0, "Fax to 030 1234: cancelled", "Fax to 030 1234: cancelled\n"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct report_facts f;
        struct mail_words w;
        make_facts(&f, cases[i].state, cases[i].confirmed);
        assert_true(report_words(&w, shipped(MAIL_TEMPLATE_REPORT, "en"), "en", &f));
        assert_string_equal(buf_text(&w.subject), cases[i].subject);
        assert_string_equal(buf_text(&w.file), "fax-report_0301234_2020-03-12_11_51_38");
        assert_non_null(strstr(buf_text(&w.text), cases[i].line));
        mail_words_clear(&w);
        report_facts_clear(&f);
    }
}

/* proves: S2.13 S2.18 */
static void reason_is_in_the_language_and_never_says_send_again_of_a_fax_that_may_have_arrived(void **state)
{
    static const struct {
        const char *state, *part;
    } cases[] = {{"failed", "Der Anschluss war besetzt."}, {"unknown", "bevor Sie es noch einmal senden"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct report_facts f;
        struct mail_words w;
        make_facts(&f, cases[i].state, 1);
        assert_true(report_words(&w, shipped(MAIL_TEMPLATE_REPORT, "de"), "de", &f));
        assert_non_null(strstr(buf_text(&w.text), cases[i].part));
        assert_non_null(strstr(buf_text(&w.html), cases[i].part));
        assert_non_null(strstr(buf_text(&w.text), "The line was busy."));
        assert_true(i == 0 || !strstr(buf_text(&w.text), "besetzt"));
        mail_words_clear(&w);
        report_facts_clear(&f);
    }
}

static void report_is_one_page_with_its_facts_as_text(void **state)
{
    fz_context *ctx = render_context(warm);
    struct report_facts f;
    struct buf t6;
    uint8_t *bits;
    SCOPED_BUF struct buf b;
    buf_init(&b, 1 << 24);
    struct page first = make_page(PAGE_FINE, 2287, &t6, &bits);
    make_facts(&f, "done", 2);
    assert_true(report_draw(ctx, &f, &first, NULL, &b));
    fz_stream *stream = fz_open_memory(ctx, b.data, b.len);
    fz_document *doc = fz_open_document_with_stream(ctx, "application/pdf", stream);
    assert_int_equal(fz_count_pages(ctx, doc), 1);
    fz_buffer *text = fz_new_buffer_from_page_number(ctx, doc, 0, NULL);
    const char *seen = fz_string_from_buffer(ctx, text);
    static const char *const facts[] = {"Fax to 030 1234 delivered", "+49 30 1234", "14400 bit/s", "2 of 2",
                                        "12/03/2020 11:52:00",       "20.5 s",      "Befund"};
    for (size_t i = 0; i < ARRAY_LEN(facts); i++)
        if (!strstr(seen, facts[i]))
            fail_msg("the report does not say \"%s\"", facts[i]);
    fz_drop_buffer(ctx, text);
    fz_drop_document(ctx, doc);
    fz_drop_stream(ctx, stream);
    report_facts_clear(&f);
    buf_clear(&t6);
    free(bits);
    assert_true(b.len < 200000 + t6.len + 300000);
}

/* The text of the first page of a PDF; the caller drops it. */
static fz_buffer *text_of(fz_context *ctx, const struct buf *pdf)
{
    fz_stream *stream = fz_open_memory(ctx, pdf->data, pdf->len);
    fz_document *doc = fz_open_document_with_stream(ctx, "application/pdf", stream);
    fz_buffer *text = fz_new_buffer_from_page_number(ctx, doc, 0, NULL);
    fz_drop_document(ctx, doc);
    fz_drop_stream(ctx, stream);
    return text;
}

/* proves: S2.18 */
static void report_is_drawn_in_the_language_of_its_mail(void **state)
{
    static const struct {
        const char *language, *facts[4];
    } cases[] = {
        {"en", {"Fax to 030 1234 not delivered", "Why", "Called", "1 of 2"}},
        {"de",
         {"Fax an 030 1234 nicht zugestellt", "Der Anschluss war besetzt", "letter.pdf (JPEG)", "1 von 2"}},
        {"it", {"Fax a 030 1234 non consegnato", "La linea era occupata", "letter.pdf (JPEG)", "1 di 2"}},
        {"fr", {"Fax au 030 1234 non remis", "La ligne était occupée", "letter.pdf (JPEG)", "1 sur 2"}},
        {"es", {"Fax a 030 1234 no entregado", "La línea estaba ocupada", "letter.pdf (JPEG)", "1 de 2"}}};
    fz_context *ctx = render_context(warm);
    for (size_t i = 1; i < ARRAY_LEN(cases); i++) {
        struct report_facts f;
        SCOPED_BUF struct buf b;
        buf_init(&b, 1 << 24);
        make_facts(&f, "failed", 1);
        f.language = cases[i].language;
        f.misnamed = "letter.pdf (JPEG)";
        assert_true(report_draw(ctx, &f, NULL, NULL, &b));
        fz_buffer *text = text_of(ctx, &b);
        for (size_t k = 0; k < ARRAY_LEN(cases[i].facts); k++)
            if (!strstr(fz_string_from_buffer(ctx, text), cases[i].facts[k]))
                fail_msg("%s: no \"%s\" in %s", cases[i].language, cases[i].facts[k],
                         fz_string_from_buffer(ctx, text));
        assert_null(strstr(fz_string_from_buffer(ctx, text), "The line was busy"));
        fz_drop_buffer(ctx, text);
        report_facts_clear(&f);
    }
    for (int l = 0; l < REPORT_LABEL_COUNT; l++)
        for (size_t i = 0; i < ARRAY_LEN(cases); i++)
            assert_true(report_label(cases[i].language, (enum report_label)l)[0] != 0);
}

/* proves: A3 S2.18 */
static void dry_run_is_told_in_the_language_and_names_what_is_misnamed(void **state)
{
    static const struct {
        const char *language, *parts[3];
    } cases[] = {
        {"en", {"Number: 030 1234, dialled as +49301234", "Price class: national", "Trunk: none is set up"}},
        {"de", {"Nummer: 030 1234, gewählt als +49301234", "Preisklasse: national", "Leitung: keine"}},
        {"it", {"Numero: 030 1234", "Fascia di prezzo: nazionale", "Linea: nessuna"}},
        {"fr", {"Numéro : 030 1234", "Tarif : national", "Ligne : aucune"}},
        {"es", {"Número: 030 1234", "Tarifa: nacional", "Línea: no hay ninguna"}}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct mail_words w;
        const struct msg_compose_preview m = {
            .subject = "check 030 1234",
            .text = "030 1234\t+49301234\tnational\t\t2\t1584010298000\tfront\n"
                    "0900 1\t+499001\tpremium-rate\tmain\t2\t1584010298000\tfront\n",
            .misnamed = "letter.pdf (JPEG)",
            .small_text = "2, 5",
            .template = shipped(MAIL_TEMPLATE_PREVIEW, cases[i].language)};
        assert_true(preview_words(&w, &m, 34));
        for (size_t k = 0; k < ARRAY_LEN(cases[i].parts); k++)
            if (!strstr(buf_text(&w.text), cases[i].parts[k]))
                fail_msg("no \"%s\" in %s", cases[i].parts[k], buf_text(&w.text));
        assert_non_null(strstr(buf_text(&w.text), "letter.pdf (JPEG)"));
        assert_non_null(strstr(buf_text(&w.text), " 2, 5"));
        assert_non_null(strstr(buf_text(&w.text), " 34 s "));
        assert_non_null(strstr(buf_text(&w.text), "0900 1"));
        assert_non_null(strstr(buf_text(&w.text), "11:51"));
        mail_words_clear(&w);
    }
    struct mail_words w;
    const struct msg_compose_preview old = {.subject = "s",
                                            .text =
                                                "030 1234\t+49301234\tnational\t\t2\t1584010298000\tfront\n",
                                            .misnamed = "",
                                            .small_text = "",
                                            .template = "subject: x\nfile: f\ntext:\n{facts}\n"};
    assert_true(preview_words(&w, &old, 0));
    assert_string_equal(buf_text(&w.text),
                        "Number: 030 1234, dialled as +49301234\nPrice class: national\nTrunk: none "
                        "is set up: it would wait\nPages: 2\nEarliest: 2020-03-12 11:51\nFrom box: "
                        "front\n\n");
    mail_words_clear(&w);
}

static void a_name_that_lies_is_told_with_what_the_file_is(void **state)
{
    static const struct {
        const char *name;
        enum document_kind kind;
        const char *word;
    } cases[] = {{"letter.pdf", DOCUMENT_JPEG, "JPEG"}, {"LETTER.PDF", DOCUMENT_PDF, NULL},
                 {"scan.jpg", DOCUMENT_PDF, "PDF"},     {"scan.jpeg", DOCUMENT_JPEG, NULL},
                 {"a.docx", DOCUMENT_OLE, "Office 97"}, {"a.doc", DOCUMENT_RTF, NULL},
                 {"a.txt", DOCUMENT_HTML, NULL},        {"a.txt", DOCUMENT_PNG, "PNG"},
                 {"a.pdf", DOCUMENT_EMPTY, NULL},       {"noending", DOCUMENT_JPEG, NULL},
                 {"a.xyz", DOCUMENT_JPEG, NULL},        {"", DOCUMENT_PDF, NULL}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *word = document_misnamed(cases[i].name, cases[i].kind);
        if (!str_equal(word ? word : "", cases[i].word ? cases[i].word : ""))
            fail_msg("%s: %s", cases[i].name, word ? word : "nothing");
    }
}

static void facts_that_are_none_are_refused(void **state)
{
    static const char *const bad[] = {"", "{}", "[]", "[", "7", "null"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct report_facts f = {0};
        assert_false(report_facts_parse(&f, bad[i], ""));
        report_facts_clear(&f);
    }
    struct report_facts f = {.box = "", .serial = "", .subject = "", .misnamed = "", .language = "xx"};
    SCOPED_BUF struct buf b;
    buf_init(&b, 1 << 24);
    assert_true(report_facts_parse(&f, "[{\"number\":7,\"attempts\":{},\"page_stats\":[1,null]},[]]", ""));
    assert_true(report_draw(render_context(warm), &f, NULL, NULL, &b));
    report_facts_clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(subject_says_serial_and_caller_as_dialled),
        cmocka_unit_test(body_has_exactly_its_lines),
        cmocka_unit_test(attachment_is_named_by_numbers_time_and_faxid),
        cmocka_unit_test(numbers_are_reduced_before_they_get_near_a_name_or_header),
        cmocka_unit_test(time_is_the_one_of_the_zone),
        cmocka_unit_test(mail_comes_back_as_it_was_written),
        cmocka_unit_test(simple_text_is_not_encoded),
        cmocka_unit_test(no_value_becomes_a_header),
        cmocka_unit_test(pdf_holds_every_pixel_in_true_size),
        cmocka_unit_test(pdf_is_one_for_archives),
        cmocka_unit_test(broken_page_data_does_no_harm),
        cmocka_unit_test(report_tells_delivered_from_failed),
        cmocka_unit_test(reason_is_in_the_language_and_never_says_send_again_of_a_fax_that_may_have_arrived),
        cmocka_unit_test(report_is_one_page_with_its_facts_as_text),
        cmocka_unit_test(report_is_drawn_in_the_language_of_its_mail),
        cmocka_unit_test(dry_run_is_told_in_the_language_and_names_what_is_misnamed),
        cmocka_unit_test(a_name_that_lies_is_told_with_what_the_file_is),
        cmocka_unit_test(facts_that_are_none_are_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
