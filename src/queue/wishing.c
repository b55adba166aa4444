/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Sending by the API: uploads first, then a wish that says whom they go to. It takes the road of POST jobs
 * and of mails: the same routing, the same flags, the same admission.
 *
 * A wish is a JSON object: box; recipients [{number, name}]; uploads [id]; cover ("none", "standard", or
 * the name of one of the tenant's),
 * subject and text for it; at_ms, resolution, paper, billing, priority, subaddress, fax_password, poll (fetch
 * what the number holds ready, without uploads; subaddress is SEP then); each of the latter may be missing. A
 * number may have flags of its own (S4.9), which count more. */
#include <jansson.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/panic.h"
#include "base/scope.h"
#include "base/str.h"
#include "queue/asking.h"
#include "queue/contacts.h"
#include "queue/covers.h"
#include "queue/fax_secrets.h"
#include "queue/previews.h"
#include "queue/room.h"
#include "queue/submitting.h"
#include "store/blob.h"
#include "store/uploads.h"

enum { UPLOAD_BYTES_MAX = 64 * 1024 * 1024, UPLOADS_KEPT = 200, DOCUMENTS_MAX = 50, PREVIEWS_KEPT = 5 };
#define UPLOADS_BYTES_MAX ((int64_t)1024 * 1024 * 1024)
#define AT_FUTURE_MAX_MS  (366LL * 24 * 3600 * 1000)
enum { NAME_MAX_LEN = 200, TEXT_MAX_LEN = 8000 };

/* ---- uploads ---- */

/* By a client that gives one key twice it may be another document. */
static unsigned answer_again(struct queue *q, const struct upload *known, struct span bytes,
                             struct outcome *o)
{
    struct span is;
    if (blob_find(&q->store, known->blob, &q->arena, &is) && span_equal(is, bytes))
        return 201;
    outcome_set(o, VERDICT_GIVE_UP, "key-used", "This Idempotency-Key was used for another document.");
    return 409;
}

static unsigned take_upload(struct queue *q, const struct msg_upload *m, struct outcome *o)
{
    struct upload known;
    SCOPED_BUF struct buf bytes;
    buf_init(&bytes, UPLOAD_BYTES_MAX);
    outcome_done(o);
    bool there = upload_find(&q->store, m->upload, m->owner, &q->arena, &known);
    if (!there && room_refuses(q, o))
        return 507;
    if (fd_read_rest(m->bytes, &bytes) != 0) {
        outcome_set(o, VERDICT_GIVE_UP, "too-large", "The document is larger than 64 MB.");
        return 413;
    }
    if (there) /* asked again */
        return answer_again(q, &known, buf_span(&bytes), o);
    struct upload_sum sum = uploads_of(&q->store, m->owner);
    if (sum.count >= UPLOADS_KEPT || sum.bytes + (int64_t)bytes.len > UPLOADS_BYTES_MAX) {
        outcome_set(
            o, VERDICT_GIVE_UP, "too-many-uploads",
            "%lld documents with %lld MB of yours wait to be sent already. Send them; what is not sent is "
            "forgotten after a day.",
            (long long)sum.count, (long long)sum.bytes / 1000000);
        return 429;
    }
    const struct upload u = {.id = m->upload,
                             .owner = m->owner,
                             .name = queue_text(q, m->name),
                             .type = queue_text(q, m->type),
                             .blob = blob_put(&q->store, buf_span(&bytes)),
                             .created_ms = q->now_ms};
    upload_add(&q->store, &u);
    return 201;
}

void on_upload(void *context, const struct sender *from, struct msg_upload *m)
{
    struct queue *q = context;
    struct outcome o;
    queue_enter(q);
    unsigned status = take_upload(q, m, &o);
    struct message answer = {.type = MSG_uploaded,
                             .uploaded = {.upload = m->upload, .status = status, MESSAGE_OUTCOME(&o)}};
    peers_answer(q->peers, from, &answer);
}

/* ---- reading a wish ---- */

struct wish {
    struct queue *q;
    const struct msg_wish *m;
    json_t *body, *errors;
    struct faxbox box;
    struct tenant tenant;
    struct plan *plan;
    struct upload uploads[DOCUMENTS_MAX];
    size_t upload_count;
    const char *subject, *text, *cover;
    const char *again; /* numbers given twice */
};

static void PRINTF_LIKE(3, 4) wrong(struct wish *w, const char *field, const char *format, ...)
{
    SCOPED_BUF struct buf text;
    va_list args;
    buf_init(&text, OUTCOME_TEXT_LEN);
    va_start(args, format);
    (void)buf_vprintf(&text, format, args);
    va_end(args);
    (void)json_array_append_new(w->errors,
                                json_pack("{s:s, s:s}", "field", field, "detail", buf_text(&text)));
}

static bool has_control(const char *text, bool lines)
{
    for (const char *c = text; *c; c++)
        if (((unsigned char)*c < 0x20 && !(lines && strchr("\r\n\t", *c))) || *c == 0x7f)
            return true;
    return false;
}

/* A text, "" where it is missing. */
static const char *text_of(struct wish *w, const json_t *object, const char *name, const char *field,
                           size_t most)
{
    const json_t *value = json_object_get(object, name);
    const char *text = json_string_value(value);
    if (!value || json_is_null(value))
        return "";
    if (text && strlen(text) <= most && !has_control(text, most == TEXT_MAX_LEN))
        return text;
    wrong(w, field, "This is a text of at most %zu bytes%s.", most,
          most == TEXT_MAX_LEN ? "" : ", in one line");
    return "";
}

static bool number_of(struct wish *w, const char *name, int64_t least, int64_t most, int64_t *to)
{
    const json_t *value = json_object_get(w->body, name);
    if (!value || json_is_null(value))
        return false;
    *to = json_is_integer(value) ? json_integer_value(value) : most;
    if (json_is_integer(value) && *to >= least && *to <= most)
        return true;
    wrong(w, name, "This is a whole number from %lld to %lld.", (long long)least, (long long)most);
    return false;
}

static void refuse_unknown(struct wish *w)
{
    static const char *const known[] = {"box",      "recipients", "uploads",      "cover", "subject",
                                        "text",     "at_ms",      "resolution",   "paper", "billing",
                                        "priority", "subaddress", "fax_password", "poll"};
    const char *name;
    json_t *value;
    json_object_foreach(w->body, name, value)
    {
        bool found = false;
        for (size_t i = 0; i < ARRAY_LEN(known); i++)
            found = found || str_equal(name, known[i]);
        if (!found)
            wrong(w, name, "There is no such field.");
    }
}

/* Of T.30. */
static void take_digits(struct wish *w, const char *name, char to[FLAG_TEXT_LEN], struct flags *f,
                        enum flag flag)
{
    const char *text = text_of(w, w->body, name, name, FLAG_DIGITS_MAX);
    if (!*text)
        return;
    if (!flags_are_digits(text)) {
        wrong(w, name, "This is up to %d of digits, * and #.", FLAG_DIGITS_MAX);
        return;
    }
    (void)str_copy(to, FLAG_TEXT_LEN, text);
    f->given |= 1u << flag;
}

/* What the whole wish asks for, where the number's own flags do not. */
static void add_flags(struct wish *w, struct flags *own)
{
    static const struct {
        const char *name, *value;
        enum flag flag;
    } looks[] = {{"resolution", "standard", FLAG_COARSE},
                 {"resolution", "fine", FLAG_FINE},
                 {"resolution", "superfine", FLAG_SUPERFINE},
                 {"resolution", "300dpi", FLAG_300DPI},
                 {"resolution", "400dpi", FLAG_400DPI},
                 {"paper", "a4", FLAG_A4},
                 {"paper", "legal", FLAG_LEGAL},
                 {"cover", "none", FLAG_NOCOVER}};
    struct flags all = {.given = 0};
    int64_t priority;
    for (size_t i = 0; i < ARRAY_LEN(looks); i++)
        if (str_equal(json_string_value(json_object_get(w->body, looks[i].name)), looks[i].value))
            all.given |= 1u << looks[i].flag;
    if (*w->cover && !str_equal(w->cover, "none") &&
        str_copy(all.template_name, sizeof(all.template_name), w->cover))
        all.given |= 1u << FLAG_TEMPLATE;
    if (str_copy(all.billing, sizeof(all.billing),
                 text_of(w, w->body, "billing", "billing", FLAG_TEXT_LEN - 1)) &&
        *all.billing)
        all.given |= 1u << FLAG_BILLING;
    bool poll = json_is_true(json_object_get(w->body, "poll"));
    all.given |= poll ? 1u << FLAG_POLL : 0;
    take_digits(w, "subaddress", poll ? all.selective : all.subaddress, &all, poll ? FLAG_SEP : FLAG_SUB);
    take_digits(w, "fax_password", all.password, &all, FLAG_PWD);
    if (number_of(w, "priority", 0, 9, &priority)) {
        all.priority = (unsigned)priority;
        all.given |= 1u << FLAG_PRIORITY;
    }
    flags_join(own, &all);
}

static bool is_planned(const struct plan *p, const char *number)
{
    for (size_t i = 0; i < p->count; i++)
        if (str_equal(p->routes[i].row.number, number))
            return true;
    return false;
}

/* As it is written, or out of an address book, by name or by id; NULL where that is wrong, and said. */
static const char *recipient_number(struct wish *w, const json_t *recipient, size_t place, struct contact *c)
{
    struct queue *q = w->q;
    const struct contact_book book = {w->box.tenant, w->m->owner};
    const char *field = arena_format(&q->arena, "recipients[%zu].contact", place), *text;
    struct id id;
    *c = (struct contact){.name = ""};
    if (!json_object_get(recipient, "contact")) {
        text = text_of(w, recipient, "number", arena_format(&q->arena, "recipients[%zu].number", place), 300);
        return contact_number(&q->store, &q->arena, &book, text, c);
    }
    text = text_of(w, recipient, "contact", field, ID_TEXT_LEN);
    if (id_parse(text, &id) && contact_find(&q->store, id, &q->arena, c) &&
        id_equal(c->tenant, book.tenant) && (id_is_none(c->user) || id_equal(c->user, book.user)))
        return c->number;
    wrong(w, field, "There is no such entry in your address book.");
    return NULL;
}

static void take_recipient(struct wish *w, const json_t *recipient, size_t place)
{
    const struct routing routing = {.store = &w->q->store, .arena = &w->q->arena, .now_ms = w->q->now_ms};
    const char *field = arena_format(&w->q->arena, "recipients[%zu].number", place);
    const char *name_field = arena_format(&w->q->arena, "recipients[%zu].name", place);
    struct contact contact;
    const char *number = recipient_number(w, recipient, place, &contact);
    struct route *r = &w->plan->routes[w->plan->count];
    struct target target;
    struct complaint why;
    struct outcome o;
    if (!number)
        return;
    if (!target_parse(number, &target, &why)) {
        wrong(w, field, "%s", *number ? why.text : "Say to which number the fax goes.");
        return;
    }
    add_flags(w, &target.flags);
    ask_of_box(&routing, &w->box, &target, r, &o);
    if (o.verdict != VERDICT_DONE) {
        const char *of = str_equal(o.code, "billing-unknown") ? "billing"
                         : str_equal(o.code, "cover-unknown") ? "cover"
                                                              : field;
        wrong(w, of, "%s", o.text);
        return;
    }
    r->name = text_of(w, recipient, "name", name_field, NAME_MAX_LEN);
    if (!*r->name)
        r->name = contact.name;
    r->row.name = r->name;
    if (is_planned(w->plan, r->row.number))
        w->again = arena_format(&w->q->arena, "%s%s%s", w->again, *w->again ? ", " : "", r->row.display);
    else
        w->plan->count++;
}

static void take_recipients(struct wish *w)
{
    const json_t *list = json_object_get(w->body, "recipients");
    size_t count = json_array_size(list);
    if (count == 0 || count > ROUTES_MAX) {
        wrong(w, "recipients", "These are one to %d recipients, each an object with its number.", ROUTES_MAX);
        return;
    }
    for (size_t i = 0; i < count && json_array_size(w->errors) < 20; i++)
        take_recipient(w, json_array_get(list, i), i);
    for (size_t i = 1; i < w->plan->count; i++)
        if (w->plan->routes[i].poll != w->plan->routes[0].poll) {
            wrong(w, "recipients", "Some of the numbers are to be polled and others not. Ask once for each.");
            return;
        }
    for (size_t i = 1; i < w->plan->count; i++)
        if (!str_equal(w->plan->routes[i].resolution, w->plan->routes[0].resolution) ||
            !str_equal(w->plan->routes[i].paper, w->plan->routes[0].paper)) {
            wrong(w, "recipients",
                  "The numbers ask for different resolutions or papers. Send once for each.");
            return;
        }
}

static void take_uploads(struct wish *w)
{
    const json_t *list = json_object_get(w->body, "uploads");
    size_t count = json_array_size(list);
    bool polls = w->plan->count > 0 && w->plan->routes[0].poll;
    if (polls && count == 0 && !w->m->preview)
        return;
    if (polls) {
        wrong(w, "uploads",
              "A number that is polled sends its own document: it takes none, and has no preview.");
        return;
    }
    if (count == 0 || count > DOCUMENTS_MAX) {
        wrong(w, "uploads", "These are the ids of one to %d documents that were handed over before.",
              DOCUMENTS_MAX);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const char *field = arena_format(&w->q->arena, "uploads[%zu]", i);
        const char *text = json_string_value(json_array_get(list, i));
        struct id id;
        bool twice = false;
        for (size_t k = 0; k < i && text; k++)
            twice = twice || str_equal(json_string_value(json_array_get(list, k)), text);
        if (twice)
            wrong(w, field, "This document is named twice. Hand it over twice to send it twice.");
        else if (!text || !id_parse(text, &id) ||
                 !upload_find(&w->q->store, id, w->m->owner, &w->q->arena, &w->uploads[w->upload_count]))
            wrong(w, field, "There is no such document; they are kept for a day. Hand it over again.");
        else
            w->upload_count++;
    }
}

static void take_choice(struct wish *w, const char *name, const char *choices)
{
    const char *value = text_of(w, w->body, name, name, 20);
    const char *found = *value ? strstr(choices, value) : choices;
    size_t len = strlen(value);
    if (*value && (!found || strchr(value, ' ') || (found > choices && found[-1] != ' ') ||
                   (found[len] && found[len] != ' ')))
        wrong(w, name, "This is one of: %s.", choices);
}

static void take_time(struct wish *w)
{
    int64_t at_ms = 0;
    if (!number_of(w, "at_ms", 0, w->q->now_ms + AT_FUTURE_MAX_MS, &at_ms))
        return;
    for (size_t i = 0; i < w->plan->count; i++)
        if (w->plan->routes[i].row.not_before_ms == 0 && at_ms > w->q->now_ms)
            w->plan->routes[i].row.not_before_ms = at_ms;
}

static void read_wish(struct wish *w)
{
    const char *box = text_of(w, w->body, "box", "box", 63);
    if (!config_box(&w->q->store, &w->q->arena, box, &w->box) ||
        !config_tenant(&w->q->store, &w->q->arena, w->box.tenant, &w->tenant)) {
        wrong(w, "box", "There is no fax box \"%.63s\".", box);
        return;
    }
    if (!w->box.enabled)
        wrong(w, "box", "Fax box \"%s\" is switched off.", w->box.id);
    refuse_unknown(w);
    w->subject = text_of(w, w->body, "subject", "subject", NAME_MAX_LEN);
    w->text = text_of(w, w->body, "text", "text", TEXT_MAX_LEN);
    w->cover = text_of(w, w->body, "cover", "cover", 63);
    take_choice(w, "resolution", "standard fine superfine 300dpi 400dpi");
    take_choice(w, "paper", "a4 legal");
    if (json_array_size(w->errors) == 0)
        take_recipients(w);
    take_uploads(w);
    take_time(w);
}

/* ---- storing it ---- */

static struct id blob_for(struct wish *w, const struct upload *u)
{
    if (w->m->preview) /* it is to be sent later */
        return blob_put(&w->q->store, blob_read(&w->q->store, u->blob, &w->q->arena));
    upload_take(&w->q->store, u->id);
    return u->blob;
}

static void store_wish(struct wish *w)
{
    struct queue *q = w->q;
    const struct route *first = &w->plan->routes[0];
    const struct submission s = {.id = w->m->submission,
                                 .tenant = w->box.tenant,
                                 .faxbox = w->box.id,
                                 .created_ms = q->now_ms,
                                 .sender = queue_text(q, w->m->user),
                                 .subject =
                                     *w->subject || w->upload_count == 0 ? w->subject : w->uploads[0].name,
                                 .purpose = first->poll ? PURPOSE_POLL : PURPOSE_SEND,
                                 .message_id = "",
                                 .resolution = first->resolution,
                                 .paper = first->paper,
                                 .dry = w->m->preview != 0,
                                 .preview = w->m->preview != 0,
                                 .owner = w->m->owner,
                                 .report_each = str_equal(w->box.report, "each")};
    const struct cover_words words = {.sender = s.sender,
                                      .sender_name = queue_text(q, w->m->user_name),
                                      .subject = w->subject,
                                      .text = w->text};
    if (s.preview)
        previews_trim(&q->store, s.owner, PREVIEWS_KEPT - 1);
    submission_add(&q->store, &s);
    for (size_t i = 0; i < w->plan->count; i++) {
        fax_secret_add_target(q, s.id, (int)i, &w->plan->routes[i].row);
        if (*w->plan->routes[i].cover)
            submit_cover(q, s.id, (int)i, &w->plan->routes[i], &words);
    }
    for (size_t i = 0; i < w->upload_count; i++)
        document_add(&q->store, s.id,
                     &(struct document){.place = (int)i,
                                        .target = TARGET_ALL,
                                        .name = w->uploads[i].name,
                                        .type = w->uploads[i].type,
                                        .blob = blob_for(w, &w->uploads[i])});
    queue_wants(q, WORK_RENDER);
}

/* ---- the answer ---- */

static void answer_wish(struct queue *q, const struct sender *to, struct id submission, unsigned status,
                        json_t *result)
{
    SCOPED_FREE char *text = result ? json_dumps(result, JSON_COMPACT) : NULL;
    json_decref(result);
    if (!text)
        panic("an answer that is no JSON");
    struct message m = {.type = MSG_wished,
                        .wished = {.submission = submission, .status = status, .result = text}};
    peers_answer(q->peers, to, &m);
}

static void accept_wish(struct queue *q, const struct sender *to, const struct msg_wish *m,
                        struct id submission, const char *note)
{
    struct id ids[ROUTES_MAX];
    json_t *jobs = json_array();
    if (m->preview) {
        preview_await(q, to, submission);
        json_decref(jobs);
        return;
    }
    size_t n = job_of_submission(&q->store, submission, ids, ROUTES_MAX);
    for (size_t i = 0; i < n; i++)
        (void)json_array_append_new(jobs, json_string(id_text(ids[i])));
    answer_wish(q, to, m->submission, 202,
                json_pack("{s:s, s:o, s:s}", "id", id_text(submission), "jobs", jobs, "note", note));
}

/* ---- asked twice ---- */

enum { HASH_LEN = crypto_hash_sha256_BYTES };

/* True where that is answered. */
static bool is_repeated(struct queue *q, const struct sender *from, const struct msg_wish *m,
                        const uint8_t hash[HASH_LEN])
{
    struct submission_key key;
    if (submission_exists(&q->store, m->submission)) { /* after our restart */
        accept_wish(q, from, m, m->submission, "");
        return true;
    }
    if (!*m->key || !submission_key_find(&q->store, m->owner, m->key, &q->arena, &key))
        return false;
    if (span_equal(key.hash, span_of(hash, HASH_LEN)))
        accept_wish(q, from, m, key.submission, "");
    else
        answer_wish(
            q, from, m->submission, 409,
            json_pack("{s:s, s:s}", "code", "key-used", "detail",
                      "This Idempotency-Key was used for another request. Make a new one for each fax."));
    return true;
}

static void take_wish(struct queue *q, const struct sender *from, const struct msg_wish *m, json_t *body,
                      const uint8_t hash[HASH_LEN])
{
    struct wish *w = arena_alloc(&q->arena, sizeof(*w));
    *w = (struct wish){.q = q, .m = m, .body = body, .errors = json_array(), .again = ""};
    w->plan = arena_alloc(&q->arena, sizeof(*w->plan));
    read_wish(w);
    if (json_array_size(w->errors) > 0) {
        answer_wish(q, from, m->submission, 422,
                    json_pack("{s:s, s:s, s:O}", "code", "wrong-fields", "detail",
                              "Nothing was sent: something in the request is wrong.", "errors", w->errors));
    } else {
        store_wish(w);
        if (*m->key)
            submission_key_add(&q->store, m->owner, m->key,
                               &(struct submission_key){m->submission, span_of(hash, HASH_LEN)}, q->now_ms);
        const char *note =
            *w->again ? arena_format(&q->arena, "Given more than once, faxed once: %s.", w->again) : "";
        accept_wish(q, from, m, m->submission, note);
    }
    json_decref(w->errors);
}

void on_wish(void *context, const struct sender *from, struct msg_wish *m)
{
    struct queue *q = context;
    uint8_t hash[HASH_LEN];
    queue_enter(q);
    (void)crypto_hash_sha256(hash, (const unsigned char *)m->json, strlen(m->json));
    if (is_repeated(q, from, m, hash))
        return;
    json_t *body = json_loads(m->json, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(body))
        panic("web sent a wish that is no object");
    take_wish(q, from, m, body, hash);
    json_decref(body);
}
