/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The statements of lists.c, in a header so that a test can ask the database how it runs each. */
#pragma once

/* The next one of a stream: ?1 <= id < ?2. ?3: state. Of faxes ?4: archived. */
#define LIST_NEXT_FAX(whose)                                                                                 \
    "SELECT id FROM fax WHERE " whose " archived = ?4 AND state = ?3 AND id >= ?1 AND id < ?2"               \
    " ORDER BY id DESC LIMIT 1"
#define LIST_NEXT_JOB(whose)                                                                                 \
    "SELECT id FROM job WHERE " whose " state = ?3 AND id >= ?1 AND id < ?2 AND ?4 = 0"                      \
    " ORDER BY id DESC LIMIT 1"
/* The box may have been another tenant's once. */
#define LIST_OF_BOX    "faxbox = ?5 AND (?6 IS NULL OR tenant = ?6) AND"
#define LIST_OF_TENANT "tenant = ?6 AND ?5 IS NOT NULL AND"
#define LIST_OF_ALL    "?5 IS NOT NULL AND ?6 IS NULL AND"

/* ?1 user; ?2 <= fax < ?3; ?4: how many; ?5: box or ''; ?6: tenant; ?7: states; ?8: archived, -1: any. */
#define LIST_UNREAD                                                                                          \
    "SELECT f.id FROM fax_unread AS u JOIN fax AS f ON f.id = u.fax"                                         \
    " WHERE u.user = ?1 AND u.fax >= ?2 AND u.fax < ?3 AND (?5 = '' OR f.faxbox = ?5)"                       \
    " AND (?6 IS NULL OR f.tenant = ?6) AND (?7 >> CAST(f.state AS INT)) & 1 <> 0 AND (?8 < 0 OR "           \
    "f.archived = ?8)"                                                                                       \
    " AND EXISTS (SELECT 1 FROM faxbox_user AS b WHERE b.faxbox = f.faxbox AND b.user = ?1"                  \
    " AND b.may_receive = 1) ORDER BY u.fax DESC LIMIT ?4"

/* ?1: words (FTS5); ?2 <= n <= ?3; ?4: how many; ?5: box or ''; ?6: tenant; ?7: states; ?8: user; ?9:
 * archived, -1: any; ?10: unread by; ?11 to ?14: patterns of words; ?15: tag or ''. What may be seen is
 * judged by the rows, whatever the index says. */
/* With a plus, for FTS5 takes a LIKE as a question to the index, of all its trigrams. */
#define LIST_FITS                                                                                            \
    " AND +s.words LIKE ?11 ESCAPE '!' AND +s.words LIKE ?12 ESCAPE '!' AND +s.words LIKE ?13 ESCAPE '!'"    \
    " AND +s.words LIKE ?14 ESCAPE '!'"
#define LIST_OF_FAXES                                                                                        \
    " AND (?5 = '' OR f.faxbox = ?5)"                                                                        \
    " AND (?6 IS NULL OR f.tenant = ?6) AND (?7 >> CAST(f.state AS INT)) & 1 <> 0"                           \
    " AND (?9 < 0 OR f.archived = ?9)"                                                                       \
    " AND (?8 IS NULL OR EXISTS (SELECT 1 FROM faxbox_user AS b WHERE b.faxbox = f.faxbox AND b.user = ?8"   \
    " AND b.may_receive = 1))"                                                                               \
    " AND (?10 IS NULL OR EXISTS (SELECT 1 FROM fax_unread AS u WHERE u.user = ?10 AND u.fax = f.id))"       \
    " AND (?15 = '' OR EXISTS (SELECT 1 FROM tag AS g WHERE g.about = f.id AND g.tag = ?15))"
#define LIST_OF_JOBS                                                                                         \
    " AND (?5 = '' OR j.faxbox = ?5)"                                                                        \
    " AND (?6 IS NULL OR j.tenant = ?6) AND (?7 >> CAST(j.state AS INT)) & 1 <> 0"                           \
    " AND ?9 < 0 AND ?10 IS NULL"                                                                            \
    " AND (?8 IS NULL OR EXISTS (SELECT 1 FROM faxbox_user AS b WHERE b.faxbox = j.faxbox AND b.user = ?8"   \
    " AND b.may_send = 1))"                                                                                  \
    " AND (?15 = '' OR EXISTS (SELECT 1 FROM tag AS g WHERE g.about = j.id AND g.tag = ?15))"
#define LIST_FIND_FAX                                                                                        \
    "SELECT f.id FROM fax_search AS s JOIN fax AS f ON f.n = s.rowid"                                        \
    " WHERE s.fax_search MATCH ?1 AND s.rowid >= ?2 AND s.rowid <= ?3" LIST_OF_FAXES LIST_FITS               \
    " ORDER BY s.rowid DESC LIMIT ?4"
#define LIST_FIND_JOB                                                                                        \
    "SELECT j.id FROM job_search AS s JOIN job AS j ON j.n = s.rowid"                                        \
    " WHERE s.job_search MATCH ?1 AND s.rowid >= ?2 AND s.rowid <= ?3" LIST_OF_JOBS LIST_FITS                \
    " ORDER BY s.rowid DESC LIMIT ?4"
/* The last of the ?4 newest of those. */
#define LIST_NEWEST_FAX                                                                                      \
    "SELECT rowid FROM fax_search WHERE fax_search MATCH ?1 AND rowid >= ?2 AND rowid <= ?3"                 \
    " ORDER BY rowid DESC LIMIT 1 OFFSET ?4 - 1"
#define LIST_NEWEST_JOB                                                                                      \
    "SELECT rowid FROM job_search WHERE job_search MATCH ?1 AND rowid >= ?2 AND rowid <= ?3"                 \
    " ORDER BY rowid DESC LIMIT 1 OFFSET ?4 - 1"
/* The same of PostgreSQL, whose rows of words are in small letters too; ?1: '' for nothing. */
#define LIST_FOLDED(n)     " AND s.folded LIKE lower(" n " COLLATE \"und-x-icu\") COLLATE \"C\" ESCAPE '!'"
#define LIST_FITS_POSTGRES LIST_FOLDED("?11") LIST_FOLDED("?12") LIST_FOLDED("?13") LIST_FOLDED("?14")
#define LIST_FIND_FAX_POSTGRES                                                                               \
    "SELECT f.id FROM fax_search AS s JOIN fax AS f ON f.n = s.rowid"                                        \
    " WHERE ?1 <> '' AND s.rowid >= ?2 AND s.rowid <= ?3" LIST_OF_FAXES LIST_FITS_POSTGRES                   \
    " ORDER BY s.rowid DESC LIMIT ?4"
#define LIST_FIND_JOB_POSTGRES                                                                               \
    "SELECT j.id FROM job_search AS s JOIN job AS j ON j.n = s.rowid"                                        \
    " WHERE ?1 <> '' AND s.rowid >= ?2 AND s.rowid <= ?3" LIST_OF_JOBS LIST_FITS_POSTGRES                    \
    " ORDER BY s.rowid DESC LIMIT ?4"

/* By a tag alone; ?2 <= id < ?3. */
#define LIST_TAGGED_FAX(whose)                                                                               \
    "SELECT f.id FROM tag AS g JOIN fax AS f ON f.id = g.about WHERE " whose                                 \
    " g.sent = 0 AND g.tag = ?15 AND g.about >= ?2 AND g.about < ?3 AND ?1 IS NOT NULL" LIST_OF_FAXES        \
    " ORDER BY g.about DESC LIMIT ?4"
#define LIST_TAGGED_JOB(whose)                                                                               \
    "SELECT j.id FROM tag AS g JOIN job AS j ON j.id = g.about WHERE " whose                                 \
    " g.sent = 1 AND g.tag = ?15 AND g.about >= ?2 AND g.about < ?3 AND ?1 IS NOT NULL" LIST_OF_JOBS         \
    " ORDER BY g.about DESC LIMIT ?4"
#define LIST_TAG_OF_TENANT "g.tenant = ?6 AND"
#define LIST_TAG_OF_ALL    "?6 IS NULL AND"
