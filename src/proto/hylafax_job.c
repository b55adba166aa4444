/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/hylafax_job.h"

#include <string.h>

#include "base/str.h"

enum { LINE_LEN = 1000 };

static const char *const document_kinds[] = {"fax", "tiff", "pdf", "postscript", "pcl", "data"};

/* "[!]kind:directory:address:path"; a ! says that it was made into another one, which goes from the list when
 * it was sent. */
static bool take_document(const char *tag, const char *value, struct hylafax_job *j)
{
    tag += *tag == '!';
    for (size_t i = 0; i < ARRAY_LEN(document_kinds); i++) {
        if (!str_equal(tag, document_kinds[i]))
            continue;
        const char *path = strrchr(value, ':');
        if (j->count < HYLAFAX_DOCUMENTS_MAX) {
            struct hylafax_document *d = &j->documents[j->count++];
            (void)str_copy(d->kind, sizeof(d->kind), tag);
            (void)str_copy(d->path, sizeof(d->path), path ? path + 1 : value);
        }
        return true;
    }
    return false;
}

static int64_t number_of(const char *value)
{
    uint64_t n;
    return str_to_u64(value, INT32_MAX * 2ULL, &n) ? (int64_t)n : 0;
}

static void take(struct hylafax_job *j, const char *tag, const char *value)
{
    const struct {
        const char *tag;
        char *to;
    } texts[] = {{"external", j->number}, {"jobtag", j->subject}, {"csi", j->station}, {"status", j->status}};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (*value && str_equal(tag, texts[i].tag))
            (void)str_copy(texts[i].to, HYLAFAX_TEXT_LEN, value);
    if (str_equal(tag, "number") && !*j->number) /* it may hold codes that `external` does not show */
        (void)str_copy(j->number, sizeof(j->number), value);
    else if (str_equal(tag, "state"))
        j->state = (unsigned)number_of(value);
    else if (str_equal(tag, "npages"))
        j->pages = (unsigned)number_of(value);
    else if (str_equal(tag, "tts"))
        j->begin_s = number_of(value);
    else if (str_equal(tag, "killtime"))
        j->kill_s = number_of(value);
    else
        (void)take_document(tag, value, j);
}

bool hylafax_job_read(struct span file, struct hylafax_job *j)
{
    *j = (struct hylafax_job){.state = 0};
    for (size_t at = 0; at < file.len;) {
        char text[LINE_LEN];
        const uint8_t *end = memchr(file.data + at, '\n', file.len - at);
        size_t len = end ? (size_t)(end - (file.data + at)) : file.len - at;
        (void)str_copy_span(text, sizeof(text), span_of(file.data + at, len < LINE_LEN ? len : LINE_LEN - 1));
        at += len + 1;
        char *colon = strchr(text, ':');
        if (!colon)
            continue;
        *colon = 0;
        take(j, text, colon + 1 + strspn(colon + 1, " \t"));
    }
    return j->state != 0 && *j->number;
}
