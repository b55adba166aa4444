/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* faxpost upgrade: the server begins anew when no call is in the way. It is asked by a signal, as `systemctl
 * reload` does, and says in run/renewal how far it is; no API could, for web is among what ends. */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/str.h"
#include "cli/command.h"

enum { LINE_LEN = 700, LOOK_MS = 100, STARTS_S = 120 };

struct seen {
    unsigned life, asked;
    char state[LINE_LEN];
};

static bool read_line(const char *state_dir, const char *name, char line[LINE_LEN])
{
    char path[PATH_MAX];
    if (!str_format(path, sizeof(path), "%s/run/%s", state_dir, name))
        return false;
    FILE *f = fopen(path, "re");
    bool got = f && fgets(line, LINE_LEN, f);
    if (f)
        (void)fclose(f);
    if (got)
        line[strcspn(line, "\n")] = 0;
    return got;
}

static bool look(const char *state_dir, struct seen *s)
{
    char line[LINE_LEN];
    int at = 0;
    if (!read_line(state_dir, "renewal", line) || sscanf(line, "%u %u %n", &s->life, &s->asked, &at) != 2)
        return false;
    (void)str_copy(s->state, sizeof(s->state), line + at);
    return true;
}

static void rest(void)
{
    const struct timespec t = {.tv_nsec = LOOK_MS * 1000000L};
    (void)nanosleep(&t, NULL);
}

/* True: there is another life, or the server has said what it makes of our question. */
static bool is_answered(const struct seen *before, const struct seen *now)
{
    return now->life != before->life || (now->asked != before->asked && !str_starts(now->state, "waiting"));
}

static int tell(const struct seen *before, const struct seen *now)
{
    if (now->life != before->life) {
        (void)printf("Faxpost has begun anew.\n");
        return EXIT_DONE;
    }
    if (str_starts(now->state, "refused "))
        return complain_and(EXIT_CONFIG, "the configuration cannot be used, so the old one goes on: %s",
                            now->state + strlen("refused "));
    (void)printf("The programs and the configuration are those that run; there is nothing to do.\n");
    return EXIT_DONE;
}

static int follow(const char *state_dir, pid_t pid, const struct seen *before)
{
    struct seen now = *before;
    char told[LINE_LEN] = "";
    for (unsigned away = 0; away < STARTS_S * 1000 / LOOK_MS; away++) {
        if (look(state_dir, &now)) {
            if (is_answered(before, &now))
                return tell(before, &now);
            if (now.asked != before->asked && !str_equal(told, now.state)) {
                (void)str_copy(told, sizeof(told), now.state);
                (void)printf("%s\n", now.state);
                (void)fflush(stdout);
            }
        }
        if (kill(pid, 0) != 0 && errno == ESRCH)
            return complain_and(EXIT_UNAVAILABLE, "the server has ended; its log says why");
        if (now.asked != before->asked)
            away = 0; /* it takes as long as its calls */
        rest();
    }
    return complain_and(EXIT_SOFTWARE, "the server does not answer; its log says more");
}

int run_upgrade(const struct arguments *a)
{
    const char *state_dir = a->state_dir ? a->state_dir : "/var/lib/faxpost";
    char line[LINE_LEN];
    uint64_t pid;
    struct seen before;
    if (!read_line(state_dir, "ready", line) || !str_to_u64(line, INT_MAX, &pid) || !look(state_dir, &before))
        return complain_and(EXIT_UNAVAILABLE, "no Faxpost runs on %s", state_dir);
    if (kill((pid_t)pid, SIGHUP) != 0)
        return complain_and(EXIT_UNAVAILABLE, "cannot tell the server (process %d): %s", (int)pid,
                            strerror(errno));
    if (argument(a, "no-wait"))
        return EXIT_DONE;
    return follow(state_dir, (pid_t)pid, &before);
}
