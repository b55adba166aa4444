/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* bench-pgp KEY DATA SIGNATURE: CPU time to verify a detached OpenPGP signature as a convert worker does it,
 * from the armored key on: a new library context each time. Prints the median of the rounds in ms, for
 * bench/pgp.py. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/panic.h"
#include "convert/openpgp.h"

enum { ROUNDS = 9, RUNS = 60 };

static void load(const char *path, struct buf *b)
{
    static uint8_t room[1 << 16];
    FILE *f = fopen(path, "r");
    buf_init(b, 64 << 20);
    if (!f)
        panic("cannot read %s", path);
    for (size_t n; (n = fread(room, 1, sizeof(room), f)) > 0;)
        (void)buf_append(b, room, n);
    (void)fclose(f);
}

static double cpu_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void verify(struct buf *files)
{
    struct openpgp_finding found = {.signature = PGP_SIGNATURE_NONE};
    openpgp_prepare();
    struct openpgp *o = openpgp_new();
    openpgp_add_keys(o, buf_text(&files[0]));
    openpgp_verify(o, buf_span(&files[1]), buf_span(&files[2]), &found);
    if (found.signature != PGP_SIGNATURE_GOOD)
        panic("the signature is not good");
    openpgp_free(o);
}

int main(int argc, char **argv)
{
    struct buf files[3];
    double rounds[ROUNDS];
    if (argc != 4)
        panic("bench-pgp KEY DATA SIGNATURE");
    for (size_t i = 0; i < 3; i++)
        load(argv[i + 1], &files[i]);
    for (size_t round = 0; round < ROUNDS; round++) {
        double begin = cpu_ms();
        for (size_t i = 0; i < RUNS; i++)
            verify(files);
        rounds[round] = (cpu_ms() - begin) / RUNS;
    }
    qsort(rounds, ROUNDS, sizeof(*rounds), compare);
    (void)printf("%.4f\n", rounds[ROUNDS / 2]);
    return 0;
}
