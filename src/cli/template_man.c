/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* faxpost-templates(5): out of the tables by which a template is checked when it is saved. */
#include <string.h>

#include "base/str.h"
#include "cli/help.h"
#include "proto/dsn.h"
#include "proto/mail_template.h"

static const char form[] =
    ".SH DESCRIPTION\n"
    "Every mail that Faxpost writes has a template for each language: a text that\n.B faxpost template\n"
    "shows, checks, previews, sets and resets, for each tenant. A text that does not pass the check is not "
    "taken.\n.PP\n"
    "A template has these fields, each at the beginning of a line, in this order:\n"
    ".TP\n.B subject:\none line\n"
    ".TP\n.B file:\nthe name of the attachment without its ending, where the mail has one\n"
    ".TP\n.B text:\nany lines, up to the next field\n"
    ".TP\n.B html:\nany lines; may be left out\n"
    ".PP\nLines before the first field that begin with # are comments. In the fields stand:\n"
    ".TP\n.BI { name }\nthe value of a variable\n"
    ".TP\n.BI { name \" \" form }\na time in a form of its own, as in {time %d.%m.%Y %H:%M}\n"
    ".TP\n.BI \"{if \" name \"} ... {else} ... {end}\"\nwhere it has a value;\n.BI \"{if not \" name "
    "}\nwhere it has none\n"
    ".TP\n.B {each fax} ... {end}\nonce for each fax; outside of it the variables of each fax are the first "
    "one's\n"
    ".TP\n.B {{\na brace\n"
    ".PP\nA line that holds nothing but one of these words vanishes with its line break. A whole template "
    "has at most "
    "16384 octets, one of a cover page 49152.\n"
    ".PP\nWhatever a value holds, it stays a value: it is cut at the length that is given below, a line has "
    "no control\n"
    "characters, HTML is escaped, and nothing reads as a link.\n";

static const char *const classes[] = {
    [TEMPLATE_NUMBER] = "digits, letters, + * #",
    [TEMPLATE_STATION] = "digits, letters, + * # ( ) - and blanks",
    [TEMPLATE_LINE] = "one line",
    [TEMPLATE_LINES] = "lines",
    [TEMPLATE_TIME] = "a time",
    [TEMPLATE_FLAG] = "for {if}",
    [TEMPLATE_LINK] = "a link",
    [TEMPLATE_IMAGE] = "a picture, in HTML alone",
};

static void put_variable(FILE *to, const struct mail_template_variable *v)
{
    (void)fputs(".TP\n.B ", to);
    man_text(to, v->name);
    (void)fputc('\n', to);
    man_text(to, v->help);
    (void)fprintf(to, " (%s", classes[v->class]);
    if (v->class != TEMPLATE_FLAG && v->class != TEMPLATE_TIME)
        (void)fprintf(to, ", at most %u octets", v->most);
    (void)fputs(v->of_each ? "; of each fax)\n" : ")\n", to);
}

void template_man(FILE *to)
{
    (void)fprintf(to,
                  ".\\\" Made of the tables of templates; not written by hand.\n.TH FAXPOST\\-TEMPLATES 5 "
                  "\"\" \"faxpost %s\"\n"
                  ".SH NAME\nfaxpost\\-templates \\- the words of the mails that Faxpost writes\n%s.SH MAILS "
                  "AND THEIR VARIABLES\n",
                  FAXPOST_VERSION, form);
    for (int k = 0; k < MAIL_TEMPLATE_KINDS; k++) {
        enum mail_template_kind kind = (enum mail_template_kind)k;
        (void)fprintf(to, ".SS %s\n", mail_template_name(kind));
        man_text(to, mail_template_help(kind));
        (void)fputc('\n', to);
        for (const struct mail_template_variable *v = mail_template_variables(kind); v->name; v++)
            put_variable(to, v);
    }
    (void)fputs(".SH REASONS\nThe words that {code} may hold, each with its status of RFC 3463; one that "
                "ends in \\- stands for all that "
                "begin so, x for any digit. {why} has words for each in the languages but English.\n.nf\n",
                to);
    for (size_t i = 0; dsn_reason(i); i++) {
        man_text(to, dsn_reason(i));
        (void)fprintf(to, "\\ \\ %s\n", dsn_status("", dsn_reason(i)));
    }
    (void)fputs(".fi\n.SH LANGUAGES\nShipped are", to);
    for (size_t i = 0; mail_template_languages[i]; i++)
        (void)fprintf(to, "%s %s", i > 0 ? "," : "", mail_template_languages[i]);
    (void)fputs(".\n.SH SEE ALSO\n.BR faxpost (1)\n", to);
}
