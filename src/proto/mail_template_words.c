/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The tables: which mails there are, and what each may speak of. */
#include "proto/mail_template.h"

#include <stddef.h>
#include <string.h>

#include "base/str.h"
#include "proto/mail_template_files.h"

#define NUMBER(name, example, help)                                                                          \
    {                                                                                                        \
        name, TEMPLATE_NUMBER, 63, false, example, help                                                      \
    }
#define LINE(name, most, example, help)                                                                      \
    {                                                                                                        \
        name, TEMPLATE_LINE, most, false, example, help                                                      \
    }
#define LINES(name, most, example, help)                                                                     \
    {                                                                                                        \
        name, TEMPLATE_LINES, most, false, example, help                                                     \
    }
#define TIME(name, help)                                                                                     \
    {                                                                                                        \
        name, TEMPLATE_TIME, 60, false, "", help                                                             \
    }
#define STATION(name, example, help)                                                                         \
    {                                                                                                        \
        name, TEMPLATE_STATION, 40, false, example, help                                                     \
    }
#define COUNT(name, example, help) LINE(name, 20, example, help)
#define FLAG(name, help)                                                                                     \
    {                                                                                                        \
        name, TEMPLATE_FLAG, 1, false, "", help                                                              \
    }
#define EACH(name, class, most, example, help)                                                               \
    {                                                                                                        \
        name, TEMPLATE_##class, most, true, example, help                                                    \
    }
#define END                                                                                                  \
    {                                                                                                        \
        NULL, TEMPLATE_FLAG, 0, false, NULL, NULL                                                            \
    }

static const struct mail_template_variable received[] = {
    LINE("serial", 100, "SERIAL NUMBER", "serial number of the tenant, else of the installation"),
    NUMBER("caller", "0501234567", "the calling number in national form; `anonymous` where there is none"),
    NUMBER("dialled", "00501234567", "the same with the prefix of an outside line"),
    NUMBER("called", "0509655637", "the number that was reached"),
    STATION("station", "+39 050 1234567", "what the sending machine calls itself"),
    LINE("box", 64, "Front desk", "name of the faxbox"),
    TIME("time", "when the call was answered"),
    COUNT("seconds", "34", "from there to the end of the last page"),
    COUNT("pages", "1", "pages that came"),
    COUNT("faxid", "211", "counts up for each fax of the installation"),
    COUNT("earlier", "0", "of these, pages of an earlier call that broke off"),
    FLAG("anonymous", "the caller gave no number"),
    FLAG("partial", "the transmission broke off after these pages"),
    FLAG("joined", "the first pages are of an earlier call that broke off"),
    LINE("blank", 1000, "3, 7", "pages on which nothing is, where the box wants them named (`blank_pages`)"),
    FLAG("blanks", "there are such pages"),
    FLAG("dropped", "they are left out of the file"),
    END};

static const struct mail_template_variable kept[] = {
    NUMBER("caller", "0501234567", "the calling number; `anonymous` where there is none"),
    NUMBER("called", "0509655637", "the number that was reached"),
    COUNT("pages", "3", "pages that came"),
    LINE("id", 40, "01936d7a-0000-7000-8000-000000000000", "for `faxpost show`"),
    FLAG("anonymous", "the caller gave no number"),
    END};

static const struct mail_template_variable report[] = {
    LINE("serial", 100, "SERIAL NUMBER", "serial number of the tenant, else of the installation"),
    LINE("box", 64, "front", "id of the faxbox that sent"),
    LINE("subject", 300, "Lab results", "subject of the mail that was faxed"),
    TIME("time", "when that mail came"),
    COUNT("count", "2", "numbers it was faxed to"),
    COUNT("delivered_count", "1", "those where it was delivered"),
    FLAG("several", "it was faxed to more than one number"),
    FLAG("control", "it was not delivered everywhere, and answering this mail with RETRY sends it again"),
    LINE("misnamed", 1000, "letter.pdf (JPEG)",
         "documents whose name says another format, and what they are"),
    EACH("number", STATION, 63, "030 1234", "the number that was dialled"),
    EACH("delivered", FLAG, 1, "1", "the other machine confirmed the last page"),
    EACH("failed", FLAG, 1, "", "it was not delivered"),
    EACH("unknown", FLAG, 1, "", "the last confirmation was lost: it may have arrived"),
    EACH("cancelled", FLAG, 1, "", "somebody cancelled it"),
    EACH("expired", FLAG, 1, "", "its time ran out"),
    EACH("pages", LINE, 20, "2", "pages it has"),
    EACH("one_page", FLAG, 1, "", "it has one page"),
    EACH("confirmed", LINE, 20, "2", "pages the other machine confirmed"),
    EACH("station", STATION, 40, "+49 30 1234", "what the other machine calls itself"),
    EACH("calls", LINE, 20, "1", "how many calls were made"),
    EACH("one_call", FLAG, 1, "1", "it was one call"),
    EACH("last_call", TIME, 60, "", "when the last one began"),
    EACH("last_seconds", LINE, 20, "41", "how long that took"),
    EACH("reason", LINES, 400, "", "why it was not delivered, in English"),
    EACH("why", LINES, 400, "", "the same in fewer words of the mail's language; none in English"),
    EACH("code", LINE, 47, "", "the same as a short word that stays as it is"),
    END};

static const struct mail_template_variable refused[] = {
    LINE("subject", 300, "Lab results", "subject of the mail"),
    LINES("reason", 16383, "Nothing was faxed: letter.pdf is damaged.", "why it was not faxed, in English"),
    LINES("why", 400, "", "the same in fewer words of the mail's language; none in English"),
    LINE("code", 47, "document-broken", "the same as a short word that stays as it is"), END};

static const struct mail_template_variable repeated[] = {
    LINE("subject", 300, "Lab results", "subject of the mail"),
    LINES("numbers", 2000, "030 1234", "numbers it was faxed to the first time"), END};

static const struct mail_template_variable preview[] = {
    LINE("subject", 300, "check 030 1234", "subject of the mail"),
    LINE("misnamed", 1000, "letter.pdf (JPEG)",
         "documents whose name says another format, and what they are"),
    LINE("small_text", 400, "2, 5", "pages with text that is too small to be read on the other side"),
    LINE("seconds", 20, "34", "seconds that all pages take at 14400 bit/s, in the best coding"),
    EACH("number", STATION, 63, "030 1234", "the number as it was written"),
    EACH("dialled", STATION, 63, "+49301234", "the number as it would be dialled"),
    EACH("class", LINE, 20, "national", "its price class, in English"),
    EACH("extension", FLAG, 1, "", "it is one of the house's own"),
    EACH("national", FLAG, 1, "1", "it is a national number"),
    EACH("mobile", FLAG, 1, "", "it is a mobile telephone"),
    EACH("international", FLAG, 1, "", "it is abroad"),
    EACH("premium", FLAG, 1, "", "it costs more than a usual call"),
    EACH("emergency", FLAG, 1, "", "it is an emergency number, which is never dialled"),
    EACH("trunk", LINE, 64, "main", "the trunk it would go out on; nothing where there is none"),
    EACH("pages", LINE, 20, "2", "pages it has"),
    EACH("earliest", TIME, 60, "", "when it would be dialled at the earliest"),
    EACH("box", LINE, 64, "front", "id of the faxbox it would go out from"),
    LINES("facts", 16383,
          "Number: 030 1234, dialled as +49301234\nPrice class: national\nPages: 2\nFrom box: front",
          "the same as lines in English"),
    END};

static const struct mail_template_variable delayed[] = {
    STATION("number", "030 1234", "the number that was dialled"),
    COUNT("calls", "2", "how many calls were made"),
    LINES("reason", 400, "The number is busy.", "why it is not delivered yet, in English"),
    TIME("next", "when it is called again"),
    FLAG("control", "answering this mail with CANCEL, HOLD ... steers the fax"),
    END};

static const struct mail_template_variable control[] = {
    {"did_cancel", TEMPLATE_FLAG, 1, false, "1", "it was cancelled"},
    FLAG("did_hold", "it was put on hold"),
    TIME("until", "until then; nothing where somebody has to release it"),
    FLAG("did_release", "it goes on"),
    FLAG("did_again", "it is sent again"),
    FLAG("asked", "its state was asked for"),
    FLAG("undone", "nothing was done, for one of the reasons that follow"),
    FLAG("refused", "that cannot be done"),
    LINES("reason", 400, "The job has ended already: done.", "why it cannot, in English"),
    FLAG("used", "the mail that was answered was used before"),
    FLAG("old", "it is too old"),
    FLAG("foreign", "it was for somebody else"),
    FLAG("twice", "the fax may have arrived; RETRY in answer to this mail may bring it twice"),
    FLAG("unclear", "the answer was none of the words that count"),
    EACH("number", STATION, 63, "030 1234", "the number it goes to"),
    EACH("waiting", FLAG, 1, "1", "it waits for its next call"),
    EACH("next", TIME, 60, "", "when that is"),
    EACH("calling", FLAG, 1, "", "it is being sent"),
    EACH("held", FLAG, 1, "", "it is on hold"),
    EACH("delivered", FLAG, 1, "", "the other machine confirmed the last page"),
    EACH("failed", FLAG, 1, "", "it was not delivered"),
    EACH("unknown", FLAG, 1, "", "the last confirmation was lost: it may have arrived"),
    EACH("cancelled", FLAG, 1, "", "somebody cancelled it"),
    EACH("expired", FLAG, 1, "", "its time ran out"),
    EACH("pages", LINE, 20, "2", "pages it has"),
    EACH("confirmed", LINE, 20, "0", "pages the other machine confirmed"),
    EACH("cause", LINES, 400, "The number is busy.", "why it is not delivered, in English"),
    END};

static const struct mail_template_variable password[] = {
    LINE("name", 140, "ann", "name of the user"),
    FLAG("invited", "an administrator made the user, who has no password yet"),
    NUMBER("code", "7KQ2M5XWPA3HJTNB9RCD", "what the application asks for"),
    {"link", TEMPLATE_LINK, 400, false, "https://fax.example.com/password#7KQ2M5XWPA3HJTNB9RCD",
     "opens the application with the code; nothing where web_url of the installation is not set"},
    COUNT("hours", "1", "how long it counts"),
    END};

static const struct mail_template_variable cover[] = {
    LINE("to", 140, "Jo Smith", "to whom: the name beside the address or number"),
    LINE("company", 140, "Smith & Co.", "^COMPANY"),
    STATION("number", "030 1234", "the number that is dialled"),
    LINE("from", 140, "front@example.com", "name of the sender, else his address"),
    LINE("box", 140, "Surgery Example", "the sending faxbox: its header name, else its name"),
    STATION("fax", "+49 30 5555", "its own fax number"),
    TIME("time", "when it was sent off"),
    COUNT("pages", "3", "pages of the fax, this one counted"),
    LINE("subject", 140, "Lab results", "subject of the mail, where that is wanted"),
    LINE("billing", 63, "1234", "billing code"),
    {"code", TEMPLATE_IMAGE, 8192, false, "",
     "a QR code that leads what is faxed back with this page to the box (`route_by_code`), as src of an img"},
    LINES("words", 4000, "With kind regards\nJo", "words of the mail, where they are wanted; as many as fit"),
    END};

static const struct kind {
    const char *name, *help;
    const struct mail_template_variable *variables;
} kinds[MAIL_TEMPLATE_KINDS] = {
    [MAIL_TEMPLATE_RECEIVED] = {"received", "brings a received fax", received},
    [MAIL_TEMPLATE_KEPT] = {"kept", "a received fax that no document could be made of", kept},
    [MAIL_TEMPLATE_REPORT] = {"report", "what became of a fax that was sent", report},
    [MAIL_TEMPLATE_REFUSED] = {"refused", "a mail that becomes no fax", refused},
    [MAIL_TEMPLATE_REPEATED] = {"repeated", "a mail that came again and was faxed before", repeated},
    [MAIL_TEMPLATE_PREVIEW] = {"preview", "what a dry run found", preview},
    [MAIL_TEMPLATE_DELAYED] = {"delayed", "a fax that is not delivered yet", delayed},
    [MAIL_TEMPLATE_CONTROL] = {"control", "what became of a command that answered a mail", control},
    [MAIL_TEMPLATE_PASSWORD] = {"password", "a code for a first or new password to log in with", password},
    [MAIL_TEMPLATE_COVER] = {"cover", "the cover page of a fax, its html: drawn; subject: is the title",
                             cover},
};

const char *const mail_template_languages[] = {"en", "de", "it", "fr", "es", NULL};

const char *mail_template_name(enum mail_template_kind kind)
{
    return kinds[kind].name;
}

const char *mail_template_help(enum mail_template_kind kind)
{
    return kinds[kind].help;
}

bool mail_template_cover_name_good(const char *name)
{
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return len > 0 && len <= MAIL_TEMPLATE_COVER_NAME_MAX && !name[len] && !str_equal(name, "none") &&
           !str_equal(name, "standard");
}

size_t mail_template_most(enum mail_template_kind kind)
{
    return kind == MAIL_TEMPLATE_COVER ? MAIL_TEMPLATE_COVER_MAX : MAIL_TEMPLATE_MAX;
}

bool mail_template_kind_parse(const char *name, enum mail_template_kind *kind)
{
    if (str_starts(name, MAIL_TEMPLATE_COVER_PREFIX) &&
        mail_template_cover_name_good(name + strlen(MAIL_TEMPLATE_COVER_PREFIX))) {
        *kind = MAIL_TEMPLATE_COVER;
        return true;
    }
    for (int k = 0; k < MAIL_TEMPLATE_KINDS; k++)
        if (str_equal(kinds[k].name, name)) {
            *kind = (enum mail_template_kind)k;
            return true;
        }
    return false;
}

const struct mail_template_variable *mail_template_variables(enum mail_template_kind kind)
{
    return kinds[kind].variables;
}

static const char *find_file(const char *language, const char *name)
{
    for (const struct mail_template_file *f = mail_template_files; f->name; f++)
        if (str_equal(f->language, language) && str_equal(f->name, name))
            return f->text;
    return NULL;
}

const char *mail_template_shipped(enum mail_template_kind kind, const char *language, bool neutral)
{
    char name[64];
    const char *text = NULL;
    bool known = find_file(language, kinds[kind].name) != NULL;
    (void)str_format(name, sizeof(name), "%s.neutral", kinds[kind].name);
    if (neutral)
        text = find_file(known ? language : "en", name);
    return text ? text : find_file(known ? language : "en", kinds[kind].name);
}
