/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/cover.h"

#include <jansson.h>
#include <string.h>

#include "base/str.h"
#include "convert/local_time.h"

/* Of 80 columns, on the shortest paper with its margins and what stands above. */
enum { TEXT_LINES_MAX = 28, COLUMNS = 80, VALUE_MAX = 140 };

static const char *text_of(const json_t *facts, const char *name)
{
    const char *text = json_string_value(json_object_get(facts, name));
    return text ? text : "";
}

/* Cut between characters. */
static void put_row(struct buf *to, const char *label, const char *value)
{
    size_t len = strlen(value);
    for (len = len > VALUE_MAX ? VALUE_MAX : len; len > 0 && ((unsigned char)value[len] & 0xc0) == 0x80;)
        len--;
    if (len > 0)
        (void)buf_printf(to, "%-10s%.*s\n\n", label, (int)len, value);
}

/* As many lines as fit, the long ones counted as what they break into. */
static void put_text(struct buf *to, const char *text)
{
    size_t lines = 0;
    while (*text) {
        size_t len = strcspn(text, "\n");
        lines += 1 + len / COLUMNS;
        if (lines > TEXT_LINES_MAX) {
            (void)buf_append_str(to, "[...]\n");
            return;
        }
        (void)buf_append(to, text, len);
        (void)buf_append_byte(to, '\n');
        text += len + (text[len] != 0);
    }
}

static void put_all(struct buf *to, const json_t *facts, unsigned pages, int64_t created_ms)
{
    char when[64], count[16];
    const char *subject = text_of(facts, "subject"), *text = text_of(facts, "text");
    local_time_format(when, sizeof(when), "%Y-%m-%d %H:%M", created_ms);
    (void)str_format(count, sizeof(count), "%u", pages);
    (void)buf_append_str(to, "\n\nFAX\n\n\n");
    put_row(to, "To:", text_of(facts, "to"));
    put_row(to, "Company:", text_of(facts, "company"));
    put_row(to, "Number:", text_of(facts, "number"));
    put_row(to, "From:", text_of(facts, "from"));
    put_row(to, "", text_of(facts, "box"));
    put_row(to, "Fax:", text_of(facts, "station_id"));
    put_row(to, "Date:", when);
    put_row(to, "Pages:", count);
    put_row(to, "Subject:", subject);
    if (*text)
        (void)buf_printf(to, "%.*s\n\n", COLUMNS,
                         "--------------------------------------------------------------------------------");
    put_text(to, text);
}

bool cover_write(struct buf *to, const char *facts, unsigned pages, int64_t created_ms,
                 struct outcome *outcome)
{
    json_t *all = json_loads(facts, 0, NULL);
    bool good = json_is_object(all);
    if (good)
        put_all(to, all, pages, created_ms);
    else
        outcome_set(outcome, VERDICT_GIVE_UP, "cover-facts", "The facts of a cover page are none.");
    json_decref(all);
    return good;
}
