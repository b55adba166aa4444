/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Provisioning as the running system asks for it: tenants, boxes, users, trunks, the mail server. Written by
 * provision.h. Address keys are lower case (see config_address_key). */
#pragma once

#include "model/states.h"
#include "store/retention.h"
#include "store/store.h"

/* A5: which mail from elsewhere is its author's. Lists are separated by blanks. */
struct sender_rules {
    const char *dmarc;            /* "require", "prefer", "off"; of a box also "": as its tenant */
    const char *trusted_networks; /* whose word on the author counts; a box's come on top of its tenant's */
    const char *arc_trusted;      /* domains of forwarders that are believed; likewise */
};

struct tenant {
    struct id id;
    const char *name, *country, *area_code, *outside_prefix, *zone;
    const char *serial; /* "": the installation's */
    const char *from_address, *fallback_address;
    const char *dial_allow, *dial_deny; /* prefixes, separated by blanks */
    const char *emergency;              /* numbers never dialled besides the country's, separated by blanks */
    const char *billing_codes;          /* one a line; "": any is taken */
    unsigned pages_per_day, minutes_per_day; /* of each sender; 0: no limit */
    const char *blocked_callers; /* numbers, beginnings with a * behind, "anonymous"; separated by blanks */
    const char *forward_to;      /* whom received faxes may be mailed on to: addresses, domains, *.domains */
    const char *code_routes;     /* "INV-*=billing 4711=front": codes on received faxes and their boxes */
    bool exact_case;             /* of local parts of senders (S2.6) */
    struct sender_rules senders;
    const char *language, *mail_style; /* of its mails: "en"; "standard", "neutral" */
    unsigned calls_in, calls_out;      /* at once; 0: no limit */
    unsigned boxes_most;               /* 0: no limit */
    unsigned
        international_per_hour; /* faxes that cost more than others; further ones are held. 0: no limit */
    bool hold_new_countries;    /* the first fax to a country waits for an administrator */
    struct keeping keeping;
    bool four_eyes; /* it takes two of them to let such a fax go */
};

struct faxbox {
    const char *id; /* of its addresses; never changes */
    struct id tenant;
    const char *name;
    bool enabled;
    const char *station_id, *caller_id, *header_name, *paper, *resolution, *custom_address, *report;
    const char *mailbox; /* name of the mailbox that is polled for it, "": none */
    unsigned tries;
    const char *address_case;   /* "exact", "ignore-case", "": as its tenant */
    const char *authentication; /* "none", "pin", "pgp", "pin+pgp" */
    bool require_encryption;
    const char *pin_hash; /* "": no PIN is set */
    const char *cover;    /* "none", or the name of a template */
    bool cover_text;      /* the mail's own words go on the cover page */
    struct sender_rules senders;
    const char *language;         /* of its mails; "": as its tenant */
    const char *file_format;      /* of received faxes: "pdf", "tiff" */
    const char *recipients;       /* who else gets received faxes; separated by blanks */
    const char *answers;          /* who gets reports and refusals: "sender", "nobody", an address */
    const char *report_on;        /* "always", "failed", "never" */
    const char *report_to;        /* who else gets the reports; separated by blanks */
    const char *delays;           /* word that a fax takes long: "late", "first" (call failed), "never" */
    unsigned calls_in, calls_out; /* at once; 0: no limit */
    const char *send_window;      /* when its faxes may go (proto/send_window.h); "": always */
    const char *bulk_window;      /* the same, of PRIORITY_BULK; "": as the others */
    unsigned bulk_from;           /* a document to so many numbers is bulk; 0: none is */
    unsigned deadline_minutes;    /* a fax that could not be begun for so long expires; 0: never */
    bool route_by_code;           /* codes on received faxes may lead them to another box (code_routes) */
    const char *ocr;              /* are received pages read? "off", "on", "wait": and mails wait for it */
    const char *ocr_languages;    /* Tesseract's names, separated by blanks; "": that of its mails */
    const char *print_to;         /* ipp[s]://host[:port]/path: its faxes are printed there; "": nowhere */
    const char *print_pin;        /* of that printer's certificate, as net/tls.h has it; "": as usual */
    const char *print_paper;      /* "a4", "letter", "legal"; "": the printer's own */
    unsigned print_copies;
    bool deskew;             /* pages that came in aslant are shown straight */
    const char *blank_pages; /* "keep", "mark" (told of in mail and API), "drop" (not in what people get) */
    unsigned join_seconds; /* so long a fax that broke off waits for its sender's second try; 0: not at all */
    const char *subaddress;   /* faxes to the tenant with that SUB are for it; "" */
    const char *fax_password; /* PWD that callers' machines have to say, sealed for queue; "" */
    const char *voice;        /* calls without a fax tone: "fax", "hangup", "forward" (model/voice.h) */
    unsigned voice_seconds;
    const char *voice_forward;               /* a number */
    const char *voice_callers, *fax_callers; /* who is surely a person, a machine (model/blocked.h) */
    unsigned batch; /* so many of its faxes to one number go in one call; 0, 1: each in its own */
    struct keeping keeping;
    const char *trunk;          /* name of the one that its faxes go over; "": the cheapest */
    bool t38_off, ecm_off;      /* of its calls, out and in: G.711 alone; no error correction */
    const char *archive_places; /* names of those that get its faxes, one a line; "": all */
};

struct trunk {
    struct id id;
    const char *name, *peer, *transport, *username;
    struct span secret; /* sealed */
    bool t38;
    bool pace; /* T.38 at a modem's speed; off only where no gateway is behind the trunk */
    bool registers;
    unsigned register_s;
    int keepalive_s;            /* it is asked so often whether it is there; 0: never; below: as usual */
    const char *advertised;     /* our address as its peer reaches it; "": our own */
    const char *outbound_proxy; /* "sip:host:port" to which all requests go first; "": none */
    bool symmetric;             /* media goes where its media comes from */
    const char
        *t38_correction;   /* "auto" (copies, or parity where the far side offers it), "redundancy", "fec" */
    const char *srtp;      /* "auto" (optional over TLS, else no), "no", "optional", "required" */
    unsigned cost;         /* calls go over the cheapest one */
    unsigned calls;        /* that it carries at once, in and out; 0: no limit */
    const char *addresses; /* networks its calls come from as well, separated by blanks */
    const char *called_from;      /* "request", "to", "diversion": where a call's number stands */
    const char *caller_from;      /* "asserted", "from" */
    const char *caller_in;        /* "from", "asserted", "preferred": where our caller id goes */
    const char *fallback_box;     /* takes calls to numbers that no box has; "": they are refused */
    const char *self_test_number; /* leads back to us, and no box has it; "": it is never tested */
    const char *self_test_hours;  /* once in each of these (proto/send_window.h); "": only when asked */
};

struct mail_server {
    const char *name, *host, *security, *username, *ca_file, *pin, *envelope_sender;
    const char *auth, *allow, *tls_name;
    const char *tenant; /* whose mails it takes; "": everybody's */
    struct id tenant_id;
    unsigned port, connections;
    struct span secret; /* sealed */
    bool enabled;
    bool null_sender; /* it takes mail from <> */
    bool fallback;    /* takes mails only while the one they belong to is away */
};

enum { MAIL_SERVERS_MAX = 100 };
#define MAIL_SERVER_MAIN "main" /* everybody's, unless a tenant has his own */

struct id config_tenant_id(struct store *s, const char *name); /* ID_NONE: there is none */
size_t config_tenant_ids(struct store *s, struct id *ids, size_t most);
/* S2.5; one box may want both. */
bool config_wants_pin(const struct faxbox *b);
bool config_wants_signature(const struct faxbox *b);

bool config_tenant(struct store *s, struct arena *a, struct id id, struct tenant *t);
bool config_box(struct store *s, struct arena *a, const char *id, struct faxbox *b);
/* One whose fax password has at most so many characters: it is not sealed yet. */
bool config_box_password_up_to(struct store *s, size_t most, struct arena *a, const char **box,
                               const char **password);
struct box_password {
    const char *box, *password; /* sealed for queue, or as it is */
};
/* Those of at most so many boxes that have one. */
size_t config_box_passwords(struct store *s, struct arena *a, struct box_password *list, size_t most);
void config_set_box_password(struct store *s, const char *box, const char *password);
bool config_box_by_number(struct store *s, struct arena *a, const char *number, struct faxbox *b);
/* custom: an address, or a bare domain. */
/* That tenant's box for faxes with that SUB. */
bool config_box_by_subaddress(struct store *s, struct arena *a, struct id tenant, const char *subaddress,
                              struct faxbox *b);
bool config_box_by_custom(struct store *s, struct arena *a, const char *custom, struct faxbox *b);
/* A number that is one of our boxes' own extensions in that tenant. */
bool config_is_extension(struct store *s, struct id tenant, const char *number);

/* Does the case of a sender's local part matter to this box (S2.6)? */
bool config_exact_case(struct store *s, const char *box);
/* Does a list entry cover the address? "a@example.com" exactly, "example.com" that domain only,
 * "*.example.com" every domain below it (S0.4). exact: capitals in the local part count. */
bool config_entry_covers(const char *entry, const char *address, bool exact);
/* May this address send from the box: as a user with send permission, or by the permission list (S0.4)? */
enum permission { PERMISSION_NONE, PERMISSION_USER, PERMISSION_LISTED };
enum permission config_may_send(struct store *s, const char *box, const char *address);
/* The box of that name in the tenant, whatever its case; the first by id where several have it. */
bool config_box_by_name(struct store *s, struct arena *a, struct id tenant, const char *name,
                        struct faxbox *b);
/* A user as he logs in: name is any of his addresses, or his own name where no other tenant has one of it.
 * keys: sealed, as base64; "" where he has no password. */
struct login {
    struct id user;
    const char *keys;
};
bool config_login(struct store *s, struct arena *a, const char *name, struct login *l);
bool config_login_of(struct store *s, struct arena *a, struct id user, struct login *l);
const char *config_user_name(struct store *s, struct arena *a, struct id user);
/* His first address; "" where he is gone. */
const char *config_user_address(struct store *s, struct arena *a, struct id user);
/* All of his addresses, the first one first. */
size_t config_user_addresses(struct store *s, struct arena *a, struct id user, const char ***list);
bool config_user_may_send(struct store *s, const char *box, struct id user); /* as the box's user */
/* Whose address is it? */
bool config_user_of(struct store *s, const char *address, struct id *user);
/* Ids of the boxes the address may send from. */
size_t config_boxes_of_sender(struct store *s, struct arena *a, const char *address, const char **boxes,
                              size_t most);
/* Ids of the boxes that name the mailbox (S2.4). */
size_t config_boxes_of_mailbox(struct store *s, struct arena *a, const char *mailbox, const char **boxes,
                               size_t most);
/* What a user wants to be mailed; who is none of ours gets what the box says. */
struct notify_wishes {
    const char *received; /* "each", "never": not the faxes of his boxes */
    const char *sent;     /* of what he sent: "always", "failed", "never", "": as the box */
    const char *delays;   /* that a fax takes long: "never", "": as the box */
};
void config_notify(struct store *s, struct arena *a, const char *address, struct notify_wishes *w);

/* Where faxes of the box are mailed: each receiving user's first address, address entries with receive, and
 * its further recipients (S2.14, S0.4, S2.2); each once. */
size_t config_receivers(struct store *s, struct arena *a, const char *box, const char ***addresses);

/* There are at most TRUNKS_MAX (model/states.h). */
size_t config_trunks(struct store *s, struct arena *a, struct trunk *trunks, size_t most);
bool config_mail_server(struct store *s, struct arena *a, struct mail_server *m); /* the main one */
/* All of them, the main one first. */
size_t config_mail_servers(struct store *s, struct arena *a, struct mail_server *list, size_t most);

/* Servers ("host:port") that once spoke TLS: never again without it (S3.7). */
bool tls_seen(struct store *s, const char *server);
void tls_seen_add(struct store *s, const char *server, int64_t now_ms);
bool tls_seen_forget(struct store *s, const char *server); /* false where it was not known */

/* The members of a stored list of addresses. */
size_t config_addresses(struct arena *a, const char *words, const char ***list);
/* Adds an address that is not in the list yet; list has room for it. The new count. */
size_t config_add_address(const char **list, size_t count, const char *address);

/* Its further cover page of that name, in that language or else in any it has; NULL: there is none. */
const char *config_cover(struct store *s, struct arena *a, struct id tenant, const char *name,
                         const char *language);
/* The names of all it has; how many. */
size_t config_covers(struct store *s, struct arena *a, struct id tenant, const char ***names);
/* The tenant's own mail template of that name and language; NULL where it has none. */
const char *config_template(struct store *s, struct arena *a, struct id tenant, const char *name,
                            const char *language);

/* The address as it is compared: lower case throughout (one user an address, whatever the case; S2.7). */
const char *config_address_key(struct arena *a, const char *address);
