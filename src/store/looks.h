/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Received faxes that wait for a first look (model/look.h), and what people called junk. */
#pragma once

#include "model/look.h"
#include "store/store.h"

enum look_purpose {
    LOOK_ARRIVAL, /* it has come, and nobody was told yet */
    LOOK_JUNK,    /* somebody called it junk: what does it look like? */
};

void look_want(struct store *s, struct id fax, enum look_purpose purpose);
/* Faxes that wait for a look, the oldest first. */
size_t look_waiting(struct store *s, struct id *ids, size_t most);
/* Does it wait for that? */
bool look_is_wanted(struct store *s, struct id fax, enum look_purpose purpose);
/* Counts a try that came to nothing, and gives how many there were. */
unsigned look_tried(struct store *s, struct id fax);
void look_settled(struct store *s, struct id fax);

/* Junk of a box: the newest JUNK_MAX are kept. */
enum { JUNK_MAX = 200 };
void junk_add(struct store *s, const char *box, struct id fax, const uint8_t fingerprint[FINGERPRINT_LEN]);
bool junk_any(struct store *s, const char *box);
/* The number of the first that is like it, 0: none is. */
int64_t junk_find(struct store *s, const char *box, const uint8_t fingerprint[FINGERPRINT_LEN]);
/* What this fax taught, and what it was taken for junk by. */
void junk_forget(struct store *s, struct id fax);
/* It is taken for junk for it is like that one. */
void junk_mark(struct store *s, struct id fax, int64_t like);
