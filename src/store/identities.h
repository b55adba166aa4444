/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Where other people keep who their users are: OpenID providers that log them in, directories that list them.
 */
#pragma once

#include "store/store.h"

enum identity_kind { IDENTITY_PROVIDER, IDENTITY_DIRECTORY };

struct identity_source {
    const char *name, *tenant; /* tenant: its name; "": the installation's, for users of all tenants */
    struct id tenant_id;       /* not read by identity_source_put */
    const char *settings;      /* the fields of provision/fields.c, as JSON */
    bool login;                /* it judges passwords; not read but by identity_source_put */
};

/* In the order of their names. */
size_t identity_sources(struct store *s, enum identity_kind kind, struct arena *a,
                        struct identity_source **list);
bool identity_source_named(struct store *s, enum identity_kind kind, const char *name, struct arena *a,
                           struct identity_source *found);
/* By its name: makes it, or changes it. */
void identity_source_put(struct store *s, enum identity_kind kind, const struct identity_source *i);
void identity_source_drop(struct store *s, enum identity_kind kind, const char *name);

/* Whom a source knows by that text: its name, a slash, what it calls him. False: nobody, or several. */
bool identity_user(struct store *s, enum identity_kind kind, const char *text, struct id *user);

/* Users whose directory_id begins with that text (a directory's name and a slash), in the order of their ids,
 * after that one: of a tenant, or of those those who have a right to that box. */
struct listed_user {
    struct id id;
    const char *directory_id, *name, *role;
    bool enabled;
};
size_t identity_listed(struct store *s, struct arena *a, struct id tenant, const char *prefix,
                       struct id after, struct listed_user *list, size_t most);
size_t identity_listed_of_box(struct store *s, struct arena *a, const char *box, const char *prefix,
                              struct id after, struct listed_user *list, size_t most);

/* The directory_id of who logs in by that address and has his password in a directory; "": nobody's, or he
 * has it here. */
const char *identity_login_directory(struct store *s, struct arena *a, const char *address);

/* The same of a user. */
const char *identity_user_directory(struct store *s, struct arena *a, struct id user);

/* Is that the directory_id of somebody in a directory that there is? */
bool identity_is_of_directory(struct store *s, struct arena *a, const char *directory_id);

/* How a user shows that it is himself: by his password here; by a session that has just begun, for his
 * password is in a directory; or by neither, for a provider logs him in. */
enum user_proof { PROOF_NONE, PROOF_PASSWORD, PROOF_SESSION };
enum user_proof identity_proof(struct store *s, struct arena *a, struct id user);

/* Is there a directory that judges passwords? */
bool identity_directory_judges(struct store *s);

/* What the sources call a user, "" where none does; and may he log in? */
struct user_identity {
    const char *provider_id, *directory_id;
    bool enabled;
};
bool identity_of_user(struct store *s, struct arena *a, struct id user, struct user_identity *u);
