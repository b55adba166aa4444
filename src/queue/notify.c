/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/notify.h"

#include <string.h>

#include "model/mail_manners.h"

enum { JOBS_MAX = 200 };

static enum notify judge(unsigned said, enum dsn_notify event)
{
    if (said == DSN_NOTIFY_UNSAID)
        return NOTIFY_AS_BOX;
    return (said & event) != 0 ? NOTIFY_YES : NOTIFY_NO;
}

/* One mail tells of several: it is written where any of them wants it. */
static enum notify join(enum notify a, enum notify b)
{
    if (a == NOTIFY_YES || b == NOTIFY_YES)
        return NOTIFY_YES;
    return a == NOTIFY_AS_BOX || b == NOTIFY_AS_BOX ? NOTIFY_AS_BOX : NOTIFY_NO;
}

enum notify notify_of_mail(const struct mail_in *mail)
{
    enum notify all = NOTIFY_NO;
    size_t place = 0;
    if (!dsn_asked(mail->wishes))
        return NOTIFY_AS_BOX;
    for (const char *r = mail->recipients; *r; place++) {
        all = join(all, judge(dsn_kept_notify(mail->wishes, place), DSN_NOTIFY_FAILURE));
        r += strcspn(r, "\n");
        r += *r == '\n';
    }
    return place > 0 ? all : NOTIFY_AS_BOX;
}

/* What its mail asked for; "" where it did not come by mail, or nothing. */
static const char *wishes_of(struct store *st, struct arena *a, const struct submission *s)
{
    struct mail_in mail;
    return mail_in_find(st, s->mail, a, &mail) ? mail.wishes : "";
}

static int recipient_of(struct store *st, struct arena *a, struct id submission, int target)
{
    struct target_row *rows;
    size_t n = submission_targets(st, submission, a, &rows);
    return target >= 0 && (size_t)target < n ? rows[target].recipient : -1;
}

enum notify notify_of_job(struct store *st, struct arena *a, const struct submission *s, const struct job *j,
                          enum dsn_notify event)
{
    const char *wishes = wishes_of(st, a, s);
    int recipient = dsn_asked(wishes) ? recipient_of(st, a, s->id, j->target) : -1;
    return recipient < 0 ? NOTIFY_AS_BOX : judge(dsn_kept_notify(wishes, (size_t)recipient), event);
}

enum notify notify_of_end(struct store *st, struct arena *a, const struct submission *s)
{
    struct id ids[JOBS_MAX];
    enum notify all = NOTIFY_NO;
    if (!dsn_asked(wishes_of(st, a, s)))
        return NOTIFY_AS_BOX;
    size_t n = job_of_submission(st, s->id, ids, JOBS_MAX);
    for (size_t i = 0; i < n; i++) {
        struct job j;
        if (job_find(st, ids[i], a, &j))
            all = join(all, notify_of_job(st, a, s, &j,
                                          j.state == JOB_DONE ? DSN_NOTIFY_SUCCESS : DSN_NOTIFY_FAILURE));
    }
    return all;
}

enum notify notify_of_refusal(struct store *st, struct arena *a, const struct submission *s)
{
    struct target_row *rows;
    enum notify all = NOTIFY_NO;
    const char *wishes = wishes_of(st, a, s);
    size_t n = dsn_asked(wishes) ? submission_targets(st, s->id, a, &rows) : 0;
    for (size_t i = 0; i < n; i++)
        all = join(all, rows[i].recipient < 0
                            ? NOTIFY_AS_BOX
                            : judge(dsn_kept_notify(wishes, (size_t)rows[i].recipient), DSN_NOTIFY_FAILURE));
    return n > 0 ? all : NOTIFY_AS_BOX;
}

bool notify_wants_dsn(struct store *st, struct arena *a, const struct submission *s)
{
    return (s->manners & MAIL_WANTS_DSN) != 0 || dsn_asked(wishes_of(st, a, s));
}

const char *notify_envid(struct store *st, struct arena *a, const char *wishes)
{
    char *envid = arena_alloc(a, DSN_ENVID_LEN);
    dsn_kept_envid(wishes, envid);
    return envid;
}

const char *notify_original(struct store *st, struct arena *a, const struct submission *s,
                            const struct job *j)
{
    char *orcpt = arena_alloc(a, DSN_ORCPT_LEN);
    const char *wishes = wishes_of(st, a, s);
    int recipient = dsn_asked(wishes) ? recipient_of(st, a, s->id, j->target) : -1;
    orcpt[0] = 0;
    if (recipient >= 0)
        dsn_kept_orcpt(wishes, (size_t)recipient, orcpt);
    return orcpt;
}
