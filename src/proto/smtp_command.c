/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/smtp_command.h"

#include <string.h>

#include "base/str.h"

enum follows { FOLLOWS_NOTHING, FOLLOWS_ANYTHING, FOLLOWS_DOMAIN, FOLLOWS_FROM, FOLLOWS_TO };

static const struct {
    const char *name;
    enum follows follows;
} verbs[] = {
#define SMTP_VERB_ROW(name, follows) {#name, FOLLOWS_##follows},
    SMTP_VERBS(SMTP_VERB_ROW)
#undef SMTP_VERB_ROW
};

static const struct smtp_refusal fine = {0};

static struct smtp_refusal refuse(unsigned code, const char *enhanced, const char *text)
{
    return (struct smtp_refusal){code, enhanced, text};
}

static struct span skip(struct span s, size_t n)
{
    return span_of(s.data + n, s.len - n);
}

static struct span skip_blanks(struct span s)
{
    while (s.len > 0 && (s.data[0] == ' ' || s.data[0] == '\t'))
        s = skip(s, 1);
    return s;
}

static struct span trim_end(struct span s)
{
    while (s.len > 0 && (s.data[s.len - 1] == ' ' || s.data[s.len - 1] == '\t'))
        s.len--;
    return s;
}

/* Takes what stands before the next blank. */
static struct span take_word(struct span *s)
{
    size_t n = 0;
    while (n < s->len && s->data[n] != ' ' && s->data[n] != '\t')
        n++;
    struct span word = span_of(s->data, n);
    *s = skip_blanks(skip(*s, n));
    return word;
}

static bool starts_nocase(struct span s, const char *prefix)
{
    size_t len = strlen(prefix);
    return s.len >= len && span_equal_nocase(span_of(s.data, len), prefix);
}

/* Real clients put all kinds of names here; what matters is that it can be logged and stored. */
static struct smtp_refusal parse_domain(struct span rest, struct smtp_command *c)
{
    struct span name = take_word(&rest);
    if (name.len == 0)
        return refuse(501, "5.5.4", "say who you are: EHLO your.host.name");
    if (rest.len > 0 || !utf8_valid(name) || !str_copy_span(c->domain, sizeof(c->domain), name))
        return refuse(501, "5.5.4", "that is no host name; EHLO takes one word");
    return fine;
}

static struct smtp_refusal parse_size(struct span value, struct smtp_command *c)
{
    char text[24];
    /* RFC 1870 §4: 1*20 digits. */
    if (c->has_size || !str_copy_span(text, sizeof(text), value) || !str_to_u64(text, UINT64_MAX, &c->size))
        return refuse(501, "5.5.4", "SIZE takes one number of octets");
    c->has_size = true;
    return fine;
}

/* RFC 3461 §4.1 to 4.4; each once. *known: it was one of them. */
static struct smtp_refusal parse_dsn(struct span p, struct smtp_command *c, bool *known)
{
    const bool mail = c->verb == SMTP_MAIL, rcpt = c->verb == SMTP_RCPT;
    *known = true;
    if (mail && starts_nocase(p, "RET=")) {
        bool good = !c->has_ret && dsn_parse_ret(skip(p, strlen("RET=")), &c->wants_full);
        c->has_ret = true;
        return good ? fine : refuse(501, "5.5.4", "RET is FULL or HDRS, once");
    }
    if (mail && starts_nocase(p, "ENVID="))
        return !*c->envid && dsn_parse_envid(skip(p, strlen("ENVID=")), c->envid)
                   ? fine
                   : refuse(501, "5.5.4", "ENVID takes at most 100 printable characters as xtext, once");
    if (rcpt && starts_nocase(p, "NOTIFY="))
        return c->notify == 0 && dsn_parse_notify(skip(p, strlen("NOTIFY=")), &c->notify)
                   ? fine
                   : refuse(501, "5.5.4", "NOTIFY is NEVER, or of SUCCESS,FAILURE,DELAY, once");
    if (rcpt && starts_nocase(p, "ORCPT="))
        return !*c->orcpt && dsn_parse_orcpt(skip(p, strlen("ORCPT=")), c->orcpt)
                   ? fine
                   : refuse(501, "5.5.4",
                            "ORCPT is a type, a semicolon and an address in printable xtext, once");
    *known = false;
    return fine;
}

static struct smtp_refusal parse_parameter(struct span p, struct smtp_command *c)
{
    if (c->verb == SMTP_MAIL && starts_nocase(p, "SIZE="))
        return parse_size(skip(p, strlen("SIZE=")), c);
    if (c->verb == SMTP_MAIL && span_equal_nocase(p, "BODY=7BIT")) {
        c->body = SMTP_BODY_7BIT;
        return fine;
    }
    if (c->verb == SMTP_MAIL && span_equal_nocase(p, "BODY=8BITMIME")) {
        c->body = SMTP_BODY_8BITMIME;
        return fine;
    }
    if (c->verb == SMTP_MAIL && starts_nocase(p, "BODY="))
        return refuse(501, "5.5.4", "BODY is 7BIT or 8BITMIME here");
    if (c->verb == SMTP_MAIL && span_equal_nocase(p, "SMTPUTF8")) {
        c->utf8 = true;
        return fine;
    }
    if (c->verb == SMTP_MAIL && starts_nocase(p, "AUTH=")) {
        c->auth = true;
        return fine;
    }
    bool known;
    struct smtp_refusal r = parse_dsn(p, c, &known);
    return known ? r : refuse(555, "5.5.4", "a parameter of that command is not offered here");
}

static struct smtp_refusal refuse_path(enum address_error e, const struct smtp_command *c)
{
    return refuse(c->verb == SMTP_MAIL ? 501 : 553, c->verb == SMTP_MAIL ? "5.1.7" : "5.1.3",
                  address_error_text(e));
}

/* "<a@b>" and what may stand in its place; *rest is what follows the '>'. */
static struct smtp_refusal parse_path(struct span *rest, struct smtp_command *c)
{
    static const char angles[] = "the address stands in angle brackets: <name@domain>";
    struct span s = skip_blanks(*rest);
    size_t len = 0;
    if (s.len == 0 || s.data[0] != '<')
        return refuse(501, "5.5.4", angles);
    s = skip(s, 1);
    if (s.len > 0 && s.data[0] == '@')
        return refuse(c->verb == SMTP_MAIL ? 501 : 553, "5.1.3",
                      "source routes are refused; write <name@domain>");
    if (c->verb == SMTP_MAIL && s.len > 0 && s.data[0] == '>') {
        c->null_path = true;
    } else if (c->verb == SMTP_RCPT && starts_nocase(s, "postmaster>")) {
        len = strlen("postmaster");
        (void)str_copy(c->path.text, sizeof(c->path.text), "postmaster");
        (void)str_copy(c->path.local, sizeof(c->path.local), "postmaster");
    } else {
        enum address_error e = address_scan(s, &c->path, &len);
        if (e != ADDRESS_OK)
            return refuse_path(e, c);
    }
    s = skip(s, len);
    if (s.len == 0 || s.data[0] != '>')
        return refuse(501, "5.5.4", angles);
    s = skip(s, 1);
    if (s.len > 0 && s.data[0] != ' ' && s.data[0] != '\t')
        return refuse(501, "5.5.4", "a blank stands between the address and what follows");
    *rest = skip_blanks(s);
    return fine;
}

static struct smtp_refusal parse_mailbox_command(struct span rest, const char *word, bool utf8,
                                                 struct smtp_command *c)
{
    if (!starts_nocase(rest, word))
        return c->verb == SMTP_MAIL ? refuse(501, "5.5.4", "write MAIL FROM:<name@domain>")
                                    : refuse(501, "5.5.4", "write RCPT TO:<name@domain>");
    rest = skip(rest, strlen(word));
    struct smtp_refusal r = parse_path(&rest, c);
    while (r.code == 0 && rest.len > 0)
        r = parse_parameter(take_word(&rest), c);
    if (r.code == 0 && c->path.utf8 && !c->utf8 && !utf8)
        return refuse(553, "5.6.7", "an address beyond ASCII needs SMTPUTF8 in MAIL FROM");
    return r;
}

struct smtp_refusal smtp_command_parse(struct span line, bool utf8, struct smtp_command *c)
{
    *c = (struct smtp_command){.verb = SMTP_UNKNOWN};
    struct span rest = trim_end(line), word = take_word(&rest);
    /* Control characters have no place in a command, and must not reach a log or a reply. */
    for (size_t i = 0; i < line.len; i++)
        if ((line.data[i] < 0x20 && line.data[i] != '\t') || line.data[i] == 0x7f)
            return refuse(500, "5.5.2", "control characters in a command");
    while (c->verb > 0 && !(c->verb < SMTP_UNKNOWN && span_equal_nocase(word, verbs[c->verb].name)))
        c->verb--;
    if (c->verb == 0 && !span_equal_nocase(word, verbs[0].name))
        c->verb = SMTP_UNKNOWN;
    if (c->verb == SMTP_UNKNOWN)
        return refuse(500, "5.5.1", "there is no such command");
    c->argument = rest;
    switch (verbs[c->verb].follows) {
    case FOLLOWS_NOTHING:
        return rest.len == 0 ? fine : refuse(501, "5.5.4", "that command takes no argument");
    case FOLLOWS_DOMAIN: return parse_domain(rest, c);
    case FOLLOWS_FROM: return parse_mailbox_command(rest, "FROM:", utf8, c);
    case FOLLOWS_TO: return parse_mailbox_command(rest, "TO:", utf8, c);
    case FOLLOWS_ANYTHING: break;
    }
    return fine;
}
