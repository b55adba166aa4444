/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/answers.h"

#include "base/str.h"
#include "model/mail_manners.h"
#include "store/config.h"

enum { REPORT_RECIPIENTS_MAX = 64 };

/* ---- to whom ---- */

static void tell(struct queue *q, const struct mail_out *m, const char *recipient)
{
    struct mail_out mail = *m;
    if (!*recipient)
        return;
    mail.recipient = recipient;
    mail_to(q, &mail);
}

/* A mail that no box can be named for goes to its sender. */
static const char *who_is_answered(const struct faxbox *box, const char *sender)
{
    if (!box || str_equal(box->answers, "sender"))
        return sender;
    return str_equal(box->answers, "nobody") ? "" : box->answers;
}

void answer_sender(struct queue *q, const struct mail_out *m, const char *sender)
{
    struct faxbox box;
    bool found = m->faxbox && *m->faxbox && config_box(&q->store, &q->arena, m->faxbox, &box);
    tell(q, m, who_is_answered(found ? &box : NULL, sender));
}

/* What its mail asked for goes before what the person says for all of his, and that before the box's. */
static bool is_reported(struct queue *q, const char *to, bool good, enum notify wish, bool silent)
{
    struct notify_wishes w;
    if (wish != NOTIFY_AS_BOX)
        return wish == NOTIFY_YES;
    config_notify(&q->store, &q->arena, to, &w);
    return *w.sent ? !str_equal(w.sent, "never") && !(good && str_equal(w.sent, "failed")) : !silent;
}

void answer_report(struct queue *q, const struct mail_out *m, const char *sender, bool good, enum notify wish)
{
    struct faxbox box;
    const char *to[REPORT_RECIPIENTS_MAX], **more = NULL;
    size_t n = 0, extra = 0;
    bool found = m->faxbox && *m->faxbox && config_box(&q->store, &q->arena, m->faxbox, &box);
    bool silent =
        found && (str_equal(box.report_on, "never") || (good && str_equal(box.report_on, "failed")));
    const char *first = who_is_answered(found ? &box : NULL, sender);
    if (*first && is_reported(q, first, good, wish, silent))
        n = config_add_address(to, n, first);
    if (found && !silent)
        extra = config_addresses(&q->arena, box.report_to, &more);
    for (size_t i = 0; i < extra && n < REPORT_RECIPIENTS_MAX; i++)
        n = config_add_address(to, n, more[i]);
    for (size_t i = 0; i < n; i++)
        tell(q, m, to[i]);
}

/* ---- from whom ---- */

bool answer_is_unwanted(const struct mail_in *mail, unsigned manners)
{
    bool from_nobody = id_is_none(mail->mailbox) && !*mail->sender;
    return from_nobody || (manners & MAIL_IS_AUTOMATIC) != 0;
}

/* ---- in which words ---- */

const char *answer_language(struct queue *q, struct id tenant, const char *box)
{
    struct faxbox b;
    struct tenant t = {.language = "en"};
    (void)config_tenant(&q->store, &q->arena, tenant, &t);
    bool found = box && *box && config_box(&q->store, &q->arena, box, &b);
    return found && *b.language ? b.language : t.language;
}

const char *answer_template(struct queue *q, struct id tenant, const char *box, enum mail_template_kind kind)
{
    struct tenant t = {.mail_style = "standard"};
    (void)config_tenant(&q->store, &q->arena, tenant, &t);
    const char *language = answer_language(q, tenant, box);
    const char *own = config_template(&q->store, &q->arena, tenant, mail_template_name(kind), language);
    return own ? own : mail_template_shipped(kind, language, str_equal(t.mail_style, "neutral"));
}
