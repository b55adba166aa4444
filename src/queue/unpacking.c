/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* From a stored mail to submissions: a convert worker takes it apart, here it is decided what becomes of it.
 * All numbers of one box are one submission (D2). Whoever is refused is told once, if he may be told at all
 * (D1, A5). */
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/panic.h"
#include "base/scope.h"
#include "base/str.h"
#include "model/mail_manners.h"
#include "model/part_set.h"
#include "model/sender_facts.h"
#include "proto/flags.h"
#include "proto/mail_text.h"
#include "queue/bounces.h"
#include "queue/fax_secrets.h"
#include "queue/opening.h"
#include "queue/pgp_policy.h"
#include "queue/answers.h"
#include "queue/logins.h"
#include "queue/pins.h"
#include "queue/queue.h"
#include "queue/routing.h"
#include "queue/sender_check.h"
#include "queue/steering.h"
#include "queue/submitting.h"
#include "queue/unpacking.h"
#include "store/blob.h"
#include "store/mailboxes.h"
#include "store/mails.h"

enum { UNPACK_AT_ONCE = 8 };

void pump_unpack(struct queue *q)
{
    struct id ids[UNPACK_AT_ONCE * 2];
    size_t n = mail_in_to_unpack(&q->store, ids, ARRAY_LEN(ids));
    for (size_t i = 0; i < n && flight_count(q, WORK_UNPACK) < UNPACK_AT_ONCE; i++) {
        struct mail_in mail;
        if (flight_find(q, WORK_UNPACK, ids[i]) || !mail_in_find(&q->store, ids[i], &q->arena, &mail))
            continue;
        SCOPED_FD int bytes = blob_open(&q->store, mail.blob);
        struct message ask = {.type = MSG_unpack,
                              .unpack = {.mail = mail.id, .look = 1, .mail_bytes = bytes}};
        opening_forget(q, mail.id);
        flight_begin(q, WORK_UNPACK, mail.id, peers_ask(q->peers, ROLE_CONVERT, 0, &ask));
    }
}

/* Is the address that convert read the one that was verified? Two parsers may see two authors in one mail. */
static bool is_verified_author(const struct mail_in *mail, const char *from)
{
    struct sender_facts facts;
    return !sender_facts_parse(mail->facts, &facts) || str_equal_nocase(facts.from, from);
}

/* Only who may send from a box is answered, and only where the mail did not turn out to be somebody else's:
 * anybody else may be a forged address (D1). */
bool unpack_may_answer(struct queue *q, const struct mail_in *mail, const char *from)
{
    const char *boxes[1];
    struct sender_facts facts;
    if (!id_is_none(mail->mailbox))
        return is_verified_author(mail, from) && sender_check_answerable(q, mail, from);
    bool forged =
        sender_facts_parse(mail->facts, &facts) && facts.dmarc == AUTH_FAIL && facts.arc_dmarc != AUTH_PASS;
    return !forged && is_verified_author(mail, from) &&
           config_boxes_of_sender(&q->store, &q->arena, from, boxes, 1) > 0;
}

/* Two programs that answer each other never stop (RFC 3834 §2), nor does a mail that goes round. */
static bool ends_a_round(const char *code)
{
    return str_equal(code, "mail-automatic") || str_equal(code, "mail-loop");
}

static bool is_never_answered(const struct incoming *in, const char *code)
{
    return ends_a_round(code) || answer_is_unwanted(in->mail, in->m->manners);
}

/* One answer a mail and reason, however often it comes. */
static void close_refused(struct queue *q, const struct incoming *in, const struct outcome *o)
{
    const struct mail_in *mail = in->mail;
    /* A header without a sender has still come from somebody. */
    const char *who = *in->m->from ? in->m->from : mail->sender;
    /* Who has logged in is known, whatever his mail says. */
    if (!id_is_none(mail->user))
        who = config_user_address(&q->store, &q->arena, mail->user);
    log_info(id_text(mail->id), "mail from <%s> becomes no fax: %s", who, o->code); /* texts name documents */
    mail_in_close(&q->store, mail->id, MAIL_IN_REFUSED, o->code, o->text);
    const struct use use = {arena_format(&q->arena, "refused %s", o->code), "", "", ID_NONE};
    if (is_never_answered(in, o->code) || notify_of_mail(mail) == NOTIFY_NO ||
        !unpack_may_answer(q, mail, who) || !submit_first_use(q, in, &use))
        return;
    const char *boxes[1] = {""};
    struct faxbox box;
    (void)config_boxes_of_sender(&q->store, &q->arena, who, boxes, 1);
    struct id tenant = config_box(&q->store, &q->arena, boxes[0], &box) ? box.tenant : ID_NONE;
    struct mail_out answer = {.tenant = tenant,
                              .kind = "answer",
                              .about = mail->id,
                              .sender = from_address(q, tenant),
                              .faxbox = boxes[0],
                              .text = o->text,
                              .answer_code = o->code,
                              .dsn = (in->m->manners & MAIL_WANTS_DSN) != 0 || dsn_asked(mail->wishes),
                              .message_id = in->m->message_id,
                              .subject = fax_secret_hidden(&q->arena, in->m->subject)};
    answer_sender(q, &answer, who);
}

/* A password of T.30 goes from what is kept of the mail: he has to send it again anyhow. */
static void refuse(struct queue *q, const struct incoming *in, const struct outcome *o)
{
    struct outcome told = *o;
    bool secret = fax_secret_is_in(q, in->mail, in->m);
    if (secret)
        (void)flags_hide_password(told.text, strlen(told.text));
    close_refused(q, in, &told);
    if (secret)
        fax_secret_hide(q, in->mail, in->m);
}

void unpack_refuse(struct queue *q, const struct mail_in *mail, const struct msg_unpacked *m,
                   const struct outcome *o)
{
    const struct incoming in = {.mail = mail, .m = m};
    refuse(q, &in, o);
}

/* One PIN opens all boxes of a mail, or none of them is used. */
static void check_pins(struct queue *q, const struct incoming *in, const struct plan *p, struct outcome *o)
{
    outcome_done(o);
    for (size_t i = 0; i < p->count && o->verdict == VERDICT_DONE; i++) {
        bool seen = false;
        for (size_t k = 0; k < i; k++)
            seen = seen || str_equal(p->routes[k].box.id, p->routes[i].box.id);
        if (!seen)
            pin_check(&q->store, &p->routes[i].box, in->m->from, in->own, q->now_ms, o);
    }
}

/* What a mail that was polled still has to show, once its boxes are known; by SMTP that was settled at the
 * door (A5). */
static void check_author(struct queue *q, const struct mail_in *mail, const struct plan *p, struct outcome *o)
{
    for (size_t i = 0; i < p->count && o->verdict == VERDICT_DONE; i++)
        sender_check_polled(q, &p->routes[i].box, mail, o);
}

static void too_large(const struct mail_in *mail, struct outcome *o)
{
    outcome_set(o, VERDICT_GIVE_UP, "too-large",
                "Nothing was faxed: the mail has %llu MB, more than this server takes. Send the document in "
                "several mails, or smaller.",
                (unsigned long long)(mail->too_large + 999999) / 1000000);
}

static void check_login(struct queue *q, const struct incoming *in, const struct plan *p, struct outcome *o)
{
    for (size_t i = 0; i < p->count && o->verdict == VERDICT_DONE; i++)
        login_may_write_as(&q->store, &q->arena, in->mail->user, in->m->from, &p->routes[i].box, o);
}

static bool only_polls(const struct plan *p)
{
    for (size_t i = 0; i < p->count; i++)
        if (!p->routes[i].poll)
            return false;
    return true;
}

static void decide(struct queue *q, const struct incoming *in, struct plan *p, struct outcome *o)
{
    struct mailbox box;
    outcome_done(o);
    struct routing w = {.store = &q->store, .arena = &q->arena, .now_ms = q->now_ms};
    if (mailbox_find(&q->store, &q->arena, in->mail->mailbox, &box))
        w.mailbox = &box;
    else if (!id_is_none(in->mail->mailbox))
        outcome_set(
            o, VERDICT_GIVE_UP, "no-mailbox",
            "Nothing was faxed: the mailbox that the mail was taken from is not in the settings any more.");
    const struct letter letter = {.sender = in->m->from,
                                  .recipients = in->mail->recipients,
                                  .addressees = in->m->addressees,
                                  .subject = in->m->subject};
    if (o->verdict != VERDICT_DONE)
        return;
    if (!*letter.sender)
        outcome_set(o, VERDICT_GIVE_UP, "no-sender",
                    "Nothing was faxed: who sends a fax is the one address in the mail's From, and this mail "
                    "has none "
                    "or several. Send it with one.");
    else
        route_letter(&w, &letter, p, o);
    if (o->verdict == VERDICT_DONE && !id_is_none(in->mail->mailbox))
        check_author(q, in->mail, p, o);
    if (o->verdict == VERDICT_DONE && !id_is_none(in->mail->user))
        check_login(q, in, p, o);
    if (o->verdict == VERDICT_DONE)
        check_pins(q, in, p, o);
    if (o->verdict == VERDICT_DONE && in->parts->count == 0 && !only_polls(p))
        outcome_set(o, VERDICT_GIVE_UP, "no-document",
                    "Nothing was faxed: the mail has no attachment that can be. Attach a PDF, a picture or a "
                    "text file and send it again.");
    if (o->verdict == VERDICT_DONE) /* last, for it uses the signature up */
        pgp_check(q, in, p, o);
}

/* The keys of one From were used: with another one inside, nobody knows whose mail it is. */
static bool is_one_author(const struct opening *o, const char *from)
{
    return !o || str_equal_nocase(o->from, from);
}

static bool has_password(const struct plan *p)
{
    for (size_t i = 0; i < p->count; i++)
        if (*p->routes[i].row.fax_password)
            return true;
    return false;
}

static void route_mail(struct queue *q, const struct incoming *in)
{
    struct outcome o = {.verdict = VERDICT_DONE};
    struct plan *p = arena_alloc(&q->arena, sizeof(*p));
    if (is_verified_author(in->mail, in->m->from) &&
        is_one_author(opening_find(q, in->mail->id), in->m->from))
        decide(q, in, p, &o);
    else
        outcome_set(
            &o, VERDICT_GIVE_UP, "author-unclear",
            "Nothing was faxed: the mail's header From can be read in two ways, as <%.100s> and otherwise.",
            in->m->from);
    if (o.verdict != VERDICT_DONE) {
        refuse(q, in, &o);
        return;
    }
    submit_plan(q, in, p);
    if (has_password(p))
        fax_secret_hide(q, in->mail, in->m);
    mail_in_close(&q->store, in->mail->id, MAIL_IN_ROUTED, "", "");
    queue_wants(q, WORK_RENDER);
}

/* Is it worth opening? No byte of who may send nothing comes near a key; he is refused by the usual rules. */
static bool may_be_opened(struct queue *q, const struct mail_in *mail, const char *from)
{
    const char *boxes[1];
    return *from && mail->too_large == 0 && is_verified_author(mail, from) &&
           config_boxes_of_sender(&q->store, &q->arena, from, boxes, 1) > 0;
}

/* Its pieces are opened first; true where that is under way or the mail has ended. */
static bool opens_first(struct queue *q, const struct mail_in *mail, const struct msg_unpacked *m)
{
    struct outcome o;
    if (m->pgp != 1 || !may_be_opened(q, mail, m->from))
        return false;
    /* A mail by SMTP was judged at the door. Whoever wrote another's address into one in a mailbox has no key
     * of ours used, and no work done. */
    if (!id_is_none(mail->mailbox) && !sender_check_answerable(q, mail, m->from)) {
        sender_check_refuse(mail, &o);
        unpack_refuse(q, mail, m, &o);
        opening_forget(q, mail->id);
        return true;
    }
    if (opening_ask(q, mail, m))
        return true;
    outcome_set(&o, VERDICT_GIVE_UP, "pgp-too-deep",
                "Nothing was faxed: the mail is encrypted or signed too many times over. Send it with one "
                "signature.");
    unpack_refuse(q, mail, m, &o);
    opening_forget(q, mail->id);
    return true;
}

/* Answers one of our mails, whatever else there may be in it: a picture of a signature is no document then.
 */
static bool steers(struct queue *q, const struct incoming *in, const struct outcome *o)
{
    bool automatic = is_never_answered(in, o->code);
    return id_is_none(in->mail->mailbox) && is_verified_author(in->mail, in->m->from) &&
           is_one_author(opening_find(q, in->mail->id), in->m->from) && steering_take(q, in, automatic);
}

static void take_parts(struct queue *q, struct incoming *in, struct part_set *parts)
{
    struct outcome o;
    uint64_t size;
    message_get_outcome(in->m, &o);
    if (steers(q, in, &o))
        return;
    if (in->mail->too_large > 0 && !ends_a_round(o.code))
        too_large(in->mail, &o);
    if (o.verdict == VERDICT_DONE && is_mail_of_ours(q, in->m->message_id))
        outcome_set(&o, VERDICT_GIVE_UP, "mail-loop",
                    "The mail is one that this server sent, and that came back. Nothing was faxed, and it is "
                    "not answered. Find the forwarding that sends it here; to fax it, forward it by hand.");
    if (o.verdict != VERDICT_DONE) {
        refuse(q, in, &o);
        return;
    }
    if (fd_checked_size(in->m->parts, PART_SET_BYTES_MAX, &size) != 0 ||
        part_set_read(in->m->parts, size, parts) != 0)
        panic("convert sent parts that are none");
    if (in->m->pgp == 1) /* pieces, which are no documents: nobody may have them opened */
        part_set_clear(parts);
    route_mail(q, in);
    part_set_clear(parts);
}

void on_unpacked(void *context, const struct sender *from, struct msg_unpacked *m)
{
    struct queue *q = context;
    struct mail_in mail;
    struct part_set parts = {.count = 0};
    queue_enter(q);
    const struct opening *opened = opening_find(q, m->mail);
    if (m->round != (opened ? opened->round : 0))
        return; /* answered before */
    (void)flight_end(q, WORK_UNPACK, m->mail);
    if (explain_unpacked(q, m))
        return;
    bool waits = mail_in_find(&q->store, m->mail, &q->arena, &mail) && mail.state == MAIL_IN_RECEIVED;
    if (waits && m->verdict == VERDICT_DONE && opens_first(q, &mail, m))
        return;
    if (waits && take_bounce(q, &mail, m)) {
        opening_forget(q, m->mail);
        return;
    }
    SCOPED_BUF struct buf own;
    buf_init(&own, MESSAGE_BYTES_MAX);
    mail_text_own(m->text, &own);
    struct pgp_facts facts = opened ? opened->facts : (struct pgp_facts){.signature = PGP_SIGNATURE_NONE};
    if (m->pgp == 2 && facts.signature == PGP_SIGNATURE_NONE)
        facts.signature = PGP_SIGNATURE_PARTIAL;
    struct incoming in = {.mail = &mail, .m = m, .parts = &parts, .own = buf_text(&own), .pgp = &facts};
    if (waits)
        take_parts(q, &in, &parts);
    opening_forget(q, m->mail);
}
