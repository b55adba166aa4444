/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/addressees.h"

#include <string.h>

#include "base/str.h"
#include "queue/trace.h"

enum { BOXES_MAX = 50 };

/* Does the case of the mailbox's local part count (S2.6)? Where all its boxes say so. */
static bool is_exact(const struct routing *w)
{
    const char *ids[BOXES_MAX];
    size_t n = config_boxes_of_mailbox(w->store, w->arena, w->mailbox->name, ids, BOXES_MAX), exact = 0;
    for (size_t i = 0; i < n; i++)
        exact += config_exact_case(w->store, ids[i]);
    return n > 0 && exact == n;
}

enum likeness { OTHER, SAME_BUT_CASE, SAME };

/* text without a plus part, flags and "check+", and the mailbox's address. */
static enum likeness compare(const struct routing *w, const struct address *a)
{
    const char *own = w->mailbox->address, *at = strrchr(own, '@'), *local = a->local;
    size_t len = at ? (size_t)(at - own) : 0;
    if (!at || !str_equal_nocase(a->domain, at + 1))
        return OTHER;
    if (str_starts_nocase(local, "check+"))
        local += strlen("check+");
    struct span word = span_of(local, strcspn(local, "+^"));
    const char *wanted = arena_format(w->arena, "%.*s", (int)len, own);
    if (!span_equal_nocase(word, wanted))
        return OTHER;
    return span_equal(word, span_str(wanted)) ? SAME : SAME_BUT_CASE;
}

/* One of our forms, and for a box that this mailbox serves: a mailbox may catch the mail of a whole domain.
 */
static bool is_form(const struct routing *w, const struct address *a)
{
    struct recipient to;
    struct complaint why;
    struct faxbox box;
    if (route_parse(w, a, &to, &why) != RECIPIENT_OK)
        return false;
    return !*to.box ||
           (config_box(w->store, w->arena, to.box, &box) && str_equal(box.mailbox, w->mailbox->name));
}

const char *addressees_of_mailbox(const struct routing *w, const struct letter *m, struct outcome *o)
{
    char *rest = arena_strdup(w->arena, m->addressees ? m->addressees : ""), *line;
    const char *found = "", *miswritten = NULL;
    bool exact = is_exact(w);
    while ((line = strsep(&rest, "\n")) != NULL) {
        struct address a;
        const char *text = strsep(&line, "\t");
        if (!*text || address_parse(span_str(text), &a) != ADDRESS_OK)
            continue;
        enum likeness like = compare(w, &a);
        if (like == SAME_BUT_CASE && exact)
            miswritten = text;
        else if (like != OTHER || is_form(w, &a))
            found = arena_format(w->arena, "%s%s\n", found, text);
    }
    if (*found || !miswritten)
        return *found ? found : w->mailbox->address;
    outcome_set(
        o, VERDICT_GIVE_UP, "address-case",
        "The mail is addressed to <%.150s>, and this mailbox is <%.150s>; here upper and lower case count.",
        miswritten, w->mailbox->address);
    (void)trace_note(w->trace, "S2.6", false, "%s", o->text);
    return "";
}
