/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* An OpenID provider: what it publishes of itself (OpenID Connect Discovery §4) and its keys, learned when
 * somebody first wants to log in there, and anew every hour. */
#pragma once

#include "mail/https_post.h"
#include "role/directory.h"

struct provider_wait {
    struct list node;
    /* why: NULL where document and keys are there. Comes from inside provider_await or from the loop. */
    void (*on_ready)(struct provider_wait *w, const struct outcome *why);
};

struct provider {
    struct list node;
    struct directory *directory;
    json_t *settings;
    json_t *document, *keys, *learning; /* learning: a document whose keys are being fetched */
    int64_t learned_ms;                 /* of the steady clock */
    struct https_post *request;
    struct list waiting; /* of struct provider_wait */
};

struct provider *provider_named(struct directory *d, const char *name);
/* anew: a key was missed; what is younger than some seconds is not asked for again. */
void provider_await(struct provider *p, bool anew, struct provider_wait *w);
void provider_wait_stop(struct provider_wait *w);

/* A member of what it publishes that is an https:// URL; "" where it has none. */
const char *provider_url(const struct provider *p, const char *name);
/* May it lie there? A tenant's provider only in public, or in networks that were named (https_post.h). */
bool provider_may_lie(const struct provider *p, const struct endpoint *e);
