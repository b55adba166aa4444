/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "web/actor.h"

#include "base/panic.h"
#include "base/str.h"

static const char *const names[] = {[ACTOR_STRANGER] = "stranger",
                                    [ACTOR_USER] = "user",
                                    [ACTOR_TENANT] = "tenant",
                                    [ACTOR_INSTALLATION] = "installation"};

const char *actor_role_name(enum actor_role role)
{
    return names[role];
}

enum actor_role actor_role_of(const char *name)
{
    for (int role = ACTOR_USER; role <= ACTOR_INSTALLATION; role++)
        if (str_equal(names[role], name))
            return (enum actor_role)role;
    panic("the store has a user whose role is \"%s\"", name);
}

struct scope actor_scope(const struct actor *a)
{
    return (struct scope){.tenant = a->role >= ACTOR_INSTALLATION ? ID_NONE : a->tenant,
                          .user = a->role >= ACTOR_TENANT ? ID_NONE : a->user};
}

bool actor_sees_fax(const struct actor *a, struct store *s, const struct fax *f)
{
    const struct scope w = actor_scope(a);
    return scope_has(s, &w, f->tenant, f->faxbox, SCOPE_RECEIVE);
}

bool actor_sees_job(const struct actor *a, struct store *s, const struct job *j)
{
    const struct scope w = actor_scope(a);
    return scope_has(s, &w, j->tenant, j->faxbox, SCOPE_SEND);
}

bool actor_sees_call(const struct actor *a, struct store *s, const struct attempt *t)
{
    struct arena arena;
    struct job j;
    struct fax f;
    arena_init(&arena);
    if (!id_is_none(t->test))
        return a->role == ACTOR_INSTALLATION;
    bool seen = t->out ? job_find(s, t->job, &arena, &j) && actor_sees_job(a, s, &j)
                       : fax_find(s, t->fax, &arena, &f) && actor_sees_fax(a, s, &f);
    arena_clear(&arena);
    return seen;
}

/* Of a tenant whose administrator he is; users are shown none. */
bool actor_sees_mail(const struct actor *a, struct store *s, const struct mail_out *m)
{
    const struct scope w = actor_scope(a);
    return id_is_none(w.user) && scope_has(s, &w, m->tenant, "", SCOPE_SEND);
}
