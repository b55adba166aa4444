/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/room.h"

#include <inttypes.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>

#include "base/str.h"

#define MIB ((uint64_t)1 << 20)

static bool is_short(uint64_t free, uint64_t all, uint64_t part, uint64_t enough)
{
    return all > 0 && free < all / part && free < enough;
}

enum room room_judge(const struct store_room *r)
{
    if (!room_is_back(r) || is_short(r->free_bytes, r->bytes, 50, 256 * MIB) ||
        is_short(r->free_files, r->files, 100, UINT64_MAX))
        return ROOM_FULL;
    if (is_short(r->free_bytes, r->bytes, 10, 2048 * MIB) ||
        is_short(r->free_files, r->files, 20, UINT64_MAX))
        return ROOM_LOW;
    return ROOM_ENOUGH;
}

uint64_t room_reserved(const struct store_room *r)
{
    return r->bytes / 8 < 16 * MIB ? r->bytes / 8 : 16 * MIB;
}

static bool has_less(const struct store_room *r, uint64_t bytes, uint64_t files)
{
    return r->read_only || (r->bytes > 0 && r->free_bytes < bytes) || (r->files > 0 && r->free_files < files);
}

bool room_is_gone(const struct store_room *r)
{
    return has_less(r, room_reserved(r) / 2, 16);
}

bool room_is_back(const struct store_room *r)
{
    return !has_less(r, room_reserved(r) * 2, 32);
}

bool room_is_used_up(const struct store_room *r)
{
    return has_less(r, room_reserved(r) / 16, 1);
}

bool room_of_store(const struct store *s, struct store_room *r)
{
    struct statfs f;
    if (fstatfs(s->blobs_fd, &f) != 0)
        return false;
    *r = (struct store_room){.bytes = (uint64_t)f.f_blocks * (uint64_t)f.f_bsize,
                             .free_bytes = (uint64_t)f.f_bavail * (uint64_t)f.f_bsize,
                             .files = f.f_files,
                             .free_files = f.f_ffree,
                             .read_only = (f.f_flags & ST_RDONLY) != 0};
    return true;
}

void room_describe(const struct store_room *r, char text[ROOM_TEXT_LEN])
{
    size_t len = 0;
    if (r->read_only) {
        (void)str_copy(text, ROOM_TEXT_LEN, "the file system is read-only");
        return;
    }
    (void)str_format(text, ROOM_TEXT_LEN, "%" PRIu64 " MB of %" PRIu64 " MB are free", r->free_bytes / MIB,
                     r->bytes / MIB);
    while (text[len])
        len++;
    if (is_short(r->free_files, r->files, 20, UINT64_MAX))
        (void)str_format(text + len, ROOM_TEXT_LEN - len, ", and room for %" PRIu64 " more files",
                         r->free_files);
}
