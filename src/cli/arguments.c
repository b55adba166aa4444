/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "cli/command.h"

int complain_and(int status, const char *format, ...)
{
    char text[1200];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    /* One line, whatever name or answer stands in it. */
    for (char *c = text; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = '?';
    (void)fflush(stdout);
    (void)fprintf(stderr, "faxpost: %s\n", text);
    return status;
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < command_count; i++)
        if (str_equal(commands[i].name, name))
            return &commands[i];
    return NULL;
}

static const char *help_hint(const struct arguments *a, char room[64])
{
    (void)str_format(room, 64, "`faxpost %s%s--help` shows what there is", a->command ? a->command->name : "",
                     a->command ? " " : "");
    return room;
}

/* One letter stands for the only option that begins so. */
static bool is_short_for(const struct arguments *a, char letter, const char *known)
{
    unsigned so = 0;
    for (int i = 0; i < OPTIONS_MAX && a->command->options[i].name; i++)
        so += a->command->options[i].name[0] == letter;
    return so == 1 && known[0] == letter;
}

/* The place of the option in the command's row; OPTIONS_MAX: --state; -1: none. */
static int find_option(const struct arguments *a, const char *name, size_t len)
{
    if (len == 5 && strncmp(name, "state", len) == 0)
        return OPTIONS_MAX;
    for (int i = 0; a->command && i < OPTIONS_MAX && a->command->options[i].name; i++) {
        const char *known = a->command->options[i].name;
        if ((strlen(known) == len && strncmp(name, known, len) == 0) ||
            (len == 1 && is_short_for(a, *name, known)))
            return i;
    }
    return -1;
}

/* text: behind "--". Takes the next word of argv where the value stands there. */
static bool take_option(struct arguments *a, const char *text, const char *const **next, char *error)
{
    char hint[64];
    size_t len = strcspn(text, "=");
    int at = find_option(a, text, len);
    if (at < 0) {
        (void)str_format(error, ARGUMENTS_ERROR_LEN, "there is no option \"--%.60s\"; %s", text,
                         help_hint(a, hint));
        return false;
    }
    bool takes_value = at == OPTIONS_MAX || a->command->options[at].value;
    const char *value = text[len] ? text + len + 1 : NULL;
    if (takes_value && !value)
        value = *(*next) ? *(*next)++ : NULL;
    if (takes_value ? !value || !*value : value != NULL) {
        (void)str_format(error, ARGUMENTS_ERROR_LEN,
                         takes_value ? "--%.*s needs a value; %s" : "--%.*s takes no value; %s", (int)len,
                         text, help_hint(a, hint));
        return false;
    }
    if (at == OPTIONS_MAX)
        a->state_dir = value;
    else
        a->values[at] = value ? value : "";
    return true;
}

static bool take_word(struct arguments *a, const char *word, char *error)
{
    char hint[64];
    if (!a->command) {
        a->command = find_command(word);
        if (!a->command)
            (void)str_format(error, ARGUMENTS_ERROR_LEN,
                             "there is no command \"%.60s\"; `faxpost --help` lists them", word);
        return a->command != NULL;
    }
    if (a->operand_count == a->command->most) {
        (void)str_format(error, ARGUMENTS_ERROR_LEN, "\"%.60s\" is one argument too many for %s; %s", word,
                         a->command->name, help_hint(a, hint));
        return false;
    }
    a->operands[a->operand_count++] = word;
    return true;
}

static bool take_argument(struct arguments *a, const char *word, const char *const **next,
                          bool *only_operands, char *error)
{
    if (!*only_operands && str_equal(word, "--")) {
        *only_operands = true;
        return true;
    }
    if (*only_operands || word[0] != '-' || !word[1])
        return take_word(a, word, error);
    if (str_equal(word, "--help") || str_equal(word, "-h")) {
        a->wants_help = true;
        return true;
    }
    if (str_equal(word, "--version") && !a->command) {
        a->wants_version = true;
        return true;
    }
    return take_option(a, word[1] == '-' ? word + 2 : word + 1, next, error);
}

/* Programs of others that a link of their name to faxpost stands in for. */
static const struct command *called_as(const char *argv0)
{
    const char *slash = argv0 ? strrchr(argv0, '/') : NULL;
    const char *name = slash ? slash + 1 : argv0;
    return name && (str_equal(name, "sendmail") || str_equal(name, "sendfax")) ? find_command(name) : NULL;
}

bool arguments_parse(struct arguments *a, int argc, const char *const *argv, char error[ARGUMENTS_ERROR_LEN])
{
    char hint[64];
    bool only_operands = false;
    const char *from_environment = getenv("FAXPOST_STATE");
    *a = (struct arguments){.state_dir = from_environment && *from_environment ? from_environment : NULL};
    a->command = argc > 0 ? called_as(argv[0]) : NULL;
    for (const char *const *next = argv + 1; next < argv + argc;) {
        if (a->command && a->command->own_arguments && !str_equal(*next, "--help")) {
            a->rest = next;
            return true;
        }
        const char *word = *next++;
        if (!take_argument(a, word, &next, &only_operands, error))
            return false;
    }
    a->rest = argv + argc;
    if (a->wants_help || a->wants_version)
        return true;
    if (!a->command) {
        (void)str_copy(error, ARGUMENTS_ERROR_LEN, "say what to do; `faxpost --help` lists the commands");
        return false;
    }
    if (a->operand_count < a->command->least) {
        (void)str_format(error, ARGUMENTS_ERROR_LEN, "%s needs %s; %s", a->command->name,
                         a->command->operands, help_hint(a, hint));
        return false;
    }
    return true;
}

const char *argument(const struct arguments *a, const char *name)
{
    int at = find_option(a, name, strlen(name));
    return at < 0 || at == OPTIONS_MAX ? NULL : a->values[at];
}
