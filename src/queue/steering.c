/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/steering.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/rand.h"
#include "base/str.h"
#include "model/mail_manners.h"
#include "proto/address.h"
#include "proto/control.h"
#include "queue/answers.h"
#include "queue/job_wishes.h"
#include "queue/pins.h"
#include "queue/tenant_time.h"
#include "queue/unpacking.h"
#include "store/mails.h"

/* What an answer holds (proto/mail_template_words.c); a row of a job is shorter than the other. */
enum { TEXT_MAX = 15000, ROW_MAX = 600 };
#define DENIED_EVERY_MS (3600LL * 1000)
#define LATE_MS         (15LL * 60 * 1000)

/* ---- tokens ---- */

static struct span hash_of(struct queue *q, const uint8_t token[CONTROL_TOKEN_LEN])
{
    uint8_t *hash = arena_alloc(&q->arena, CONTROL_HASH_LEN);
    _Static_assert(CONTROL_HASH_LEN == crypto_hash_sha256_BYTES, "SHA-256");
    (void)crypto_hash_sha256(hash, token, CONTROL_TOKEN_LEN);
    return span_of(hash, CONTROL_HASH_LEN);
}

enum steering steering_find(struct queue *q, const char *recipient, struct control *c)
{
    struct address a;
    uint8_t token[CONTROL_TOKEN_LEN];
    const char *domain = store_meta(&q->store, &q->arena, "fax_domain");
    if (address_parse(span_str(recipient), &a) != ADDRESS_OK || !str_equal_nocase(a.domain, domain) ||
        !control_is_local(a.local))
        return STEERING_NONE;
    return control_token_parse(a.local, token) && control_find(&q->store, hash_of(q, token), &q->arena, c)
               ? STEERING_KNOWN
               : STEERING_UNKNOWN;
}

/* The submission that a mail is about, and the job where it is about one. */
static bool subject_of(struct queue *q, const struct mail_out *m, struct submission *s, struct control *c)
{
    struct job j;
    bool one = job_find(&q->store, m->about, &q->arena, &j);
    c->job = one ? j.id : ID_NONE;
    c->submission = one ? j.submission : m->about;
    return submission_find(&q->store, c->submission, &q->arena, s);
}

/* Its mail was fetched: nobody knows whether mail to the fax domain reaches us. */
static bool was_fetched(struct queue *q, const struct submission *s)
{
    struct mail_in mail;
    return mail_in_find(&q->store, s->mail, &q->arena, &mail) && !id_is_none(mail.mailbox);
}

/* Mails of these kinds speak of jobs; these answers are for nobody who may do more. */
static bool may_be_steered(const struct mail_out *m)
{
    bool about_jobs = str_equal(m->kind, "report") || str_equal(m->kind, "job-report") ||
                      str_equal(m->kind, "delayed") || str_equal(m->kind, "control");
    return about_jobs && !str_starts(m->text, "old\n") && !str_starts(m->text, "foreign\n");
}

/* A report of what arrived: nothing is left to steer, and a word of thanks goes to a person. */
static bool nothing_left(struct queue *q, const struct mail_out *m, const struct control *c)
{
    struct id ids[ROUTES_MAX] = {c->job};
    bool done = true;
    if (!str_equal(m->kind, "report") && !str_equal(m->kind, "job-report"))
        return false;
    size_t n = id_is_none(c->job) ? job_of_submission(&q->store, c->submission, ids, ROUTES_MAX) : 1;
    for (size_t i = 0; i < n; i++) {
        struct job j;
        done = done && job_find(&q->store, ids[i], &q->arena, &j) && j.state == JOB_DONE;
    }
    return done;
}

/* Counted on from token to token: two programs that do not say they are some must come to an end. */
static unsigned asked_before(const struct mail_out *m)
{
    uint64_t n;
    return str_equal(m->kind, "control") && str_to_u64(m->answer_code, CONTROL_ASKS_MAX, &n) ? (unsigned)n
                                                                                             : 0;
}

const char *steering_address(struct queue *q, const struct mail_out *m)
{
    struct control c = {
        .mail = m->id, .faxbox = m->faxbox, .addressee = m->recipient, .created_ms = q->now_ms};
    struct submission s;
    uint8_t token[CONTROL_TOKEN_LEN];
    char local[CONTROL_LOCAL_LEN];
    const char *domain = store_meta(&q->store, &q->arena, "fax_domain");
    if (!*domain || !may_be_steered(m) || !subject_of(q, m, &s, &c) || was_fetched(q, &s) ||
        nothing_left(q, m, &c) || config_may_send(&q->store, m->faxbox, m->recipient) == PERMISSION_NONE)
        return "";
    rand_bytes(token, sizeof(token));
    c.hash = hash_of(q, token);
    c.warned = str_starts(m->text, "twice\n");
    c.asked = asked_before(m);
    control_add(&q->store, &c, q->now_ms - 2 * CONTROL_DAYS_MS);
    control_token_format(token, local);
    return arena_format(&q->arena, "%s@%s", local, domain);
}

/* ---- answers ---- */

struct course {
    struct queue *q;
    const struct incoming *in;
    struct control *c;
    struct id *jobs;
    size_t count;
    struct tenant tenant;
    const char *verb, *reason; /* of the answer */
    int64_t until_ms;
    bool changed;
};

/* As one field of a row. */
static const char *one_field(struct queue *q, const char *text)
{
    char *copy = arena_strdup(&q->arena, text);
    for (char *p = copy; *p; p++)
        if (*p == '\n' || *p == '\t')
            *p = ' ';
    return copy;
}

static const char *job_rows(const struct course *s)
{
    struct queue *q = s->q;
    const char *text = "";
    for (size_t i = 0; i < s->count && strlen(text) < TEXT_MAX - ROW_MAX; i++) {
        struct job j;
        if (job_find(&q->store, s->jobs[i], &q->arena, &j))
            text = arena_format(&q->arena, "%s%s\t%.60s\t%u\t%u\t%lld\t%.400s\n", text,
                                job_state_name(j.state), one_field(q, j.display_number), j.confirmed, j.pages,
                                j.state == JOB_WAITING ? (long long)j.next_ms : 0LL, j.reason);
    }
    return text;
}

static void answer(const struct course *s)
{
    struct queue *q = s->q;
    const struct mail_out m = {.tenant = s->tenant.id,
                               .kind = "control",
                               .about = id_is_none(s->c->job) ? s->c->submission : s->c->job,
                               .sender = from_address(q, s->tenant.id),
                               .recipient = queue_text(q, s->in->m->from),
                               .faxbox = s->c->faxbox,
                               .message_id = s->in->m->message_id,
                               .subject = s->in->m->subject,
                               .answer_code = arena_format(&q->arena, "%u", s->changed ? 0 : s->c->asked + 1),
                               .text = arena_format(&q->arena, "%s\n%lld\n%s\n%s", s->verb,
                                                    (long long)s->until_ms, one_field(q, s->reason),
                                                    str_equal(s->verb, "foreign") ? "" : job_rows(s))};
    (void)mail_to(q, &m);
}

/* Nothing is done with it; only who is surely the one that he says is told, and not often. */
static void deny(struct course *s, const char *verb, const char *code)
{
    struct queue *q = s->q;
    mail_in_close(&q->store, s->in->mail->id, MAIL_IN_REFUSED, code,
                  "The mail answers one of ours, and may not steer its fax.");
    log_info(id_text(s->in->mail->id), "mail from <%s> steers no fax: %s", s->in->m->from, code);
    s->verb = verb;
    if (unpack_may_answer(q, s->in->mail, s->in->m->from) &&
        submit_seldom(q, s->in, "control denied", DENIED_EVERY_MS))
        answer(s);
}

/* ---- commands ---- */

static int64_t next_time(const struct course *s, int hour, int minute)
{
    char now[TENANT_TIME_LEN];
    struct flag_time t = {0};
    tenant_time_format(s->tenant.zone, s->q->now_ms, now);
    if (sscanf(now, "%u-%u-%u", &t.year, &t.month, &t.day) != 3)
        return s->q->now_ms;
    t.hour = (unsigned)hour;
    t.minute = (unsigned)minute;
    int64_t at = tenant_time_wall_ms(s->tenant.zone, &t);
    if (at > s->q->now_ms)
        return at;
    t.day++; /* the day after the last of a month is the first of the next to mktime */
    return tenant_time_wall_ms(s->tenant.zone, &t);
}

/* What the box wants of a request to dial (S2.4): the PIN below the command; a signature cannot be had for a
 * document that was sent before. */
static bool may_dial(const struct course *s, struct outcome *o)
{
    struct faxbox box;
    outcome_done(o);
    if (!config_box(&s->q->store, &s->q->arena, s->c->faxbox, &box))
        return true; /* the wish finds that out */
    if (config_wants_signature(&box))
        outcome_set(o, VERDICT_GIVE_UP, "pgp-signature",
                    "Its fax box wants signed requests. Send the document in a new mail, signed.");
    else
        pin_check(&s->q->store, &box, s->in->m->from, s->in->own, s->q->now_ms, o);
    return o->verdict == VERDICT_DONE;
}

static unsigned send_again(struct queue *q, struct id job, const char *user, struct outcome *o)
{
    const struct msg_again m = {.job = job, .again = id_new(), .sender = user, .user = user};
    return job_wish_again(q, &m, o);
}

static unsigned do_one(const struct course *s, const struct control_command *cmd, struct id job,
                       struct outcome *o)
{
    const char *user = s->c->addressee;
    switch (cmd->verb) {
    case CONTROL_CANCEL: return job_wish_cancel(s->q, job, user, o);
    case CONTROL_RETRY: return send_again(s->q, job, user, o);
    case CONTROL_HOLD:
        return s->until_ms ? job_wish_hold_until(s->q, job, s->until_ms, user, o)
                           : job_wish_hold(s->q, job, user, o);
    case CONTROL_RELEASE: return job_wish_release(s->q, job, user, false, o);
    case CONTROL_STATUS:
    case CONTROL_UNCLEAR: break;
    }
    return 500;
}

/* Of several numbers those that it can be done for; where it is none, why not for the newest. */
static void do_all(struct course *s, const struct control_command *cmd)
{
    static const char *const done[] = {[CONTROL_CANCEL] = "cancelled",
                                       [CONTROL_RETRY] = "again",
                                       [CONTROL_HOLD] = "held",
                                       [CONTROL_RELEASE] = "released"};
    struct outcome o;
    bool may = cmd->verb != CONTROL_RETRY || may_dial(s, &o);
    if (!may)
        s->reason = arena_strdup(&s->q->arena, o.text);
    for (size_t i = 0; may && i < s->count; i++) {
        if (do_one(s, cmd, s->jobs[i], &o) < 300)
            s->changed = true;
        else
            s->reason = arena_strdup(&s->q->arena, o.text);
    }
    s->verb = s->changed ? done[cmd->verb] : "refused";
    if (s->changed)
        s->reason = "";
}

/* Would RETRY send what may have arrived already? */
static bool may_arrive_twice(const struct course *s)
{
    bool twice = false;
    for (size_t i = 0; i < s->count; i++) {
        struct job j;
        twice = twice || (job_find(&s->q->store, s->jobs[i], &s->q->arena, &j) && j.state == JOB_UNKNOWN);
    }
    return twice;
}

static void obey(struct course *s)
{
    const struct control_command cmd = control_parse(s->in->own);
    if (cmd.verb == CONTROL_UNCLEAR) {
        s->verb = "unclear";
    } else if (cmd.verb == CONTROL_STATUS) {
        s->verb = "status";
    } else if (s->c->used) {
        s->verb = "used";
    } else if (cmd.verb == CONTROL_RETRY && !s->c->warned && may_arrive_twice(s)) {
        s->verb = "twice";
    } else {
        if (cmd.hour >= 0)
            s->until_ms = next_time(s, cmd.hour, cmd.minute);
        do_all(s, &cmd);
    }
}

/* The jobs it is about; in place of one that was sent again the newest. */
static void list_jobs(struct course *s)
{
    struct queue *q = s->q;
    s->jobs = arena_alloc(&q->arena, ROUTES_MAX * sizeof(*s->jobs));
    if (!id_is_none(s->c->job)) {
        s->jobs[0] = s->c->job;
        while (job_retry(&q->store, s->jobs[0], &s->jobs[0]))
            continue;
        s->count = 1;
        return;
    }
    size_t n = job_of_submission(&q->store, s->c->submission, s->jobs, ROUTES_MAX);
    s->count = 0;
    for (size_t i = 0; i < n; i++)
        if (!job_has_retry(&q->store, s->jobs[i]))
            s->jobs[s->count++] = s->jobs[i];
}

static void take_command(struct course *s)
{
    struct queue *q = s->q;
    const struct use use = {"control", "", "", ID_NONE};
    mail_in_close(&q->store, s->in->mail->id, MAIL_IN_ROUTED, "", "");
    if (!submit_first_use(q, s->in, &use)) /* the very same mail, delivered twice */
        return;
    obey(s);
    list_jobs(s); /* with what was begun */
    log_info(id_text(s->in->mail->id), "mail from <%s> about %s: %s", s->in->m->from,
             id_text(id_is_none(s->c->job) ? s->c->submission : s->c->job), s->verb);
    if (s->changed)
        control_use(&q->store, s->c);
    else if (s->c->asked >= CONTROL_ASKS_MAX)
        return;
    else
        control_count(&q->store, s->c);
    answer(s);
    queue_wants(q, WORK_DIAL);
}

static void steer(struct course *s, bool automatic)
{
    struct queue *q = s->q;
    struct faxbox box;
    list_jobs(s);
    if (config_box(&q->store, &q->arena, s->c->faxbox, &box))
        (void)config_tenant(&q->store, &q->arena, box.tenant, &s->tenant);
    if (automatic)
        mail_in_close(&q->store, s->in->mail->id, MAIL_IN_REFUSED, "mail-automatic",
                      "A program wrote this mail.");
    else if (!str_equal_nocase(s->c->addressee, s->in->m->from))
        deny(s, "foreign", "control-foreign");
    else if (config_may_send(&q->store, s->c->faxbox, s->in->m->from) == PERMISSION_NONE)
        deny(s, "foreign", "control-no-permission");
    else if (q->now_ms - s->c->created_ms > CONTROL_DAYS_MS)
        deny(s, "old", "control-old");
    else
        take_command(s);
}

bool steering_take(struct queue *q, const struct incoming *in, bool automatic)
{
    struct control found, c;
    struct outcome o;
    enum steering kind = STEERING_NONE;
    size_t others = 0;
    char *rest = arena_strdup(&q->arena, in->mail->recipients), *recipient;
    while ((recipient = strsep(&rest, "\n")) != NULL) {
        enum steering this = *recipient ? steering_find(q, recipient, &found) : STEERING_NONE;
        others += *recipient && (this == STEERING_NONE || kind != STEERING_NONE);
        if (this == STEERING_KNOWN)
            c = found;
        if (this != STEERING_NONE)
            kind = this;
    }
    if (kind == STEERING_NONE)
        return false;
    struct course s = {.q = q, .in = in, .c = &c, .tenant = {.zone = ""}, .verb = "", .reason = ""};
    if (kind == STEERING_KNOWN && others == 0) {
        steer(&s, automatic);
        return true;
    }
    outcome_set(&o, VERDICT_GIVE_UP, "control-several",
                "Nothing was done and nothing was faxed: an answer that steers a fax goes to one address of "
                "ours, as one of our mails gave it.");
    unpack_refuse(q, in->mail, in->m, &o);
    return true;
}

/* ---- delays ---- */

void steering_delayed(struct queue *q, const struct job *j, int64_t next_ms, const struct outcome *why)
{
    struct faxbox box;
    struct submission s;
    if (j->delay_told || !config_box(&q->store, &q->arena, j->faxbox, &box) ||
        !submission_find(&q->store, j->submission, &q->arena, &s) || (s.manners & MAIL_IS_AUTOMATIC) ||
        !strchr(s.sender, '@'))
        return;
    enum notify wish = notify_of_job(&q->store, &q->arena, &s, j, DSN_NOTIFY_DELAY);
    struct notify_wishes own;
    config_notify(&q->store, &q->arena, s.sender, &own);
    if (wish == NOTIFY_NO ||
        (wish == NOTIFY_AS_BOX && (str_equal(box.delays, "never") || str_equal(own.delays, "never"))))
        return;
    int64_t since_ms = j->not_before_ms > j->since_ms ? j->not_before_ms : j->since_ms;
    if (!str_equal(box.delays, "first") && q->now_ms - since_ms < LATE_MS)
        return;
    const struct mail_out m = {.tenant = s.tenant,
                               .kind = "delayed",
                               .about = j->id,
                               .sender = from_address(q, s.tenant),
                               .faxbox = s.faxbox,
                               .message_id = s.message_id,
                               .subject = s.subject,
                               .text = arena_format(&q->arena, "%.60s\n%u\n%lld\n%.400s\n",
                                                    one_field(q, j->display_number), j->dials,
                                                    (long long)next_ms, one_field(q, why->text))};
    job_delay_told(&q->store, j->id);
    answer_sender(q, &m, s.sender);
}
