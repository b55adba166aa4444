/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What is signed for S3: texts of any length and bytes, a line each. What comes out is a header of one line,
 * and a path that says the same. */
#include <stdlib.h>
#include <string.h>

#include "archive/sigv4.h"
#include "base/panic.h"
#include "base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXTS = 6, TEXT_LEN = 4000 };

static unsigned digit(char c)
{
    return c <= '9' ? (unsigned)(c - '0') : (unsigned)((c | 32) - 'a' + 10);
}

static bool is_digit(char c)
{
    return c && strchr("0123456789ABCDEFabcdef", c);
}

/* What a server reads in it; an escaped / is none. */
static size_t plain_of(const char *path, char back[TEXT_LEN])
{
    size_t len = 0;
    for (const char *c = path; *c; c++) {
        bool escaped = *c == '%' && is_digit(c[1]) && is_digit(c[2]);
        char byte = escaped ? (char)(digit(c[1]) << 4 | digit(c[2])) : *c;
        back[len++] = escaped && byte == '/' ? '\n' : byte;
        c += escaped ? 2 : 0;
    }
    return len;
}

static void escapes(const char *path)
{
    char out[TEXT_LEN], again[TEXT_LEN], wanted[TEXT_LEN], back[TEXT_LEN];
    for (size_t size = 0; size < 40; size++) /* no byte beyond the end */
        (void)!sigv4_escape(path, (char[40]){0}, size);
    if (!sigv4_escape(path, out, sizeof(out)))
        return;
    size_t len = plain_of(path, wanted);
    if (plain_of(out, back) != len || memcmp(back, wanted, len) != 0)
        panic("an escaped path says something else");
    if (!sigv4_escape(out, again, sizeof(again)) || strcmp(again, out) != 0)
        panic("an escaped path is escaped once more");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[TEXT_LEN], authorization[SIGV4_HEADER_LEN], date[SIGV4_DATE_LEN];
    const char *texts[TEXTS] = {"", "", "", "", "", ""};
    if (size < 8 || size - 8 >= sizeof(text))
        return 0;
    uint32_t at_s; /* until 2106 */
    memcpy(&at_s, data, sizeof(at_s));
    memcpy(text, data + 8, size - 8);
    text[size - 8] = 0;
    char *rest = text;
    for (size_t i = 0; i < TEXTS && rest; i++)
        texts[i] = strsep(&rest, "\n");
    const struct sigv4_request r = {.method = texts[0],
                                    .host = texts[1],
                                    .path = texts[2],
                                    .payload = texts[3],
                                    .region = texts[4],
                                    .id = texts[5],
                                    .secret = texts[3],
                                    .at_s = at_s};
    escapes(texts[2]);
    if (sigv4_sign(&r, authorization, date) &&
        (strchr(authorization, '\n') || strlen(date) != SIGV4_DATE_LEN - 1))
        panic("a header of several lines, or no date");
    return 0;
}
