/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Received faxes and their pages. */
#pragma once

#include "model/page.h"
#include "model/states.h"
#include "store/store.h"
#include "store/submissions.h"

/* Where people find it; the same for everybody. */
enum fax_place { FAX_IN_INBOX, FAX_IN_ARCHIVE, FAX_IN_JUNK, FAX_PLACES };

struct fax {
    struct id id;
    struct id tenant;
    const char *faxbox;
    struct id attempt;
    enum fax_state state;
    int64_t faxid;       /* counts up per installation (S2.17); 0 while receiving */
    const char *calling; /* "" for an anonymous caller */
    const char *called;
    const char *station_id;
    int64_t answered_ms, last_page_ms, ended_ms;
    unsigned pages;
    const char *code, *reason;
    struct id continues; /* the sender's try before, whose pages come first in the mail; ID_NONE: none */
    enum fax_place place;
    const char *routed_from; /* the box that was called, where a code or SUB led it to another; "" */
    const char *subaddress;  /* the sender's SUB; "" */
    /* "3, 7": pages on which nothing is, from 1, those of its earlier tries first; "": none, or nobody looked
     */
    const char *blank;
};

/* In state receiving. */
void fax_add(struct store *s, const struct fax *f);
bool fax_find(struct store *s, struct id id, struct arena *a, struct fax *f);
void fax_set_blank(struct store *s, struct id fax, const char *blank);
/* Page number `page` (from 0), once: a repetition changes nothing. */
void fax_add_page(struct store *s, struct id fax, unsigned page, const struct page *p, int64_t now_ms);
size_t fax_pages(struct store *s, struct id fax, struct arena *a, struct stored_page **pages);
/* The wall clock was set by that much: times of faxes that are coming in go with it. */
void fax_shift_times(struct store *s, int64_t by_ms);
/* T.6 data of all its pages together. */
uint64_t fax_page_bytes(struct store *s, struct id fax);
/* The sender's first try, where that fax is the second: the last one of its caller to its box, that broke off
 * at since_ms or later and before it was answered, of a machine that called itself alike, and that nothing
 * continues yet. Where another fax came from there meanwhile nobody knows which of them it is, and there is
 * none. */
bool fax_first_try(struct store *s, const struct fax *second, int64_t since_ms, struct id *first);
/* Faxes of that caller to that box that broke off at since_ms or later, and those to boxes of its tenant to
 * which a subaddress led them. */
size_t fax_broken_off(struct store *s, const char *box, const char *calling, int64_t since_ms, struct id *ids,
                      size_t most);
/* Has that caller (not "") sent a page to that box? */
bool fax_came_from(struct store *s, const char *box, const char *calling);
void fax_set_continues(struct store *s, struct id fax, struct id first);
/* All pages in their order, those of the tries before first; earlier: how many they are. */
size_t fax_pages_of_all_tries(struct store *s, struct id fax, struct arena *a, struct stored_page **pages,
                              size_t *earlier);
/* Leaves receiving; where there are pages a FAXID is given. */
void fax_close(struct store *s, struct id id, enum fax_state to, const struct fax *end);

/* Who received faxes of its box when it came has it unread. */
bool fax_unread(struct store *s, struct id fax, struct id user);
void fax_set_unread(struct store *s, struct id fax, struct id user, bool unread);
void fax_set_subaddress(struct store *s, struct id fax, const char *subaddress);
void fax_set_place(struct store *s, struct id fax, enum fax_place place);
/* It is that box's from now on, unread by its users. */
void fax_move_to_box(struct store *s, struct id fax, const char *box);
