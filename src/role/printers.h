/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Printers, for mailout: each question of the queue is one document for a printer, or what became of a job it
 * has.
 *
 * SECURITY: where a printer is, administrators of the installation alone say (provision/settings_change), so
 * every address may be dialled. What it answers is bounded, read by proto/ipp, and told as short printable
 * text. Without TLS whoever is on the way reads the fax: that is said where the setting is described. */
#pragma once

#include "base/list.h"
#include "ipc/peers.h"

struct printers {
    struct loop *loop;
    struct peers *peers;
    struct list errands; /* under way */
    struct list handed;  /* the last documents that a printer took, the newest last */
    unsigned handed_count;
};

void printers_init(struct printers *p);
void printers_clear(struct printers *p);
/* m's file is taken. */
void printers_print(struct printers *p, const struct sender *from, struct msg_print *m);
