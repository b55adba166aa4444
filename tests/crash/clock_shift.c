/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Preloaded into a server whose clock a test sets: CLOCK_SHIFT names a file of eight bytes, the milliseconds
 * that the wall clock is ahead, which may change at any time. Mapped before the program's own code runs, so a
 * sandbox that it enters later does not matter. The clocks that nobody can set stay as they are. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const int64_t *ahead_ms;

__attribute__((constructor)) static void begin(void)
{
    const char *file = getenv("CLOCK_SHIFT");
    int fd = file ? open(file, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    void *map = mmap(NULL, sizeof(*ahead_ms), PROT_READ, MAP_SHARED, fd, 0);
    (void)close(fd);
    if (map != MAP_FAILED)
        ahead_ms = map;
}

int clock_gettime(clockid_t clock, struct timespec *t)
{
    static __typeof__(clock_gettime) *real;
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
    int status = real(clock, t);
    if (status != 0 || !ahead_ms || (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE))
        return status;
    int64_t ahead = __atomic_load_n(ahead_ms, __ATOMIC_RELAXED), nsec = t->tv_nsec + ahead % 1000 * 1000000;
    t->tv_sec += ahead / 1000 + (nsec < 0 ? -1 : nsec / 1000000000);
    t->tv_nsec = (long)(nsec < 0 ? nsec + 1000000000 : nsec % 1000000000);
    return 0;
}

int gettimeofday(struct timeval *restrict t, void *restrict zone)
{
    struct timespec now;
    (void)zone;
    int status = clock_gettime(CLOCK_REALTIME, &now);
    *t = (struct timeval){.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000};
    return status;
}

time_t time(time_t *t)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    if (t)
        *t = now.tv_sec;
    return now.tv_sec;
}
