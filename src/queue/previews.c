/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/previews.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/panic.h"
#include "base/scope.h"
#include "queue/admission.h"
#include "queue/dialling.h"
#include "queue/waiting.h"
#include "store/uploads.h"

#define DAY_MS (24LL * 3600 * 1000)
enum { SWEPT_AT_ONCE = 16, NUMBERS_SHOWN = 100 };

/* ---- what is said ---- */

static void warn(json_t *list, const char *code, const char *text)
{
    (void)json_array_append_new(list, json_pack("{s:s, s:s, s:[]}", "code", code, "text", text, "pages"));
}

static json_t *number_json(struct queue *q, const struct submission *s, const struct faxbox *box,
                           const struct target_row *t, int target, json_t *warnings)
{
    struct trunk trunk;
    struct stored_page *pages;
    bool has_trunk = expected_trunk(q, t->trunk, box, &trunk);
    if (!has_trunk && json_array_size(warnings) == 0)
        warn(warnings, "no-trunk", "No trunk is set up: the fax would wait until there is one.");
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:I}", "number", t->display, "dialled", t->number,
                     "name", t->name, "price_class", t->kind, "trunk", has_trunk ? trunk.name : "", "pages",
                     (int)submission_pages(&q->store, s->id, target, &q->arena, &pages), "earliest_ms",
                     (json_int_t)(t->not_before_ms > q->now_ms ? t->not_before_ms : q->now_ms));
}

/* Machines get the pages as a list, to say it in other words. */
static void warn_of_small_text(struct queue *q, const struct submission *s, json_t *warnings)
{
    const char *pages = submission_small_text(&q->store, s->id, 0, &q->arena), *p = pages;
    json_t *list = json_array();
    if (*pages)
        (void)json_array_append_new(
            warnings,
            json_pack(
                "{s:s, s:s, s:O}", "code", "small-text", "text",
                arena_format(&q->arena,
                             "Page %s: text that is smaller than %d pt at standard resolution, or %d pt at "
                             "fine, cannot be read on the other side. Send it finer, or enlarge it.",
                             pages, 6, 4),
                "pages", list));
    while (*p) {
        (void)json_array_append_new(list, json_integer(atoi(p)));
        p += strcspn(p, ",");
        p += strspn(p, ", ");
    }
    json_decref(list);
}

/* They go as what they are. */
static void warn_of_misnamed(struct queue *q, const struct submission *s, json_t *warnings)
{
    enum { NAMES_MAX = 900 };
    const char *names = submission_misnamed(&q->store, s->id, &q->arena, NAMES_MAX);
    if (*names)
        (void)json_array_append_new(
            warnings,
            json_pack("{s:s, s:s, s:[], s:s}", "code", "misnamed", "text",
                      arena_format(&q->arena,
                                   "Another format than the name says: %s. It is sent as what it is; see "
                                   "whether it is the right document.",
                                   names),
                      "pages", "documents", names));
}

static json_t *preview_json(struct queue *q, const struct submission *s)
{
    struct target_row *targets;
    struct stored_page *pages;
    struct outcome o;
    struct faxbox box = {.trunk = ""};
    json_t *numbers = json_array(), *warnings = json_array();
    (void)config_box(&q->store, &q->arena, s->faxbox, &box);
    size_t count = submission_targets(&q->store, s->id, &q->arena, &targets);
    int64_t all_pages = 0;
    for (size_t i = 0; i < count; i++) {
        all_pages += (int64_t)submission_pages(&q->store, s->id, (int)i, &q->arena, &pages);
        if (i < NUMBERS_SHOWN)
            (void)json_array_append_new(numbers, number_json(q, s, &box, &targets[i], (int)i, warnings));
    }
    warn_of_small_text(q, s, warnings);
    warn_of_misnamed(q, s, warnings);
    if (!admission_within_limits(q, s, all_pages, &o))
        warn(warnings, o.code, o.text);
    return json_pack("{s:s, s:i, s:o, s:o}", "id", id_text(s->id), "pages",
                     (int)submission_pages(&q->store, s->id, 0, &q->arena, &pages), "numbers", numbers,
                     "warnings", warnings);
}

static void answer(struct queue *q, const struct sender *to, const struct submission *s)
{
    bool refused = s->state == SUBMISSION_REFUSED;
    json_t *result =
        refused ? json_pack("{s:s, s:s}", "code", s->code, "detail", s->reason) : preview_json(q, s);
    SCOPED_FREE char *text = result ? json_dumps(result, JSON_COMPACT) : NULL;
    json_decref(result);
    if (!text)
        panic("a preview that is no JSON");
    struct message m = {.type = MSG_wished,
                        .wished = {.submission = s->id, .status = refused ? 422 : 200, .result = text}};
    peers_answer(q->peers, to, &m);
}

/* ---- who waits ---- */

void preview_await(struct queue *q, const struct sender *from, struct id submission)
{
    struct submission s;
    if (submission_find(&q->store, submission, &q->arena, &s) && s.state != SUBMISSION_RECEIVED) {
        answer(q, from, &s);
        return;
    }
    (void)waiting_new(&q->previews, sizeof(struct waiting), submission, from);
}

void preview_ready(struct queue *q, struct id submission)
{
    struct submission s;
    if (!submission_find(&q->store, submission, &q->arena, &s))
        return;
    for (struct waiting *w; (w = waiting_find(&q->previews, submission)) != NULL; waiting_end(w))
        answer(q, &w->from, &s);
}

void pump_sweep(struct queue *q)
{
    (void)uploads_expire(&q->store, q->now_ms - DAY_MS, SWEPT_AT_ONCE);
    (void)previews_expire(&q->store, q->now_ms - DAY_MS, SWEPT_AT_ONCE);
    submission_keys_expire(&q->store, q->now_ms - DAY_MS);
}
