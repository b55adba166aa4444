/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/alarms.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/panic.h"
#include "base/scope.h"
#include "base/str.h"
#include "model/alarm.h"
#include "proto/saying.h"
#include "queue/nodes.h"

/* How often we look where nobody asks; how long nobody is told of the same again. */
enum { LOOK_MS = 10000, AGAIN_MS = 3600 * 1000 };

static const struct alarm_kind *kind_of(const struct alarm *a)
{
    const struct alarm_kind *k = alarm_kind_of(a->code);
    if (!k)
        panic("alarms.def has no %s", a->code);
    return k;
}

static bool is_same(const struct alarm *a, const struct alarm *b)
{
    return str_equal(a->code, b->code) && str_equal(a->subject, b->subject);
}

static const struct alarm *find_in(const struct alarm *list, size_t count, const struct alarm *a)
{
    for (size_t i = 0; i < count; i++)
        if (is_same(&list[i], a))
            return &list[i];
    return NULL;
}

/* ---- mails ---- */

const char *administrators_language(struct queue *q)
{
    struct tenant t;
    struct id master = config_tenant_id(&q->store, store_meta(&q->store, &q->arena, "master_tenant"));
    return config_tenant(&q->store, &q->arena, master, &t) ? t.language : "en";
}

static const char *title_of(struct queue *q, const struct alarm *a, const char *language)
{
    const char *title = alarm_words_in(kind_of(a), language)->title;
    return *a->subject ? arena_format(&q->arena, "%s (%s)", title, a->subject) : title;
}

static void write_mail(struct queue *q, const struct alarm *a, const char *subject, const char *text)
{
    const struct mail_out m = {.tenant = ID_NONE,
                               .kind = "alarm",
                               .about = a->id,
                               .sender = from_address(q, ID_NONE),
                               .recipient = store_meta(&q->store, &q->arena, "alarm_address"),
                               .subject = arena_format(&q->arena, "Faxpost: %s", subject),
                               .message_id = "",
                               .text = text};
    if (*m.recipient)
        (void)mail_to(q, &m);
}

/* It lasts, its kind is mailed, and nobody was told of the same a while ago. */
static bool is_due(struct queue *q, const struct alarm *a)
{
    int after_s = kind_of(a)->mail_after_s;
    return after_s != ALARM_NEVER_MAILED && a->mailed_ms == 0 &&
           q->now_ms - a->raised_ms >= after_s * 1000LL &&
           q->now_ms - alarm_last_mailed(&q->store, a->code, a->subject) >= AGAIN_MS;
}

/* Its cause, in that language where that is known. */
static const char *cause_of(struct queue *q, const struct alarm *a, const char *language)
{
    SCOPED_BUF struct buf words;
    buf_init(&words, SAYING_MAX);
    return saying_in(language, span_str(a->text), &words) ? arena_strdup(&q->arena, buf_text(&words))
                                                          : a->text;
}

static void mail_if_due(struct queue *q, const struct alarm *a)
{
    if (!*store_meta(&q->store, &q->arena, "alarm_address") || !is_due(q, a))
        return;
    const char *language = administrators_language(q);
    const struct alarm_letter *letter = alarm_letter_in(language);
    write_mail(q, a, title_of(q, a, language),
               arena_format(&q->arena, "%s\n\n%s%s\n\n%s", cause_of(q, a, language), letter->what_to_do,
                            alarm_words_in(kind_of(a), language)->action, letter->told_once));
    alarm_set_mailed(&q->store, a->id, q->now_ms);
}

/* A mail that has not left would only puzzle. */
static bool withdraw_mail(struct queue *q, const struct alarm *a)
{
    struct id ids[4];
    bool any = false;
    size_t n = report_mails_about(&q->store, a->id, ARRAY_LEN(ids), ids);
    for (size_t i = 0; i < n; i++) {
        struct mail_out m;
        if (!mail_out_find(&q->store, ids[i], &q->arena, &m) || m.state == MAIL_OUT_SENT ||
            flight_anywhere(q, WORK_DELIVER, ids[i]) || flight_anywhere(q, WORK_COMPOSE, ids[i]))
            continue;
        mail_out_delete(&q->store, ids[i]);
        any = true;
    }
    return any;
}

/* ---- raised, cleared ---- */

static void raise_alarm(struct queue *q, const struct alarm *found)
{
    struct alarm a = *found;
    a.id = id_new();
    a.raised_ms = q->now_ms;
    if (kind_of(&a)->severity == ALARM_NOTICE)
        log_info(NULL, "alarm %s: %s", a.code, a.text);
    else
        log_error(NULL, "ALARM %s: %s", a.code, a.text);
    alarm_raise(&q->store, &a);
    mail_if_due(q, &a);
}

static void clear_alarm(struct queue *q, const struct alarm *a)
{
    log_info(NULL, "alarm %s%s%s is over", a->code, *a->subject ? " of " : "", a->subject);
    alarm_clear(&q->store, a->id, q->now_ms);
    if (a->mailed_ms == 0 || withdraw_mail(q, a))
        return;
    const char *language = administrators_language(q);
    const struct alarm_letter *letter = alarm_letter_in(language);
    write_mail(q, a, arena_format(&q->arena, "%s%s", letter->cleared_title, title_of(q, a, language)),
               arena_format(&q->arena, "%s\n\n%s", letter->over, cause_of(q, a, language)));
}

static void compare(struct queue *q, const struct alarm_finds *f)
{
    struct alarm *open;
    size_t n = alarms_open(&q->store, &SCOPE_ALL, &q->arena, &open);
    for (size_t i = 0; i < n; i++) {
        if (!alarm_is_ours(q, open[i].node))
            continue;
        const struct alarm *still = find_in(f->list, f->count, &open[i]);
        if (!still) {
            clear_alarm(q, &open[i]);
            continue;
        }
        if (!str_equal(still->text, open[i].text))
            alarm_set_text(&q->store, open[i].id, still->text);
        mail_if_due(q, &open[i]);
    }
    for (size_t i = 0; i < f->count; i++)
        if (!find_in(open, n, &f->list[i]) && find_in(f->list, i, &f->list[i]) == NULL)
            raise_alarm(q, &f->list[i]);
}

void pump_alarms(struct queue *q)
{
    if (q->looked_ms != 0 && q->steady_ms - q->looked_ms < LOOK_MS && !q->look_now)
        return;
    q->looked_ms = q->steady_ms;
    q->look_now = false;
    SCOPED_FREE struct alarm_finds *f = mem_zalloc(sizeof(*f));
    f->q = q;
    alarms_find(f);
    compare(q, f);
}

void on_office_state(void *context, const struct sender *from, struct msg_office_state *m)
{
    struct queue *q = context;
    queue_enter(q);
    (void)str_copy(q->office_trouble, sizeof(q->office_trouble), queue_text(q, m->trouble));
    *q->office_refused = 0; /* convert started anew */
    queue_wants(q, WORK_ALARMS);
}
