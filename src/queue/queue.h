/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The queue's own header: its state in memory, and what its files call of one another. What must survive is
 * in the store; everything here can be rebuilt from it and from what the other roles announce.
 *
 * One thread: a batch is begun by the first handler (queue_enter), handlers and pumps of one or more rounds
 * of the loop fill it, queue_leave commits it with one fsync and lets its messages out. Nothing in this
 * process could go on without the store, so a thread of its own for it would only wait elsewhere. The files
 * of large mails are synced by other threads (blob_pool): calls do not wait for them. */
#pragma once

#include "base/list.h"
#include "conf/conf.h"
#include "ipc/peers.h"
#include "model/outcome.h"
#include "net/loop.h"
#include "provision/login_keys.h"
#include "store/attempts.h"
#include "store/blob_pool.h"
#include "store/config.h"
#include "store/faxes.h"
#include "store/jobs.h"
#include "store/keys.h"
#include "store/nodes.h"
#include "store/outbox.h"
#include "store/retention.h"
#include "store/store.h"
#include "store/submissions.h"

/* Kinds of work a pump looks for. */
enum work {
    WORK_UNPACK = 1 << 0,
    WORK_RENDER = 1 << 1,
    WORK_DIAL = 1 << 2,
    WORK_COMPOSE = 1 << 3,
    WORK_DELIVER = 1 << 4,
    WORK_TRUNKS = 1 << 5,      /* tell line the trunks */
    WORK_MAILBOXES = 1 << 6,   /* tell fetch the mailboxes */
    WORK_LATE = 1 << 7,        /* received faxes that nobody gets (D7) */
    WORK_SWEEP = 1 << 8,       /* what is kept for a day only */
    WORK_ALARMS = 1 << 9,      /* what is wrong (alarms.c) */
    WORK_RETENTION = 1 << 10,  /* what is kept no longer (retention.c) */
    WORK_HOOKS = 1 << 11,      /* webhooks that are due */
    WORK_READ = 1 << 12,       /* words on received pages */
    WORK_LOOK = 1 << 13,       /* at received faxes */
    WORK_PRINT = 1 << 14,      /* received faxes that are to be printed */
    WORK_IDENTITIES = 1 << 15, /* tell directory whom to ask */
    WORK_ARCHIVE = 1 << 16,    /* copies for the archive's places */
    WORK_SETTINGS = WORK_TRUNKS | WORK_MAILBOXES | WORK_IDENTITIES,
    WORK_ALL = (1 << 17) - 1, /* each of them: what is left out here is never done */
};

enum { OPEN_ATTEMPTS_MAX = CONF_CALLS_MAX };

/* Work that another role has been asked to do and has not answered. */
struct flight {
    struct list node;
    enum work kind;
    struct id id;
    uint64_t request;
};

/* Of one role, by the clock that only runs. */
enum { CRASHES_KEPT = 3, OFFICE_TROUBLE_LEN = 400 };
struct role_crashes {
    uint64_t generation[CONF_WEB_PROCESSES_MAX]; /* of each instance, last seen; 0: never */
    int64_t at_ms[CRASHES_KEPT];                 /* the last ones, the last first */
    int64_t alarm_ms;                            /* when they were too many; 0: never */
};

/* A call of this moment. It exists while its attempt is open and something in this life of the queue knows of
 * it. */
struct live_call {
    struct list node;
    struct id attempt;
    bool alive;           /* its call process has it (prepared, or announced after our restart) */
    bool media;           /* its call process has the media: that one ends it, not line */
    struct sender invite; /* the INVITE that waits for our verdict */
    bool invite_waits;
    bool dropped;                        /* line was told, for its job was cancelled at another node */
    uint64_t call_request, line_request; /* open asks, 0: none */
    char phase[33], coding[17], station_id[33], mode[17];
    unsigned page, pages, rate, ecm, percent;
    char told_phase[33]; /* to web */
    unsigned told_page;
    int64_t told_ms; /* steady clock */
};

/* The round that deletes what is kept no longer (retention.c). */
enum { BOX_NAME_MAX = 64 };
struct retention {
    bool running, boxes_done, mails_done, merged;
    bool empty_log, log_emptied; /* of the database: after the next commit; it was */
    char after[BOX_NAME_MAX];    /* the last box that was seen to */
    struct mail_walk mails;
    int64_t began_ms; /* by the clock that only runs; 0: never */
    struct timer step;
};

/* Another node's lease, and since when it stands as it stands, by our clock that only runs (nodes.c). */
struct lease_seen {
    struct id id;
    int64_t lease_ms, since_ms;
};

struct queue {
    const struct conf *conf;
    struct loop *loop;
    struct peers *peers;
    struct store store;
    struct arena arena; /* of the running batch */
    bool in_batch;
    unsigned batch_size;
    unsigned work;      /* of enum work */
    unsigned next_pump; /* where the next batch goes on with it */
    /* The two clocks: the wall's, which people set (NULL: the database's, of several nodes), and one that
     * only runs. Tests have their own. */
    int64_t (*wall_clock)(void), (*steady_clock)(void);
    int64_t now_ms;    /* wall clock, at the start of the batch */
    int64_t steady_ms; /* the other, then; 0 before the first batch */
    struct list flights;
    struct list calls;
    struct list mail_servers;            /* how each does (mail_servers.c) */
    struct list explanations;            /* mails that are taken apart for somebody who asks (explaining.c) */
    struct list mail_tests;              /* trying.c */
    struct list domain_checks;           /* domain_check.c */
    struct list openings;                /* opening.h */
    struct list previews;                /* previews.h */
    struct list old_faxes;               /* old_faxes.h */
    struct list key_makings, hook_tests; /* key_making.c */
    struct list archive_wishes;          /* archive_wishes.h */
    struct list directory_looks;         /* directory_looks.h */
    struct list syncs;                   /* people.h */
    struct login_vault vault;            /* opens the keys of logins; filled by whoever starts the queue */
    struct lockout *lockout;             /* who guesses passwords (logins.c) */
    struct lockout *told;                /* the same as strangers are told (login_failed) */
    struct passkey_challenges *passkey_challenges;
    struct blob_pool *pool;
    struct watch synced;                               /* of the pool */
    struct list arriving;                              /* mails whose files the pool makes durable */
    uint64_t call_generation[CONF_CALL_PROCESSES_MAX]; /* last seen; 0: never */
    uint64_t line_generation;
    struct {
        bool awaited, reached;
        int64_t refuse_from_ms; /* by the clock that only runs */
        uint32_t told;          /* calls */
    } quiet;                    /* quiet.h */
    struct {
        bool several;                /* there is another one, alive or not */
        bool leads, drains, renewed; /* the last: in the running batch */
        bool tell;                   /* the others, at the next commit */
        unsigned leads_with;         /* roles, a bit each */
        unsigned others;             /* that are alive */
        int64_t lease_ms;            /* by the database's clock; 0: none yet */
        int64_t renewed_ms, told_ms; /* by the clock that only runs */
        int64_t clock_shifts_ms;     /* known (queue.c) */
        char settings[ID_TEXT_LEN];
        struct lease_seen seen[NODES_MAX];
        size_t seen_count;
        struct watch heard;
    } nodes;           /* nodes.h */
    int lacks;         /* room.h */
    bool room_used_up; /* even what was kept for what is under way */
    bool may_dial;     /* the leases of our former life are settled */
    struct timer due, grace;
    bool said_no_server, said_no_trunk;
    int64_t reading_rests_until_ms; /* by the clock that only runs; 0: it does not */
    int64_t swept_ms;               /* by the clock that only runs */
    struct id last_tenant;          /* whose fax was called last: the others go first */
    const char *host_name;
    /* What alarms are raised for and the store does not know. */
    struct role_crashes crashes[ROLE_COUNT];
    char office_trouble[OFFICE_TROUBLE_LEN]; /* "": LibreOffice is there */
    char office_refused[OFFICE_TROUBLE_LEN]; /* since convert started; "": none */
    char reader_trouble[OFFICE_TROUBLE_LEN]; /* why received pages cannot be read; "": they can */
    int64_t certificate_until_ms;            /* of the one that we show; 0: not known */
    int64_t clock_set_ms, clock_set_by_ms;   /* when, by the clock that only runs; 0: never */
    int64_t store_away_ms, store_back_ms;    /* for how long PostgreSQL was away; until when, by that clock */
    int64_t looked_ms;                       /* for alarms, by the clock that only runs */
    bool look_now;
    int64_t tests_rest_until_ms; /* of trunks, by the clock that only runs */
    int64_t tests_looked_ms;     /* whether the hour of one has come, by the same clock */
    struct retention retention;
    struct timer archive_step; /* archive_filling.c */
    int64_t usage_look_ms;     /* daily_usage.c; steady */
};

/* ---- life (queue.c) ---- */

extern const struct message_handlers queue_handlers;

/* opens the store, settles what a former life left. 0, or an errno with a text. */
int queue_start(struct queue *q, const struct conf *conf, struct loop *l,
                char error[STORE_ERROR_LEN]) MUST_USE;
void queue_stop(struct queue *q);
void queue_on_peer(void *context, enum role role, unsigned instance, uint64_t generation);

/* Begins a batch where none runs. Every handler's first line. */
void queue_enter(struct queue *q);
/* Runs the pumps, commits, lets the messages out. */
void queue_leave(struct queue *q);
bool queue_batch_full(const struct queue *q);
/* Other nodes wait for their turn: what is left is for the next batch. */
bool queue_batch_long(const struct queue *q);
/* Those bytes as UTF-8, for as long as the batch: what a stranger sent has to fit JSON and a screen. */
const char *queue_text(struct queue *q, const char *bytes);
static inline void queue_wants(struct queue *q, unsigned work)
{
    q->work |= work;
}

/* ---- work under way (flight.c) ---- */

struct flight *flight_find(struct queue *q, enum work kind, struct id id);
/* Here or at another node. */
bool flight_anywhere(struct queue *q, enum work kind, struct id id);
void flight_begin(struct queue *q, enum work kind, struct id id, uint64_t request);
/* False where it was not under way (a second answer to a repeated ask). */
bool flight_end(struct queue *q, enum work kind, struct id id);
void flight_forget(struct flight *f); /* we end; the store keeps what it knows of it */
unsigned flight_count(const struct queue *q, enum work kind);

struct live_call *live_find(struct queue *q, struct id attempt);
struct live_call *live_add(struct queue *q, struct id attempt);
void live_remove(struct queue *q, struct live_call *c);
/* A call process with room for one more call, or -1. */
int live_choose_process(struct queue *q);

/* mail_servers.c */
void mail_servers_forget(struct queue *q);
/* arrivals.c: files of mails are durable. */
void on_mails_synced(void *context, uint32_t events);
/* Nobody waits for them any more. */
void forget_arriving(struct queue *q);

/* ---- pumps ---- */

void pump_unpack(struct queue *q);
void pump_render(struct queue *q);
void pump_expire(struct queue *q);
void pump_dial(struct queue *q); /* dial_round.c */
void pump_compose(struct queue *q);
void pump_deliver(struct queue *q);
void pump_read(struct queue *q); /* reading.c */
void pump_look(struct queue *q); /* looking.c */
void pump_late_mails(struct queue *q);
void pump_forget(struct queue *q);    /* forgetting.c */
void pump_retention(struct queue *q); /* retention.c */
/* A round begins, as after a change of settings. */
void retention_begin(struct queue *q);
void retention_after_commit(struct queue *q);
void pump_alarms(struct queue *q);  /* alarms.c: looks at most every ten seconds, or where look_now says so */
void pump_hooks(struct queue *q);   /* webhooks.c */
void pump_print(struct queue *q);   /* printing.c */
void pump_archive(struct queue *q); /* archiving.c */
void tell_trunks(struct queue *q);
void tell_mailboxes(struct queue *q);
void tell_identity_settings(struct queue *q);
void tell_login_ways(struct queue *q);
void on_directory_people(void *context, const struct sender *from, struct msg_directory_people *m);
void on_directory_looked(void *context, const struct sender *from,
                         struct msg_directory_looked *m); /* directory_looks.c */
void on_identity_login(void *context, const struct sender *from, struct msg_identity_login *m);

/* ---- handlers, one file a subject ---- */

void on_rcpt_check(void *context, const struct sender *from, struct msg_rcpt_check *m); /* arrivals.c */
void on_login_salt(void *context, const struct sender *from, struct msg_login_salt *m); /* logins.c */
void on_login_judge(void *context, const struct sender *from, struct msg_login_judge *m);
void on_passkey_begin(void *context, const struct sender *from,
                      struct msg_passkey_begin *m); /* passkey_keeping.c */
void on_passkey_add(void *context, const struct sender *from, struct msg_passkey_add *m);
void on_passkey_drop(void *context, const struct sender *from, struct msg_passkey_drop *m);
void on_totp_begin(void *context, const struct sender *from, struct msg_totp_begin *m); /* second_factor.c */
void on_totp_confirm(void *context, const struct sender *from, struct msg_totp_confirm *m);
void on_totp_drop(void *context, const struct sender *from, struct msg_totp_drop *m);
void on_recovery_codes_make(void *context, const struct sender *from,
                            struct msg_recovery_codes_make *m); /* recovery_codes.c */
void on_api_key_make(void *context, const struct sender *from, struct msg_api_key_make *m); /* persons.c */
void on_api_key_drop(void *context, const struct sender *from, struct msg_api_key_drop *m);
void on_api_key_used(void *context, const struct sender *from, struct msg_api_key_used *m);
void on_hook_called(void *context, const struct sender *from, struct msg_hook_called *m); /* webhooks.c */
void on_hook_test(void *context, const struct sender *from, struct msg_hook_test *m);
void on_self_test(void *context, const struct sender *from, struct msg_self_test *m); /* self_tests.c */
void on_hook_retry(void *context, const struct sender *from, struct msg_hook_retry *m);
void on_contact_change(void *context, const struct sender *from,
                       struct msg_contact_change *m); /* contacts.c */
void on_password_forgotten(void *context, const struct sender *from,
                           struct msg_password_forgotten *m); /* password_resets.c */
void on_password_invite(void *context, const struct sender *from, struct msg_password_invite *m);
void on_password_reset(void *context, const struct sender *from, struct msg_password_reset *m);
void on_password_change(void *context, const struct sender *from, struct msg_password_change *m);
void on_settings_change(void *context, const struct sender *from,
                        struct msg_settings_change *m); /* settings_wishes.c */
void on_session_salt(void *context, const struct sender *from, struct msg_session_salt *m); /* sessions.c */
void on_session_open(void *context, const struct sender *from, struct msg_session_open *m);
void on_session_end(void *context, const struct sender *from, struct msg_session_end *m);
void on_sessions_end(void *context, const struct sender *from, struct msg_sessions_end *m);
void on_session_seen(void *context, const struct sender *from, struct msg_session_seen *m);
void on_mail_spool(void *context, const struct sender *from, struct msg_mail_spool *m);
void on_mail_store(void *context, const struct sender *from, struct msg_mail_store *m);
void on_mailbox_keys(void *context, const struct sender *from, struct msg_mailbox_keys *m); /* mailboxes.c */
void on_mailbox_spool(void *context, const struct sender *from, struct msg_mailbox_spool *m);
void on_mailbox_take(void *context, const struct sender *from, struct msg_mailbox_take *m);
void on_mailbox_state(void *context, const struct sender *from, struct msg_mailbox_state *m);
void on_mailbox_token(void *context, const struct sender *from, struct msg_mailbox_token *m);
void on_pickup_spool(void *context, const struct sender *from, struct msg_pickup_spool *m); /* pickup.c */
void on_pickup_store(void *context, const struct sender *from, struct msg_pickup_store *m);
void on_unpacked(void *context, const struct sender *from, struct msg_unpacked *m);     /* unpacking.c */
void on_pgp_opened(void *context, const struct sender *from, struct msg_pgp_opened *m); /* opening.c */
void on_key_make(void *context, const struct sender *from, struct msg_key_make *m);     /* key_making.c */
void on_pgp_made(void *context, const struct sender *from, struct msg_pgp_made *m);
void on_rendered(void *context, const struct sender *from, struct msg_rendered *m); /* rendering.c */
void on_fax_looked_at(void *context, const struct sender *from, struct msg_fax_looked_at *m); /* looking.c */
void on_page_read(void *context, const struct sender *from, struct msg_page_read *m);         /* reading.c */
void on_print_wish(void *context, const struct sender *from, struct msg_print_wish *m);       /* printing.c */
void on_print_made(void *context, const struct sender *from, struct msg_print_made *m);
void on_archive_wish(void *context, const struct sender *from,
                     struct msg_archive_wish *m); /* archive_wishes.c */
void on_archive_made(void *context, const struct sender *from, struct msg_archive_made *m); /* archiving.c */
void on_archive_done(void *context, const struct sender *from, struct msg_archive_done *m);
void on_printed(void *context, const struct sender *from, struct msg_printed *m);
void on_prepared(void *context, const struct sender *from, struct msg_prepared *m); /* dialling.c */
void on_dialled(void *context, const struct sender *from, struct msg_dialled *m);
void on_dial_state(void *context, const struct sender *from, struct msg_dial_state *m);
void on_dial_failed(void *context, const struct sender *from, struct msg_dial_failed *m);
void on_trunk_health(void *context, const struct sender *from, struct msg_trunk_health *m);
void on_invited(void *context, const struct sender *from, struct msg_invited *m);             /* incoming.c */
void on_attempt_alive(void *context, const struct sender *from, struct msg_attempt_alive *m); /* leases.c */
void on_dialog_alive(void *context, const struct sender *from, struct msg_dialog_alive *m);
void on_call_state(void *context, const struct sender *from, struct msg_call_state *m); /* calls.c */
void on_page_sent(void *context, const struct sender *from, struct msg_page_sent *m);
void on_page_ending(void *context, const struct sender *from, struct msg_page_ending *m);
void on_page_received(void *context, const struct sender *from, struct msg_page_received *m);
void on_call_traced(void *context, const struct sender *from, struct msg_call_traced *m);
void on_attempt_done(void *context, const struct sender *from, struct msg_attempt_done *m);
void on_composed(void *context, const struct sender *from, struct msg_composed *m);   /* composing.c */
void on_delivered(void *context, const struct sender *from, struct msg_delivered *m); /* delivering.c */
void on_mail_test(void *context, const struct sender *from, struct msg_mail_test *m); /* trying.c */
void on_mail_probed(void *context, const struct sender *from, struct msg_mail_probed *m);
void on_mail_probe_steps(void *context, const struct sender *from, struct msg_mail_probe_steps *m);
void on_mail_test_look(void *context, const struct sender *from, struct msg_mail_test_look *m);
void on_domain_check(void *context, const struct sender *from,
                     struct msg_domain_check *m); /* domain_check.c */
void on_domain_looked(void *context, const struct sender *from, struct msg_domain_looked *m);
void on_apply(void *context, const struct sender *from, struct msg_apply *m); /* requests.c */
void on_submit(void *context, const struct sender *from, struct msg_submit *m);
void on_cancel(void *context, const struct sender *from, struct msg_cancel *m);
void on_again(void *context, const struct sender *from, struct msg_again *m);
void on_hold(void *context, const struct sender *from, struct msg_hold *m);
void on_alter(void *context, const struct sender *from, struct msg_alter *m);
void on_destination_wish(void *context, const struct sender *from,
                         struct msg_destination_wish *m);                       /* destination_wishes.c */
void on_upload(void *context, const struct sender *from, struct msg_upload *m); /* wishing.c */
void on_wish(void *context, const struct sender *from, struct msg_wish *m);
void on_fax_mark(void *context, const struct sender *from, struct msg_fax_mark *m);       /* fax_marks.c */
void on_remark(void *context, const struct sender *from, struct msg_remark *m);           /* remarks.c */
void on_mail_on(void *context, const struct sender *from, struct msg_mail_on *m);         /* forwarding.c */
void on_dead_letter(void *context, const struct sender *from, struct msg_dead_letter *m); /* dead_letters.c */
void on_explain(void *context, const struct sender *from, struct msg_explain *m);         /* explaining.c */
void on_mail_wish(void *context, const struct sender *from, struct msg_mail_wish *m);     /* mail_wishes.c */
void on_node_wish(void *context, const struct sender *from, struct msg_node_wish *m);     /* node_wishes.c */
void on_tls_reset(void *context, const struct sender *from, struct msg_tls_reset *m);
void on_office_state(void *context, const struct sender *from, struct msg_office_state *m); /* alarms.c */
void on_live(void *context, const struct sender *from, struct msg_live *m);

/* ---- shared steps ---- */

/* persons.c: 200, or 422 with what is wrong; ends the user's sessions. */
unsigned person_set_password(struct queue *q, struct id user, const char *password, struct outcome *o);

/* requests.c: what waited for other settings looks again. */
void queue_settings_changed(struct queue *q);
/* The same where another node changed them. */
void queue_use_settings(struct queue *q);

/* explaining.c: was that mail taken apart for an explanation? */
bool explain_unpacked(struct queue *q, const struct msg_unpacked *m);
bool explain_opened(struct queue *q, const struct msg_pgp_opened *m);
void explanations_forget(struct queue *q);

/* trunks.c: the trunk of that name; name NULL: the first one. */
bool find_trunk(struct queue *q, const char *name, struct trunk *t);
/* dialling.c: asks line to call; line answers a second time for an attempt it has. */
void dial_attempt(struct queue *q, const struct attempt *t);
/* incoming.c: a prepared incoming call is answered, or refused. */
void answer_invite(struct queue *q, struct live_call *c, unsigned sip_status, const char *reason);
/* leases.c: calls of ours that another node has ended are let go. */
void attempts_of_others(struct queue *q);
/* leases.c: the process that held the attempt is gone. */
void attempt_lost(struct queue *q, struct id attempt);
/* We give the call up ourselves. */
void attempt_drop(struct queue *q, struct id attempt, const struct outcome *why);
void settle_leases(struct queue *q);
/* We are being stopped in order: all calls end, and for no job does that count as anything. Nothing is
 * dialled any more. */
void queue_end_calls(struct queue *q);
/* ending.c: what an ended attempt means for its job or fax. */
struct attempt_end_facts {
    const struct outcome *outcome;
    bool uncertain, began;
    bool t38;         /* the call's media had become T.38 */
    bool crashed;     /* by our own fault: no try, no dial */
    bool stopped;     /* crashed, but because the server was stopped: no crash either */
    int dial_failure; /* enum dial_failure, -1: T.30 was reached */
    const char *station_id;
    struct span dis; /* or DTC; empty: the far machine said none */
    bool learnt;     /* of a call from which the number's memory has learnt already */
};
/* Ends an attempt that T.30 has nothing to say of. False where it had ended already. */
bool attempt_close(struct queue *q, struct id attempt, const struct outcome *o);
/* Tells its job or fax. */
void after_attempt(struct queue *q, const struct attempt *t, const struct attempt_end_facts *f);
/* A job has come to its end: its report may be due, or that of its submission (D2). */
void job_ended(struct queue *q, const struct job *j);
/* mail_servers.c: where mails go, a Maildir folder or the mail server as JSON. False where nothing is set up:
 * mails wait (S3.10). */
bool mail_route(struct queue *q, struct msg_deliver *to);
/* composing.c */
struct id mail_to(struct queue *q, const struct mail_out *m);
const char *from_address(struct queue *q, struct id tenant);
/* daily_usage.c: a mail to usage_address, once a day */
void daily_usage_look(struct queue *q);
/* late_mails.c: a mail to alarm_address, unless an earlier one still waits. */
void tell_administrator(struct queue *q, struct id about, const char *subject, const char *text);
/* telling.c: what the batch changed; before its commit, and it leaves afterwards. */
void tell_changes(struct queue *q);
void tell_progress(struct queue *q, struct live_call *c);
/* pages.c: pages of the store as one sealed page_set; the caller closes it. */
int pages_to_set(struct queue *q, const struct stored_page *pages, size_t count) MUST_USE;
/* The same for a call: where some are finer than every machine takes, all stand once more behind them as such
 * a machine gets them, and *lower is count, else 0 (MSG_send). */
int pages_to_call(struct queue *q, const struct stored_page *pages, size_t count, uint32_t *lower) MUST_USE;
