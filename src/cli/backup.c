/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* faxpost backup, faxpost restore, faxpost migrate: the work is other programs', which read the store. */
#include "base/str.h"
#include "cli/command.h"
#include "cli/program.h"

static const char *state_of(const struct arguments *a)
{
    return a->state_dir ? a->state_dir : "/var/lib/faxpost";
}

/* Adds an option with its value where it was given. */
static void pass(const struct arguments *a, const char *name, const char *option, const char **words,
                 size_t *n)
{
    const char *value = argument(a, name);
    if (!value)
        return;
    words[(*n)++] = option;
    if (*value)
        words[(*n)++] = value;
}

int run_backup(const struct arguments *a)
{
    const char *words[16] = {"faxpost-backup", argument(a, "verify") ? "verify" : "make", a->operands[0],
                             state_of(a)};
    size_t n = 4;
    pass(a, "conf", "--conf", words, &n);
    pass(a, "passphrase-file", "--passphrase-file", words, &n);
    return start_program(words);
}

/* Of a database that PostgreSQL has restored. */
static bool is_uri(const char *text)
{
    return str_starts(text, "postgres://") || str_starts(text, "postgresql://");
}

int run_restore(const struct arguments *a)
{
    const char *words[16] = {"faxpost-backup", "restore", a->operands[0], state_of(a)};
    size_t n = 4;
    if (is_uri(a->operands[0])) {
        const char *hold[] = {"faxpost-migrate", "hold", a->operands[0], state_of(a), NULL};
        return start_program(hold);
    }
    pass(a, "user", "--user", words, &n);
    pass(a, "passphrase-file", "--passphrase-file", words, &n);
    pass(a, "go-on", "--go-on", words, &n);
    return start_program(words);
}

int run_migrate(const struct arguments *a)
{
    const char *words[16] = {"faxpost-migrate", "move", a->operands[0], state_of(a)};
    return start_program(words);
}
