/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/usage_words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/attr.h"
#include "base/str.h"

static const struct usage_words languages[] = {
    {"en", "Faxpost: usage of", "Faxes of", "Sent", "Received", "call", "calls", "without a fault", "pages",
     "minutes", "What was wrong:", "By tenant:", 0, ","},
    {"it", "Faxpost: utilizzo del", "Fax del", "Inviati", "Ricevuti", "chiamata", "chiamate", "senza errori",
     "pagine", "minuti", "Che cosa non andava:", "Per cliente:", '/', "."},
    {"de", "Faxpost: Nutzung am", "Faxe vom", "Gesendet", "Empfangen", "Anruf", "Anrufe", "ohne Fehler",
     "Seiten", "Minuten", "Was nicht ging:", "Nach Mandanten:", '.', "."},
    {"fr", "Faxpost : usage du", "Fax du", "Envoyés", "Reçus", "appel", "appels", "sans erreur", "pages",
     "minutes", "Ce qui n’allait pas :", "Par client :", '/', "\u00a0"},
    {"es", "Faxpost: uso del", "Faxes del", "Enviados", "Recibidos", "llamada", "llamadas", "sin fallos",
     "páginas", "minutos", "Qué falló:", "Por cliente:", '/', "."},
};

const struct usage_words *usage_words_in(const char *language)
{
    for (size_t i = 0; i < ARRAY_LEN(languages); i++)
        if (str_equal(languages[i].language, language))
            return &languages[i];
    return &languages[0];
}

void usage_date(const struct usage_words *w, const char *day, char to[USAGE_DATE_LEN])
{
    unsigned y, m, d;
    if (w->between && sscanf(day, "%u-%u-%u", &y, &m, &d) == 3)
        (void)str_format(to, USAGE_DATE_LEN, "%02u%c%02u%c%u", d, w->between, m, w->between, y);
    else
        (void)str_copy(to, USAGE_DATE_LEN, day);
}

void usage_number(const struct usage_words *w, int64_t n, char to[USAGE_NUMBER_LEN])
{
    char digits[24];
    size_t at = 0, count;
    (void)str_format(digits, sizeof(digits), "%" PRId64, n < 0 ? 0 : n);
    count = strlen(digits);
    to[0] = 0;
    for (size_t i = 0; i < count; i++) {
        bool group = i > 0 && (count - i) % 3 == 0;
        if (!str_format(to + at, USAGE_NUMBER_LEN - at, "%s%c", group ? w->thousand : "", digits[i]))
            return;
        at += strlen(to + at);
    }
}
