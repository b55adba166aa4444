/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/reserve.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/scope.h"
#include "base/str.h"
#include "store/room.h"

void reserve_open(struct store *s, const char *state_dir)
{
    char path[PATH_MAX];
    struct store_room r;
    if (!str_format(path, sizeof(path), "%s/reserve", state_dir))
        return;
    s->reserve_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (room_of_store(s, &r) && room_is_gone(&r))
        reserve_give(s);
}

void reserve_take(struct store *s)
{
    struct stat file;
    struct store_room r;
    if (s->reserve_fd < 0 || !room_of_store(s, &r) || fstat(s->reserve_fd, &file) != 0)
        return;
    off_t wanted = (off_t)room_reserved(&r);
    if (file.st_size >= wanted)
        return;
    if (fallocate(s->reserve_fd, 0, 0, wanted) == 0)
        return;
    int error = errno;
    reserve_give(s);                         /* a part of it, perhaps */
    if (error != ENOSPC && error != EINTR) { /* NFS, say: it will not do later either */
        scope_close(&s->reserve_fd);
        s->reserve_fd = -1;
    }
}

void reserve_give(const struct store *s)
{
    if (s->reserve_fd >= 0)
        (void)!ftruncate(s->reserve_fd, 0);
}
