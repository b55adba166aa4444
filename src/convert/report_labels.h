/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The words that stand printed in a report, in the languages of mail_template_languages. */
#pragma once

#include "base/attr.h"

/* name, en, de, it, fr, es. Drawn with characters of WinAnsi. */
#define REPORT_LABELS(X)                                                                                     \
    X(TITLE, "FAX REPORT", "FAXBERICHT", "RAPPORTO FAX", "RAPPORT DE FAX", "INFORME DE FAX")                 \
    X(FAX_TO, "Fax to", "Fax an", "Fax a", "Fax au", "Fax a")                                                \
    X(DELIVERED, "delivered", "zugestellt", "consegnato", "remis", "entregado")                              \
    X(FAILED, "not delivered", "nicht zugestellt", "non consegnato", "non remis", "no entregado")            \
    X(UNKNOWN, "outcome unknown", "Ausgang unbekannt", "esito sconosciuto", "issue inconnue",                \
      "resultado desconocido")                                                                               \
    X(CANCELLED, "cancelled", "abgebrochen", "annullato", "annulé", "cancelado")                             \
    X(EXPIRED, "not delivered in time", "nicht rechtzeitig zugestellt", "non consegnato in tempo",           \
      "non remis à temps", "no entregado a tiempo")                                                          \
    X(UNFINISHED, "not finished", "nicht beendet", "non terminato", "pas terminé", "sin terminar")           \
    X(OF, "of", "von", "di", "sur", "de")                                                                    \
    X(ARE_DELIVERED, "faxes delivered", "Faxen zugestellt", "fax consegnati", "fax remis",                   \
      "faxes entregados")                                                                                    \
    X(RECEIVED, "Received for sending", "Zum Senden erhalten", "Ricevuto per l'invio", "Reçu pour envoi",    \
      "Recibido para enviar")                                                                                \
    X(BOX, "From fax box", "Aus der Faxbox", "Dalla casella fax", "De la boîte de fax",                      \
      "Desde el buzón de fax")                                                                               \
    X(SUBJECT, "Subject", "Betreff", "Oggetto", "Objet", "Asunto")                                           \
    X(TO, "To", "An", "A", "À", "A")                                                                         \
    X(STATION, "Answered by (station id)", "Gegenstelle (Kennung)", "Ha risposto (identificativo)",          \
      "A répondu (identifiant)", "Respondió (identificador)")                                                \
    X(CONFIRMED, "Pages confirmed by the other machine", "Von der Gegenstelle bestätigte Seiten",            \
      "Pagine confermate dall'altro apparecchio", "Pages confirmées par l'autre appareil",                   \
      "Páginas confirmadas por el otro aparato")                                                             \
    X(MISNAMED, "Not what the name says", "Anders als der Name sagt", "Non è ciò che dice il nome",          \
      "Autre chose que ce que dit le nom", "No es lo que dice el nombre")                                    \
    X(REASON, "Reason", "Grund", "Motivo", "Raison", "Motivo")                                               \
    X(PAGES, "Pages", "Seiten", "Pagine", "Pages", "Páginas")                                                \
    X(PAGE, "Page", "Seite", "Pagina", "Page", "Página")                                                     \
    X(CONFIRMED_AT, "Confirmed at", "Bestätigt um", "Confermata alle", "Confirmée à", "Confirmada a las")    \
    X(TIME, "Time", "Dauer", "Durata", "Durée", "Duración")                                                  \
    X(SPEED, "Speed", "Tempo", "Velocità", "Vitesse", "Velocidad")                                           \
    X(CODING, "Coding", "Codierung", "Codifica", "Codage", "Código")                                         \
    X(CORRECTION, "Error correction", "Fehlerkorrektur", "Correzione", "Correction", "Corrección")           \
    X(AGAIN, "Sent again", "Wiederholt", "Ripetuti", "Répétés", "Repetidos")                                 \
    X(YES, "yes", "ja", "sì", "oui", "sí")                                                                   \
    X(NO, "no", "nein", "no", "non", "no")                                                                   \
    X(CALLS, "Calls", "Anrufe", "Chiamate", "Appels", "Llamadas")                                            \
    X(CALL, "Call", "Anruf", "N.", "Appel", "N.º")                                                           \
    X(BEGAN, "Began", "Beginn", "Inizio", "Début", "Inicio")                                                 \
    X(WAY, "Way", "Weg", "Via", "Voie", "Vía")                                                               \
    X(VOICE, "voice channel", "Sprachkanal", "canale vocale", "canal vocal", "canal de voz")                 \
    X(RESULT, "Result", "Ergebnis", "Esito", "Résultat", "Resultado")                                        \
    X(IS_CONFIRMED, "confirmed", "bestätigt", "confermato", "confirmé", "confirmado")                        \
    X(ADDRESSEES, "Addressees", "Empfänger", "Destinatari", "Destinataires", "Destinatarios")                \
    X(DOCUMENTS, "Documents", "Dokumente", "Documenti", "Documents", "Documentos")                           \
    X(NAME, "Name", "Name", "Nome", "Nom", "Nombre")                                                         \
    X(DIGEST, "SHA-256", "SHA-256", "SHA-256", "SHA-256", "SHA-256")                                         \
    X(IS_SIGNED, "Signed: faxpost verify, or a PDF reader, tells whether it was changed",                    \
      "Signiert: faxpost verify oder ein PDF-Programm zeigt, ob er verändert wurde",                         \
      "Firmato: faxpost verify, o un lettore PDF, dice se è stato modificato",                               \
      "Signé : faxpost verify, ou un lecteur PDF, dit s'il a été modifié",                                   \
      "Firmado: faxpost verify, o un lector de PDF, dice si fue modificado")                                 \
    X(WHY, "Why", "Warum", "Perché", "Pourquoi", "Por qué")

enum report_label {
#define REPORT_LABEL_ENUM(name, ...) LABEL_##name,
    REPORT_LABELS(REPORT_LABEL_ENUM)
#undef REPORT_LABEL_ENUM
        REPORT_LABEL_COUNT
};

/* English where we have none of that language. */
const char *report_label(const char *language, enum report_label label);
