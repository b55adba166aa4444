/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/report_facts.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "convert/unpack.h"
#include "model/page.h"
#include "model/states.h"

static void get_text(const json_t *o, const char *key, char *to, size_t room)
{
    unpack_tidy(to, room, json_string_value(json_object_get(o, key)));
}

static uint32_t get_u32(const json_t *o, const char *key)
{
    double n = json_number_value(json_object_get(o, key));
    return n > 0 && n < UINT32_MAX ? (uint32_t)n : 0;
}

static int64_t get_ms(const json_t *o, const char *key)
{
    return json_integer_value(json_object_get(o, key));
}

/* The array under key; its length, 0 where there is none. */
static size_t get_list(const json_t *o, const char *key, const json_t **list)
{
    *list = json_object_get(o, key);
    return json_is_array(*list) ? json_array_size(*list) : 0;
}

static void read_attempts(struct report_job *j, const json_t *o)
{
    const json_t *list;
    j->attempt_count = get_list(o, "attempts", &list);
    j->attempts = mem_zalloc((j->attempt_count + 1) * sizeof(*j->attempts));
    for (size_t i = 0; i < j->attempt_count; i++) {
        const json_t *from = json_array_get(list, i);
        struct report_attempt *a = &j->attempts[i];
        a->started_ms = get_ms(from, "started_ms");
        a->seconds = get_u32(from, "seconds");
        a->rate = get_u32(from, "rate");
        a->ecm = json_is_true(json_object_get(from, "ecm"));
        get_text(from, "mode", a->mode, sizeof(a->mode));
        get_text(from, "code", a->code, sizeof(a->code));
        get_text(from, "result", a->result, sizeof(a->result));
    }
}

/* Pixels and lines an inch. */
static void read_resolution(struct report_page *p, const char *name)
{
    enum page_resolution r;
    if (name && page_resolution_parse(name, &r))
        (void)str_format(p->resolution, sizeof(p->resolution), "%.0f x %.0f", page_x_per_metre(r) * 0.0254,
                         page_y_per_metre(r) * 0.0254);
}

static void read_pages(struct report_job *j, const json_t *o)
{
    const json_t *list;
    j->page_count = get_list(o, "page_stats", &list);
    j->page_stats = mem_zalloc((j->page_count + 1) * sizeof(*j->page_stats));
    for (size_t i = 0; i < j->page_count; i++) {
        const json_t *from = json_array_get(list, i);
        struct report_page *p = &j->page_stats[i];
        p->page = get_u32(from, "page");
        p->confirmed_ms = get_ms(from, "confirmed_ms");
        p->seconds = json_number_value(json_object_get(from, "seconds"));
        p->rate = get_u32(from, "rate");
        p->ecm = json_is_true(json_object_get(from, "ecm"));
        p->resent = get_u32(from, "resent");
        get_text(from, "coding", p->coding, sizeof(p->coding));
        read_resolution(p, json_string_value(json_object_get(from, "resolution")));
    }
}

static void read_job(struct report_job *j, const json_t *o)
{
    const json_t *outcome = json_object_get(o, "outcome");
    get_text(o, "original", j->original, sizeof(j->original));
    j->unasked = json_is_true(json_object_get(o, "unasked"));
    get_text(o, "number", j->number, sizeof(j->number));
    get_text(o, "dial", j->dial, sizeof(j->dial));
    get_text(o, "state", j->state, sizeof(j->state));
    get_text(o, "station_id", j->station_id, sizeof(j->station_id));
    get_text(outcome, "code", j->code, sizeof(j->code));
    get_text(outcome, "text", j->text, sizeof(j->text));
    j->pages = get_u32(o, "pages");
    j->confirmed = get_u32(o, "confirmed");
    read_attempts(j, o);
    read_pages(j, o);
}

static void read_documents(struct report_facts *f, const char *lines)
{
    size_t room = 0;
    for (const char *c = lines; *c; c++)
        room += *c == '\n';
    f->documents = mem_zalloc((room + 1) * sizeof(*f->documents));
    for (size_t len; *lines && f->document_count < room; lines += len + 1) {
        char line[400];
        len = strcspn(lines, "\n");
        (void)str_format(line, sizeof(line), "%.*s", (int)(len < sizeof(line) ? len : sizeof(line) - 1),
                         lines);
        struct report_document *d = &f->documents[f->document_count];
        size_t digest = strcspn(line, " ");
        if (digest != sizeof(d->sha256) - 1 || !line[digest])
            continue;
        memcpy(d->sha256, line, digest);
        unpack_tidy(d->name, sizeof(d->name), line + digest + 1);
        f->document_count++;
    }
}

bool report_facts_parse(struct report_facts *f, const char *json, const char *documents)
{
    read_documents(f, documents);
    json_error_t error;
    json_t *list = json_loads(json, JSON_REJECT_DUPLICATES, &error);
    bool good = json_is_array(list) && json_array_size(list) > 0;
    f->count = good ? json_array_size(list) : 0;
    f->jobs = mem_zalloc((f->count + 1) * sizeof(*f->jobs));
    for (size_t i = 0; i < f->count; i++)
        read_job(&f->jobs[i], json_array_get(list, i));
    json_decref(list);
    return good;
}

void report_facts_clear(struct report_facts *f)
{
    for (size_t i = 0; i < f->count; i++) {
        free(f->jobs[i].attempts);
        free(f->jobs[i].page_stats);
    }
    free(f->jobs);
    free(f->documents);
    f->jobs = NULL;
    f->documents = NULL;
    f->count = f->document_count = 0;
}

bool report_job_delivered(const struct report_job *j)
{
    return str_equal(j->state, job_state_name(JOB_DONE));
}

/* Whatever ended it: of a fax that may have arrived nobody may read "send it again". */
const char *report_job_code(const struct report_job *j)
{
    return str_equal(j->state, job_state_name(JOB_UNKNOWN)) ? "outcome-unknown" : j->code;
}
