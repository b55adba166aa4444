/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/reader.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/scope.h"
#include "base/str.h"
#include "convert/t6.h"
#include "convert/tesseract.h"
#include "model/page_text.h"

/* A word of which it is less sure, of a hundred, is mostly a speck or a signature. */
enum { CONFIDENCE_MIN = 25 };
/* Rows at 196 an inch, which suits it and the width's 204. It takes no picture that is longer. */
enum { READ_DPI = 200, READ_ROWS_MAX = 32000 };

struct calls {
#define CALL_FIELD(name, symbol, result, arguments) result(*name) arguments;
    TESSERACT_CALLS(CALL_FIELD)
#undef CALL_FIELD
};

static struct {
    struct calls calls;
    struct tesseract *engine; /* NULL: `missing` says why */
    const char *missing;
    int mode;
} reader;

/* ---- before the worker is shut in ---- */

static bool find_calls(struct calls *c)
{
    void *library = dlopen(TESSERACT_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return false;
    bool all = true;
#define CALL_FIND(name, symbol, result, arguments)                                                           \
    *(void **)(void *)&c->name = dlsym(library, symbol);                                                     \
    all = all && c->name;
    TESSERACT_CALLS(CALL_FIND)
#undef CALL_FIND
    return all;
}

/* "deu eng" -> "deu+eng", of those that are there. */
static void choose_languages(const char *wanted, struct buf *chosen)
{
    char path[PATH_MAX];
    while (*wanted) {
        size_t len = strcspn(wanted, " ");
        if (len > 0 &&
            str_format(path, sizeof(path), TESSERACT_LANGUAGES "/%.*s.traineddata", (int)len, wanted) &&
            access(path, R_OK) == 0)
            (void)buf_printf(chosen, "%s%.*s", chosen->len ? "+" : "", (int)len, wanted);
        wanted += len + (wanted[len] != 0);
    }
}

/* It tells of what it reads there. */
static void hush(void)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null >= 0) {
        (void)dup2(null, STDERR_FILENO);
        (void)close(null);
    }
}

/* What tells which way round a page is lies in a language that is opened when it is wanted first: by an empty
 * picture, for later there is no file to open. */
static void open_ways(void)
{
    enum { SIDE = 64 };
    static uint8_t white[SIDE * SIDE / 8];
    reader.mode = TESSERACT_PAGE_AUTO;
    if (access(TESSERACT_LANGUAGES "/" TESSERACT_WAYS ".traineddata", R_OK) != 0)
        return;
    memset(white, 0xff, sizeof(white));
    white[SIDE * SIDE / 16] = 0;
    reader.mode = TESSERACT_PAGE_AUTO_WAY;
    reader.calls.set_mode(reader.engine, reader.mode);
    reader.calls.set_image(reader.engine, white, SIDE, SIDE, 0, SIDE / 8);
    (void)reader.calls.recognize(reader.engine, NULL);
}

void reader_prepare(const char *languages)
{
    SCOPED_BUF struct buf chosen;
    buf_init(&chosen, 1024);
    choose_languages(languages, &chosen);
    /* It would start threads, which a worker cannot. */
    (void)setenv("OMP_THREAD_LIMIT", "1", 1);
    (void)setenv("LC_ALL", "C", 1);
    reader.engine = NULL;
    if (!find_calls(&reader.calls)) {
        reader.missing = "Tesseract is not installed on the fax server (package tesseract-ocr)";
        return;
    }
    if (chosen.len == 0) {
        reader.missing =
            "none of the languages that faxes are to be read in is installed on the fax server (packages "
            "tesseract-ocr-deu and so on)";
        return;
    }
    hush();
    struct tesseract *engine = reader.calls.create();
    if (engine && reader.calls.init(engine, TESSERACT_LANGUAGES, buf_text(&chosen)) == 0)
        reader.engine = engine;
    if (reader.engine)
        open_ways();
    else
        reader.missing = "Tesseract cannot open its languages";
}

/* ---- inside ---- */

/* The page's rows at about 200 an inch, white = 1, as Tesseract wants them. */
struct picture {
    uint8_t *bits;
    uint32_t width, rows;
    size_t row_bytes;
};

static uint32_t rows_to_read(const struct page_form *form)
{
    return form->resolution == PAGE_STANDARD    ? 2 * form->rows
           : form->resolution == PAGE_SUPERFINE ? (form->rows + 1) / 2
                                                : form->rows;
}

static void fill_row(const struct picture *to, uint32_t row, const struct page_form *form,
                     const uint8_t *bits)
{
    uint8_t *out = to->bits + row * to->row_bytes;
    uint32_t from = form->resolution == PAGE_STANDARD ? row / 2 : row;
    if (form->resolution == PAGE_SUPERFINE)
        from = 2 * row;
    bool pair = form->resolution == PAGE_SUPERFINE && from + 1 < form->rows;
    const uint8_t *first = bits + from * to->row_bytes, *second = pair ? first + to->row_bytes : first;
    for (size_t i = 0; i < to->row_bytes; i++)
        out[i] = (uint8_t) ~(first[i] | second[i]);
}

static void make_picture(struct picture *p, const struct page *page)
{
    p->width = page->form.width;
    p->rows = rows_to_read(&page->form);
    p->row_bytes = t6_row_bytes(page->form.width);
    SCOPED_FREE uint8_t *bits = mem_alloc(p->row_bytes * page->form.rows);
    (void)!t6_decode(page, bits);
    p->bits = mem_alloc(p->row_bytes * p->rows);
    for (uint32_t row = 0; row < p->rows; row++)
        fill_row(p, row, &page->form, bits);
}

/* A row of the picture as one of the page. */
static uint32_t page_row(const struct page_form *form, int row)
{
    uint32_t r = row > 0 ? (uint32_t)row : 0;
    return form->resolution == PAGE_STANDARD ? r / 2 : form->resolution == PAGE_SUPERFINE ? 2 * r : r;
}

static void put_word(const struct tesseract_words *words, const struct page_form *form, struct buf *text)
{
    int left, top, right, bottom;
    if (reader.calls.confidence(words, TESSERACT_OF_WORDS) < CONFIDENCE_MIN ||
        !reader.calls.place(words, TESSERACT_OF_WORDS, &left, &top, &right, &bottom) || left < 0 ||
        right <= left || bottom <= top)
        return;
    char *word = reader.calls.text(words, TESSERACT_OF_WORDS);
    if (!word)
        return;
    uint32_t y = page_row(form, top), end = page_row(form, bottom);
    page_text_put(text, form,
                  &(struct page_word){.x = (uint32_t)left,
                                      .y = y,
                                      .width = (uint32_t)(right - left),
                                      .height = end > y ? end - y : 1,
                                      .text = span_str(word)});
    reader.calls.free_text(word);
}

/* How more than half of the page's words stand, as the quarters that make it upright. */
static unsigned quarters_of(const unsigned ways[4], unsigned words)
{
    static const unsigned quarters[4] = {0, 3, 2, 1};
    for (unsigned way = 0; way < 4; way++)
        if (ways[way] > words / 2)
            return quarters[way];
    return 0;
}

static void take_words(const struct page_form *form, struct buf *text)
{
    SCOPED_BUF struct buf found;
    struct tesseract_words *words = reader.calls.words(reader.engine);
    unsigned count = 0, ways[4] = {0};
    buf_init(&found, PAGE_TEXT_BYTES_MAX);
    if (!words)
        return; /* a page with nothing on it */
    do {
        int way = 0, writing, order;
        float skew;
        size_t before = found.len;
        put_word(words, form, &found);
        if (found.len == before)
            continue;
        reader.calls.way(words, &way, &writing, &order, &skew);
        count++;
        ways[(unsigned)way % 4]++;
    } while (reader.calls.next(words, TESSERACT_OF_WORDS));
    reader.calls.free_words(words);
    page_text_put_turned(text, quarters_of(ways, count));
    (void)buf_append(text, found.data, found.len);
}

void reader_read(const struct page *page, struct buf *text, struct outcome *outcome)
{
    struct picture picture;
    if (!reader.engine) {
        outcome_set(outcome, VERDICT_RETRY, "ocr-missing", "%s.", reader.missing);
        return;
    }
    if (rows_to_read(&page->form) > READ_ROWS_MAX) {
        outcome_set(outcome, VERDICT_GIVE_UP, "ocr-too-long", "The page is too long to be read.");
        return;
    }
    make_picture(&picture, page);
    reader.calls.set_mode(reader.engine, reader.mode);
    reader.calls.set_image(reader.engine, picture.bits, (int)picture.width, (int)picture.rows, 0,
                           (int)picture.row_bytes);
    reader.calls.set_resolution(reader.engine, READ_DPI);
    if (reader.calls.recognize(reader.engine, NULL) == 0)
        take_words(&page->form, text);
    else
        outcome_set(outcome, VERDICT_GIVE_UP, "ocr-failed", "The page cannot be read.");
    free(picture.bits);
}
