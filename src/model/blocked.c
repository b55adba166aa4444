/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "model/blocked.h"

#include <string.h>

static bool names_caller(const char *entry, size_t len, const char *calling)
{
    if (!*calling)
        return len == strlen("anonymous") && strncmp(entry, "anonymous", len) == 0;
    if (len > 0 && entry[len - 1] == '*')
        return strncmp(entry, calling, len - 1) == 0;
    return strlen(calling) == len && strncmp(entry, calling, len) == 0;
}

bool caller_is_blocked(const char *list, const char *calling)
{
    while (*list) {
        size_t len = strcspn(list, " ");
        if (len > 0 && names_caller(list, len, calling))
            return true;
        list += len + (list[len] == ' ');
    }
    return false;
}

bool station_is_blocked(const char *list, const char *station_id)
{
    char plain[64];
    size_t n = 0;
    for (const char *at = station_id; *at && n + 1 < sizeof(plain); at++)
        if (*at != ' ' && *at != '-')
            plain[n++] = *at;
    plain[n] = 0;
    return n > 0 && caller_is_blocked(list, plain);
}
