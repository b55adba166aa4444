/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A fax modem of class 1 (T.31) on a pseudo-terminal, with a telephone line of samples: what fax software of
 * others is driven with. libspandsp's; its T.30 has no part in it, that is the software's. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct t31_modem;

/* NULL where there is no pseudo-terminal. */
struct t31_modem *t31_modem_new(void);
/* It stays in memory: t31_free of libspandsp 0.0.6 leaves a queue behind to which nothing refers. */
void t31_modem_close(struct t31_modem *m);

const char *t31_modem_path(const struct t31_modem *m); /* "/dev/pts/3"; borrowed */
/* What the software has written since. Never waits. */
void t31_modem_read(struct t31_modem *m);
bool t31_modem_off_hook(const struct t31_modem *m);
/* A telephone rings. */
void t31_modem_ring(struct t31_modem *m);
/* The far side has answered, or we have: samples may come. */
void t31_modem_connect(struct t31_modem *m, bool we_called);
void t31_modem_hang_up(struct t31_modem *m); /* the far side does */
/* 8,000 samples a second in both directions. */
void t31_modem_pass(struct t31_modem *m, int16_t *heard, int16_t *said, int count);
