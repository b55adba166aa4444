/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Sending and giving up. The document is the body; box, number (once or several times), name and user are
 * arguments. A client that makes the id of the submission itself may ask twice and send once. */
#include <microhttpd.h>
#include <string.h>

#include "base/str.h"
#include "proto/address.h"
#include "proto/flags.h"
#include "store/config.h"
#include "store/submissions.h"
#include "web/resources.h"

enum { PATIENCE_MS = 30000, JOBS_SHOWN = 200, NUMBERS_MAX = 16384, MISNAMED_MAX = 900 };

static const char wrong_arguments[] =
    "box and at least one number have to be given as arguments of the query, "
    "and the document as the body.";

const char request_password_in_address[] =
    "A fax password does not belong into an address, which is written into logs. Give it in the "
    "header " REQUEST_FAX_PASSWORD ".";

struct numbers {
    struct buf *list; /* one a line, with its flags */
    const char *password;
};

static void add_number(void *context, const char *value)
{
    struct numbers *n = context;
    (void)buf_printf(n->list, "%s%s%s%s", n->list->len ? "\n" : "", value, *n->password ? "^PWD=" : "",
                     n->password);
}

static bool has_line_break(const char *text)
{
    return text[strcspn(text, "\r\n")] != 0;
}

static bool is_address_or_none(const char *text)
{
    struct address address;
    return !*text || address_parse(span_str(text), &address) == ADDRESS_OK;
}

static bool take_numbers(const struct request *r, struct numbers *n)
{
    request_each_argument(r, "number", add_number, n);
    return n->list->len > 0 && !n->list->overflow;
}

static void find_password(void *context, const char *value)
{
    bool *found = context;
    *found = *found || strcasestr(value, "^PWD=");
}

static bool has_password_in_address(const struct request *r)
{
    bool found = false;
    request_each_argument(r, "number", find_password, &found);
    return found;
}

static void on_submitted(struct request *r, const struct message *m)
{
    char id[ID_TEXT_LEN];
    id_format(r->subject, id);
    if (!m)
        reply_queue_away(
            r, "Whether the fax was taken is not known: ask again with the same Idempotency-Key, or look at "
               "/api/v1/submissions before sending again.");
    else if (m->submitted.status >= 400)
        reply_problem(r, m->submitted.status, m->submitted.code, "%s", m->submitted.reason);
    else
        reply_json(r, m->submitted.status,
                   json_pack("{s:s, s:s}", "submission", id, "note", m->submitted.reason));
}

bool request_may_send_from(struct request *r, const char *box)
{
    struct faxbox b;
    const struct scope w = actor_scope(&r->actor);
    bool known = config_box(r->store, &r->arena, box, &b);
    if (id_is_none(r->actor.user) || (known && config_user_may_send(r->store, b.id, r->actor.user)))
        return true;
    if (known && (scope_has(r->store, &w, b.tenant, b.id, SCOPE_SEND) ||
                  scope_has(r->store, &w, b.tenant, b.id, SCOPE_RECEIVE)))
        reply_problem(
            r, MHD_HTTP_FORBIDDEN, "no-permission",
            "You may not send from fax box \"%.64s\". An administrator can give you that permission.", box);
    else
        reply_problem(r, MHD_HTTP_NOT_FOUND, "unknown-box", "There is no fax box \"%.64s\".", box);
    return false;
}

/* Who gets the report: who logged in sends in his own name; the command line and the wizard say whose. */
const char *request_sender(struct request *r)
{
    return id_is_none(r->actor.user) ? request_argument(r, "user", "")
                                     : config_user_address(r->store, &r->arena, r->actor.user);
}

void post_jobs(struct request *r)
{
    SCOPED_BUF struct buf list;
    struct numbers numbers = {&list, request_header(r, REQUEST_FAX_PASSWORD, "")};
    const char *box = request_argument(r, "box", ""), *name = request_argument(r, "name", "document");
    const char *user = request_sender(r), *own_id = request_argument(r, "submission", "");
    buf_init(&list, NUMBERS_MAX - 1);
    bool numbered = take_numbers(r, &numbers);
    int body = request_sealed_body(r);
    bool polls = strcasestr(buf_text(&list), "^POLL") != NULL; /* takes none: queue judges */
    if (!request_new_id(r, &r->subject))
        return;
    bool too_long = strlen(box) > 63 || strlen(name) > 255 || strlen(user) > 320;
    if ((body < 0 && !polls) || !*box || !numbered || too_long || has_line_break(user) ||
        has_line_break(name))
        reply_problem(r, MHD_HTTP_BAD_REQUEST, "wrong-arguments", "%s", wrong_arguments);
    else if (!is_address_or_none(user))
        reply_problem(r, MHD_HTTP_BAD_REQUEST, "wrong-user",
                      "\"%.100s\" is no email address, so the report could not be mailed.", user);
    else if (*own_id && !id_parse(own_id, &r->subject))
        reply_problem(r, MHD_HTTP_BAD_REQUEST, "wrong-submission",
                      "submission is a UUID of your own making.");
    else if (has_password_in_address(r))
        reply_problem(r, MHD_HTTP_BAD_REQUEST, "password-in-address", "%s", request_password_in_address);
    else if (*numbers.password && !flags_are_digits(numbers.password))
        reply_problem(r, MHD_HTTP_BAD_REQUEST, "wrong-arguments",
                      "The header " REQUEST_FAX_PASSWORD " is up to %d of digits, * and #.", FLAG_DIGITS_MAX);
    else if (request_may_send_from(r, box)) {
        const struct message m = {.type = MSG_submit,
                                  .submit = {.submission = r->subject,
                                             .box = box,
                                             .numbers = buf_text(&list),
                                             .user = user,
                                             .name = name,
                                             .document = body}};
        request_ask(r, &m, PATIENCE_MS, on_submitted);
    }
}

/* ---- submissions ---- */

void get_submission(struct request *r)
{
    struct submission m;
    struct id ids[JOBS_SHOWN];
    const struct scope w = actor_scope(&r->actor);
    if (!submission_find(r->store, r->id, &r->arena, &m) ||
        !scope_has(r->store, &w, m.tenant, m.faxbox, SCOPE_SEND)) {
        reply_problem(r, MHD_HTTP_NOT_FOUND, "unknown-submission", "There is no such submission.");
        return;
    }
    json_t *jobs = json_array();
    size_t n = job_of_submission(r->store, r->id, ids, JOBS_SHOWN);
    for (size_t i = 0; i < n; i++) {
        struct job j;
        if (job_find(r->store, ids[i], &r->arena, &j))
            (void)json_array_append_new(jobs, json_job(r, &j));
    }
    json_t *mails = json_array();
    json_add_mails(r, mails, r->id);
    reply_json(r, MHD_HTTP_OK,
               json_pack("{s:s, s:s, s:s, s:o, s:s, s:s, s:s, s:o, s:o, s:o}", "id", id_text(r->id), "state",
                         submission_state_name(m.state), "box", m.faxbox, "created_ms",
                         json_time(m.created_ms), "sender", m.sender, "subject", m.subject, "misnamed",
                         submission_misnamed(r->store, r->id, &r->arena, MISNAMED_MAX), "outcome",
                         json_outcome(m.code, m.reason), "jobs", jobs, "mails", mails));
}

/* ---- giving up ---- */

static void on_cancelled(struct request *r, const struct message *m)
{
    if (!m)
        reply_queue_away(r, "Whether the job was cancelled is not known: look at it, or cancel it again.");
    else if (m->cancelled.status >= 400)
        reply_problem(r, m->cancelled.status, m->cancelled.code, "%s", m->cancelled.reason);
    else
        reply_json(r, m->cancelled.status, json_pack("{s:s}", "job", id_text(r->id)));
}

/* The command line hears from queue what is wrong; others see their own jobs only. */
static bool may_steer(struct request *r)
{
    struct job j;
    return r->actor.local || request_job(r, &j);
}

void cancel_job(struct request *r)
{
    const char *user = may_steer(r) ? request_asker(r) : NULL;
    const struct message m = {
        .type = MSG_cancel,
        .cancel = {.job = r->id, .user = user, .actor = r->actor.user, .client_ip = r->actor.client_ip}};
    if (user)
        request_ask(r, &m, PATIENCE_MS, on_cancelled);
}

/* ---- once more ---- */

static void on_goes_again(struct request *r, const struct message *m)
{
    if (!m)
        reply_queue_away(r, "Whether it is sent again is not known: look whether there is a new fax.");
    else if (m->goes_again.status >= 400)
        reply_problem(r, m->goes_again.status, m->goes_again.code, "%s", m->goes_again.reason);
    else
        reply_json(r, m->goes_again.status,
                   json_pack("{s:s, s:s}", "job", id_text(r->id), "again", id_text(r->subject)));
}

/* Who may send from the box does so in his own name; an administrator repeats what somebody sent. */
void retry_job(struct request *r)
{
    struct job j = {.faxbox = ""};
    const char *resume = request_argument(r, "resume", "0");
    if (!str_equal(resume, "0") && !str_equal(resume, "1")) {
        reply_problem(r, MHD_HTTP_BAD_REQUEST, "wrong-flag",
                      "resume is 1 (from the first page that was not confirmed) or 0.");
        return;
    }
    bool found = r->actor.local || request_job(r, &j);
    const char *user = found ? request_asker(r) : NULL;
    bool own = found && config_user_may_send(r->store, j.faxbox, r->actor.user);
    r->subject = id_new();
    const struct message m = {
        .type = MSG_again,
        .again = {.job = r->id,
                  .again = r->subject,
                  .sender = own ? config_user_address(r->store, &r->arena, r->actor.user) : "",
                  .user = user,
                  .actor = r->actor.user,
                  .client_ip = r->actor.client_ip,
                  .resume = str_equal(resume, "1")}};
    if (user && !own && r->actor.role < ACTOR_TENANT)
        reply_problem(
            r, MHD_HTTP_FORBIDDEN, "no-permission",
            "You may not send from that fax box any more. An administrator can give you that permission.");
    else if (user)
        request_ask(r, &m, PATIENCE_MS, on_goes_again);
}

/* ---- holding and releasing ---- */

static void on_held(struct request *r, const struct message *m)
{
    if (!m)
        reply_queue_away(r, "Whether it was done is not known: look at the job, or ask again.");
    else if (m->held.status >= 400)
        reply_problem(r, m->held.status, m->held.code, "%s", m->held.reason);
    else
        reply_json(r, m->held.status, json_pack("{s:s}", "job", id_text(r->id)));
}

static void ask_hold(struct request *r, bool hold)
{
    const char *user = may_steer(r) ? request_asker(r) : NULL;
    const struct message m = {.type = MSG_hold,
                              .hold = {.job = r->id,
                                       .hold = hold,
                                       .administrator = r->actor.role >= ACTOR_TENANT,
                                       .user = user,
                                       .actor = r->actor.user,
                                       .client_ip = r->actor.client_ip}};
    if (user)
        request_ask(r, &m, PATIENCE_MS, on_held);
}

void hold_job(struct request *r)
{
    ask_hold(r, true);
}

void release_job(struct request *r)
{
    ask_hold(r, false);
}

/* ---- altering ---- */

static void on_altered(struct request *r, const struct message *m)
{
    if (!m)
        reply_queue_away(r, "Whether it was done is not known: look at the job, or ask again.");
    else if (m->altered.status >= 400)
        reply_problem(r, m->altered.status, m->altered.code, "%s", m->altered.reason);
    else
        reply_json(r, m->altered.status, json_pack("{s:s}", "job", id_text(r->id)));
}

/* number, at (as in ^AT, or "now"), priority, retries, trunk. */
void alter_job(struct request *r)
{
    static const struct {
        const char *argument, *flag;
    } rows[] = {{"at", "AT"}, {"priority", "PRIORITY"}, {"retries", "RETRIES"}, {"trunk", "PORT"}};
    SCOPED_BUF struct buf flags;
    const char *user = may_steer(r) ? request_asker(r) : NULL, *number = request_argument(r, "number", "");
    bool now = str_equal(request_argument(r, "at", ""), "now"),
         wrong = strlen(number) > 63 || strchr(number, '^');
    buf_init(&flags, 255);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *value = request_argument(r, rows[i].argument, "");
        if (!*value || (i == 0 && now))
            continue;
        wrong = wrong || strchr(value, '^') || !buf_printf(&flags, "^%s=%s", rows[i].flag, value);
    }
    if (!user)
        return;
    if (wrong || has_line_break(number) || (!*number && !flags.len && !now)) {
        reply_problem(r, MHD_HTTP_BAD_REQUEST, "wrong-arguments",
                      "Say what changes: number, at (20261201T0800, or now), priority, retries, trunk.");
        return;
    }
    const struct message m = {.type = MSG_alter,
                              .alter = {.job = r->id,
                                        .number = number,
                                        .flags = buf_text(&flags),
                                        .at_once = now,
                                        .user = user,
                                        .actor = r->actor.user,
                                        .client_ip = r->actor.client_ip}};
    request_ask(r, &m, PATIENCE_MS, on_altered);
}
