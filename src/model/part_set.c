/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "model/part_set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/le.h"
#include "base/mem.h"
#include "base/panic.h"
#include "base/scope.h"
#include "base/str.h"

enum { HEAD_LEN = 16, ENTRY_LEN = 24 };
enum { INDEX_MAX = PART_SET_PARTS_MAX * (ENTRY_LEN + PART_NAME_MAX + PART_TYPE_MAX) };

static const char magic[8] = {'F', 'X', 'P', 'A', 'R', 'T', 'S', '1'};

bool part_set_format(struct buf *b, const struct part *parts, size_t count)
{
    if (count > PART_SET_PARTS_MAX)
        panic("a set of %zu parts", count);
    size_t index = 0;
    for (size_t i = 0; i < count; i++)
        index += ENTRY_LEN + strlen(parts[i].name) + strlen(parts[i].type);
    uint8_t head[HEAD_LEN];
    memcpy(head, magic, sizeof(magic));
    le_put(head + 8, count, 4);
    le_put(head + 12, index, 4);
    bool good = buf_append(b, head, sizeof(head));
    uint64_t at = HEAD_LEN + index;
    for (size_t i = 0; i < count; i++) {
        uint8_t entry[ENTRY_LEN];
        le_put(entry, at, 8);
        le_put(entry + 8, parts[i].bytes.len, 8);
        le_put(entry + 16, strlen(parts[i].name), 4);
        le_put(entry + 20, strlen(parts[i].type), 4);
        at += parts[i].bytes.len;
        good = good && buf_append(b, entry, sizeof(entry)) && buf_append_str(b, parts[i].name) &&
               buf_append_str(b, parts[i].type);
    }
    for (size_t i = 0; i < count; i++)
        good = good && buf_append(b, parts[i].bytes.data, parts[i].bytes.len);
    return good;
}

static bool harmless(struct span text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] < 0x20 || text.data[i] == 0x7f || text.data[i] == '/')
            return false;
    return utf8_valid(text);
}

/* A content type has its '/'; everything else is checked like a name. */
static bool harmless_type(struct span text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] <= 0x20 || text.data[i] >= 0x7f)
            return false;
    return true;
}

static bool read_place(struct span *rest, uint64_t data_from, uint64_t file_size, struct part_place *p)
{
    if (rest->len < ENTRY_LEN)
        return false;
    p->at = le_get(rest->data, 8);
    p->len = le_get(rest->data + 8, 8);
    size_t name_len = (size_t)le_get(rest->data + 16, 4), type_len = (size_t)le_get(rest->data + 20, 4);
    if (p->at < data_from || p->at > file_size || p->len > file_size - p->at || name_len > PART_NAME_MAX ||
        type_len > PART_TYPE_MAX || name_len + type_len > rest->len - ENTRY_LEN)
        return false;
    struct span name = span_of(rest->data + ENTRY_LEN, name_len);
    struct span type = span_of(name.data + name_len, type_len);
    *rest = span_of(type.data + type_len, rest->len - ENTRY_LEN - name_len - type_len);
    return harmless(name) && harmless_type(type) && str_copy_span(p->name, sizeof(p->name), name) &&
           str_copy_span(p->type, sizeof(p->type), type);
}

int part_set_read(int fd, uint64_t file_size, struct part_set *s)
{
    uint8_t head[HEAD_LEN];
    *s = (struct part_set){0};
    if (file_size < HEAD_LEN || file_size > PART_SET_BYTES_MAX)
        return EPROTO;
    int error = fd_pread_all(fd, head, sizeof(head), 0);
    if (error)
        return error;
    uint64_t count = le_get(head + 8, 4), index_len = le_get(head + 12, 4);
    if (memcmp(head, magic, sizeof(magic)) != 0 || count > PART_SET_PARTS_MAX || index_len > INDEX_MAX ||
        index_len > file_size - HEAD_LEN)
        return EPROTO;
    SCOPED_FREE uint8_t *index = mem_alloc(index_len + 1);
    error = fd_pread_all(fd, index, index_len, HEAD_LEN);
    if (error)
        return error;
    struct span rest = span_of(index, index_len);
    s->places = mem_zalloc((count + 1) * sizeof(*s->places));
    for (s->count = 0; s->count < count; s->count++) {
        if (read_place(&rest, HEAD_LEN + index_len, file_size, &s->places[s->count]))
            continue;
        part_set_clear(s);
        return EPROTO;
    }
    return 0;
}

void part_set_clear(struct part_set *s)
{
    free(s->places);
    *s = (struct part_set){0};
}
