/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "queue/alarms.h"
#include "queue/away.h"
#include "queue/directory_looks.h"
#include "queue/people.h"
#include "queue/offers.h"
#include "queue/opening.h"
#include "queue/lockout.h"
#include "queue/nodes.h"
#include "queue/passkey_challenges.h"
#include "queue/old_faxes.h"
#include "queue/previews.h"
#include "queue/printing.h"
#include "queue/quiet.h"
#include "queue/room.h"
#include "queue/self_tests.h"
#include "queue/waiting.h"
#include "queue/webhooks.h"
#include "store/archive.h"
#include "store/prints.h"
#include "store/self_tests.h"
#include "store/trunk_health.h"

/* A batch takes what lies ready, but not for ever: somebody waits for its commit. */
enum { BATCH_MAX = 256 };

/* Of several nodes one writes at a time, and who waits for long is taken for dead. */
enum { TURN_MS = 500 };
/* After our start: time for line and call to say which attempts they still hold. */
enum { GRACE_MS = 3000 };
/* A due time far away is looked at again now and then, so that a changed wall clock does no harm. */
enum { LONGEST_SLEEP_MS = 60000 };
/* A self-test that waits looks for free lines that often. */
enum { LOOK_FOR_ROOM_MS = 5000 };
/* Clocks that are steered by time servers drift less between two batches. */
enum { CLOCK_JUMP_MS = 5000 };

const struct message_handlers queue_handlers = {
    .rcpt_check = on_rcpt_check,
    .login_salt = on_login_salt,
    .login_judge = on_login_judge,
    .passkey_begin = on_passkey_begin,
    .passkey_add = on_passkey_add,
    .passkey_drop = on_passkey_drop,
    .totp_begin = on_totp_begin,
    .totp_confirm = on_totp_confirm,
    .totp_drop = on_totp_drop,
    .recovery_codes_make = on_recovery_codes_make,
    .api_key_make = on_api_key_make,
    .contact_change = on_contact_change,
    .password_forgotten = on_password_forgotten,
    .password_invite = on_password_invite,
    .password_reset = on_password_reset,
    .hook_called = on_hook_called,
    .hook_test = on_hook_test,
    .self_test = on_self_test,
    .hook_retry = on_hook_retry,
    .api_key_drop = on_api_key_drop,
    .api_key_used = on_api_key_used,
    .password_change = on_password_change,
    .settings_change = on_settings_change,
    .session_salt = on_session_salt,
    .session_open = on_session_open,
    .session_end = on_session_end,
    .sessions_end = on_sessions_end,
    .session_seen = on_session_seen,
    .identity_login = on_identity_login,
    .directory_people = on_directory_people,
    .directory_looked = on_directory_looked,
    .mail_spool = on_mail_spool,
    .mail_store = on_mail_store,
    .mailbox_keys = on_mailbox_keys,
    .mailbox_spool = on_mailbox_spool,
    .mailbox_take = on_mailbox_take,
    .mailbox_state = on_mailbox_state,
    .mailbox_token = on_mailbox_token,
    .pickup_spool = on_pickup_spool,
    .pickup_store = on_pickup_store,
    .unpacked = on_unpacked,
    .pgp_opened = on_pgp_opened,
    .pgp_made = on_pgp_made,
    .key_make = on_key_make,
    .rendered = on_rendered,
    .page_read = on_page_read,
    .fax_looked_at = on_fax_looked_at,
    .print_wish = on_print_wish,
    .print_made = on_print_made,
    .archive_made = on_archive_made,
    .archive_done = on_archive_done,
    .archive_wish = on_archive_wish,
    .printed = on_printed,
    .prepared = on_prepared,
    .dialled = on_dialled,
    .dial_state = on_dial_state,
    .dial_failed = on_dial_failed,
    .trunk_health = on_trunk_health,
    .invited = on_invited,
    .attempt_alive = on_attempt_alive,
    .dialog_alive = on_dialog_alive,
    .call_state = on_call_state,
    .page_sent = on_page_sent,
    .offer = on_offer,
    .polled = on_polled,
    .page_ending = on_page_ending,
    .page_received = on_page_received,
    .attempt_done = on_attempt_done,
    .call_traced = on_call_traced,
    .composed = on_composed,
    .delivered = on_delivered,
    .apply = on_apply,
    .submit = on_submit,
    .cancel = on_cancel,
    .again = on_again,
    .fax_mark = on_fax_mark,
    .remark = on_remark,
    .mail_on = on_mail_on,
    .upload = on_upload,
    .old_fax = on_old_fax,
    .wish = on_wish,
    .hold = on_hold,
    .alter = on_alter,
    .destination_wish = on_destination_wish,
    .dead_letter = on_dead_letter,
    .explain = on_explain,
    .office_state = on_office_state,
    .live = on_live,
    .mail_test = on_mail_test,
    .mail_test_look = on_mail_test_look,
    .mail_probe_steps = on_mail_probe_steps,
    .domain_check = on_domain_check,
    .domain_looked = on_domain_looked,
    .mail_wish = on_mail_wish,
    .tls_reset = on_tls_reset,
    .node_wish = on_node_wish,
    .mail_probed = on_mail_probed,
};

static void on_due(void *context)
{
    struct queue *q = context;
    bool rest = q->work != 0; /* of a batch that was long: first that */
    queue_enter(q);
    if (!rest)
        queue_wants(q, WORK_ALL & ~(unsigned)WORK_SETTINGS);
}

static void on_grace_over(void *context)
{
    struct queue *q = context;
    queue_enter(q);
    settle_leases(q);
    q->may_dial = true;
    queue_wants(q, WORK_DIAL);
}

int queue_start(struct queue *q, const struct conf *conf, struct loop *l, char error[STORE_ERROR_LEN])
{
    *q = (struct queue){.conf = conf,
                        .loop = l,
                        .work = WORK_ALL,
                        .wall_clock = clock_wall_ms,
                        .steady_clock = clock_boot_ms};
    q->due = (struct timer){.on_due = on_due, .context = q};
    q->grace = (struct timer){.on_due = on_grace_over, .context = q};
    list_init(&q->flights);
    list_init(&q->calls);
    list_init(&q->explanations);
    list_init(&q->mail_tests);
    list_init(&q->domain_checks);
    list_init(&q->openings);
    list_init(&q->previews);
    list_init(&q->old_faxes);
    list_init(&q->key_makings);
    list_init(&q->hook_tests);
    list_init(&q->archive_wishes);
    list_init(&q->directory_looks);
    list_init(&q->syncs);
    list_init(&q->mail_servers);
    list_init(&q->arriving);
    arena_init(&q->arena);
    q->lockout = lockout_new();
    q->told = lockout_new();
    q->passkey_challenges = passkey_challenges_new();
    q->host_name = conf->host_name;
    int failed = store_open(&q->store, conf->state_dir, conf->store, false, error);
    if (failed == EAGAIN && *conf->store)
        away_note(conf->state_dir);
    if (!failed) {
        struct away away = away_over(conf->state_dir);
        q->store_away_ms = away.until_ms - away.since_ms;
        q->store_back_ms = clock_boot_ms() - (clock_wall_ms() - away.until_ms);
        failed = nodes_start(q, error);
    }
    if (failed)
        return failed;
    struct id open;
    if (attempt_open_ones(&q->store, &open, 1) > 0)
        timer_start(&q->grace, l, GRACE_MS);
    else
        q->may_dial = true;
    timer_start(&q->due, l, 0);
    q->pool = blob_pool_new(&q->store);
    q->synced = (struct watch){.on_ready = on_mails_synced, .context = q};
    watch_start(&q->synced, l, blob_pool_fd(q->pool), EPOLLIN);
    return 0;
}

void queue_stop(struct queue *q)
{
    timer_stop(&q->due);
    timer_stop(&q->grace);
    timer_stop(&q->retention.step);
    timer_stop(&q->archive_step);
    watch_stop(&q->synced);
    nodes_stop(q);
    blob_pool_free(q->pool);
    forget_arriving(q);
    list_each_safe (it, &q->calls) {
        live_remove(q, CONTAINER_OF(it, struct live_call, node));
    }
    list_each_safe (it, &q->flights) {
        flight_forget(CONTAINER_OF(it, struct flight, node));
    }
    explanations_forget(q);
    waiting_end_all(&q->mail_tests);
    waiting_end_all(&q->domain_checks);
    openings_forget(q);
    waiting_end_all(&q->previews);
    old_faxes_forget(q);
    waiting_end_all(&q->key_makings);
    waiting_end_all(&q->hook_tests);
    waiting_end_all(&q->archive_wishes);
    directory_looks_forget(q);
    people_forget(q);
    lockout_free(q->lockout);
    lockout_free(q->told);
    passkey_challenges_free(q->passkey_challenges);
    mail_servers_forget(q);
    store_close(&q->store);
    arena_clear(&q->arena);
}

/* Of several nodes each sees that the clock was set, and one moves what waits. */
static bool is_first_to_see(struct queue *q, int64_t by_ms)
{
    static const char key[] = "clock.shifts_ms";
    char text[24];
    if (!store_is_shared(&q->store))
        return true;
    int64_t known = q->nodes.clock_shifts_ms, all = strtoll(store_meta(&q->store, &q->arena, key), NULL, 10);
    q->nodes.clock_shifts_ms = all;
    if (all - known > by_ms - CLOCK_JUMP_MS && all - known < by_ms + CLOCK_JUMP_MS)
        return false;
    q->nodes.clock_shifts_ms += by_ms;
    (void)str_format(text, sizeof(text), "%lld", (long long)q->nodes.clock_shifts_ms);
    store_set_meta(&q->store, key, text);
    return true;
}

/* Somebody set the clock. What waits, waits as long as it would have; calls took as long as they took. */
static void follow_clock(struct queue *q, int64_t by_ms)
{
    log_warning(NULL, "the clock was set %s by %lld s; what waits goes with it",
                by_ms > 0 ? "forward" : "back", (long long)(by_ms > 0 ? by_ms : -by_ms) / 1000);
    q->clock_set_ms = q->steady_ms;
    q->clock_set_by_ms = by_ms;
    if (!is_first_to_see(q, by_ms))
        return;
    job_shift_times(&q->store, by_ms);
    mail_out_shift_times(&q->store, by_ms);
    attempt_shift_times(&q->store, by_ms);
    fax_shift_times(&q->store, by_ms);
    webhook_shift_times(&q->store, by_ms);
    print_shift_times(&q->store, by_ms);
    archive_shift_times(&q->store, by_ms);
}

void queue_enter(struct queue *q)
{
    q->batch_size++;
    if (q->in_batch) {
        if (queue_batch_full(q))
            loop_end_round(q->loop);
        return;
    }
    q->in_batch = true;
    peers_cork(q->peers);
    store_begin(&q->store);
    int64_t wall_ms = q->wall_clock ? q->wall_clock() : sql_began_ms(q->store.sql);
    int64_t steady_ms = q->steady_clock();
    int64_t jump_ms = q->steady_ms ? (wall_ms - q->now_ms) - (steady_ms - q->steady_ms) : 0;
    q->now_ms = wall_ms;
    q->steady_ms = steady_ms;
    room_watch(q);
    if (jump_ms > CLOCK_JUMP_MS || jump_ms < -CLOCK_JUMP_MS)
        follow_clock(q, jump_ms);
    nodes_enter(q);
}

const char *queue_text(struct queue *q, const char *bytes)
{
    char *text = arena_strdup(&q->arena, bytes);
    utf8_clean(text);
    return text;
}

bool queue_batch_long(const struct queue *q)
{
    return store_is_shared(&q->store) && q->steady_clock() - q->steady_ms >= TURN_MS;
}

bool queue_batch_full(const struct queue *q)
{
    return q->batch_size >= BATCH_MAX || queue_batch_long(q);
}

/* Work of which this node begins none: it is another's. */
static unsigned work_of_roles(const struct queue *q)
{
    static const struct {
        unsigned work;
        enum role role;
    } needs[] = {
        {WORK_UNPACK | WORK_RENDER | WORK_COMPOSE | WORK_READ | WORK_LOOK, ROLE_CONVERT},
        {WORK_DELIVER | WORK_HOOKS | WORK_PRINT, ROLE_MAILOUT},
    };
    unsigned work = nodes_lead(q) ? ~0u : ~(unsigned)(WORK_RETENTION | WORK_LATE);
    for (size_t i = 0; i < ARRAY_LEN(needs); i++)
        if (!nodes_run_role(q, needs[i].role))
            work &= ~needs[i].work;
    return nodes_lead_with(q, ROLE_ARCHIVE) ? work : work & ~(unsigned)WORK_ARCHIVE;
}

/* Nothing is dialled whose time is over. */
static void pump_jobs(struct queue *q)
{
    pump_expire(q);
    pump_dial(q);
    pump_self_tests(q);
}

static void pump_late(struct queue *q)
{
    pump_late_mails(q);
    daily_usage_look(q);
}

static void pump_old(struct queue *q)
{
    pump_sweep(q);
    pump_forget(q);
}

/* Out of turn: a call is begun over a trunk that line knows. */
static void tell_settings(struct queue *q, unsigned work)
{
    if (work & WORK_TRUNKS)
        tell_trunks(q);
    if (work & WORK_MAILBOXES)
        tell_mailboxes(q);
    if (work & WORK_IDENTITIES)
        tell_identity_settings(q);
}

/* In turn, as long as ours lasts; at least one. What is left stays wanted, and the next batch begins there.
 */
static void run_pumps(struct queue *q)
{
    /* One of a kind, or a kind would never be done where each batch is long. */
    static const struct {
        enum work kind;
        void (*pump)(struct queue *q);
    } pumps[] = {
        {WORK_UNPACK, pump_unpack},   {WORK_RENDER, pump_render},   {WORK_DIAL, pump_jobs},
        {WORK_COMPOSE, pump_compose}, {WORK_LATE, pump_late},       {WORK_SWEEP, pump_old},
        {WORK_DELIVER, pump_deliver}, {WORK_ALARMS, pump_alarms},   {WORK_RETENTION, pump_retention},
        {WORK_HOOKS, pump_hooks},     {WORK_READ, pump_read},       {WORK_LOOK, pump_look},
        {WORK_PRINT, pump_print},     {WORK_ARCHIVE, pump_archive},
    };
    unsigned later = 0, first = q->next_pump;
    bool ran = false;
    q->next_pump = 0;
    while (q->work) {
        unsigned wanted =
            q->work & room_allows(q) & work_of_roles(q); /* when there is room again all is looked at */
        q->work = 0;
        tell_settings(q, wanted);
        for (unsigned n = 0; n < ARRAY_LEN(pumps); n++) {
            unsigned i = (first + n) % ARRAY_LEN(pumps), kind = (unsigned)pumps[i].kind;
            if ((wanted & kind) == 0)
                continue;
            if (ran && queue_batch_long(q)) {
                q->next_pump = later ? q->next_pump : i;
                later |= kind;
                continue;
            }
            pumps[i].pump(q);
            ran = true;
        }
    }
    q->work = later;
}

/* Sleeps until the next job or mail is due. */
static void arm_due(struct queue *q)
{
    const int64_t dues[] = {mail_out_next_due(&q->store),
                            q->may_dial ? job_next_due(&q->store) : INT64_MAX,
                            job_next_deadline(&q->store),
                            webhook_next_due(&q->store),
                            print_next_due(&q->store),
                            archive_next_due(&q->store),
                            self_test_waits(&q->store) ? q->now_ms + LOOK_FOR_ROOM_MS : INT64_MAX};
    int64_t next = INT64_MAX;
    for (size_t i = 0; i < ARRAY_LEN(dues); i++)
        next = dues[i] < next ? dues[i] : next;
    int64_t delay = next == INT64_MAX ? LONGEST_SLEEP_MS : next - q->now_ms;
    /* What is due already and was not started waits for room or for an answer; that wakes us. */
    if (delay <= 0) /* another node may have it */
        nodes_tell_others(q);
    if (delay <= 0 || q->lacks != 0)
        delay = 1000;
    if (q->work != 0)
        delay = 0;
    if (store_is_shared(&q->store) && delay > NODE_RENEW_MS)
        delay = NODE_RENEW_MS;
    timer_start_by(&q->due, q->loop, delay < LONGEST_SLEEP_MS ? delay : LONGEST_SLEEP_MS);
}

void queue_leave(struct queue *q)
{
    if (!q->in_batch)
        return;
    run_pumps(q);
    arm_due(q);
    tell_changes(q);
    nodes_before_commit(q);
    store_commit(&q->store);
    retention_after_commit(q);
    q->in_batch = false;
    q->batch_size = 0;
    peers_uncork(q->peers);
    nodes_after_commit(q);
    quiet_look(q);
    arena_clear(&q->arena);
}

/* All attempts that a call process of an earlier life held. */
static void lose_attempts_of(struct queue *q, unsigned call_instance)
{
    struct id ids[OPEN_ATTEMPTS_MAX];
    size_t n = attempt_open_ones(&q->store, ids, OPEN_ATTEMPTS_MAX);
    for (size_t i = 0; i < n; i++) {
        struct attempt t;
        if (attempt_find(&q->store, ids[i], &q->arena, &t) && t.call_instance == call_instance)
            attempt_lost(q, ids[i]);
    }
}

/* Line carries a call until its media is with the call process; after that call and T.30 do. An INVITE that
 * waits for our verdict is of line's former life: nobody is there to answer it. */
static void lose_attempts_without_media(struct queue *q)
{
    list_each_safe (it, &q->calls) {
        struct live_call *c = CONTAINER_OF(it, struct live_call, node);
        if (c->invite_waits || (c->line_request == 0 && !c->media && c->alive))
            attempt_lost(q, c->attempt);
    }
}

/* Another life of a process that we knew: the former one ended by itself. */
static void note_life(struct queue *q, enum role role, unsigned instance, uint64_t generation)
{
    uint64_t *seen = &q->crashes[role].generation[instance % CONF_WEB_PROCESSES_MAX];
    if (role == ROLE_CALL && instance < CONF_CALL_PROCESSES_MAX)
        seen = &q->call_generation[instance];
    if (*seen != 0 && *seen != generation)
        alarms_note_crash(q, role);
    if (role != ROLE_CALL)
        *seen = generation;
}

void queue_on_peer(void *context, enum role role, unsigned instance, uint64_t generation)
{
    struct queue *q = context;
    queue_enter(q);
    note_life(q, role, instance, generation);
    if (role == ROLE_CALL && instance < CONF_CALL_PROCESSES_MAX) {
        if (q->call_generation[instance] != 0)
            lose_attempts_of(q, instance);
        q->call_generation[instance] = generation;
    } else if (role == ROLE_LINE) {
        if (q->line_generation != 0)
            lose_attempts_without_media(q);
        q->line_generation = generation;
        trunk_health_forget(&q->store);
        queue_wants(q, WORK_TRUNKS);
    } else if (role == ROLE_FETCH) {
        queue_wants(q, WORK_MAILBOXES);
    } else if (role == ROLE_MAILOUT) {
        print_ask_anew(q);
    } else if (role == ROLE_DIRECTORY) {
        queue_wants(q, WORK_IDENTITIES);
    } else if (role == ROLE_MAILIN) {
        tell_login_ways(q);
    }
    queue_wants(q, WORK_ALL & ~(unsigned)WORK_SETTINGS);
}
