/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Address books: one that all of a tenant share, and one of each user's own. A name stands once in a book,
 * however it is capitalised. */
#pragma once

#include "store/store.h"

enum { CONTACTS_OF_A_TENANT = 20000, CONTACTS_OF_A_USER = 5000 };

struct contact {
    struct id id, tenant;
    struct id user; /* ID_NONE: shared */
    const char *name, *company, *number /* as written, with flags */, *note;
    const char *groups; /* that it is in, one a line; a name counts once, however it is capitalised */
    int64_t version;    /* from 1; counts changes */
    int64_t changed_ms;
};

/* Who looks: his own and the shared ones of a tenant. */
struct contact_book {
    struct id tenant;
    struct id user; /* ID_NONE: the shared ones alone */
};

/* By its id: makes it, or changes it. The name stands in no other entry of that book. */
void contact_put(struct store *s, const struct contact *c);
bool contact_find(struct store *s, struct id id, struct arena *a, struct contact *c);
void contact_drop(struct store *s, struct id id);
/* Of exactly that book: the entry of that name. */
bool contact_in_book(struct store *s, struct id tenant, struct id user, const char *name, struct id *id);
/* Whom somebody means by that name: his own before the shared. */
bool contact_named(struct store *s, const struct contact_book *b, const char *name, struct arena *a,
                   struct contact *c);
int64_t contact_count(struct store *s, struct id tenant, struct id user);

/* Those of one book with at least one entry. */
enum { CONTACT_GROUPS_MAX = 1000 };
struct contact_group {
    const char *name;
    bool shared; /* its entries are the shared ones */
    unsigned members;
};
/* His own and the shared ones, by name, at most CONTACT_GROUPS_MAX of them. */
size_t contact_groups(struct store *s, const struct contact_book *b, struct arena *a,
                      struct contact_group **list);

struct contact_cursor {
    const char *group;  /* that they are in; "": all */
    const char *prefix; /* of a word of name or company, or of the number's digits; "": all */
    struct id after;    /* the last of an earlier answer; ID_NONE: from the beginning */
    size_t most;
};

/* By name. */
size_t contact_list(struct store *s, const struct contact_book *b, const struct contact_cursor *c,
                    struct arena *a, struct contact **list);
