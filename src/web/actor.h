/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Who asks, and what he may see. The one place that decides it: a row of routes.c says the least role, every
 * list takes actor_scope, and whoever looks up one thing by its id asks scope_has (actor_sees_fax,
 * actor_sees_job). */
#pragma once

#include "store/attempts.h"
#include "store/faxes.h"
#include "store/jobs.h"
#include "store/outbox.h"
#include "store/scope.h"

/* In the order of what they may. */
enum actor_role {
    ACTOR_STRANGER,     /* anybody over TCP */
    ACTOR_USER,         /* his boxes */
    ACTOR_TENANT,       /* all of one tenant */
    ACTOR_INSTALLATION, /* everything */
};

struct actor {
    enum actor_role role;
    bool local;             /* over the unix socket: nobody has logged in */
    struct id user, tenant; /* ID_NONE where nobody has logged in */
    const char *name;       /* what the log and the audit call him */
    const char *client_ip;  /* "" over the unix socket */
    const char *tenant_name, *language;
    const char *provider;  /* that logged him in; "" or NULL: he did himself */
    struct id session;     /* ID_NONE: none */
    int64_t ends_ms;       /* of his session */
    struct id key;         /* the API key he came with; ID_NONE: none */
    const char *key_scope; /* its; NULL: none */
};

const char *actor_role_name(enum actor_role role);
/* Of a name in the store. */
enum actor_role actor_role_of(const char *name);

/* What lists are limited to. */
struct scope actor_scope(const struct actor *a);
/* A foreign one is answered with 404, as if it did not exist. */
bool actor_sees_fax(const struct actor *a, struct store *s, const struct fax *f);
bool actor_sees_call(const struct actor *a, struct store *s, const struct attempt *t);
bool actor_sees_mail(const struct actor *a, struct store *s, const struct mail_out *m);
bool actor_sees_job(const struct actor *a, struct store *s, const struct job *j);
