/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "provision/same_value.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The members as texts, sorted: only addresses have an order that means something. */
static char **sorted_texts(const json_t *list, size_t count)
{
    char **texts = mem_zalloc((count + 1) * sizeof(*texts));
    for (size_t i = 0; i < count; i++)
        texts[i] = json_dumps(json_array_get(list, i), JSON_ENCODE_ANY | JSON_SORT_KEYS);
    qsort(texts, count, sizeof(*texts), compare_texts);
    return texts;
}

static bool same_set(const json_t *a, const json_t *b)
{
    size_t count = json_array_size(a);
    if (count != json_array_size(b))
        return false;
    char **in_a = sorted_texts(a, count), **in_b = sorted_texts(b, count);
    bool same = true;
    for (size_t i = 0; i < count; i++) {
        same = same && str_equal(in_a[i], in_b[i]);
        free(in_a[i]);
        free(in_b[i]);
    }
    free(in_a);
    free(in_b);
    return same;
}

bool provision_same_value(const struct provision_field *f, const json_t *a, const json_t *b)
{
    bool is_set = json_is_array(a) && json_is_array(b) && !str_equal(f->name, "addresses");
    return is_set ? same_set(a, b) : json_equal(a, b);
}
