/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mail/fetch_client_inner.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/panic.h"
#include "base/str.h"

enum { OUTPUT_LIMIT = 64 * 1024, KEYS_BYTES = 16 * 1024 };
/* POP3 removes nothing before QUIT: so many mails a session. */
enum { REMOVED_A_SESSION = 200 };

#define STAGE_TEXT(name, text, timeout) text,
static const char *const stage_texts[] = {FETCH_STAGES(STAGE_TEXT)};
#undef STAGE_TEXT
#define STAGE_TIMEOUT(name, text, timeout) timeout,
static const int64_t stage_timeouts_ms[] = {FETCH_STAGES(STAGE_TIMEOUT)};
#undef STAGE_TIMEOUT

const char *fetch_stage_text(enum fetch_stage stage)
{
    return stage_texts[stage];
}

void fetch_wait(struct fetch_client *c, enum fetch_stage stage)
{
    c->stage = stage;
    c->progress_ms = c->now_ms;
}

/* ---- words ---- */

void fetch_say(struct fetch_client *c, const char *format, ...)
{
    va_list args;
    size_t before = c->out.len;
    va_start(args, format);
    (void)buf_vprintf(&c->out, format, args);
    va_end(args);
    if (c->opts.handlers->on_line && !c->out.overflow)
        c->opts.handlers->on_line(c->opts.context, true, buf_text(&c->out) + before);
    (void)buf_append_str(&c->out, "\r\n");
}

void fetch_heard(struct fetch_client *c, const char *line)
{
    size_t n = 0;
    bool utf8 = utf8_valid(span_str(line));
    for (; line[n] && n + 1 < sizeof(c->said); n++) {
        unsigned char b = (unsigned char)line[n];
        c->said[n] = b < 0x20 || b == 0x7f ? ' ' : b >= 0x80 && !utf8 ? '?' : (char)b;
    }
    c->said[n] = 0;
    while (!utf8_valid(span_str(c->said)))
        c->said[--n] = 0; /* cut in the middle of a character */
    if (c->opts.handlers->on_line)
        c->opts.handlers->on_line(c->opts.context, false, c->said);
}

/* ---- the end ---- */

static void drop_items(struct fetch_client *c)
{
    for (size_t i = 0; i < c->item_count; i++)
        free(c->items[i].uidl);
    free(c->items);
    c->items = NULL;
    c->item_count = c->item_room = 0;
}

void fetch_end(struct fetch_client *c, const struct outcome *why)
{
    if (c->stage == FETCH_STAGE_OVER)
        return;
    bool cut = c->stage == FETCH_STAGE_FETCH || c->stage == FETCH_STAGE_TAKING;
    c->stage = FETCH_STAGE_OVER;
    mem_free_secret(&c->password);
    sasl_free(c->sasl);
    c->sasl = NULL;
    buf_reset(&c->out);
    if (cut)
        c->opts.handlers->on_cut(c->opts.context);
    c->opts.handlers->on_over(c->opts.context, why, c->more);
}

void fetch_end_in_refusal(struct fetch_client *c, const char *code, const char *about, const char *advice)
{
    struct outcome o;
    outcome_set(&o, VERDICT_RETRY, code, "The server %.60s answered to %s: \"%s\".%s", c->server_name, about,
                c->said, advice);
    fetch_end(c, &o);
}

void fetch_end_in_nonsense(struct fetch_client *c)
{
    struct outcome o;
    outcome_set(
        &o, VERDICT_RETRY, "mailbox-protocol",
        "The server %.60s answered to %s with something that is no %s. Nothing was removed for it; it is "
        "tried again later. Check host, port and protocol.",
        c->server_name, fetch_stage_text(c->stage), c->opts.protocol == FETCH_IMAP ? "IMAP" : "POP3");
    fetch_end(c, &o);
}

/* ---- from the greeting to the list ---- */

void fetch_after_features(struct fetch_client *c)
{
    struct outcome o;
    if (!c->opts.starttls || c->secured) {
        fetch_begin_login(c);
    } else if (c->features & MAILBOX_TLS) {
        fetch_wait(c, FETCH_STAGE_STARTTLS);
        c->words->say_starttls(c);
    } else {
        outcome_set(
            &o, VERDICT_RETRY, "mailbox-no-starttls",
            "The server %.60s does not offer STARTTLS, so no password was sent. Set the mailbox's security "
            "to implicit if the server has TLS from the start.",
            c->server_name);
        fetch_end(c, &o);
    }
}

bool fetch_add_item(struct fetch_client *c, uint32_t number, uint64_t size)
{
    if (c->item_count == FETCH_ITEMS_MAX)
        return false;
    if (c->item_count == c->item_room) {
        c->item_room = c->item_room ? c->item_room * 2 : 16;
        c->items = mem_resize(c->items, c->item_room * sizeof(*c->items));
    }
    c->items[c->item_count++] = (struct fetch_item){.number = number, .size = size};
    return true;
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = ((const struct fetch_item *)a)->number, y = ((const struct fetch_item *)b)->number;
    return x < y ? -1 : x > y;
}

/* ---- batches ---- */

static void ask_batch(struct fetch_client *c)
{
    char key[FETCH_KEY_LEN];
    SCOPED_BUF struct buf keys;
    buf_init(&keys, KEYS_BYTES);
    c->batch_at = c->batch_end;
    while (c->batch_end < c->item_count && c->batch_end - c->batch_at < FETCH_BATCH) {
        c->words->key(c, &c->items[c->batch_end++], key);
        (void)buf_printf(&keys, "%s\n", key);
    }
    fetch_wait(c, FETCH_STAGE_ASKING);
    c->opts.handlers->on_keys(c->opts.context, buf_text(&keys), c->batch_end - c->batch_at);
}

static void finish_round(struct fetch_client *c)
{
    drop_items(c);
    c->empty_rounds = c->worked ? 0 : c->empty_rounds + 1;
    c->worked = false;
    c->words->commit(c);
}

static void after_batch(struct fetch_client *c)
{
    c->more = c->batch_end < c->item_count;
    bool enough = c->opts.protocol == FETCH_POP3 && c->removed >= REMOVED_A_SESSION;
    if (!c->more || enough || c->quitting)
        finish_round(c);
    else
        ask_batch(c);
}

void fetch_after_list(struct fetch_client *c)
{
    if (c->item_count > 0) /* no list, nothing to sort */
        qsort(c->items, c->item_count, sizeof(*c->items), by_number);
    c->batch_at = c->batch_end = 0;
    c->more = false;
    if (c->opts.look_only) {
        char text[64];
        (void)str_format(text, sizeof(text), "(%zu mails lie there)", c->item_count);
        if (c->opts.handlers->on_line)
            c->opts.handlers->on_line(c->opts.context, false, text);
        drop_items(c);
        c->quitting = true;
    }
    if (c->item_count == 0)
        finish_round(c);
    else
        ask_batch(c);
}

static void begin_mail(struct fetch_client *c, const struct fetch_item *i)
{
    c->words->key(c, i, c->key);
    c->header_only = i->size > c->opts.max_bytes || str_equal(c->key, c->large_key);
    c->got_body = c->body_complete = false;
    c->got_bytes = 0;
    c->worked = true;
    fetch_wait(c, FETCH_STAGE_FETCH);
    c->words->fetch(c, i);
}

static void begin_removal(struct fetch_client *c, const struct fetch_item *i)
{
    c->removed_any = c->worked = true;
    c->removed++;
    fetch_wait(c, FETCH_STAGE_REMOVE);
    c->words->remove(c, i);
}

static bool is_left_alone(struct fetch_client *c, char state)
{
    c->left = c->left || state == FETCH_WAITING;
    return state == FETCH_KEPT || state == FETCH_WAITING;
}

static void work_on_item(struct fetch_client *c)
{
    while (c->at < c->batch_end && is_left_alone(c, c->items[c->at].state))
        c->at++;
    if (c->at == c->batch_end || c->quitting)
        after_batch(c);
    else if (c->items[c->at].state == FETCH_TAKEN)
        begin_removal(c, &c->items[c->at]);
    else
        begin_mail(c, &c->items[c->at]);
}

void fetch_next(struct fetch_client *c)
{
    c->at++;
    work_on_item(c);
}

void fetch_client_known(struct fetch_client *c, const char *states, int64_t now_ms)
{
    c->now_ms = now_ms;
    if (c->stage != FETCH_STAGE_ASKING)
        return;
    if (strlen(states) != c->batch_end - c->batch_at)
        panic("%zu states for %zu keys", strlen(states), c->batch_end - c->batch_at);
    for (size_t i = c->batch_at; i < c->batch_end; i++)
        c->items[i].state = states[i - c->batch_at];
    c->at = c->batch_at;
    work_on_item(c);
}

/* ---- a mail ---- */

void fetch_give_data(struct fetch_client *c, struct span data)
{
    struct outcome o;
    c->got_body = true;
    c->got_bytes += data.len;
    if (data.len == 0)
        return;
    if (c->got_bytes > c->opts.max_bytes && !c->header_only) {
        c->liar = true;
        outcome_set(
            &o, VERDICT_RETRY, "mailbox-size",
            "The server %.60s announced a mail of a size that would do, and sent more. It is taken for too "
            "large from now on.",
            c->server_name);
        fetch_end(c, &o);
        return;
    }
    if (!c->opts.handlers->on_data(c->opts.context, data))
        c->held = true;
}

void fetch_mail_complete(struct fetch_client *c)
{
    const struct fetch_mail mail = {
        .key = c->key, .announced = c->items[c->at].size, .too_large = c->header_only};
    fetch_wait(c, FETCH_STAGE_TAKING);
    c->opts.handlers->on_mail(c->opts.context, &mail);
}

void fetch_mail_gone(struct fetch_client *c)
{
    c->opts.handlers->on_cut(c->opts.context);
    fetch_next(c);
}

void fetch_client_taken(struct fetch_client *c, int error, int64_t now_ms)
{
    struct outcome o;
    c->now_ms = now_ms;
    if (c->stage != FETCH_STAGE_TAKING)
        return;
    if (error == EAGAIN) {
        c->left = true;
        fetch_next(c);
    } else if (error) {
        c->stage = FETCH_STAGE_ASKING; /* its owner knows that nothing comes of it */
        outcome_set(
            &o, VERDICT_RETRY, FETCH_CODE_STORE,
            "A mail could not be stored here: %s. It stays in the mailbox and is fetched again later; make "
            "room on the disk of the state directory.",
            strerror(error));
        fetch_end(c, &o);
    } else if (c->header_only && c->opts.keep_large) {
        fetch_next(c);
    } else {
        begin_removal(c, &c->items[c->at]);
    }
}

void fetch_client_resume(struct fetch_client *c, int64_t now_ms)
{
    c->held = false;
    c->now_ms = c->progress_ms = now_ms;
}

const char *fetch_client_liar(const struct fetch_client *c)
{
    return c->liar ? c->key : NULL;
}

/* ---- interface ---- */

struct fetch_client *fetch_client_new(const struct fetch_client_opts *opts, int64_t now_ms)
{
    struct fetch_client *c = mem_zalloc(sizeof(*c));
    c->opts = *opts;
    c->words = opts->protocol == FETCH_IMAP ? &imap_words : &pop3_words;
    c->server_name = mem_strdup(opts->server_name);
    c->user = mem_strdup(opts->user);
    c->password = mem_strdup(opts->password);
    c->folder = mem_strdup(opts->folder);
    c->large_key = mem_strdup(opts->large_key);
    c->secured = opts->secured;
    c->progress_ms = c->now_ms = now_ms;
    buf_init(&c->out, OUTPUT_LIMIT);
    line_reader_init(&c->line, POP3_LINE_MAX);
    imap_reader_init(&c->reader);
    return c;
}

void fetch_client_free(struct fetch_client *c)
{
    if (!c)
        return;
    drop_items(c);
    mem_free_secret(&c->password);
    sasl_free(c->sasl);
    free(c->server_name);
    free(c->user);
    free(c->folder);
    free(c->large_key);
    buf_clear(&c->out);
    line_reader_clear(&c->line);
    imap_reader_clear(&c->reader);
    free(c);
}

static bool may_read(const struct fetch_client *c)
{
    return !c->held && c->stage != FETCH_STAGE_OVER && c->stage != FETCH_STAGE_SECURING &&
           c->stage != FETCH_STAGE_TAKING;
}

size_t fetch_client_input(struct fetch_client *c, struct span bytes, int64_t now_ms)
{
    struct span in = bytes;
    c->now_ms = now_ms;
    while (in.len > 0 && may_read(c))
        c->words->input(c, &in);
    if (c->stage == FETCH_STAGE_SECURING || c->stage == FETCH_STAGE_OVER)
        return bytes.len; /* said in plaintext, or too late: dropped (RFC 2595 §4, RFC 9051 §6.2.1) */
    return bytes.len - in.len;
}

struct span fetch_client_output(const struct fetch_client *c)
{
    return buf_span(&c->out);
}

void fetch_client_took(struct fetch_client *c, size_t n)
{
    if (c->stage == FETCH_STAGE_OVER || n == 0)
        return;
    /* Wiped: a password may have stood there. */
    explicit_bzero(c->out.data, n);
    buf_consume(&c->out, n);
    if (c->out.len == 0)
        buf_clear(&c->out); /* a thousand mailboxes idle */
}

bool fetch_client_wants_tls(const struct fetch_client *c)
{
    return c->stage == FETCH_STAGE_SECURING;
}

void fetch_client_secured(struct fetch_client *c, int64_t now_ms)
{
    if (c->stage != FETCH_STAGE_SECURING)
        panic("TLS came up while waiting for %s", fetch_stage_text(c->stage));
    c->now_ms = now_ms;
    c->secured = true;
    c->features = 0; /* what was offered in plaintext is forgotten */
    line_reader_clear(&c->line);
    imap_reader_clear(&c->reader);
    fetch_wait(c, FETCH_STAGE_FEATURES);
    c->words->ask_features(c);
}

void fetch_client_lost(struct fetch_client *c, const char *why)
{
    struct outcome o;
    if (c->stage == FETCH_STAGE_QUIT) {
        fetch_end(c, NULL);
        return;
    }
    outcome_set(&o, VERDICT_RETRY, "mailbox-lost",
                "The connection to %.60s ended while waiting for %s%s%.120s%s%.100s. It is tried again.",
                c->server_name, fetch_stage_text(c->stage), *why ? ": " : "", why,
                *c->said ? "; it had said: " : "", c->said);
    fetch_end(c, &o);
}

int64_t fetch_client_deadline(const struct fetch_client *c)
{
    int64_t timeout = c->held ? 0 : stage_timeouts_ms[c->stage];
    if (c->stage == FETCH_STAGE_IDLE && c->left && c->opts.again_ms > 0 && c->opts.again_ms < timeout)
        timeout = c->opts.again_ms;
    if (c->stage == FETCH_STAGE_IDLE && c->stirred)
        timeout = FETCH_CALM_MS;
    return timeout > 0 ? c->progress_ms + timeout : INT64_MAX;
}

void fetch_client_tick(struct fetch_client *c, int64_t now_ms)
{
    struct outcome o;
    int64_t deadline = fetch_client_deadline(c);
    c->now_ms = now_ms;
    if (now_ms < deadline)
        return;
    if (c->stage == FETCH_STAGE_IDLE) { /* RFC 2177: before 29 minutes; routers forget sooner */
        fetch_wait(c, FETCH_STAGE_IDLE_END);
        fetch_say(c, "DONE");
        return;
    }
    if (c->stage == FETCH_STAGE_QUIT) {
        fetch_end(c, NULL);
        return;
    }
    outcome_set(&o, VERDICT_RETRY, "mailbox-timeout",
                "The server %.60s did not answer to %s for %lld seconds. It is tried again.", c->server_name,
                fetch_stage_text(c->stage), (long long)((deadline - c->progress_ms) / 1000));
    fetch_end(c, &o);
}

void fetch_client_quit(struct fetch_client *c, int64_t now_ms)
{
    c->now_ms = now_ms;
    c->quitting = true;
    if (c->stage == FETCH_STAGE_IDLE) {
        fetch_wait(c, FETCH_STAGE_IDLE_END);
        fetch_say(c, "DONE");
    }
}
