/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/office_folder.h"

#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    if (type == FTW_DP || type == FTW_DNR)
        (void)rmdir(path);
    else
        (void)unlink(path);
    return 0;
}

static int remove_below(const char *path, const struct stat *st, int type, struct FTW *at)
{
    return at->level == 0 ? 0 : remove_one(path, st, type, at);
}

bool office_folder_make(const char *base, unsigned number, char path[PATH_MAX])
{
    if (!str_format(path, PATH_MAX, "%s/%u", base, number))
        return false;
    office_folder_remove(path);
    return mkdir(path, 0700) == 0;
}

enum { OPEN_AT_ONCE = 8 };

void office_folder_remove(const char *path)
{
    (void)nftw(path, remove_one, OPEN_AT_ONCE, FTW_DEPTH | FTW_PHYS);
}

void office_folder_sweep(const char *base)
{
    (void)nftw(base, remove_below, OPEN_AT_ONCE, FTW_DEPTH | FTW_PHYS);
}
