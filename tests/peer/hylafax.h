/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One HylaFAX on one modem, with a spool of its own: sends one job, or answers calls. Runs as root only, as
 * HylaFAX does. */
#pragma once

#include "bitmap.h"

#include <sys/types.h>

enum { HYLAFAX_PATH = 300 };

struct hylafax {
    char spool[HYLAFAX_PATH];
    const char *device; /* "/dev/pts/3" */
    pid_t pid;
    bool told_to_end, gone;
};

void hylafax_make(struct hylafax *h, const char *device); /* device: borrowed */
void hylafax_clear(struct hylafax *h);                    /* with its spool and process */

/* Calls 200 with these pages (A4, fine). */
void hylafax_send(struct hylafax *h, const struct bitmap *pages, unsigned count, bool one_dimensional);
/* What it says of that job: a line of its file, "npages:2". */
bool hylafax_job_says(const struct hylafax *h, const char *line);

/* Answers calls. A modem that says RING while it is set up is taken for a broken one, so ring when it waits.
 */
void hylafax_answer(struct hylafax *h);
bool hylafax_waits(const struct hylafax *h);
bool hylafax_has_filed(const struct hylafax *h); /* a fax */
/* Its pages; asserts that there are so many. */
void hylafax_filed(const struct hylafax *h, struct bitmap *pages, unsigned count);
/* What our import reads of the files that it left, of a fax and of the job. */
struct tiff_tags;
struct hylafax_job;
void hylafax_filed_as(const struct hylafax *h, struct tiff_tags *t);
void hylafax_described_as(const struct hylafax *h, struct hylafax_job *j);

/* At once. */
void hylafax_kill(struct hylafax *h);
/* True when it has ended; it is told to where it answers calls. */
bool hylafax_ends(struct hylafax *h, bool tell);
