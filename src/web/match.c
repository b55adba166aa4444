/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "web/match.h"

#include <microhttpd.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"

/* One segment of a path: ":id" is an id, ":n" with what stands behind it a number from 1, else itself. */
static bool segment_fits(struct span pattern, struct span have, struct request *r)
{
    char text[ID_TEXT_LEN];
    uint64_t number;
    if (pattern.len == 0 || pattern.data[0] != ':')
        return span_equal(pattern, have);
    if (span_equal(pattern, span_str(":id")))
        return str_copy_span(text, sizeof(text), have) && id_parse(text, &r->id);
    size_t tail = pattern.len - strlen(":n");
    if (have.len <= tail || memcmp(pattern.data + 2, have.data + have.len - tail, tail) != 0 ||
        !str_copy_span(text, sizeof(text), span_of(have.data, have.len - tail)) ||
        !str_to_u64(text, UINT32_MAX, &number) || number == 0)
        return false;
    r->number = (unsigned)number;
    return true;
}

/* Both are below /api/v1/. ":name", which is always the last, takes the rest: names may hold a '/'. */
static bool path_fits(const char *pattern, const char *path, struct request *r)
{
    for (;;) {
        size_t want = strcspn(pattern, "/"), have = strcspn(path, "/");
        if (str_equal(pattern, ":name")) {
            r->path_name = path;
            return *path != 0;
        }
        if (!segment_fits(span_of(pattern, want), span_of(path, have), r))
            return false;
        if (!pattern[want] || !path[have])
            return pattern[want] == path[have];
        pattern += want + 1;
        path += have + 1;
    }
}

void match_route(struct request *r, const char *method)
{
    static const char root[] = "/api/v1/";
    SCOPED_BUF struct buf allow;
    buf_init(&allow, 256);
    if (str_equal(method, MHD_HTTP_METHOD_HEAD))
        method = MHD_HTTP_METHOD_GET;
    r->is_get = str_equal(method, MHD_HTTP_METHOD_GET);
    if (!str_starts(r->path, root))
        return;
    for (size_t i = 0; i < route_count; i++) {
        if (!path_fits(routes[i].path, r->path + strlen(root), r))
            continue;
        if (str_equal(routes[i].method, method)) {
            r->route = &routes[i];
            return;
        }
        if (!strstr(buf_text(&allow), routes[i].method))
            (void)buf_printf(&allow, "%s%s", allow.len > 0 ? ", " : "", routes[i].method);
    }
    r->allow = allow.len > 0 ? arena_strdup(&r->arena, buf_text(&allow)) : NULL;
}
