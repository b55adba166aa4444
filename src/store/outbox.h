/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Mails that go out: to be composed, waiting for the mail server, sent. One recipient each. */
#pragma once

#include "model/outcome.h"
#include "model/states.h"
#include "store/store.h"

/* A fax that somebody mails on: a received one, a sent one. */
#define MAIL_KIND_FORWARDED "forwarded"
#define MAIL_KIND_SENT_ON   "sent-on"

struct mail_out {
    struct id id;
    struct id tenant;
    const char
        *kind; /* "received" (about a fax), "report", "preview" (a submission), "job-report" (a job),
                  "delayed" (a job), "control" (a job or submission),
                  "answer", "repeated" (a mail_in), "kept" (a fax), "forwarded" (a fax), "sent-on" (a job;
                  text of both: whom answers go to, who does it, his words), "pickup" (itself), "notice" (to
                  people in charge, about a fax or another mail), "alarm" (to the administrator) */
    struct id about;
    enum mail_out_state state;
    const char *sender, *recipient;   /* envelope */
    const char *faxbox;               /* whose settings it follows; "" where there is none */
    const char *text;                 /* of an answer */
    const char *answer_code;          /* of a refusal; of "control": how many changed nothing before */
    bool dsn;                         /* also as machines read it (RFC 3464) */
    const char *message_id, *subject; /* of the mail it answers */
    struct id blob;
    int64_t created_ms, next_ms;
    int64_t since_ms; /* from when it counts that a recipient does not take it */
    unsigned tries;
    const char *code, *reason;
};

/* In state composing. */
void mail_out_add(struct store *s, const struct mail_out *m);
/* In state waiting, with its blob: a mail that another program made. */
void mail_out_add_ready(struct store *s, const struct mail_out *m);
bool mail_out_exists(struct store *s, struct id id);
bool mail_out_find(struct store *s, struct id id, struct arena *a, struct mail_out *m);
size_t mail_out_to_compose(struct store *s, int64_t now_ms, struct id *ids, size_t most);
size_t mail_out_due(struct store *s, int64_t now_ms, struct id *ids, size_t most);
/* Those of one mail server, in the order they came. tenant: who has his own; ID_NONE: of all who have none.
 */
size_t mail_out_due_of(struct store *s, struct id tenant, int64_t now_ms, struct id *ids, size_t most);
/* When the next one can be composed or sent; INT64_MAX where none waits. */
int64_t mail_out_next_due(struct store *s);
unsigned mail_out_waiting(struct store *s);

/* composing -> waiting; takes the bytes. Nothing where it is composed already. */
void mail_out_composed(struct store *s, struct id id, struct span bytes, int64_t now_ms);
/* The user has other keys or certificates: what could not be encrypted to him is made again. */
void mail_out_keys_changed(struct store *s, struct id user);
/* waiting -> sent or failed (composing -> failed too). */
void mail_out_close(struct store *s, struct id id, enum mail_out_state to, int64_t now_ms,
                    const struct outcome *why);
/* The wall clock was set by that much: times of mails that have not left go with it. */
void mail_out_shift_times(struct store *s, int64_t by_ms);
/* D7. Mails with received faxes that have waited since before until_ms (a person holds none of them), no
 * other mail of their fax has been sent, and nothing stands in for it: one a fax. */
size_t mail_out_late(struct store *s, int64_t until_ms, struct id *ids, size_t most);
/* Mails with that received fax that nobody has begun to make: how many; and all its mails. */
unsigned mail_out_unmade(struct store *s, struct id fax);
unsigned mail_out_of_fax(struct store *s, struct id fax);
/* They are made at that time. */
void mail_out_delay(struct store *s, struct id fax, int64_t until_ms);
/* They are not made at all. */
void mail_out_withdraw(struct store *s, struct id fax);
/* `mail` stands in for the mails of that fax. */
void mail_out_stand_in(struct store *s, struct id mail, struct id fax);
bool mail_out_has_stand_in(struct store *s, struct id fax);
/* It waits as before; only the reason changes. */
void mail_out_note(struct store *s, struct id id, const struct outcome *why);
void mail_out_retry(struct store *s, struct id id, int64_t next_ms, const struct outcome *why);

/* sent, or waiting still -> returned. */
void mail_out_return(struct store *s, struct id id, int64_t now_ms, const struct outcome *why);

/* ---- what a person does ---- */

/* waiting -> held. */
void mail_out_hold(struct store *s, struct id id, const struct outcome *why);
/* A mail that is not sent is due now, as if it were new: waiting, or composing where it was never made. */
void mail_out_release(struct store *s, struct id id, int64_t now_ms);
/* All that wait are due now, all held ones wait; how many. */
unsigned mail_out_hurry_all(struct store *s, int64_t now_ms);
unsigned mail_out_release_all(struct store *s, int64_t now_ms);
/* The mail is gone for good. */
void mail_out_delete(struct store *s, struct id id);

/* ---- alarms ---- */

struct late_mails {
    unsigned count;
    struct id oldest; /* ID_NONE: there are none */
};
/* Those of one mail server (tenant: as in mail_out_due_of) that have waited since before until_ms; alarms
 * themselves do not count. */
struct late_mails mail_out_late_of(struct store *s, struct id tenant, int64_t until_ms);
/* Mails of the kind "alarm" that are not sent. */
size_t mail_out_alarms(struct store *s, struct id *ids, size_t most);
