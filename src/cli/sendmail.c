/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What cron, voicemail and scripts expect behind /usr/sbin/sendmail (S3.11): a mail from standard input
 * becomes a file of the pickup folder, whole and on disk before we say so. */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/hex.h"
#include "base/rand.h"
#include "base/scope.h"
#include "base/str.h"
#include "cli/api.h"
#include "cli/command.h"
#include "proto/pickup.h"

enum { MAIL_MAX = 1 << 30 };

struct request {
    bool from_header;   /* -t */
    bool dot_is_text;   /* -i */
    const char *sender; /* -f; NULL: who runs us */
    const char *name;   /* -F */
    const char *const *recipients;
    char home[256]; /* our host */
    char login[ADDRESS_LEN];
};

/* ---- options ---- */

/* with_value: the rest of the word, or the next one. */
static const struct option {
    char letter;
    bool with_value;
} options[] = {{'t', false}, {'i', false}, {'f', true},  {'r', true},  {'F', true},  {'o', true}, {'b', true},
               {'B', true},  {'N', true},  {'R', true},  {'V', true},  {'O', true},  {'L', true}, {'h', true},
               {'v', false}, {'U', false}, {'n', false}, {'G', false}, {'m', false}, {'e', true}};

static const struct option *find_option(char letter)
{
    for (size_t i = 0; i < ARRAY_LEN(options); i++)
        if (options[i].letter == letter)
            return &options[i];
    return NULL;
}

static bool take_option(struct request *r, char letter, const char *value)
{
    switch (letter) {
    case 't': r->from_header = true; return true;
    case 'i': r->dot_is_text = true; return true;
    case 'o': r->dot_is_text = r->dot_is_text || str_equal(value, "i"); return true;
    case 'f':
    case 'r': r->sender = value; return true;
    case 'F': r->name = value; return true;
    case 'b': return str_equal(value, "m");
    default: return true;
    }
}

/* One word: "-t", "-fme@here", "-ti", "-f" "me@here". */
static bool take_word(struct request *r, const char *const **next)
{
    const char *word = *(*next)++;
    for (const char *c = word + 1; *c; c++) {
        const struct option *o = find_option(*c);
        if (!o)
            return false;
        if (!o->with_value) {
            (void)take_option(r, *c, NULL);
            continue;
        }
        const char *value = c[1] ? c + 1 : **next;
        if (!c[1] && value)
            (*next)++;
        return value && take_option(r, *c, value);
    }
    return word[1] != 0;
}

static int read_options(struct request *r, const char *const *rest)
{
    const char *const *next = rest;
    while (*next && (*next)[0] == '-' && !str_equal(*next, "--")) {
        const char *word = *next;
        if (!take_word(r, &next))
            return complain_and(EXIT_USAGE,
                                "sendmail: \"%.60s\" is no option we can serve; `faxpost sendmail --help` "
                                "shows what there is",
                                word);
    }
    if (*next && str_equal(*next, "--"))
        next++;
    r->recipients = next;
    if (!*next && !r->from_header)
        return complain_and(EXIT_USAGE,
                            "sendmail: say to whom, or -t where To, Cc and Bcc of the mail say it");
    return EXIT_DONE;
}

/* ---- who we are ---- */

static void find_names(struct request *r)
{
    const struct passwd *p = getpwuid(getuid());
    if (gethostname(r->home, sizeof(r->home) - 1) != 0)
        (void)str_copy(r->home, sizeof(r->home), "localhost");
    (void)str_format(r->login, sizeof(r->login), "%.60s@%s", p ? p->pw_name : "nobody", r->home);
}

/* ---- the mail ---- */

/* False: an errno. Without -i, a line of one dot ends it. */
static bool read_mail(const struct request *r, struct buf *mail)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t n;
    while ((n = getline(&line, &room, stdin)) > 0) {
        bool dot = n == 1 ? line[0] == '.' : n == 2 && memcmp(line, ".\n", 2) == 0;
        if (!r->dot_is_text && (dot || (n == 3 && memcmp(line, ".\r\n", 3) == 0)))
            break;
        if (!buf_append(mail, line, (size_t)n))
            break;
    }
    free(line);
    return !ferror(stdin) && !mail->overflow;
}

static bool has_from(struct span mail)
{
    struct header_field f;
    while (mail.len > 0) {
        enum header_step step = header_next(&mail, &f);
        if (step != HEADER_FIELD)
            return false;
        if (header_is(&f, "From"))
            return true;
    }
    return false;
}

/* Names and addresses from the command line stand in header lines. */
static bool is_one_line(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return false;
    return true;
}

static void add_quoted(struct buf *to, const char *name)
{
    (void)buf_append_byte(to, '"');
    for (; *name; name++) {
        if (*name == '"' || *name == '\\')
            (void)buf_append_byte(to, '\\');
        (void)buf_append_byte(to, (uint8_t)*name);
    }
    (void)buf_append_byte(to, '"');
}

/* Our lines in front of those of the mail. */
static int add_envelope(const struct request *r, struct span mail, struct buf *file)
{
    for (const char *const *to = r->recipients; *to; to++) {
        if (!is_one_line(*to))
            return complain_and(EXIT_USAGE, "sendmail: \"%.60s\" is no mail address", *to);
        (void)buf_printf(file, "%s: %s\n", r->from_header ? "Bcc" : "X-Receiver", *to);
    }
    if (r->sender && !is_one_line(r->sender))
        return complain_and(EXIT_USAGE, "sendmail: \"%.60s\" is no mail address", r->sender);
    if (r->sender)
        (void)buf_printf(file, "X-Sender: %s\n", *r->sender ? r->sender : "<>");
    if (has_from(mail))
        return EXIT_DONE;
    (void)buf_append_str(file, "From: ");
    if (r->name && is_one_line(r->name))
        add_quoted(file, r->name);
    (void)buf_printf(file, " <%s>\n", r->sender && strchr(r->sender, '@') ? r->sender : r->login);
    return EXIT_DONE;
}

/* A mail without any header is text alone: `echo disk full | sendmail root`. */
static void add_mail(struct span mail, struct buf *file)
{
    struct span rest = mail;
    struct header_field f;
    if (mail.len > 0 && header_next(&rest, &f) == HEADER_BAD &&
        !(mail.len > 5 && memcmp(mail.data, "From ", 5) == 0))
        (void)buf_append_byte(file, '\n');
    (void)buf_append(file, mail.data, mail.len);
}

/* What the server would find wrong with it later is said now, to whom it concerns. */
static int check(const struct request *r, const struct buf *file)
{
    static struct pickup_mail m;
    struct complaint why;
    const struct pickup_rules rules = {.home = r->home, .date = "", .message_id = ""};
    bool good = pickup_parse(&rules, buf_span(file), &m, &why);
    pickup_clear(&m);
    return good ? EXIT_DONE : complain_and(EXIT_DATA, "sendmail: the mail is not sent: %s", why.text);
}

/* ---- into the folder ---- */

static int write_and_sync(int fd, struct span data)
{
    int error = fd_write_all(fd, data);
    return error ? error : fsync(fd) < 0 ? errno : 0;
}

/* The folder cannot be opened by those who may only drop into it; its file system can be synced through the
 * file. */
static int drop(const char *folder, struct span data)
{
    char fresh[4200], final[4200], name[33];
    uint8_t secret[16]; /* nobody can list the folder, nor guess this */
    rand_bytes(secret, sizeof(secret));
    hex_format(secret, sizeof(secret), name);
    (void)str_format(fresh, sizeof(fresh), "%s/.%s", folder, name);
    (void)str_format(final, sizeof(final), "%s/%s.eml", folder, name);
    (void)umask(0022);
    SCOPED_FD int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    int error = fd < 0 ? errno : write_and_sync(fd, data);
    if (!error && rename(fresh, final) < 0)
        error = errno;
    if (!error && syncfs(fd) < 0)
        error = errno;
    if (error && fd >= 0)
        (void)unlink(fresh);
    return error;
}

int run_sendmail(const struct arguments *a)
{
    struct request r = {0};
    char folder[4096];
    SCOPED_BUF struct buf mail, file;
    buf_init(&mail, MAIL_MAX);
    buf_init(&file, (size_t)MAIL_MAX + 65536);
    find_names(&r);
    int status = read_options(&r, a->rest);
    if (status != EXIT_DONE)
        return status;
    if (!str_format(folder, sizeof(folder), "%s/spool/pickup", a->state_dir ? a->state_dir : STANDARD_STATE))
        return complain_and(EXIT_USAGE, "sendmail: the state directory has too long a name");
    if (!read_mail(&r, &mail))
        return complain_and(EXIT_NO_INPUT, "sendmail: the mail cannot be read from standard input: %s",
                            mail.overflow ? "it is too large" : strerror(errno));
    status = add_envelope(&r, buf_span(&mail), &file);
    if (status != EXIT_DONE)
        return status;
    add_mail(buf_span(&mail), &file);
    status = check(&r, &file);
    if (status != EXIT_DONE)
        return status;
    int error = drop(folder, buf_span(&file));
    if (error)
        return complain_and(
            EXIT_UNAVAILABLE,
            "sendmail: the mail cannot be put into %s: %s; it is not sent. Has Faxpost run here? "
            "FAXPOST_STATE names its state directory where that is another",
            folder, strerror(error));
    return EXIT_DONE;
}
