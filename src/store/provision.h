/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Provisioning as a whole: every entry of a kind, and the writing of one. config.h has what the running
 * system asks. Nothing is checked here (provision/json.h does); a breach of uniqueness is a bug and
 * ends the process. */
#pragma once

#include "store/config.h"
#include "store/keys.h"

struct provision_user {
    struct id id; /* not read by provision_put_user */
    const char *tenant, *name;
    const char *const *addresses; /* as written, the first gets the faxes */
    size_t address_count;
    const struct user_key *keys;
    size_t key_count;
    bool pgp_encrypt;
    const char *const *certificates; /* for S/MIME, PEM */
    size_t certificate_count;
    const char *smime;                      /* "off", or the cipher that his mails are encrypted with */
    const char *login_keys;                 /* sealed, base64; "": no password */
    bool keep_api_keys;                     /* where login_keys are others than before; is not stored */
    const char *role;                       /* "user", "tenant", "installation" */
    const char *language;                   /* "": his tenant's */
    bool enabled;                           /* else he logs in nowhere, and neither sends nor gets mail */
    const char *provider_id, *directory_id; /* store/identities.h */
    struct notify_wishes notify;
};

struct provision_right {
    const char *who; /* name of a user of the box's tenant, or an entry of the permission list */
    bool send, receive;
};

struct provision_box {
    struct faxbox box; /* its `tenant` is not read by provision_put_box */
    const char *tenant;
    const char *owner;     /* name of a user with both permissions (S0.1); "" for nobody */
    const char *extension; /* "" for none */
    const char *template;  /* name of its settings template (settings_templates.h), "" for none */
    const char *own;       /* the fields of it that the box says itself, separated by blanks */
    const char *const *numbers;
    size_t number_count;
    const struct provision_right *users, *permissions;
    size_t user_count, permission_count;
};

/* As config_tenant gives it; its pair of keys apart. */
void provision_put_tenant_key(struct store *s, const char *tenant, const struct tenant_key *k);
/* A mail template of a tenant's own; its text as proto/mail_template.h reads it. */
struct provision_template {
    const char *tenant, *name, *language, *text;
};

/* All of a kind in the order of their names; the array and its texts are the arena's. */
size_t provision_tenants(struct store *s, struct arena *a, struct tenant **list);
size_t provision_users(struct store *s, struct arena *a, struct provision_user **list);
size_t provision_boxes(struct store *s, struct arena *a, struct provision_box **list);
bool provision_find_user(struct store *s, struct arena *a, struct id id, struct provision_user *u);
bool provision_find_box(struct store *s, struct arena *a, const char *id, struct provision_box *b);
size_t provision_trunks(struct store *s, struct arena *a, struct trunk **list);
size_t provision_templates(struct store *s, struct arena *a, struct provision_template **list);

/* Inserts, or updates the one of that name (a box: of that id). What a user or a box shares with no other
 * (addresses, numbers, custom address) must be free: where several entries change at once, release them all
 * first. A box that is released has no settings template. */
void provision_put_tenant(struct store *s, const struct tenant *t);
void provision_put_user(struct store *s, const struct provision_user *u);
void provision_put_box(struct store *s, struct arena *a, const struct provision_box *b);
void provision_put_trunk(struct store *s, const struct trunk *t);
void provision_put_mail_server(struct store *s, const struct mail_server *m);

void provision_put_template(struct store *s, const struct provision_template *t);

/* ID_NONE: there is none. */
struct id provision_user_id(struct store *s, const char *tenant, const char *name);
/* The name of who owns that box; "": nobody. */
const char *provision_box_owner(struct store *s, struct arena *a, const char *box);
/* One user's right to a box, to send and to receive. False: he had one, or had none. */
bool provision_has_right(struct store *s, const char *box, struct id user);
bool provision_give_right(struct store *s, const char *box, struct id user);
bool provision_take_right(struct store *s, const char *box, struct id user);

void provision_release_user(struct store *s, const char *tenant, const char *name);
void provision_release_box(struct store *s, const char *id);

void provision_drop_tenant(struct store *s, const char *name);
void provision_drop_user(struct store *s, const char *tenant, const char *name);
void provision_drop_box(struct store *s, const char *id);
void provision_drop_trunk(struct store *s, const char *name);
void provision_drop_mail_server(struct store *s, const char *name);
void provision_drop_template(struct store *s, const struct provision_template *t); /* text: not read */

/* Jobs of the box that are not at an end; it cannot go before they are (S0.2). */
unsigned provision_box_jobs(struct store *s, const char *id);
