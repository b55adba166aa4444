/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* IPP: bytes of the examples of RFC 8010 appendix A, and answers as printers give them. */
#include "base/scope.h"
#include "base/str.h"
#include "proto/ipp.h"
#include "test.h"

static void answer(struct buf *b, unsigned status)
{
    const uint8_t head[] = {2, 0, (uint8_t)(status >> 8), (uint8_t)status, 0, 0, 0, 1, IPP_OPERATION_GROUP};
    buf_init(b, 4096);
    assert_true(buf_append(b, head, sizeof(head)));
    ipp_put_text(b, IPP_CHARSET, "attributes-charset", "utf-8");
    ipp_put_text(b, IPP_LANGUAGE, "attributes-natural-language", "en");
}

static void put_resolution(struct buf *b, const char *name, uint8_t high, uint8_t low)
{
    const uint8_t value[] = {0, 0, high, low, 0, 0, high, low, 3};
    const uint8_t lengths[] = {0, (uint8_t)strlen(name)};
    assert_true(buf_append_byte(b, IPP_RESOLUTION) && buf_append(b, lengths, 2) && buf_append_str(b, name) &&
                buf_append(b, (const uint8_t[]){0, 9}, 2) && buf_append(b, value, sizeof(value)));
}

static void a_request_has_the_bytes_of_the_standard(void **state)
{
    static const char begins[] = "\x01\x01\x00\x02\x00\x00\x00\x01\x01"
                                 "\x47\x00\x12"
                                 "attributes-charset\x00\x05utf-8"
                                 "\x48\x00\x1b"
                                 "attributes-natural-language\x00\x02"
                                 "en\x45\x00\x0bprinter-uri\x00\x15ipp://localhost/print";
    SCOPED_BUF struct buf b;
    buf_init(&b, 4096);
    ipp_begin(&b, IPP_PRINT_JOB, "ipp://localhost/print");
    assert_memory_equal(b.data, begins, sizeof(begins) - 1);
    buf_reset(&b);
    ipp_group(&b, IPP_JOB_GROUP);
    ipp_put_number(&b, IPP_INTEGER, "copies", 20);
    ipp_end(&b);
    assert_int_equal(b.len, 1 + 1 + 2 + 6 + 2 + 4 + 1);
    assert_memory_equal(b.data,
                        "\x02\x21\x00\x06"
                        "copies\x00\x04\x00\x00\x00\x14\x03",
                        b.len);
}

static void a_printer_says_what_it_takes(void **state)
{
    SCOPED_BUF struct buf b;
    struct ipp_printer p;
    unsigned status;
    answer(&b, 0);
    ipp_group(&b, 4);
    ipp_put_text(&b, IPP_MIME, "document-format-supported", "application/octet-stream");
    ipp_put_text(&b, IPP_MIME, "", "image/pwg-raster");
    ipp_put_text(&b, IPP_MIME, "", "image/urf");
    put_resolution(&b, "pwg-raster-document-resolution-supported", 2, 0x58); /* 600 */
    put_resolution(&b, "", 1, 0x2c);                                         /* 300 */
    put_resolution(&b, "", 0, 0x48);                                         /* 72 */
    ipp_put_number(&b, IPP_ENUM, "printer-state", 5);
    ipp_put_text(&b, IPP_KEYWORD, "printer-state-reasons", "none");
    ipp_put_text(&b, IPP_KEYWORD, "", "media-empty-error");
    ipp_put_text(&b, IPP_TEXT, "printer-state-message", "Out of \x1b[31mpaper");
    ipp_put_text(&b, IPP_KEYWORD, "media-supported", "na_letter_8.5x11in");
    ipp_put_text(&b, IPP_KEYWORD, "", "iso_a4_210x297mm");
    ipp_put_text(&b, IPP_KEYWORD, "print-scaling-supported", "auto");
    ipp_put_text(&b, IPP_KEYWORD, "", "fit");
    ipp_end(&b);
    assert_true(ipp_read_printer(buf_span(&b), "iso_a4_210x297mm", &status, &p));
    assert_int_equal(status, 0);
    assert_true(p.lists_formats && !p.formats[IPP_PDF] && p.formats[IPP_PWG] && !p.formats[IPP_TIFF]);
    assert_true(p.accepting && p.stopped && p.fits);
    assert_int_equal(p.dpi, 300);
    assert_string_equal(p.reasons, "media-empty-error");
    assert_string_equal(p.message, "Out of ?[31mpaper");
    assert_string_equal(p.media, "iso_a4_210x297mm");
    for (size_t len = 0; len < b.len; len++) /* cut off anywhere it is no answer */
        assert_false(ipp_read_printer(span_of(b.data, len), "", &status, &p));
}

static void raster_without_a_resolution_is_of_no_use(void **state)
{
    SCOPED_BUF struct buf b;
    struct ipp_printer p;
    unsigned status;
    answer(&b, 0);
    ipp_group(&b, 4);
    ipp_put_text(&b, IPP_MIME, "document-format-supported", "image/pwg-raster");
    ipp_end(&b);
    assert_true(ipp_read_printer(buf_span(&b), "", &status, &p));
    assert_false(p.formats[IPP_PWG]);
}

/* What stands in a collection is not the printer's. */
static void members_of_collections_are_passed_over(void **state)
{
    SCOPED_BUF struct buf b;
    struct ipp_printer p;
    unsigned status;
    answer(&b, 0);
    ipp_group(&b, 4);
    ipp_put_text(&b, (enum ipp_tag)0x34, "media-col-ready", "");
    ipp_put_text(&b, (enum ipp_tag)0x4a, "", "document-format-supported");
    ipp_put_text(&b, IPP_MIME, "", "application/pdf");
    ipp_put_text(&b, (enum ipp_tag)0x37, "", "");
    ipp_put_text(&b, IPP_MIME, "document-format-supported", "image/tiff");
    ipp_end(&b);
    assert_true(ipp_read_printer(buf_span(&b), "", &status, &p));
    assert_true(!p.formats[IPP_PDF] && p.formats[IPP_TIFF]);
}

static void a_job_is_found_by_its_name(void **state)
{
    SCOPED_BUF struct buf b;
    struct ipp_job j;
    unsigned status;
    answer(&b, 0);
    for (int i = 1; i <= 3; i++) {
        char name[16];
        (void)str_format(name, sizeof(name), "fax-%d", i);
        ipp_group(&b, IPP_JOB_GROUP);
        ipp_put_number(&b, IPP_INTEGER, "job-id", 40 + i);
        ipp_put_text(&b, IPP_NAME, "job-name", name);
        ipp_put_number(&b, IPP_ENUM, "job-state", 10 - i);
    }
    ipp_end(&b);
    assert_true(ipp_find_job(buf_span(&b), "fax-2", &status, &j));
    assert_int_equal(j.id, 42);
    assert_int_equal(j.state, IPP_JOB_ABORTED);
    assert_true(ipp_find_job(buf_span(&b), "fax-3", &status, &j));
    assert_int_equal(j.id, 43);
    assert_true(ipp_find_job(buf_span(&b), "fax-4", &status, &j));
    assert_int_equal(j.id, 0);
}

static void addresses(void **state)
{
    static const char *const good[][2] = {
        {"ipp://192.0.2.7/ipp/print", "http://192.0.2.7:631/ipp/print"},
        {"IPPS://print.example", "https://print.example:631/"},
        {"ipp://[2001:db8::7]/x", "http://[2001:db8::7]:631/x"},
        {"ipps://[2001:db8::7]:8443/x?y=1", "https://[2001:db8::7]:8443/x?y=1"},
        {"ipp://cups:6310/printers/front-desk", "http://cups:6310/printers/front-desk"},
    };
    static const char *const bad[] = {
        "",           "http://a/",        "ipp://",          "ipp:///x",
        "ipp://a:0/", "ipp://a:70000/",   "ipp://a:b/",      "ipp://me:secret@a/",
        "ipp://a b/", "ipp://a/\r\nx: y", "ipp://a?x",       "ipp://:631/",
        "lpd://a/",   "socket://a:9100",  "ipp://a/\xc3\xa4"};
    char url[IPP_URL_MAX];
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        assert_true(ipp_url(good[i][0], url));
        assert_string_equal(url, good[i][1]);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(ipp_url(bad[i], url));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_has_the_bytes_of_the_standard),
        cmocka_unit_test(a_printer_says_what_it_takes),
        cmocka_unit_test(raster_without_a_resolution_is_of_no_use),
        cmocka_unit_test(members_of_collections_are_passed_over),
        cmocka_unit_test(a_job_is_found_by_its_name),
        cmocka_unit_test(addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
