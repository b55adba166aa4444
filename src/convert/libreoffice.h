/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The few calls of LibreOfficeKit that we use, as its C interface lays them out: it only ever grows at its
 * end. Declared here, because Debian's package of its headers brings GTK along, and LibreOffice is looked for
 * at run time only. */
#pragma once

#include <stddef.h>

struct lok_document {
    struct lok_document_class {
        size_t size;
        void (*destroy)(struct lok_document *d);
        int (*save_as)(struct lok_document *d, const char *url, const char *format, const char *options);
    } * calls;
};

typedef void (*lok_callback)(int type, const char *payload, void *data);

struct lok {
    struct lok_class {
        size_t size;
        void (*destroy)(struct lok *k);
        struct lok_document *(*load)(struct lok *k, const char *url);
        char *(*error)(struct lok *k);
        struct lok_document *(*load_with_options)(struct lok *k, const char *url, const char *options);
        void (*free_error)(char *error);
        void (*register_callback)(struct lok *k, lok_callback callback, void *data);
        char *(*filter_types)(struct lok *k);
        void (*set_features)(struct lok *k, unsigned long long features);
        void (*set_password)(struct lok *k, const char *url, const char *password);
    } * calls;
};

/* The symbol LOK_HOOK of LOK_LIBRARY; LOK_FOLDER is its first argument, the URL of the user's profile its
 * second. */
typedef struct lok *(*lok_hook)(const char *folder, const char *profile);
#define LOK_FOLDER  "/usr/lib/libreoffice/program"
#define LOK_LIBRARY LOK_FOLDER "/libmergedlo.so"
/* Debian's libreoffice-calc-nogui lacks a file without which LibreOfficeKit opens no spreadsheet. */
#define LOK_CALC "/usr/lib/libreoffice/share/config/soffice.cfg/modules/scalc/ui/inputbar.ui"
#define LOK_HOOK "libreofficekit_hook_2"

enum { LOK_ASKS_PASSWORD = 20, LOK_ASKS_PASSWORD_TO_CHANGE = 21 };
enum { LOK_FEATURE_PASSWORD = 1, LOK_FEATURE_PASSWORD_TO_CHANGE = 2 };
