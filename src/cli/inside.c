/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "cli/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/scope.h"
#include "base/str.h"

/* Step by step, for O_NOFOLLOW is of a last step alone. -1 with errno. */
int inside_open(int folder, const char *path, int flags)
{
    SCOPED_FD int at = -1;
    for (const char *slash; (slash = strchr(path, '/')) != NULL; path = slash + 1) {
        char name[NAME_MAX + 1];
        if (!str_copy_span(name, sizeof(name), span_of(path, (size_t)(slash - path))))
            return errno = ENAMETOOLONG, -1;
        int next = openat(at < 0 ? folder : at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (next < 0)
            return -1;
        if (at >= 0)
            (void)close(at);
        at = next;
    }
    return openat(at < 0 ? folder : at, path, flags | O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
}
