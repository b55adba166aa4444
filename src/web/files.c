/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "web/files.h"

#include <microhttpd.h>
#include <string.h>

#include "base/str.h"
#include "web/built_files.h"

/* Nothing from elsewhere, nothing inline. */
static const char policy[] = "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; "
                             "frame-ancestors 'none'";

static const struct built_file *find(const char *path)
{
    for (size_t i = 0; i < built_file_count; i++)
        if (str_equal(built_files[i].path, path))
            return &built_files[i];
    return NULL;
}

/* A place of the application, such as /inbox/7 or /admin/users/anna.lane, is its one page; a name with an
 * ending at the top or among the assets is a file or nothing. */
static const struct built_file *choose(const char *path)
{
    const struct built_file *file = find(path);
    bool files = str_starts(path, "/assets/") || strrchr(path, '/') == path;
    bool place = *path == '/' && !(files && strchr(path, '.')) && !strstr(path, "/..");
    return file || !place ? file : find("/index.html");
}

/* Of "gzip;q=0" nobody is known to send it. */
static bool takes_gzip(const struct request *r)
{
    return strstr(request_header(r, MHD_HTTP_HEADER_ACCEPT_ENCODING, ""), "gzip") != NULL;
}

void files_reply(struct request *r)
{
    const struct built_file *file = choose(r->path);
    if (!file) {
        reply_problem(r, MHD_HTTP_NOT_FOUND, "no-such-file",
                      "There is nothing here. The API is below /api/v1/; /api/v1/openapi.json describes it.");
        return;
    }
    bool packed = takes_gzip(r);
    union {
        const char *text;
        void *bytes;
    } content = {packed ? file->packed : file->plain};
    r->response = MHD_create_response_from_buffer(packed ? file->packed_len : file->plain_len, content.bytes,
                                                  MHD_RESPMEM_PERSISTENT);
    r->status = MHD_HTTP_OK;
    (void)MHD_add_response_header(r->response, MHD_HTTP_HEADER_CONTENT_TYPE, file->type);
    (void)MHD_add_response_header(r->response, MHD_HTTP_HEADER_VARY, MHD_HTTP_HEADER_ACCEPT_ENCODING);
    if (packed)
        (void)MHD_add_response_header(r->response, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip");
    (void)MHD_add_response_header(r->response, MHD_HTTP_HEADER_CACHE_CONTROL,
                                  file->hashed ? "public, max-age=31536000, immutable" : "no-cache");
    (void)MHD_add_response_header(r->response, MHD_HTTP_HEADER_CONTENT_SECURITY_POLICY, policy);
    reply_secure(r);
}
