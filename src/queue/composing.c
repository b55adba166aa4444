/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Mails to be made: what they say is stored, a convert worker makes their bytes. */
#include <jansson.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/panic.h"
#include "base/scope.h"
#include "base/str.h"
#include "queue/answers.h"
#include "queue/queue.h"
#include "queue/reading.h"
#include "queue/report.h"
#include "queue/report_signer.h"
#include "queue/steering.h"
#include "store/config.h"
#include "store/mail_history.h"
#include "store/mails.h"

enum { COMPOSE_AT_ONCE = 4, COMPOSE_TRIES_MAX = 5, COMPOSE_RETRY_MS = 10000 };
enum { MAIL_BYTES_MAX = 512 * 1024 * 1024, REPORT_JSON_MAX = 65536, MISNAMED_MAX = 900 };

struct id mail_to(struct queue *q, const struct mail_out *m)
{
    struct mail_out new = *m;
    new.id = id_new();
    new.created_ms = q->now_ms;
    mail_out_add(&q->store, &new);
    queue_wants(q, WORK_COMPOSE);
    return new.id;
}

static const char *tenant_from(struct queue *q, struct id id)
{
    struct tenant t;
    return config_tenant(&q->store, &q->arena, id, &t) ? t.from_address : "";
}

/* S1.8, S1.9: with custom_from the tenant's, else the master tenant's; S3.3; where nobody set one, root at
 * this host. */
const char *from_address(struct queue *q, struct id id)
{
    const char *from = "";
    if (!str_equal(store_meta(&q->store, &q->arena, "custom_from"), "off")) {
        from = tenant_from(q, id);
        if (!*from)
            from = tenant_from(
                q, config_tenant_id(&q->store, store_meta(&q->store, &q->arena, "master_tenant")));
    }
    if (!*from)
        from = store_meta(&q->store, &q->arena, "from_address");
    return *from ? from : arena_format(&q->arena, "root@%s", q->host_name);
}

static const char *serial_of(struct queue *q, const struct tenant *t)
{
    return *t->serial ? t->serial : store_meta(&q->store, &q->arena, "serial");
}

/* Never less than none, whatever somebody did to the clock. */
static uint32_t whole_seconds(int64_t ms)
{
    return ms > 0 ? (uint32_t)((ms + 500) / 1000) : 0;
}

/* As convert/smime.h has it. */
#define SMIME_KEYS "smime "

static const char *certificates_of(struct queue *q, struct id user, const char *cipher)
{
    const char *const *list;
    const char *keys = arena_format(&q->arena, SMIME_KEYS "%s\n", cipher);
    size_t n = keys_certificates(&q->store, &q->arena, user, &list);
    for (size_t i = 0; i < n; i++)
        keys = arena_format(&q->arena, "%s%s\n", keys, list[i]);
    return keys;
}

/* Who wants his mails encrypted gets none in clear, whatever is missing. */
static const char *keys_for(struct queue *q, const struct mail_out *m)
{
    struct id user;
    struct user_key *list;
    const char *keys = "";
    if (!config_user_of(&q->store, m->recipient, &user))
        return "";
    const char *cipher = keys_smime(&q->store, &q->arena, user);
    if (!str_equal(cipher, "off"))
        return certificates_of(q, user, cipher);
    if (!keys_encrypts(&q->store, user))
        return "";
    size_t n = keys_of_user(&q->store, &q->arena, user, &list);
    for (size_t i = 0; i < n; i++)
        keys = arena_format(&q->arena, "%s%s\n", keys, list[i].text);
    return *keys ? keys : "none";
}

/* What somebody who mails it on writes above it. */
static const char *note_above(struct queue *q, const struct mail_out *m, const char **reply_to)
{
    char *rest = arena_strdup(&q->arena, m->text);
    *reply_to = "";
    if (!str_equal(m->kind, MAIL_KIND_FORWARDED) && !str_equal(m->kind, MAIL_KIND_SENT_ON))
        return "";
    *reply_to = strsep(&rest, "\n");
    const char *who = strsep(&rest, "\n");
    return arena_format(&q->arena, "%s%s-- \n%s%s%s%s\n", rest && *rest ? rest : "",
                        rest && *rest ? "\n\n" : "", who ? who : "", **reply_to ? " <" : "", *reply_to,
                        **reply_to ? ">" : "");
}

static uint64_t ask_received(struct queue *q, const struct mail_out *m)
{
    const char *reply_to, *note = note_above(q, m, &reply_to);
    struct fax f;
    struct tenant t;
    struct stored_page *pages;
    if (!fax_find(&q->store, m->about, &q->arena, &f) || !config_tenant(&q->store, &q->arena, f.tenant, &t))
        return 0;
    struct faxbox box = {.name = f.faxbox, .file_format = "pdf", .blank_pages = "keep"};
    (void)config_box(&q->store, &q->arena, f.faxbox, &box);
    size_t earlier, count = fax_pages_of_all_tries(&q->store, f.id, &q->arena, &pages, &earlier);
    SCOPED_FD int set = pages_to_set(q, pages, count);
    SCOPED_FD int texts = reading_to_file(q, f.id);
    const struct message ask = {
        .type = MSG_compose_received,
        .compose_received = {.mail = m->id,
                             .from = m->sender,
                             .to = m->recipient,
                             .serial = serial_of(q, &t),
                             .outside_prefix = t.outside_prefix,
                             .calling = f.calling,
                             .called = f.called,
                             .zone = t.zone,
                             .answered_ms = f.answered_ms,
                             .seconds = whole_seconds(f.last_page_ms - f.answered_ms),
                             .pages = (uint32_t)count,
                             .earlier_pages = (uint32_t)earlier,
                             .partial = f.state == FAX_PARTIAL,
                             .faxid = (uint64_t)f.faxid,
                             .station_id = f.station_id,
                             .box = box.name,
                             .tiff = str_equal(box.file_format, "tiff"),
                             .template = answer_template(q, f.tenant, f.faxbox, MAIL_TEMPLATE_RECEIVED),
                             .deskew = box.deskew,
                             .blank = f.blank,
                             .drop_blank = str_equal(box.blank_pages, "drop"),
                             .keys = keys_for(q, m),
                             .note = note,
                             .reply_to = reply_to,
                             .page_set = set,
                             .texts = texts}};
    return peers_ask(q->peers, ROLE_CONVERT, 0, &ask);
}

/* Numbers before this domain are addresses of the box (A2). */
static const char *box_domain(struct queue *q, const char *box)
{
    const char *domain = store_meta(&q->store, &q->arena, "fax_domain");
    return arena_format(&q->arena, "%s.%s", box, *domain ? domain : q->host_name);
}

/* About a submission, or about one job of it. */
static uint64_t ask_report(struct queue *q, const struct mail_out *m)
{
    struct submission s;
    struct tenant t;
    struct job j = {.id = ID_NONE};
    struct stored_page *pages;
    SCOPED_BUF struct buf jobs;
    buf_init(&jobs, REPORT_JSON_MAX);
    const char *reply_to, *note = note_above(q, m, &reply_to);
    bool forwarded = str_equal(m->kind, MAIL_KIND_SENT_ON),
         one = forwarded || str_equal(m->kind, "job-report");
    if ((one && !job_find(&q->store, m->about, &q->arena, &j)) ||
        !submission_find(&q->store, one ? j.submission : m->about, &q->arena, &s) ||
        !config_tenant(&q->store, &q->arena, s.tenant, &t))
        return 0;
    struct mail_in from = {.wishes = ""};
    (void)mail_in_find(&q->store, s.mail, &q->arena, &from);
    report_of_jobs(&q->store, &q->arena, s.id, j.id, &jobs);
    size_t count = submission_pages(&q->store, s.id, j.target, &q->arena, &pages);
    SCOPED_FD int set = pages_to_set(q, pages, forwarded ? count : count > 0 ? 1 : 0);
    const struct signer signer = report_signer(q);
    const struct message ask = {
        .type = MSG_compose_report,
        .compose_report = {.mail = m->id,
                           .from = m->sender,
                           .to = m->recipient,
                           .message_id = forwarded ? "" : s.message_id,
                           .subject = s.subject,
                           .box = s.faxbox,
                           .misnamed = submission_misnamed(&q->store, s.id, &q->arena, MISNAMED_MAX),
                           .serial = serial_of(q, &t),
                           .zone = t.zone,
                           .received_ms = s.created_ms,
                           .jobs = buf_text(&jobs),
                           .dsn = m->dsn,
                           .host_name = q->host_name,
                           .envid = notify_envid(&q->store, &q->arena, from.wishes),
                           .domain = box_domain(q, s.faxbox),
                           .language = answer_language(q, s.tenant, s.faxbox),
                           .template = answer_template(q, s.tenant, s.faxbox, MAIL_TEMPLATE_REPORT),
                           .keys = keys_for(q, m),
                           .reply_to = forwarded ? reply_to : steering_address(q, m),
                           .note = note,
                           .forwarded = forwarded,
                           .documents =
                               submission_documents(&q->store, s.id, &q->arena, REPORT_DOCUMENTS_MAX),
                           .signer = signer.key,
                           .certificate = signer.certificate,
                           .page_set = set}};
    return peers_ask(q->peers, ROLE_CONVERT, 0, &ask);
}

/* Of the first number: the others differ in their cover page at most. */
static uint64_t ask_preview(struct queue *q, const struct mail_out *m)
{
    struct stored_page *pages;
    struct tenant t = {.zone = ""};
    (void)config_tenant(&q->store, &q->arena, m->tenant, &t);
    size_t count = submission_pages(&q->store, m->about, 0, &q->arena, &pages);
    SCOPED_FD int set = pages_to_set(q, pages, count);
    const struct message ask = {
        .type = MSG_compose_preview,
        .compose_preview = {.mail = m->id,
                            .from = m->sender,
                            .to = m->recipient,
                            .message_id = m->message_id,
                            .subject = m->subject,
                            .text = m->text,
                            .misnamed = submission_misnamed(&q->store, m->about, &q->arena, MISNAMED_MAX),
                            .small_text = submission_small_text(&q->store, m->about, 0, &q->arena),
                            .zone = t.zone,
                            .template = answer_template(q, m->tenant, m->faxbox, MAIL_TEMPLATE_PREVIEW),
                            .keys = keys_for(q, m),
                            .page_set = set}};
    return peers_ask(q->peers, ROLE_CONVERT, 0, &ask);
}

static enum mail_template_kind kind_of_answer(const char *kind)
{
    return str_equal(kind, "repeated")  ? MAIL_TEMPLATE_REPEATED
           : str_equal(kind, "kept")    ? MAIL_TEMPLATE_KEPT
           : str_equal(kind, "delayed") ? MAIL_TEMPLATE_DELAYED
           : str_equal(kind, "control") ? MAIL_TEMPLATE_CONTROL
                                        : MAIL_TEMPLATE_REFUSED;
}

/* The mail that is answered, where it is one that came in; a refused submission has it too. */
static bool find_answered(struct queue *q, const struct mail_out *m, struct mail_in *mail)
{
    struct submission s;
    struct id id = submission_find(&q->store, m->about, &q->arena, &s) ? s.mail : m->about;
    return mail_in_find(&q->store, id, &q->arena, mail);
}

/* Whole lines of at most that many bytes. */
static const char *first_lines(struct queue *q, const char *lines, size_t most)
{
    size_t len = strlen(lines);
    while (len > most || (len > 0 && len < strlen(lines) && lines[len - 1] != '\n'))
        len--;
    return (const char *)arena_dup(&q->arena, span_of(lines, len)).data;
}

/* ---- what is said where a mail cannot be encrypted ---- */

/* A mail that has to be written all the same, to who wants his encrypted and has no key that can be used: it
 * says that something happened and nothing of what. Others are not written then. */
static bool may_be_veiled(const struct mail_out *m)
{
    static const char *const kinds[] = {"answer", "repeated", "kept", "notice", "alarm"};
    bool may = false;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        may = may || str_equal(m->kind, kinds[i]);
    return may;
}

static bool lacks_key(const char *code)
{
    return str_equal(code, "pgp-key") || str_equal(code, "smime-expired");
}

static bool is_veiled(const struct mail_out *m, const char *keys)
{
    return may_be_veiled(m) && *keys && (str_equal(keys, "none") || lacks_key(m->code));
}

static void veil(struct queue *q, const struct mail_out *m, enum mail_template_kind kind,
                 struct msg_compose_answer *ask)
{
    bool smime = str_starts(ask->keys, SMIME_KEYS);
    ask->keys = "";
    ask->subject = "";
    ask->recipients = "";
    ask->wishes = "";
    ask->code = smime ? "smime-expired" : "pgp-key";
    if (kind == MAIL_TEMPLATE_REPEATED)
        ask->text = "***";
    else if (kind == MAIL_TEMPLATE_KEPT)
        ask->text = arena_format(&q->arena, "***\n***\n***\n%s", id_text(m->about));
    else
        ask->text = arena_format(
            &q->arena,
            "What it is about is not told here, for this mail cannot be encrypted to you: no %s of yours "
            "that "
            "is known here can be used. Ask the administrator of this fax server, who can see it, and give "
            "him your %s.",
            smime ? "S/MIME certificate" : "PGP key", smime ? "new certificate" : "key");
    if (ask->notice)
        ask->subject = "Fax server: something needs attention";
}

static uint64_t ask_answer(struct queue *q, const struct mail_out *m)
{
    enum { RECIPIENTS_BYTES_MAX = 16000 };
    struct tenant t = {.zone = ""};
    struct mail_in mail = {.recipients = "", .wishes = ""};
    enum mail_template_kind kind = kind_of_answer(m->kind);
    (void)config_tenant(&q->store, &q->arena, m->tenant, &t);
    (void)find_answered(q, m, &mail);
    struct message ask = {
        .type = MSG_compose_answer,
        .compose_answer = {.mail = m->id,
                           .from = m->sender,
                           .to = m->recipient,
                           .message_id = m->message_id,
                           .subject = m->subject,
                           .zone = t.zone,
                           .notice = str_equal(m->kind, "notice") || str_equal(m->kind, "alarm"),
                           .kind = kind,
                           .text = m->text,
                           .code = m->answer_code,
                           .received_ms = mail.received_ms,
                           .dsn = m->dsn,
                           .host_name = q->host_name,
                           .recipients = first_lines(q, mail.recipients, RECIPIENTS_BYTES_MAX),
                           .wishes = mail.wishes,
                           .language = answer_language(q, m->tenant, m->faxbox),
                           .template = answer_template(q, m->tenant, m->faxbox, kind),
                           .keys = keys_for(q, m),
                           .reply_to = steering_address(q, m)}};
    if (is_veiled(m, ask.compose_answer.keys))
        veil(q, m, kind, &ask.compose_answer);
    return peers_ask(q->peers, ROLE_CONVERT, 0, &ask);
}

static uint64_t ask_compose(struct queue *q, const struct mail_out *m)
{
    if (str_equal(m->kind, "received") || str_equal(m->kind, MAIL_KIND_FORWARDED))
        return ask_received(q, m);
    if (str_equal(m->kind, "report") || str_equal(m->kind, "job-report") ||
        str_equal(m->kind, MAIL_KIND_SENT_ON))
        return ask_report(q, m);
    if (str_equal(m->kind, "preview"))
        return ask_preview(q, m);
    return ask_answer(q, m);
}

void pump_compose(struct queue *q)
{
    struct id ids[COMPOSE_AT_ONCE * 2];
    size_t n = mail_out_to_compose(&q->store, q->now_ms, ids, ARRAY_LEN(ids));
    for (size_t i = 0; i < n && flight_count(q, WORK_COMPOSE) < COMPOSE_AT_ONCE; i++) {
        struct mail_out m;
        if (flight_find(q, WORK_COMPOSE, ids[i]) || !mail_out_find(&q->store, ids[i], &q->arena, &m))
            continue;
        uint64_t request = ask_compose(q, &m);
        if (request == 0)
            panic("mail %s is about nothing", id_text(ids[i]));
        flight_begin(q, WORK_COMPOSE, ids[i], request);
    }
}

static void take_bytes(struct queue *q, struct msg_composed *m)
{
    uint64_t size;
    if (fd_checked_size(m->mail_bytes, MAIL_BYTES_MAX, &size) != 0)
        panic("convert sent a mail that is no file");
    uint8_t *bytes = arena_alloc(&q->arena, (size_t)size + 1);
    if (fd_pread_all(m->mail_bytes, bytes, (size_t)size, 0) != 0)
        panic("convert took a mail back");
    mail_out_composed(&q->store, m->mail, span_of(bytes, (size_t)size), q->now_ms);
    queue_wants(q, WORK_DELIVER);
}

/* The pages are kept; whoever should have had them is told where. */
static void tell_in_words(struct queue *q, const struct mail_out *m)
{
    struct fax f;
    if (!str_equal(m->kind, "received") || !fax_find(&q->store, m->about, &q->arena, &f))
        return;
    const struct mail_out words = {
        .tenant = m->tenant,
        .kind = "kept",
        .about = f.id,
        .sender = m->sender,
        .recipient = m->recipient,
        .faxbox = f.faxbox,
        .text = arena_format(&q->arena, "%s\n%s\n%u\n%s", f.calling, f.called, f.pages, id_text(f.id))};
    mail_to(q, &words);
}

static void not_composed(struct queue *q, struct id id, const struct outcome *o)
{
    struct mail_out m;
    if (!mail_out_find(&q->store, id, &q->arena, &m) || m.state != MAIL_OUT_COMPOSING)
        return;
    mail_event_tried(&q->store, id, q->now_ms, "not-made", "", o);
    if (lacks_key(o->code) ? may_be_veiled(&m) && !str_equal(m.code, o->code)
                           : m.tries + 1 < COMPOSE_TRIES_MAX) {
        mail_out_retry(&q->store, id, q->now_ms + COMPOSE_RETRY_MS, o);
        return;
    }
    log_error(id_text(m.about),
              "ALARM mail-not-made: the %s mail for %s cannot be made (%s); what it is about is kept: %s",
              m.kind, m.recipient, o->code, o->text);
    mail_out_close(&q->store, id, MAIL_OUT_FAILED, q->now_ms, o);
    tell_in_words(q, &m);
}

void on_composed(void *context, const struct sender *from, struct msg_composed *m)
{
    struct queue *q = context;
    struct outcome o;
    queue_enter(q);
    message_get_outcome(m, &o);
    (void)flight_end(q, WORK_COMPOSE, m->mail);
    if (o.verdict == VERDICT_DONE)
        take_bytes(q, m);
    else
        not_composed(q, m->mail, &o);
}
