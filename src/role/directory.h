/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the parts of role directory share: it asks other people's servers who somebody is.
 *
 * SECURITY: what it tells queue is believed: it says who has logged in. So it meets nobody who calls, reads
 * no mail, and takes a server's word only over TLS that was verified. */
#pragma once

#include "model/identity.h"
#include "model/outcome.h"
#include "role/fetch_house.h"

struct directory {
    struct fetch_house house; /* loop, peers, key, TLS */
    struct list providers;    /* of struct provider */
    struct list logins;       /* of struct provider_login, the oldest first */
    unsigned login_count;
    struct list books;   /* of struct book */
    struct list errands; /* what is under way at them */
    char *web_url;       /* where users find the application; "": nobody said */
    char *networks;      /* of our own, that a tenant's provider may be in */
};

/* The TLS to a server of these settings ("ca_file", "pin"); the directory's. */
struct tls_context *directory_tls(struct directory *d, const json_t *settings);

/* As web and queue send them; a row each for the handlers of directory.c. */
void provider_on_wish(void *context, const struct sender *from, struct msg_provider_wish *m);
void provider_on_finish(void *context, const struct sender *from, struct msg_provider_finish *m);
/* Tells web what queue said of a login. */
void directory_answer_login(struct directory *d, const struct sender *web,
                            const struct msg_identity_judged *m);
/* False: it is not an answer to a login of a provider. */
bool provider_on_judged(struct directory *d, uint64_t request, const struct msg_identity_judged *m);

/* list: what there is from now on, with ids. Taken members leave it. */
void providers_set(struct directory *d, const json_t *list);
void provider_logins_clear(struct directory *d);
