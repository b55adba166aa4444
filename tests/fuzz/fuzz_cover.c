/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a cover page says, a line each, and below an empty line the tenant's template: drawn as in service.
 * Any values make one page, or a reason. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/scope.h"
#include "base/str.h"
#include "convert/cover.h"
#include "convert/render.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Longer ones take seconds each, and say the same. */
enum { INPUT_MAX = 8192, PAGES_MAX = 20 };

static const char *const names[] = {"to",         "company", "number", "from",    "box",
                                    "station_id", "billing", "code",   "subject", "text"};

/* "\\n" in a value is a line break, as only the last of them may hold. */
static void set_value(json_t *facts, const char *name, char *value)
{
    for (char *p; (p = strstr(value, "\\n")) != NULL;)
        memcpy(p, " \n", 2);
    utf8_clean(value);
    (void)json_object_set_new(facts, name, json_string(value));
}

static char *facts_of(char **rest)
{
    json_t *facts = json_object();
    for (size_t i = 0; i < ARRAY_LEN(names) && *rest && **rest != '\n'; i++)
        set_value(facts, names[i], strsep(rest, "\n"));
    char *text = json_dumps(facts, JSON_COMPACT);
    json_decref(facts);
    return text;
}

static void draw(const struct cover_page *cover, struct render_opts *o)
{
    static struct render *warm;
    struct page_list pages = {0};
    struct outcome outcome;
    if (!warm)
        warm = render_new((size_t)64 << 20);
    cover_page_opts(cover, o);
    render_document(warm, o, buf_span(&cover->bytes), &pages, &outcome);
    if ((outcome.verdict == VERDICT_DONE) != (pages.count > 0) || (!pages.count && !outcome.text[0]))
        abort();
    page_list_clear(&pages);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct render_opts o = {.name = "cover page", .resolution = PAGE_STANDARD, .pages_max = PAGES_MAX};
    struct cover_page cover = {.html = false};
    struct outcome outcome;
    if (len > INPUT_MAX)
        return 0;
    SCOPED_FREE char *input = mem_zalloc(len + 1);
    if (len > 0)
        memcpy(input, data, len);
    char *rest = input;
    SCOPED_FREE char *facts = facts_of(&rest);
    const struct msg_render ask = {
        .cover = 2, .created_ms = 1795424400000, .template = rest && *rest == '\n' ? rest + 1 : ""};
    buf_init(&cover.bytes, (size_t)16 << 20);
    if (!facts || !cover_write(&cover, &ask, facts, &outcome))
        abort();
    draw(&cover, &o);
    buf_clear(&cover.bytes);
    return 0;
}
