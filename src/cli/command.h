/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A command of `faxpost`: one row of the table in commands.c. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

enum { OPTIONS_MAX = 8, OPERANDS_MAX = 8 };

/* Exit statuses; those above 63 are sysexits.h's. */
#define EXIT_STATUSES(X)                                                                                     \
    X(DONE, 0, "done; for send: delivered")                                                                  \
    X(NOT_DELIVERED, 1, "the fax was not delivered, or a test failed")                                       \
    X(UNCERTAIN, 2, "the fax may have arrived: its last confirmation was lost")                              \
    X(CANCELLED, 3, "the fax was cancelled, or its time ran out")                                            \
    X(LEFT, 4, "the fax is held, and goes on when a person releases it")                                     \
    X(USAGE, 64, "wrong use: an unknown command, option, box or number")                                     \
    X(DATA, 65, "the document or the provisioning file cannot be used")                                      \
    X(NO_INPUT, 66, "a file cannot be read")                                                                 \
    X(UNAVAILABLE, 69, "no Faxpost answers")                                                                 \
    X(SOFTWARE, 70, "an answer that was not expected")                                                       \
    X(PASSING, 75, "for serve: the disk takes nothing at this moment")                                       \
    X(CONFIG, 78, "for serve: the configuration does not work")                                              \
    X(INTERRUPTED, 130, "ended by Ctrl-C; a fax goes on without us")

enum exit_status {
#define EXIT_ENUM(name, number, text) EXIT_##name = number,
    EXIT_STATUSES(EXIT_ENUM)
#undef EXIT_ENUM
};

struct option_row {
    const char *name;  /* without -- */
    const char *value; /* what its value is called; NULL: it takes none */
    const char *help;
};

struct arguments;

struct command {
    const char *name;
    const char *operands;                   /* "NUMBER FILE" */
    size_t least, most;                     /* how many operands */
    const char *summary;                    /* one line */
    const char *help;                       /* paragraphs */
    struct option_row options[OPTIONS_MAX]; /* up to the first without name */
    bool own_arguments; /* all behind the name is the command's to read: `rest` of struct arguments */
    int (*run)(const struct arguments *a); /* an exit status */
};

extern const struct command commands[];
extern const size_t command_count;

struct arguments {
    const struct command *command; /* NULL: none was named */
    const char *state_dir;
    bool wants_help, wants_version;
    const char *operands[OPERANDS_MAX];
    size_t operand_count;
    const char *values[OPTIONS_MAX]; /* of the command's options, in their order; "" for a given flag */
    const char *const *rest;         /* of a command with own_arguments; ended by NULL */
};

/* The whole command line; called by the name of a command, such as `sendmail`, that is the command. False
 * with one line of complaint. */
enum { ARGUMENTS_ERROR_LEN = 300 };
bool arguments_parse(struct arguments *a, int argc, const char *const *argv,
                     char error[ARGUMENTS_ERROR_LEN]) MUST_USE;
/* The value of an option of the command, "" for a given flag, NULL where it was not given. */
const char *argument(const struct arguments *a, const char *name);

/* "faxpost: " and the text to standard error; returns `status`. */
int complain_and(int status, const char *format, ...) PRINTF_LIKE(2, 3);

/* The commands, one file a family. */
int run_serve(const struct arguments *a);   /* serve.c */
int run_gateway(const struct arguments *a); /* serve.c */
int run_setup(const struct arguments *a);   /* setup.c */
int run_send(const struct arguments *a);    /* send.c */
int run_poll(const struct arguments *a);    /* polled.c */
int run_polled(const struct arguments *a);  /* polled.c */
int run_status(const struct arguments *a);  /* status.c */
int run_support(const struct arguments *a); /* support.c */
int run_doctor(const struct arguments *a);  /* doctor.c */
int run_backup(const struct arguments *a);  /* backup.c */
int run_upgrade(const struct arguments *a); /* upgrade.c */
int run_restore(const struct arguments *a);
int run_migrate(const struct arguments *a);
int run_alarms(const struct arguments *a); /* alarms.c */
int run_nodes(const struct arguments *a);
int run_trunks(const struct arguments *a);       /* trunks.c */
int run_show(const struct arguments *a);         /* show.c */
int run_trace(const struct arguments *a);        /* trace.c */
int run_cancel(const struct arguments *a);       /* show.c */
int run_retry(const struct arguments *a);        /* show.c */
int run_hold(const struct arguments *a);         /* show.c */
int run_release(const struct arguments *a);      /* show.c */
int run_alter(const struct arguments *a);        /* show.c */
int run_destinations(const struct arguments *a); /* destinations.c */
int run_webhook(const struct arguments *a);      /* webhook.c */
int run_archive(const struct arguments *a);      /* archive.c */
int run_ldap(const struct arguments *a);         /* ldap.c */
int run_accounting(const struct arguments *a);   /* accounting.c */
int run_usage(const struct arguments *a);        /* usage.c */
int run_contact(const struct arguments *a);      /* contact.c */
int run_apply(const struct arguments *a);        /* apply.c */
int run_export(const struct arguments *a);       /* apply.c */
int run_sendmail(const struct arguments *a);     /* sendmail.c */
int run_sendfax(const struct arguments *a);      /* sendfax.c */
int run_cups(const struct arguments *a);         /* cups.c */
int run_import(const struct arguments *a);       /* import.c */
int run_set(const struct arguments *a);          /* set.c */
int run_user(const struct arguments *a);         /* user.c */
int run_check(const struct arguments *a);        /* trial.c */
int try_mail(const struct arguments *a);         /* try_mail.c */
int run_key(const struct arguments *a);          /* key.c */
int run_dead_letter(const struct arguments *a);  /* deadletter.c */
int run_fax(const struct arguments *a);          /* fax.c */
int run_junk(const struct arguments *a);         /* junk.c */
int run_print(const struct arguments *a);        /* print.c */
int run_template(const struct arguments *a);     /* template.c */
int run_mails(const struct arguments *a);        /* mails.c */
int run_preview(const struct arguments *a);      /* preview.c */
int run_verify(const struct arguments *a);       /* verify.c */
int run_explain(const struct arguments *a);      /* explain.c */
int run_mailbox(const struct arguments *a);      /* mailbox.c */
int run_help(const struct arguments *a);         /* help.c */

/* mailbox.c; of `faxpost test`. */
struct api;
int test_one_mailbox(struct api *api, const struct arguments *a, const char *name);
