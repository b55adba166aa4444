/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "web/reply_file.h"

#include <fcntl.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/panic.h"
#include "base/str.h"

enum { BLOCK = 65536 };

struct source {
    int fd;
};

static ssize_t read_on(void *context, uint64_t at, char *to, size_t most)
{
    const struct source *s = context;
    ssize_t n = pread(s->fd, to, most, (off_t)at);
    return n > 0 ? n : MHD_CONTENT_READER_END_WITH_ERROR;
}

static void close_source(void *context)
{
    struct source *s = context;
    (void)close(s->fd);
    free(s);
}

static void set_header(struct request *r, const char *name, const char *value)
{
    if (MHD_add_response_header(r->response, name, value) != MHD_YES)
        panic("no memory for a header");
}

static void set_file_headers(struct request *r, const struct file_reply *f)
{
    char disposition[320];
    set_header(r, "X-Content-Type-Options", "nosniff");
    set_header(r, "Content-Security-Policy", "default-src 'none'; sandbox");
    if (f->tag)
        set_header(r, MHD_HTTP_HEADER_ETAG, f->tag);
    set_header(r, MHD_HTTP_HEADER_CACHE_CONTROL,
               f->tag ? "private, max-age=31536000, immutable" : "no-store");
    if (f->name && str_format(disposition, sizeof(disposition), "attachment; filename=\"%s\"", f->name))
        set_header(r, MHD_HTTP_HEADER_CONTENT_DISPOSITION, disposition);
}

void reply_file(struct request *r, int fd, const struct file_reply *f)
{
    struct stat st;
    struct source *s = mem_zalloc(sizeof(*s));
    s->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    if (s->fd < 0 || fstat(s->fd, &st) < 0)
        panic("a file that cannot be read");
    r->status = MHD_HTTP_OK;
    r->response = MHD_create_response_from_callback((uint64_t)st.st_size, BLOCK, read_on, s, close_source);
    if (!r->response)
        panic("no memory for a response");
    set_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, f->type);
    set_file_headers(r, f);
    arena_clear(&r->arena);
}

bool reply_unchanged(struct request *r, const char *tag)
{
    const char *had = request_header(r, MHD_HTTP_HEADER_IF_NONE_MATCH, "");
    if (!strstr(had, tag) && !str_equal(had, "*"))
        return false;
    r->status = MHD_HTTP_NOT_MODIFIED;
    r->response = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    if (!r->response)
        panic("no memory for a response");
    set_file_headers(r, &(struct file_reply){.tag = tag});
    arena_clear(&r->arena);
    return true;
}

void reply_busy(struct request *r)
{
    reply_problem(r, MHD_HTTP_SERVICE_UNAVAILABLE, "busy",
                  "Too many pages are being shown at this moment; ask again in a second.");
    set_header(r, MHD_HTTP_HEADER_RETRY_AFTER, "1");
}

void reply_no_file(struct request *r, const char *code, const char *reason)
{
    if (!code)
        reply_problem(r, MHD_HTTP_SERVICE_UNAVAILABLE, "convert-away",
                      "The part of Faxpost that makes files (convert) did not answer. Ask again.");
    else if (str_equal(code, "busy"))
        reply_busy(r);
    else
        reply_problem(r, MHD_HTTP_UNPROCESSABLE_CONTENT, code, "%s", reason);
}
