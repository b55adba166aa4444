/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Servers that are told what happens, and the durable queue of what each is to be told. */
#pragma once

#include "store/reports.h"
#include "store/store.h"

struct webhook {
    struct id id, tenant_id;
    const char *name, *tenant /* its name */, *url, *events /* with blanks between */, *pin;
    struct span secret; /* sealed for mailout */
    bool enabled;
};

/* In the order of their names. */
size_t webhook_all(struct store *s, struct arena *a, struct webhook **list);
size_t webhook_of_tenant(struct store *s, struct id tenant, struct arena *a, struct webhook **list);
bool webhook_find(struct store *s, struct id id, struct arena *a, struct webhook *w);
bool webhook_named(struct store *s, const char *name, struct arena *a, struct webhook *w);
/* By its name: makes it, or changes it. One that is switched off is given up on what it was not told yet. */
void webhook_put(struct store *s, const struct webhook *w);
void webhook_drop(struct store *s, const char *name);

enum webhook_call_state { HOOK_CALL_WAITING, HOOK_CALL_DONE, HOOK_CALL_DEAD };

struct webhook_call {
    struct id id, webhook, tenant, about;
    const char *event;
    enum webhook_call_state state;
    int64_t created_ms, next_ms;
    unsigned tries, http;
    const char *code, *reason; /* of the last try that failed */
};

/* Once for each webhook, event and thing. */
void webhook_call_add(struct store *s, const struct webhook_call *c);
bool webhook_call_find(struct store *s, struct id id, struct arena *a, struct webhook_call *c);
/* Waiting ones that are due, the longest due first; no more than `of_each` of one webhook, so that one that
 * is far behind stands before no other. */
size_t webhook_calls_due(struct store *s, int64_t now_ms, unsigned of_each, struct id *ids, size_t most);
/* Was it told in vain, and will be told again? */
bool webhook_fails(struct store *s, struct id webhook);
int64_t webhook_next_due(struct store *s); /* INT64_MAX: none waits */
/* What came of a try. */
void webhook_call_set(struct store *s, const struct webhook_call *c);
/* The newest first; webhook "": of all. */
size_t webhook_call_list(struct store *s, const struct scope *w, const char *webhook,
                         const struct report_cursor *c, struct id *ids);
/* Those that ended before that time. */
void webhook_calls_forget(struct store *s, int64_t before_ms);

/* What a webhook was given up on since then. */
struct webhook_given_up {
    const char *webhook;
    struct id tenant;
    int64_t calls;
    const char *reason; /* of one of them */
};
size_t webhook_given_up(struct store *s, struct arena *a, int64_t since_ms, struct webhook_given_up **list);
void webhook_shift_times(struct store *s, int64_t by_ms);
