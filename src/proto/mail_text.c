/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/mail_text.h"

#include <string.h>

#include "base/span.h"
#include "base/str.h"

/* One line without its end, and where the next begins. */
static struct span take_line(const char **rest)
{
    size_t len = strcspn(*rest, "\n");
    struct span line = span_of(*rest, len);
    *rest += len + ((*rest)[len] != 0);
    return line;
}

static struct span trim(struct span s)
{
    while (s.len > 0 && strchr(" \t\r", s.data[0]))
        s = span_of(s.data + 1, s.len - 1);
    while (s.len > 0 && strchr(" \t\r", s.data[s.len - 1]))
        s.len--;
    return s;
}

static bool begins(struct span line, const char *word)
{
    size_t len = strlen(word);
    return line.len >= len && span_equal_nocase(span_of(line.data, len), word);
}

/* ---- what is not the sender's own ---- */

static bool is_signature(struct span line)
{
    return line.len >= 2 && memcmp(line.data, "--", 2) == 0 && trim(line).len == 2;
}

static size_t count_front(struct span line, char c)
{
    size_t n = 0;
    while (n < line.len && line.data[n] == (uint8_t)c)
        n++;
    return n;
}

/* "-----Original Message-----" in any language, or the rule some programs draw. */
static bool is_divider(struct span line)
{
    line = trim(line);
    size_t dashes = count_front(line, '-');
    bool named = dashes >= 5 && dashes < line.len && line.data[line.len - 1] == '-';
    return named || (line.len >= 20 && count_front(line, '_') == line.len);
}

static bool begins_with_one_of(struct span line, const char *const *words)
{
    for (; *words; words++)
        if (begins(line, *words))
            return true;
    return false;
}

/* The header some programs put above a quoted mail, with nothing around it: who, and at once when. */
static bool is_quoted_header(struct span line, const char *rest)
{
    static const char *const who[] = {"From:", "Von:", "De:", "Da:", "Van:", NULL};
    static const char *const when[] = {
        "Sent:", "Date:",  "Gesendet:",  "Datum:", "Envoy\xc3\xa9", "Enviado", "Inviato",
        "Data:", "Fecha:", "Verzonden:", NULL};
    return begins_with_one_of(trim(line), who) && begins_with_one_of(trim(take_line(&rest)), when);
}

/* "On Monday Ann wrote:" right above the quotation. */
static bool introduces(struct span line, const char *rest)
{
    line = trim(line);
    if (line.len == 0 || line.data[line.len - 1] != ':')
        return false;
    while (*rest) {
        struct span next = trim(take_line(&rest));
        if (next.len > 0)
            return next.data[0] == '>';
    }
    return false;
}

void mail_text_own(const char *text, struct buf *own)
{
    size_t blanks = 0, begin = own->len;
    const char *rest = text;
    while (*rest) {
        struct span line = take_line(&rest);
        if (is_signature(line) || is_divider(line) || is_quoted_header(line, rest))
            break;
        if (begins(line, ">") || introduces(line, rest))
            continue;
        if (trim(line).len == 0) {
            blanks++;
            continue;
        }
        for (; own->len > begin && blanks > 0; blanks--)
            (void)buf_append_byte(own, '\n');
        blanks = 0;
        (void)buf_append(own, line.data, line.len);
        (void)buf_append_byte(own, '\n');
    }
}

/* ---- PINs ---- */

/* marked: "PIN:" stood in front of it. */
static bool read_pin(struct span line, char pin[PIN_LEN], bool *marked)
{
    line = trim(line);
    *marked = begins(line, "PIN");
    if (*marked) {
        line = trim(span_of(line.data + 3, line.len - 3));
        if (line.len == 0 || line.data[0] != ':')
            return false;
        line = trim(span_of(line.data + 1, line.len - 1));
    }
    if (line.len < PIN_DIGITS_MIN || line.len > PIN_DIGITS_MAX)
        return false;
    for (size_t i = 0; i < line.len; i++)
        if (!char_is_digit((char)line.data[i]))
            return false;
    return str_copy_span(pin, PIN_LEN, line);
}

enum mail_pin mail_text_pin(const char *own, char pin[PIN_LEN])
{
    enum mail_pin found = MAIL_PIN_NONE;
    pin[0] = 0;
    while (*own) {
        char one[PIN_LEN];
        bool marked;
        if (!read_pin(take_line(&own), one, &marked))
            continue;
        if (found == MAIL_PIN_ONE && !str_equal(one, pin))
            return MAIL_PIN_SEVERAL;
        (void)str_copy(pin, PIN_LEN, one);
        found = MAIL_PIN_ONE;
    }
    return found;
}

void mail_text_without_pins(const char *own, bool bare, struct buf *to)
{
    while (*own) {
        char pin[PIN_LEN];
        bool marked;
        struct span line = take_line(&own);
        if (read_pin(line, pin, &marked) && (marked || bare))
            continue;
        (void)buf_append(to, line.data, line.len);
        (void)buf_append_byte(to, '\n');
    }
}
