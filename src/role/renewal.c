/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "role/renewal.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"

static bool path_of(const struct renewal *r, enum role role, char path[PATH_MAX])
{
    return str_format(path, PATH_MAX, "%s/faxpost-%s", r->folder, role_name(role));
}

static struct file_mark mark_of(const struct renewal *r, enum role role)
{
    char path[PATH_MAX];
    return path_of(r, role, path) ? file_mark_of(path) : (struct file_mark){0};
}

void renewal_open(struct renewal *r, struct inherited *from)
{
    char self[PATH_MAX];
    *r = (struct renewal){0};
    ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
    self[n > 0 ? n : 0] = 0;
    const char *slash = strrchr(self, '/');
    if (slash)
        (void)str_copy_span(r->folder, sizeof(r->folder), span_of(self, (size_t)(slash - self)));
    for (int role = 0; role < ROLE_COUNT; role++)
        r->used[role] = mark_of(r, (enum role)role);
    inherited_take(from);
    r->life = from->life;
}

bool renewal_has_programs(const struct renewal *r)
{
    for (int role = 0; role < ROLE_COUNT; role++) {
        struct file_mark now = mark_of(r, (enum role)role);
        if (now.inode != 0 && !file_mark_equal(&now, &r->used[role]))
            return true;
    }
    return false;
}

void renewal_show(const struct renewal *r, const struct statedir *s, const char *state)
{
    char text[700];
    if (str_format(text, sizeof(text), "%u %u %.600s\n", r->life, r->asked, state))
        statedir_write_run_file(s, "renewal", text);
}

int renewal_execute(const struct renewal *r, struct inherited *to, char **words)
{
    char path[PATH_MAX];
    to->life = r->life + 1;
    return path_of(r, ROLE_PARENT, path) ? inherited_execute(to, path, words) : ENAMETOOLONG;
}
