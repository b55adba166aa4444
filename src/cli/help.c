/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "cli/help.h"

#include <string.h>

#include "base/str.h"

enum { WIDTH = 78 };

static const char state_help[] =
    "the state directory of the server; else $FAXPOST_STATE, else /var/lib/faxpost";

static const struct {
    int status;
    const char *text;
} exit_rows[] = {
#define EXIT_ROW(name, number, text) {number, text},
    EXIT_STATUSES(EXIT_ROW)
#undef EXIT_ROW
};

/* Words in lines of WIDTH, each after `indent` blanks, where the first begins too. */
static void print_wrapped(FILE *to, const char *text, int indent)
{
    int at = indent;
    while (*text) {
        int len = (int)strcspn(text, " ");
        if (at > indent && at + 1 + len > WIDTH)
            at = fprintf(to, "\n%*s", indent, "") - 1;
        at += fprintf(to, "%s%.*s", at > indent ? " " : "", len, text);
        text += len + (text[len] ? 1 : 0);
    }
    (void)fprintf(to, "\n");
}

static void print_option(FILE *to, const struct option_row *o)
{
    char name[60];
    (void)str_format(name, sizeof(name), "--%s%s%s", o->name, o->value ? " " : "", o->value ? o->value : "");
    (void)fprintf(to, "  %-22s ", name);
    print_wrapped(to, o->help, 25);
}

/* What its operands leave no room for begins on the next line. */
static void print_summary(FILE *to, const struct command *c)
{
    enum { SUMMARY_AT = 25 };
    int at = fprintf(to, "  %-10s %s", c->name, c->operands);
    (void)fprintf(to, "%s%*s", at < SUMMARY_AT ? "" : "\n", at < SUMMARY_AT ? SUMMARY_AT - at : SUMMARY_AT,
                  "");
    print_wrapped(to, c->summary, SUMMARY_AT);
}

static const struct option_row state_option = {"state", "DIR", state_help};

void help_command(FILE *to, const struct command *c)
{
    size_t beside = strlen("faxpost  [OPTION]... ") + strlen(c->name) + strlen(c->operands);
    (void)fprintf(to, "faxpost %s [OPTION]...%s%s\n\n", c->name,
                  !*c->operands    ? ""
                  : beside > WIDTH ? "\n    "
                                   : " ",
                  c->operands);
    print_wrapped(to, c->help, 0);
    (void)fprintf(to, "\n");
    for (int i = 0; i < OPTIONS_MAX && c->options[i].name; i++)
        print_option(to, &c->options[i]);
    print_option(to, &state_option);
}

void help_all(FILE *to)
{
    (void)fprintf(
        to, "faxpost %s - telephone fax and email, joined\n\nfaxpost COMMAND [OPTION]... [ARGUMENT]...\n\n",
        FAXPOST_VERSION);
    for (size_t i = 0; i < command_count; i++)
        print_summary(to, &commands[i]);
    (void)fprintf(to, "\n");
    print_option(to, &state_option);
    (void)fprintf(to, "\n`faxpost COMMAND --help` tells more of each.\n\nExit status:\n");
    for (size_t i = 0; i < ARRAY_LEN(exit_rows); i++)
        (void)fprintf(to, "  %3d  %s\n", exit_rows[i].status, exit_rows[i].text);
}

/* ---- man(7) ---- */

void man_text(FILE *to, const char *text)
{
    if (*text == '.' || *text == '\'')
        (void)fputs("\\&", to);
    for (; *text; text++) {
        if (*text == '-')
            (void)fputc('\\', to);
        (void)fputs(*text == '\\' ? "\\e" : (char[]){*text, 0}, to);
    }
}

static void man_option(FILE *to, const struct option_row *o)
{
    (void)fputs(".TP\n.B \\-\\-", to);
    man_text(to, o->name);
    if (o->value)
        (void)fprintf(to, " \\fI%s\\fR", o->value);
    (void)fputc('\n', to);
    man_text(to, o->help);
    (void)fputc('\n', to);
}

void help_man(FILE *to)
{
    (void)fprintf(
        to,
        ".\\\" Made of the table of commands; not written by hand.\n.TH FAXPOST 1 \"\" \"faxpost %s\"\n"
        ".SH NAME\nfaxpost \\- telephone fax and email, joined\n"
        ".SH SYNOPSIS\n.B faxpost\n.I COMMAND\n[\\fIOPTION\\fR]... [\\fIARGUMENT\\fR]...\n.SH COMMANDS\n",
        FAXPOST_VERSION);
    for (size_t i = 0; i < command_count; i++) {
        const struct command *c = &commands[i];
        (void)fprintf(to, ".SS \"faxpost %s %s\"\n", c->name, c->operands);
        man_text(to, c->help);
        (void)fputc('\n', to);
        for (int k = 0; k < OPTIONS_MAX && c->options[k].name; k++)
            man_option(to, &c->options[k]);
    }
    (void)fprintf(to, ".SH OPTIONS\n");
    man_option(to, &state_option);
    (void)fprintf(to, ".SH EXIT STATUS\n");
    for (size_t i = 0; i < ARRAY_LEN(exit_rows); i++) {
        (void)fprintf(to, ".TP\n%d\n", exit_rows[i].status);
        man_text(to, exit_rows[i].text);
        (void)fputc('\n', to);
    }
    (void)fprintf(
        to,
        ".SH ENVIRONMENT\n.TP\nFAXPOST_STATE\nthe state directory, where --state does not name one\n"
        ".TP\nFAXPOST_URL\na server on another machine, such as https://fax.example.com, that is asked with "
        "an API "
        "key\n.TP\nFAXPOST_KEY_FILE\nthe file of that key, readable for you alone\n.TP\nFAXPOST_CA_FILE\nthe "
        "authority of that server's certificate, where it is a private one\n.TP\nFAXPOST_BOX\nthe faxbox "
        "that sendfax "
        "sends from\n.SH FILES\n.TP\n/etc/faxpost/faxpost.conf\nthe configuration of the server\n"
        ".TP\n/var/lib/faxpost\nthe state directory; run/api.sock in it is what the commands speak to\n");
}

/* ---- faxpost.conf(5) ---- */

static const struct {
    const char *name, *standard, *help;
} conf_rows[] = {
#define TEXT(name, standard, help)                {#name, standard, help},
#define NUMBER(name, standard, least, most, help) {#name, #standard, help},
#define ENDPOINTS(name, standard, help)           {#name, standard, help},
#include "conf/keys.def"
};

void help_conf_man(FILE *to)
{
    (void)fprintf(
        to,
        ".\\\" Made of the table of keys; not written by hand.\n.TH FAXPOST.CONF 5 \"\" \"faxpost %s\"\n"
        ".SH NAME\nfaxpost.conf \\- what faxpost needs to start\n"
        ".SH SYNOPSIS\n.I /etc/faxpost/faxpost.conf\n.SH DESCRIPTION\n"
        "A line is \\fIkey\\fR = \\fIvalue\\fR; what follows a # is a comment. What stands here is read at "
        "start; "
        "all else - tenants, boxes, trunks, mail servers - is kept in the state directory and set by "
        "\\fBfaxpost apply\\fR and \\fBfaxpost set\\fR.\n.SH KEYS\n",
        FAXPOST_VERSION);
    for (size_t i = 0; i < ARRAY_LEN(conf_rows); i++) {
        (void)fprintf(to, ".TP\n.B ");
        man_text(to, conf_rows[i].name);
        (void)fprintf(to, "\n");
        man_text(to, conf_rows[i].help);
        if (*conf_rows[i].standard) {
            (void)fprintf(to, " (default: ");
            man_text(to, conf_rows[i].standard);
            (void)fprintf(to, ")");
        }
        (void)fprintf(to, "\n");
    }
    (void)fprintf(to, ".SH SEE ALSO\n.BR faxpost (1)\n");
}

/* ---- bash ---- */

void help_completion(FILE *to)
{
    (void)fprintf(to, "# Made of the table of commands; not written by hand.\n_faxpost() {\n"
                      "    local words word=${COMP_WORDS[COMP_CWORD]}\n    case "
                      "${COMP_CWORD},${COMP_WORDS[1]} in\n    1,*) words='");
    for (size_t i = 0; i < command_count; i++)
        (void)fprintf(to, "%s%s", i ? " " : "", commands[i].name);
    (void)fprintf(to, "' ;;\n");
    for (size_t i = 0; i < command_count; i++) {
        (void)fprintf(to, "    *,%s) words='--state --help", commands[i].name);
        for (int k = 0; k < OPTIONS_MAX && commands[i].options[k].name; k++)
            (void)fprintf(to, " --%s", commands[i].options[k].name);
        (void)fprintf(to, "' ;;\n");
    }
    (void)fprintf(to, "    esac\n    [[ $COMP_CWORD -gt 1 && $word != -* ]] || COMPREPLY=($(compgen -W "
                      "\"$words\" -- \"$word\"))\n"
                      "}\ncomplete -o default -F _faxpost faxpost\n");
}

/* ---- zsh ---- */

/* In single quotes, with what _describe and _arguments would take for their own set off. */
static void zsh_text(FILE *to, const char *text)
{
    for (const char *c = text; *c; c++) {
        if (*c == '\'')
            (void)fprintf(to, "'\\''");
        else
            (void)fprintf(to, strchr(":[]\\", *c) ? "\\%c" : "%c", *c);
    }
}

static void zsh_option(FILE *to, const struct option_row *o)
{
    (void)fprintf(to, " \\\n        '--%s[", o->name);
    zsh_text(to, o->help);
    (void)fprintf(to, "]");
    if (o->value) {
        (void)fprintf(to, ":");
        zsh_text(to, o->value);
        (void)fprintf(to, ":%s", strcmp(o->value, "FILE") == 0 ? "_files" : "");
    }
    (void)fprintf(to, "'");
}

void help_zsh(FILE *to)
{
    static const struct option_row everywhere[] = {{"state", "DIR", "the state directory of the server"},
                                                   {"help", NULL, "what the command does"}};
    (void)fprintf(to, "#compdef faxpost\n# Made of the table of commands; not written by hand.\n"
                      "local -a commands\ncommands=(\n");
    for (size_t i = 0; i < command_count; i++) {
        (void)fprintf(to, "    '%s:", commands[i].name);
        zsh_text(to, commands[i].summary);
        (void)fprintf(to, "'\n");
    }
    (void)fprintf(to, ")\nif (( CURRENT == 2 )); then\n    _describe command commands\n    return\nfi\n"
                      "local name=$words[2]\nshift words\n(( CURRENT-- ))\ncase $name in\n");
    for (size_t i = 0; i < command_count; i++) {
        (void)fprintf(to, "%s)\n    _arguments", commands[i].name);
        for (size_t k = 0; k < ARRAY_LEN(everywhere); k++)
            zsh_option(to, &everywhere[k]);
        for (int k = 0; k < OPTIONS_MAX && commands[i].options[k].name; k++)
            zsh_option(to, &commands[i].options[k]);
        (void)fprintf(to, " \\\n        '*:operand:_files' ;;\n");
    }
    (void)fprintf(to, "esac\n");
}

static const struct {
    const char *name;
    void (*print)(FILE *to);
} makings[] = {{"man", help_man},
               {"man-conf", help_conf_man},
               {"man-templates", template_man},
               {"completion", help_completion},
               {"zsh", help_zsh}};

int run_help(const struct arguments *a)
{
    for (size_t i = 0; i < ARRAY_LEN(makings); i++)
        if (argument(a, makings[i].name)) {
            makings[i].print(stdout);
            return EXIT_DONE;
        }
    if (a->operand_count == 0) {
        help_all(stdout);
        return EXIT_DONE;
    }
    for (size_t i = 0; i < command_count; i++)
        if (str_equal(commands[i].name, a->operands[0])) {
            help_command(stdout, &commands[i]);
            return EXIT_DONE;
        }
    return complain_and(EXIT_USAGE, "there is no command \"%.60s\"; `faxpost --help` lists them",
                        a->operands[0]);
}
