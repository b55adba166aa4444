/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/office.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/scope.h"
#include "base/str.h"
#include "convert/document_title.h"
#include "convert/libreoffice.h"

/* First start as a version it has seen: else it tests the graphics of the machine for 0.6 s each time. Paper
 * is A4 where a document says nothing. No macro, no link, no question: the sandbox would forbid what they do,
 * this saves the try. */
static const char settings[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?><oor:items xmlns:oor=\"http://openoffice.org/2001/registry\">"
#define SETTING(path, name, value)                                                                           \
    "<item oor:path=\"/org.openoffice." path "\"><prop oor:name=\"" name "\" oor:op=\"fuse\"><value>" value  \
    "</value></prop></item>"
    SETTING("Setup/Product", "ooSetupLastVersion", "7.4")
        SETTING("Setup/L10N", "ooSetupSystemLocale", "en-GB")
            SETTING("Office.Common/Security/Scripting", "MacroSecurityLevel", "3")
                SETTING("Office.Common/Security/Scripting", "DisableMacrosExecution", "true")
                    SETTING("Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", "true")
                        SETTING("Office.Writer/Content/Update", "Link", "0")
                            SETTING("Office.Calc/Content/Update", "Link", "2")
#undef SETTING
                                "</oor:items>";

bool office_installed(void)
{
    return access(LOK_LIBRARY, R_OK) == 0;
}

bool office_opens_spreadsheets(void)
{
    return access(LOK_CALC, R_OK) == 0;
}

/* What nearly every document is opened with. Found and bound by each worker anew it takes longer than a page.
 */
void office_warm(void)
{
    static const char *const libraries[] = {LOK_LIBRARY, LOK_FOLDER "/libswlo.so",
                                            LOK_FOLDER "/libwriterfilterlo.so"};
    static bool warm;
    for (size_t i = 0; !warm && i < ARRAY_LEN(libraries); i++)
        (void)dlopen(libraries[i], RTLD_NOW | RTLD_LOCAL); /* one that is missing is missed later */
    warm = true;
}

void office_open(void)
{
    /* It writes names of files of its own there; nobody reads them. */
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null >= 0) {
        (void)dup2(null, STDERR_FILENO);
        (void)close(null);
    }
}

struct office {
    struct lok *kit;
    const char *name;
    char url[PATH_MAX], pdf_url[PATH_MAX], pdf_path[PATH_MAX], profile[PATH_MAX];
    struct outcome *outcome;
};

static void refuse(struct office *o, const char *code, const char *words)
{
    char title[DOCUMENT_TITLE_LEN];
    document_title(title, o->name);
    outcome_set(o->outcome, VERDICT_GIVE_UP, code, "%s %s", title, words);
}

static void on_question(int type, const char *payload, void *data)
{
    struct office *o = data;
    if (type == LOK_ASKS_PASSWORD)
        _exit(OFFICE_EXIT_LOCKED); /* told that there is none, some of its readers abort */
    if (type == LOK_ASKS_PASSWORD_TO_CHANGE)
        o->kit->calls->set_password(o->kit, payload, NULL);
}

static bool write_file(const char *path, struct span bytes)
{
    SCOPED_FD int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    return fd >= 0 && fd_write_all(fd, bytes) == 0;
}

static bool prepare(struct office *o, const char *folder, struct span document)
{
    char path[PATH_MAX];
    bool good = str_format(o->profile, PATH_MAX, "file://%s/profile", folder) &&
                str_format(o->url, PATH_MAX, "file://%s/document", folder) &&
                str_format(o->pdf_url, PATH_MAX, "file://%s/pages.pdf", folder) &&
                str_format(o->pdf_path, PATH_MAX, "%s/pages.pdf", folder);
    good = good && str_format(path, PATH_MAX, "%s/document", folder) && write_file(path, document);
    good = good && str_format(path, PATH_MAX, "%s/profile", folder) && mkdir(path, 0700) == 0;
    good = good && str_format(path, PATH_MAX, "%s/profile/user", folder) && mkdir(path, 0700) == 0;
    return good && str_format(path, PATH_MAX, "%s/profile/user/registrymodifications.xcu", folder) &&
           write_file(path, span_str(settings));
}

/* LibreOffice believes its surroundings; it gets none but these. */
static void set_surroundings(const char *folder)
{
    (void)clearenv();
    (void)setenv("HOME", folder, 1);
    (void)setenv("TMPDIR", folder, 1);
    (void)setenv("XDG_CACHE_HOME", folder, 1);
    (void)setenv("LC_ALL", "C.UTF-8", 1);
    (void)setenv("SAL_USE_VCLPLUGIN", "svp", 1);
    (void)setenv("SAL_DISABLE_OPENCL", "1", 1);
}

static struct lok *start(const struct office *o)
{
    void *library = dlopen(LOK_LIBRARY, RTLD_LAZY | RTLD_LOCAL);
    lok_hook hook = NULL;
    if (library)
        *(void **)(void *)&hook = dlsym(library, LOK_HOOK);
    return hook ? hook(LOK_FOLDER, o->profile) : NULL;
}

static bool read_pdf(const struct office *o, struct buf *pdf)
{
    SCOPED_FD int fd = open(o->pdf_path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    return fd >= 0 && fd_read_rest(fd, pdf) == 0 && pdf->len > 0;
}

static void convert(struct office *o, struct buf *pdf)
{
    o->kit->calls->register_callback(o->kit, on_question, o);
    o->kit->calls->set_features(o->kit, LOK_FEATURE_PASSWORD | LOK_FEATURE_PASSWORD_TO_CHANGE);
    struct lok_document *d = o->kit->calls->load_with_options(o->kit, o->url, "EnableMacrosExecution=false");
    if (!d && !office_opens_spreadsheets())
        refuse(o, "document-broken",
               "cannot be opened: it is damaged, or a spreadsheet, for which this fax server lacks a part of "
               "LibreOffice. "
               "Save it as PDF and send that.");
    else if (!d)
        refuse(o, "document-broken",
               "is damaged and LibreOffice cannot open it. Open it, save it as PDF and send that.");
    else if (!d->calls->save_as(d, o->pdf_url, "pdf", NULL) || !read_pdf(o, pdf))
        refuse(o, "document-no-pages",
               "could not be printed by LibreOffice: it may be empty. Save it as PDF and send that.");
}

void office_to_pdf(const char *folder, const char *name, struct span document, struct buf *pdf,
                   struct outcome *outcome)
{
    struct office o = {.name = name, .outcome = outcome};
    outcome_done(outcome);
    set_surroundings(folder);
    if (!prepare(&o, folder, document)) {
        outcome_set(outcome, VERDICT_RETRY, "office-folder", "There is no room to open an office document.");
        return;
    }
    o.kit = start(&o);
    if (o.kit)
        convert(&o, pdf);
    else
        outcome_set(
            outcome, VERDICT_GIVE_UP, "office-start",
            "LibreOffice does not start on the fax server; its administrator finds more in the log. Save "
            "the document as PDF and send that.");
}
