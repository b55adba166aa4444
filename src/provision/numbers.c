/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tens of thousands of boxes have ranges, and each change looks at all: so they are sorted, and each is
 * compared with those alone that begin before it ends. */
#include "provision/numbers.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "model/number_range.h"
#include "provision/model.h"

struct seen_number {
    struct number_range range;
    bool many, told;
    size_t place; /* in the order in which they were seen */
    const json_t *said;
};

void provision_add_number(json_t *seen, const char *number, const char *owner, const char *path)
{
    (void)json_array_append_new(seen,
                                json_pack("{s:s, s:s, s:s}", "number", number, "owner", owner, "path", path));
}

static int by_beginning(const void *a, const void *b)
{
    const struct seen_number *x = a, *y = b;
    int low = strcmp(x->range.low, y->range.low);
    return low ? low : x->place < y->place ? -1 : 1;
}

static void tell(struct seen_number *later, const struct seen_number *first, struct provision_errors *errors)
{
    if (later->told)
        return;
    later->told = true;
    provision_error(errors, provision_text(later->said, "path"),
                    "%s meets %s of %s (%s); a number leads to one box",
                    provision_text(later->said, "number"), provision_text(first->said, "number"),
                    provision_text(first->said, "owner"), provision_text(first->said, "path"));
}

static bool is_same_owner(const struct seen_number *a, const struct seen_number *b)
{
    return str_equal(provision_text(a->said, "owner"), provision_text(b->said, "owner"));
}

/* With those behind it in the order of their beginnings, up to its end. */
static void compare(struct seen_number *list, size_t count, size_t at, struct provision_errors *errors)
{
    struct seen_number *one = &list[at];
    const char *end = *one->range.high ? one->range.high : one->range.low;
    size_t len = strlen(end);
    for (size_t i = at + 1; i < count && strncmp(list[i].range.low, end, len) <= 0; i++) {
        struct seen_number *other = &list[i];
        if (!(one->many || other->many) || !number_range_meet(&one->range, &other->range) ||
            is_same_owner(one, other))
            continue;
        if (one->place < other->place)
            tell(other, one, errors);
        else
            tell(one, other, errors);
    }
}

void provision_check_numbers(const json_t *seen, struct provision_errors *errors)
{
    struct seen_number *list = mem_zalloc((json_array_size(seen) + 1) * sizeof(*list));
    size_t count = 0, ranges = 0;
    for (size_t i = 0; i < json_array_size(seen); i++) {
        struct seen_number *s = &list[count];
        *s = (struct seen_number){.place = i, .said = json_array_get(seen, i)};
        const char *number = provision_text(s->said, "number");
        s->many = number_range_parse(number, &s->range);
        if (!s->many && !number_range_of(number, &s->range))
            continue;
        ranges += s->many;
        count++;
    }
    if (ranges > 0) {
        qsort(list, count, sizeof(*list), by_beginning);
        for (size_t i = 0; i < count; i++)
            compare(list, count, i, errors);
    }
    free(list);
}
