/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "model/alarm.h"

#include <string.h>

#include "base/attr.h"
#include "base/str.h"

enum language { LANGUAGE_EN, LANGUAGE_IT, LANGUAGE_DE, LANGUAGE_FR, LANGUAGE_ES };

static const char *const languages[ALARM_LANGUAGES] = {"en", "it", "de", "fr", "es"};

enum { NEVER = ALARM_NEVER_MAILED };

#define EN(title, action)                     [LANGUAGE_EN] = {title, action},
#define IT(title, action)                     [LANGUAGE_IT] = {title, action},
#define DE(title, action)                     [LANGUAGE_DE] = {title, action},
#define FR(title, action)                     [LANGUAGE_FR] = {title, action},
#define ES(title, action)                     [LANGUAGE_ES] = {title, action},
#define ALARM(code, severity, after_s, words) {code, ALARM_##severity, after_s, {words}},
const struct alarm_kind alarm_kinds[] = {
#include "model/alarms.def"
};
#undef ALARM
const size_t alarm_kind_count = ARRAY_LEN(alarm_kinds);

static const struct alarm_letter letters[ALARM_LANGUAGES] = {
    {"Solved: ", "What to do: ",
     "This is mailed once. `faxpost alarms` and the browser show what is wrong now.", "It is over."},
    {"Risolto: ", "Che cosa fare: ",
     "Questo avviso si manda una volta sola. `faxpost alarms` e il browser mostrano che cosa non va adesso.",
     "È passato."},
    {"Behoben: ", "Was zu tun ist: ",
     "Dies wird einmal gemailt. `faxpost alarms` und der Browser zeigen, was jetzt nicht in Ordnung ist.",
     "Es ist vorbei."},
    {"Résolu : ", "Que faire : ",
     "Ceci n’est envoyé qu’une fois. `faxpost alarms` et le navigateur montrent ce qui ne va pas maintenant.",
     "C’est fini."},
    {"Resuelto: ", "Qué hacer: ",
     "Esto se envía una sola vez. `faxpost alarms` y el navegador muestran lo que va mal ahora.", "Ya pasó."},
};

const char *alarm_severity_name(enum alarm_severity severity)
{
    static const char *const names[] = {"notice", "warning", "critical"};
    return names[severity];
}

static bool fits(const char *row, const char *code)
{
    size_t len = strlen(row);
    return row[len - 1] == '*' ? strncmp(row, code, len - 1) == 0 : str_equal(row, code);
}

const struct alarm_kind *alarm_kind_of(const char *code)
{
    for (size_t i = 0; i < alarm_kind_count; i++)
        if (fits(alarm_kinds[i].code, code))
            return &alarm_kinds[i];
    return NULL;
}

static size_t place_of(const char *language)
{
    for (size_t i = 0; i < ALARM_LANGUAGES; i++)
        if (str_equal(languages[i], language))
            return i;
    return LANGUAGE_EN;
}

const struct alarm_words *alarm_words_in(const struct alarm_kind *k, const char *language)
{
    return &k->words[place_of(language)];
}

const struct alarm_letter *alarm_letter_in(const char *language)
{
    return &letters[place_of(language)];
}
