/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "provision/numbers.h"

#include "base/str.h"
#include "model/number_range.h"
#include "provision/model.h"

enum { SINGLES, RANGES };

static void compare(const json_t *list, const struct number_range *range, const char *number,
                    const char *owner, const char *path, struct provision_errors *errors)
{
    size_t i;
    json_t *other;
    json_array_foreach(list, i, other)
    {
        struct number_range r;
        const char *text = provision_text(other, "number");
        if (str_equal(provision_text(other, "owner"), owner) ||
            (!number_range_parse(text, &r) && !number_range_of(text, &r)) || !number_range_meet(&r, range))
            continue;
        provision_error(errors, path, "%s meets %s of %s (%s); a number leads to one box", number, text,
                        provision_text(other, "owner"), provision_text(other, "path"));
        return;
    }
}

void provision_check_number(json_t *seen, const char *number, const char *owner, const char *path,
                            struct provision_errors *errors)
{
    struct number_range range;
    bool many = number_range_parse(number, &range);
    if (!many && !number_range_of(number, &range))
        return;
    while (json_array_size(seen) <= RANGES)
        (void)json_array_append_new(seen, json_array());
    compare(json_array_get(seen, RANGES), &range, number, owner, path, errors);
    if (many)
        compare(json_array_get(seen, SINGLES), &range, number, owner, path, errors);
    (void)json_array_append_new(json_array_get(seen, many ? RANGES : SINGLES),
                                json_pack("{s:s, s:s, s:s}", "number", number, "owner", owner, "path", path));
}
