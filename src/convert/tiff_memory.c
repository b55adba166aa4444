/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/tiff_memory.h"

#include <string.h>

static struct span contents(const struct tiff_memory *m)
{
    return m->out ? buf_span(m->out) : m->in;
}

static tmsize_t on_read(thandle_t handle, void *to, tmsize_t len)
{
    struct tiff_memory *m = handle;
    struct span all = contents(m);
    if (len <= 0 || m->at >= all.len)
        return 0;
    size_t n = (size_t)len < all.len - m->at ? (size_t)len : all.len - (size_t)m->at;
    memcpy(to, all.data + m->at, n);
    m->at += n;
    return (tmsize_t)n;
}

static tmsize_t on_write(thandle_t handle, void *from, tmsize_t len)
{
    static const uint8_t zeros[4096];
    struct tiff_memory *m = handle;
    if (!m->out || len < 0)
        return -1;
    while (m->out->len < m->at) {
        size_t gap = m->at - m->out->len;
        if (!buf_append(m->out, zeros, gap < sizeof(zeros) ? gap : sizeof(zeros)))
            return -1;
    }
    size_t over = m->out->len - (size_t)m->at;
    size_t inside = over < (size_t)len ? over : (size_t)len;
    if (inside > 0)
        memcpy(m->out->data + m->at, from, inside);
    if (!buf_append(m->out, (const uint8_t *)from + inside, (size_t)len - inside))
        return -1;
    m->at += (uint64_t)len;
    return len;
}

static toff_t on_seek(thandle_t handle, toff_t offset, int whence)
{
    struct tiff_memory *m = handle;
    if (whence == SEEK_CUR)
        m->at += offset;
    else if (whence == SEEK_END)
        m->at = contents(m).len + offset;
    else
        m->at = offset;
    return m->at;
}

static toff_t on_size(thandle_t handle)
{
    return contents(handle).len;
}

static int on_close(thandle_t handle)
{
    return 0;
}

/* Reading maps: libtiff then decodes straight out of our memory. */
static int on_map(thandle_t handle, void **base, toff_t *size)
{
    const struct tiff_memory *m = handle;
    if (m->out)
        return 0;
    *base = (void *)(uintptr_t)m->in.data;
    *size = m->in.len;
    return 1;
}

static void on_unmap(thandle_t handle, void *base, toff_t size)
{
}

TIFF *tiff_memory_open(struct tiff_memory *m, const char *mode)
{
    /* Its words may quote the document; what matters comes back as return values. */
    (void)TIFFSetErrorHandler(NULL);
    (void)TIFFSetWarningHandler(NULL);
    m->at = 0;
    return TIFFClientOpen("memory", mode, m, on_read, on_write, on_seek, on_close, on_size, on_map, on_unmap);
}
