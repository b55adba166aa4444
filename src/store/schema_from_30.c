/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/schema_steps.h"

/* When a job goes, how many at once, and what is known of where it goes (D4). deadline_ms: it has to begin
 * before that; 0: none. kind: its price class. released_by: who was the first of the two that have to release
 * it. job_event: what people did with it. continues: the fax whose pages this one goes on with. */
static const char step_30_schedule[] =
    "ALTER TABLE job ADD COLUMN deadline_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE job ADD COLUMN kind TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE job ADD COLUMN released_by TEXT NOT NULL DEFAULT '';"
    "CREATE INDEX job_deadline ON job (state, deadline_ms) WHERE deadline_ms > 0;"
    "DROP INDEX job_due;"
    "CREATE INDEX job_due ON job (state, next_ms, tenant, faxbox);"
    "CREATE INDEX job_box ON job (state, faxbox, priority DESC, next_ms, id);"
    "CREATE TABLE job_event (job BLOB NOT NULL REFERENCES job, at_ms INTEGER NOT NULL, who TEXT NOT NULL,"
    " what TEXT NOT NULL);"
    "CREATE INDEX job_event_job ON job_event (job, at_ms);"
    "ALTER TABLE destination ADD COLUMN station_id TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE destination ADD COLUMN last_code TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE destination ADD COLUMN last_reason TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE destination ADD COLUMN locked_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE destination ADD COLUMN locked_by TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE destination ADD COLUMN lock_reason TEXT NOT NULL DEFAULT '';"
    "CREATE INDEX destination_last ON destination (last_ms);"
    "CREATE INDEX destination_of_tenant ON destination (tenant, last_ms);"
    "CREATE INDEX destination_number ON destination (number);"
    "CREATE INDEX destination_locked ON destination (locked_ms) WHERE locked_ms > 0;"
    "ALTER TABLE fax ADD COLUMN continues BLOB;"
    "CREATE INDEX fax_caller ON fax (faxbox, calling, answered_ms);"
    "CREATE INDEX mail_out_unsent ON mail_out (id) WHERE state <> 3;"
    "CREATE INDEX mail_in_refused ON mail_in (id) WHERE state = 2;"
    "CREATE INDEX attempt_open_time ON attempt (started_ms) WHERE state <> 2;";

static const char step_30_limits[] =
    "ALTER TABLE tenant ADD COLUMN calls_in INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE tenant ADD COLUMN calls_out INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE tenant ADD COLUMN international_per_hour INTEGER NOT NULL DEFAULT 30;"
    "ALTER TABLE tenant ADD COLUMN hold_new_countries INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE tenant ADD COLUMN four_eyes INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE faxbox ADD COLUMN calls_in INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE faxbox ADD COLUMN calls_out INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE faxbox ADD COLUMN send_window TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE faxbox ADD COLUMN bulk_window TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE faxbox ADD COLUMN bulk_from INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE faxbox ADD COLUMN deadline_minutes INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE faxbox ADD COLUMN join_seconds INTEGER NOT NULL DEFAULT 300;"
    "ALTER TABLE trunk ADD COLUMN calls INTEGER NOT NULL DEFAULT 0;";

/* Address books (store/contacts.h). owner: 16 zero bytes where user is NULL, which is all of the tenant's;
 * key: the name in small letters; words: what is looked for, a blank before each. */
static const char step_31_contacts[] =
    "CREATE TABLE contact (id BLOB PRIMARY KEY, tenant BLOB NOT NULL REFERENCES tenant ON DELETE CASCADE,"
    " user BLOB REFERENCES user ON DELETE CASCADE, owner BLOB NOT NULL, key TEXT NOT NULL, words TEXT NOT "
    "NULL,"
    " name TEXT NOT NULL, company TEXT NOT NULL, number TEXT NOT NULL, note TEXT NOT NULL,"
    " version INTEGER NOT NULL, changed_ms INTEGER NOT NULL, UNIQUE (tenant, owner, key));"
    "CREATE INDEX contact_list ON contact (tenant, key, id);"
    "CREATE INDEX contact_user ON contact (user) WHERE user IS NOT NULL;";

/* Servers that are told what happens (store/webhooks.h), and each word to one of them. about: a job or fax,
 * once for each event. */
static const char step_32_webhooks[] =
    "CREATE TABLE webhook (id BLOB PRIMARY KEY, name TEXT NOT NULL UNIQUE, tenant BLOB NOT NULL REFERENCES "
    "tenant ON"
    " DELETE CASCADE, url TEXT NOT NULL, events TEXT NOT NULL, pin TEXT NOT NULL, secret BLOB, enabled "
    "INTEGER NOT NULL);"
    "CREATE INDEX webhook_tenant ON webhook (tenant);"
    "CREATE TABLE webhook_call (id BLOB PRIMARY KEY, webhook BLOB NOT NULL REFERENCES webhook ON DELETE "
    "CASCADE,"
    " tenant BLOB NOT NULL, event TEXT NOT NULL, about BLOB NOT NULL, state INTEGER NOT NULL, created_ms "
    "INTEGER NOT NULL,"
    " next_ms INTEGER NOT NULL, tries INTEGER NOT NULL DEFAULT 0, http INTEGER NOT NULL DEFAULT 0,"
    " code TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT '', UNIQUE (webhook, event, about));"
    "CREATE INDEX webhook_call_due ON webhook_call (state, next_ms);"
    "CREATE INDEX webhook_call_of_tenant ON webhook_call (tenant, id);";

/* store/alarms.h. */
static const char step_33_alarms[] =
    "CREATE TABLE alarm (id BLOB PRIMARY KEY, code TEXT NOT NULL, subject TEXT NOT NULL, tenant BLOB,"
    " text TEXT NOT NULL, raised_ms INTEGER NOT NULL, cleared_ms INTEGER, mailed_ms INTEGER NOT NULL DEFAULT "
    "0);"
    "CREATE UNIQUE INDEX alarm_open ON alarm (code, subject) WHERE cleared_ms IS NULL;"
    "CREATE INDEX alarm_cleared ON alarm (cleared_ms) WHERE cleared_ms IS NOT NULL;"
    "CREATE INDEX alarm_mailed ON alarm (code, subject, mailed_ms);"
    "CREATE INDEX alarm_tenant ON alarm (tenant, id);";

/* How long faxes are kept (store/retention.h). Without an index on the column that refers to a blob each blob
 * that is deleted would be looked for in all of that table. */
static const char step_34_retention[] =
    "ALTER TABLE tenant ADD COLUMN keep_sent_days INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE tenant ADD COLUMN keep_received_days INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE tenant ADD COLUMN legal_hold INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE faxbox ADD COLUMN keep_sent_days INTEGER NOT NULL DEFAULT -1;"
    "ALTER TABLE faxbox ADD COLUMN keep_received_days INTEGER NOT NULL DEFAULT -1;"
    "ALTER TABLE faxbox ADD COLUMN legal_hold INTEGER NOT NULL DEFAULT 0;"
    "CREATE INDEX submission_box ON submission (faxbox, created_ms);"
    "CREATE INDEX fax_continues ON fax (continues) WHERE continues IS NOT NULL;"
    "CREATE INDEX mail_out_ended ON mail_out (ended_ms) WHERE state = 3;"
    "CREATE INDEX attempt_fax ON attempt (fax) WHERE fax IS NOT NULL;"
    "CREATE INDEX mail_in_blob ON mail_in (blob);"
    "CREATE INDEX mail_out_blob ON mail_out (blob) WHERE blob IS NOT NULL;"
    "CREATE INDEX document_blob ON document (blob);"
    "CREATE INDEX submission_page_blob ON submission_page (blob);"
    "CREATE INDEX fax_page_blob ON fax_page (blob);";

static const char step_35_digest[] = "ALTER TABLE document ADD COLUMN sha256 TEXT NOT NULL DEFAULT '';";

/* What is read on received pages: state 0 waits, 1 read, 2 cannot be; text is model/page_text.h, plain its
 * words. */
static const char step_36_reading[] =
    "CREATE TABLE page_text (fax BLOB NOT NULL REFERENCES fax ON DELETE CASCADE, page INTEGER NOT NULL,"
    " state INTEGER NOT NULL, urgent INTEGER NOT NULL, tries INTEGER NOT NULL DEFAULT 0,"
    " text TEXT NOT NULL DEFAULT '', plain TEXT NOT NULL DEFAULT '', UNIQUE (fax, page));"
    "CREATE INDEX page_text_open ON page_text (urgent DESC, tries, fax, page) WHERE state = 0;"
    "ALTER TABLE faxbox ADD COLUMN ocr TEXT NOT NULL DEFAULT 'off';"
    "ALTER TABLE faxbox ADD COLUMN ocr_languages TEXT NOT NULL DEFAULT '';";

static const char step_37_small_text[] =
    "ALTER TABLE document ADD COLUMN small_text TEXT NOT NULL DEFAULT '';";

/* Ways to a first or new password (store/password_resets.h). hash: SHA-256 of the code that was mailed. */
static const char step_38_resets[] =
    "CREATE TABLE password_reset (id BLOB PRIMARY KEY, hash BLOB NOT NULL UNIQUE,"
    " user BLOB NOT NULL REFERENCES user ON DELETE CASCADE, created_ms INTEGER NOT NULL, expires_ms INTEGER "
    "NOT NULL);"
    "CREATE INDEX password_reset_user ON password_reset (user, created_ms);"
    "CREATE INDEX password_reset_age ON password_reset (expires_ms);";

/* A first look at received faxes (model/look.h): which wait for one, what was called junk (n: the order), and
 * for being like which a fax was taken for it. fax.archived: 2 is the quarantine. routed_from: the box that
 * was called. */
static const char step_39_look[] =
    "CREATE TABLE fax_look (fax BLOB NOT NULL REFERENCES fax ON DELETE CASCADE, purpose INTEGER NOT NULL,"
    " tries INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (fax, purpose)) WITHOUT ROWID;"
    "CREATE TABLE junk (n INTEGER PRIMARY KEY, faxbox TEXT NOT NULL, fax BLOB NOT NULL, fingerprint BLOB NOT "
    "NULL);"
    "CREATE INDEX junk_box ON junk (faxbox, n);"
    "CREATE INDEX junk_fax ON junk (fax);"
    "ALTER TABLE fax ADD COLUMN junk_like INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE fax ADD COLUMN routed_from TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE faxbox ADD COLUMN route_by_code INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE tenant ADD COLUMN code_routes TEXT NOT NULL DEFAULT '';";

/* Whether a trunk's audio is encrypted. */
static const char step_40_srtp[] = "ALTER TABLE trunk ADD COLUMN srtp TEXT NOT NULL DEFAULT 'auto';";

/* Calls that ended, by the hour; tenant X'': all of them together. */
static const char step_41_traffic[] =
    "CREATE TABLE traffic (tenant BLOB NOT NULL, hour_ms INTEGER NOT NULL, received INTEGER NOT NULL,"
    " code TEXT NOT NULL, reason TEXT NOT NULL, calls INTEGER NOT NULL, pages INTEGER NOT NULL,"
    " call_ms INTEGER NOT NULL, PRIMARY KEY (tenant, hour_ms, received, code)) WITHOUT ROWID;"
    "INSERT INTO traffic SELECT coalesce(j.tenant, f.tenant), a.ended_ms - a.ended_ms % 3600000,"
    " a.fax IS NOT NULL, a.code, max(a.reason), count(*),"
    " sum((SELECT count(*) FROM attempt_page p WHERE p.attempt = a.id)),"
    " sum(max(0, a.ended_ms - coalesce(a.answered_ms, a.ended_ms)))"
    " FROM attempt a LEFT JOIN job j ON j.id = a.job LEFT JOIN fax f ON f.id = a.fax"
    " WHERE a.ended_ms IS NOT NULL AND coalesce(j.tenant, f.tenant) IS NOT NULL GROUP BY 1, 2, 3, 4;"
    "INSERT INTO traffic SELECT X'', hour_ms, received, code, max(reason), sum(calls), sum(pages), "
    "sum(call_ms)"
    " FROM traffic GROUP BY 2, 3, 4;";

/* How many faxboxes a tenant may have; 0: as many as it likes. */
static const char step_42_quota[] = "ALTER TABLE tenant ADD COLUMN boxes_most INTEGER NOT NULL DEFAULT 0;";

/* store/counters.h; counter: enum counter there. What was before is counted once. */
static const char step_43_counters[] =
    "CREATE TABLE counter (counter INTEGER NOT NULL, label TEXT NOT NULL, value INTEGER NOT NULL,"
    " PRIMARY KEY (counter, label)) WITHOUT ROWID;"
    "INSERT INTO counter SELECT 0, CASE state WHEN 3 THEN 'done' WHEN 4 THEN 'failed' WHEN 5 THEN 'unknown'"
    " WHEN 6 THEN 'cancelled' ELSE 'expired' END, count(*) FROM job WHERE state > 2 GROUP BY state;"
    "INSERT INTO counter SELECT 1, '', coalesce(sum(confirmed), 0) FROM job WHERE state > 2;"
    "INSERT INTO counter SELECT 2, CASE state WHEN 1 THEN 'complete' WHEN 2 THEN 'partial' ELSE 'empty' END, "
    "count(*)"
    " FROM fax WHERE state > 0 GROUP BY state;"
    "INSERT INTO counter SELECT 3, '', coalesce(sum(pages), 0) FROM fax WHERE state > 0;"
    "INSERT INTO counter SELECT 4, trunk || char(9) || iif(job IS NULL, 'in', 'out'), count(*) FROM attempt"
    " WHERE state = 2 GROUP BY 2;"
    "INSERT INTO counter SELECT 5, '', count(*) FROM mail_in;"
    "INSERT INTO counter SELECT 6, '', count(*) FROM mail_in WHERE state = 2;"
    "INSERT INTO counter SELECT 7, CASE state WHEN 3 THEN 'sent' WHEN 4 THEN 'failed' ELSE 'returned' END, "
    "count(*)"
    " FROM mail_out WHERE state > 2 GROUP BY state;";

/* What is due is looked for webhook by webhook (store/webhooks.c). */
static const char step_44_webhook_due[] =
    "CREATE INDEX webhook_call_of_hook ON webhook_call (webhook, state, next_ms);";

/* How a trunk's T.38 makes up for lost packets. */
static const char step_45_correction[] =
    "ALTER TABLE trunk ADD COLUMN t38_correction TEXT NOT NULL DEFAULT 'auto';";

/* Numbers that people call as well. */
static const char step_46_voice[] = "ALTER TABLE faxbox ADD COLUMN voice TEXT NOT NULL DEFAULT 'fax';"
                                    "ALTER TABLE faxbox ADD COLUMN voice_seconds INTEGER NOT NULL DEFAULT 15;"
                                    "ALTER TABLE faxbox ADD COLUMN voice_forward TEXT NOT NULL DEFAULT '';"
                                    "ALTER TABLE faxbox ADD COLUMN voice_callers TEXT NOT NULL DEFAULT '';"
                                    "ALTER TABLE faxbox ADD COLUMN fax_callers TEXT NOT NULL DEFAULT '';";

/* store/prints.h; state: enum print_state there. */
static const char step_47_print[] =
    "CREATE TABLE print (id BLOB PRIMARY KEY, fax BLOB NOT NULL REFERENCES fax ON DELETE CASCADE,"
    " faxbox TEXT NOT NULL, asked_by TEXT NOT NULL, state INTEGER NOT NULL, created_ms INTEGER NOT NULL,"
    " next_ms INTEGER NOT NULL, ended_ms INTEGER NOT NULL DEFAULT 0, tries INTEGER NOT NULL DEFAULT 0,"
    " begun INTEGER NOT NULL DEFAULT 0, format INTEGER NOT NULL, dpi INTEGER NOT NULL,"
    " job INTEGER NOT NULL DEFAULT 0, code TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT '');"
    "CREATE INDEX print_fax ON print (fax);"
    "CREATE INDEX print_box ON print (faxbox, id);"
    "CREATE INDEX print_due ON print (next_ms) WHERE state < 2;"
    "CREATE INDEX print_failed ON print (ended_ms) WHERE state = 3;"
    "ALTER TABLE faxbox ADD COLUMN print_to TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE faxbox ADD COLUMN print_pin TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE faxbox ADD COLUMN print_copies INTEGER NOT NULL DEFAULT 1;"
    "ALTER TABLE faxbox ADD COLUMN print_paper TEXT NOT NULL DEFAULT '';";

/* Faxes over a trunk back to ourselves (store/self_tests.h). self_test_hours: in each of them once; test: of
 * an attempt that is no job's and no fax's. */
static const char step_48_self_tests[] =
    "CREATE TABLE self_test (id BLOB PRIMARY KEY, trunk TEXT NOT NULL, t38 INTEGER NOT NULL, state INTEGER "
    "NOT NULL,"
    " asked INTEGER NOT NULL, created_ms INTEGER NOT NULL, until_ms INTEGER NOT NULL,"
    " started_ms INTEGER NOT NULL DEFAULT 0, ended_ms INTEGER NOT NULL DEFAULT 0, starts INTEGER NOT NULL "
    "DEFAULT 0,"
    " arrived INTEGER NOT NULL DEFAULT 0, seconds INTEGER NOT NULL DEFAULT 0, rate INTEGER NOT NULL DEFAULT "
    "0,"
    " resent INTEGER NOT NULL DEFAULT 0, bad_rows INTEGER NOT NULL DEFAULT 0, code TEXT NOT NULL DEFAULT '',"
    " reason TEXT NOT NULL DEFAULT '', steps TEXT NOT NULL DEFAULT '');"
    "CREATE INDEX self_test_trunk ON self_test (trunk, id);"
    "CREATE INDEX self_test_mode ON self_test (trunk, t38, id);"
    "CREATE INDEX self_test_open ON self_test (state, id) WHERE state < 2;"
    "ALTER TABLE attempt ADD COLUMN test BLOB;"
    "CREATE INDEX attempt_test ON attempt (test) WHERE test IS NOT NULL;"
    "ALTER TABLE trunk ADD COLUMN self_test_number TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE trunk ADD COLUMN self_test_hours TEXT NOT NULL DEFAULT '';";

/* What people write beside faxes (store/remarks.h); about: a fax, or (sent 1) a job. To whom received faxes
 * may be mailed on. */
static const char step_49_remarks[] = "CREATE TABLE note (id BLOB PRIMARY KEY, about BLOB NOT NULL, at_ms "
                                      "INTEGER NOT NULL, user BLOB, who TEXT "
                                      "NOT NULL, text TEXT NOT NULL);"
                                      "CREATE INDEX note_about ON note (about, at_ms);"
                                      "CREATE TABLE tag (about BLOB NOT NULL, tag TEXT NOT NULL COLLATE "
                                      "NOCASE, tenant BLOB NOT NULL, sent INTEGER "
                                      "NOT NULL, PRIMARY KEY (about, tag)) WITHOUT ROWID;"
                                      "CREATE INDEX tag_list ON tag (sent, tag, about);"
                                      "CREATE INDEX tag_tenant_list ON tag (tenant, sent, tag, about);"
                                      "ALTER TABLE tenant ADD COLUMN forward_to TEXT NOT NULL DEFAULT '';";

/* The larger blobs of PostgreSQL (store/blob_parts.h); of SQLite they are files. */
static const char step_50_parts[] =
    "CREATE TABLE blob_part (blob BLOB NOT NULL REFERENCES blob ON DELETE CASCADE, n INTEGER NOT NULL,"
    " bytes BLOB NOT NULL, PRIMARY KEY (blob, n)) WITHOUT ROWID;";

/* SUB and PWD of T.30: to be sent, heard, wanted. */
static const char step_51_subaddress[] =
    "ALTER TABLE submission_target ADD COLUMN subaddress TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE submission_target ADD COLUMN fax_password TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE job ADD COLUMN subaddress TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE job ADD COLUMN fax_password TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE fax ADD COLUMN subaddress TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE faxbox ADD COLUMN subaddress TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE faxbox ADD COLUMN fax_password TEXT NOT NULL DEFAULT '';"
    "CREATE INDEX faxbox_subaddress ON faxbox (tenant, subaddress) WHERE subaddress <> '';";

/* What is done to the copy that people get of a received page; the stored one stays as it came. */
static const char step_52_straight[] =
    "ALTER TABLE faxbox ADD COLUMN deskew INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE faxbox ADD COLUMN blank_pages TEXT NOT NULL DEFAULT 'keep';"
    "ALTER TABLE fax ADD COLUMN blank TEXT NOT NULL DEFAULT '';";

/* store/identities.h. */
static const char step_53_identities[] =
    "CREATE TABLE identity_source (kind INTEGER NOT NULL, name TEXT NOT NULL, tenant BLOB REFERENCES tenant"
    " ON DELETE CASCADE, settings TEXT NOT NULL, login INTEGER NOT NULL, PRIMARY KEY (kind, name)) WITHOUT "
    "ROWID;"
    "CREATE INDEX identity_source_tenant ON identity_source (tenant);"
    "ALTER TABLE user ADD COLUMN enabled INTEGER NOT NULL DEFAULT 1;"
    "ALTER TABLE user ADD COLUMN provider_id TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE user ADD COLUMN directory_id TEXT NOT NULL DEFAULT '';"
    "CREATE INDEX user_provider ON user (provider_id) WHERE provider_id <> '';"
    "CREATE INDEX user_directory ON user (directory_id) WHERE directory_id <> '';"
    "ALTER TABLE session ADD COLUMN provider TEXT NOT NULL DEFAULT '';";

/* Several faxes to one number in one call. */
static const char step_54_batches[] =
    "ALTER TABLE attempt ADD COLUMN carrier BLOB;"
    "ALTER TABLE attempt ADD COLUMN place INTEGER NOT NULL DEFAULT 0;"
    "CREATE INDEX attempt_carrier ON attempt (carrier, place) WHERE carrier IS NOT NULL;"
    "ALTER TABLE faxbox ADD COLUMN batch INTEGER NOT NULL DEFAULT 0;";

/* Entries of their own for a box, a tenant and six digits in a row (store/search_codes.h). */
#define CODED(table)                                                                                         \
    "CREATE VIRTUAL TABLE coded USING fts5 (words, place, tokenize = 'trigram');"                            \
    "INSERT INTO coded (rowid, words, place) SELECT s.rowid, s.words, search_codes(t.tenant, t.faxbox, "     \
    "s.words) FROM " table "_search AS s JOIN " table " AS t ON t.n = s.rowid ORDER BY s.rowid;"             \
    "DROP TABLE " table "_search;"                                                                           \
    "ALTER TABLE coded RENAME TO " table "_search;"
static const char step_55_codes[] = SCHEMA_SQLITE_ALONE CODED("fax") CODED("job");

/* store/passkeys.h. */
static const char step_56_passkeys[] =
    "CREATE TABLE passkey (id BLOB PRIMARY KEY, user BLOB NOT NULL REFERENCES user ON DELETE CASCADE,"
    " name TEXT NOT NULL, rp TEXT NOT NULL, credential BLOB NOT NULL UNIQUE, public_key BLOB NOT NULL,"
    " transports TEXT NOT NULL, counter INTEGER NOT NULL, created_ms INTEGER NOT NULL, used_ms INTEGER)"
    " WITHOUT ROWID;"
    "CREATE INDEX passkey_user ON passkey (user);";

/* store/nodes.h and store/claims.h. What line told last of a trunk it told as the line of one node; alarms of
 * a node are its own ('': the installation's). */
static const char step_57_nodes[] =
    "CREATE TABLE node (id BLOB PRIMARY KEY, name TEXT NOT NULL UNIQUE, version TEXT NOT NULL, roles TEXT "
    "NOT "
    "NULL,"
    " joined_ms INTEGER NOT NULL, lease_ms INTEGER NOT NULL, stopped INTEGER NOT NULL, taken INTEGER NOT "
    "NULL,"
    " drains INTEGER NOT NULL);"
    "CREATE TABLE claim (kind INTEGER NOT NULL, id BLOB NOT NULL, node BLOB NOT NULL, PRIMARY KEY (kind, id))"
    " WITHOUT ROWID;"
    "CREATE INDEX claim_node ON claim (node);"
    "ALTER TABLE attempt ADD COLUMN node BLOB;"
    "ALTER TABLE alarm ADD COLUMN node TEXT NOT NULL DEFAULT '';"
    "DROP TABLE trunk_health;"
    "CREATE TABLE trunk_health (trunk TEXT NOT NULL, node BLOB NOT NULL, state INTEGER NOT NULL, text TEXT "
    "NOT "
    "NULL,"
    " since_ms INTEGER NOT NULL, next_ms INTEGER NOT NULL, PRIMARY KEY (trunk, node)) WITHOUT ROWID;";

/* store/archive.h; tenant of a place: its name. at_ms: of the fax. */
static const char step_58_archive[] =
    "CREATE TABLE archive_place (name TEXT PRIMARY KEY, settings TEXT NOT NULL, tenant TEXT NOT NULL,"
    " rank INTEGER NOT NULL, enabled INTEGER NOT NULL, failing_ms INTEGER NOT NULL DEFAULT 0,"
    " rest_until_ms INTEGER NOT NULL DEFAULT 0, fails INTEGER NOT NULL DEFAULT 0,"
    " code TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT '');"
    "CREATE TABLE archive_copy (id BLOB PRIMARY KEY, about BLOB NOT NULL, tenant BLOB NOT NULL,"
    " place TEXT NOT NULL, faxbox TEXT NOT NULL, number TEXT NOT NULL, sent INTEGER NOT NULL,"
    " pages INTEGER NOT NULL, state INTEGER NOT NULL, at_ms INTEGER NOT NULL, created_ms INTEGER NOT NULL,"
    " next_ms INTEGER NOT NULL, stored_ms INTEGER NOT NULL DEFAULT 0, checked_ms INTEGER NOT NULL DEFAULT 0,"
    " tries INTEGER NOT NULL DEFAULT 0, object TEXT NOT NULL, bytes INTEGER NOT NULL DEFAULT 0,"
    " sha256 TEXT NOT NULL DEFAULT '', code TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT '',"
    " UNIQUE (about, place));"
    "CREATE INDEX archive_copy_due ON archive_copy (place, state, next_ms);"
    "CREATE INDEX archive_copy_old ON archive_copy (place, created_ms) WHERE state = 0;"
    "CREATE INDEX archive_copy_box ON archive_copy (faxbox, sent, at_ms);"
    "CREATE INDEX archive_copy_tenant ON archive_copy (tenant, id);"
    "CREATE TABLE legal_hold (about BLOB PRIMARY KEY, tenant BLOB NOT NULL, who TEXT NOT NULL,"
    " reason TEXT NOT NULL, at_ms INTEGER NOT NULL) WITHOUT ROWID;"
    "ALTER TABLE tenant ADD COLUMN archive_sent_days INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE tenant ADD COLUMN archive_received_days INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE faxbox ADD COLUMN archive_sent_days INTEGER NOT NULL DEFAULT -1;"
    "ALTER TABLE faxbox ADD COLUMN archive_received_days INTEGER NOT NULL DEFAULT -1;";

/* Fetching documents from other machines, and holding one ready for others (store/offers.h). */
static const char step_59_polling[] =
    "ALTER TABLE submission ADD COLUMN purpose INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE job ADD COLUMN purpose INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE offer (faxbox TEXT PRIMARY KEY REFERENCES faxbox ON DELETE CASCADE,"
    " submission BLOB NOT NULL REFERENCES submission, selective TEXT NOT NULL, password TEXT NOT NULL,"
    " created_ms INTEGER NOT NULL, created_by TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX offer_submission ON offer (submission);"
    /* passwords that nobody needs any more; queue seals the others */
    "UPDATE job SET fax_password = '-' WHERE fax_password <> '' AND state > 2;"
    "UPDATE submission_target SET fax_password = '' WHERE fax_password <> '' AND submission IN"
    " (SELECT id FROM submission WHERE state <> 0);";

/* A place has a mark by which it is known again, and gets what ended before it was there. What the archive
 * has under way is its leader's, and no claim. */
static const char step_60_marks[] =
    "ALTER TABLE archive_place ADD COLUMN mark TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE archive_place ADD COLUMN marked INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE archive_place ADD COLUMN filling INTEGER NOT NULL DEFAULT 1;"
    "ALTER TABLE archive_place ADD COLUMN filled_fax BLOB;"
    "ALTER TABLE archive_place ADD COLUMN filled_job BLOB;"
    "DELETE FROM claim WHERE kind = 65536;"
    "CREATE INDEX archive_copy_going ON archive_copy (tenant, faxbox) WHERE state = 2;";

/* Callers who did not say a password (queue/alarm_causes.c); deliveries of one document; documents of boxes
 * that were taken away meanwhile. */
static const char step_61_polled[] =
    "CREATE INDEX fax_no_password ON fax (answered_ms) WHERE code IN ('poll-refused', 'station-password');"
    "CREATE INDEX job_delivery ON job (faxbox, created_ms) WHERE purpose = 2;"
    "UPDATE submission SET state = 3 WHERE purpose = 2 AND state = 1"
    " AND NOT EXISTS (SELECT 1 FROM offer WHERE offer.submission = submission.id)"
    " AND NOT EXISTS (SELECT 1 FROM job WHERE job.submission = submission.id AND job.state <= 2);";

/* What happened to each mail (store/mail_history.h), and whom mails went to. */
static const char step_62_mail_events[] =
    "CREATE TABLE mail_event (mail BLOB NOT NULL REFERENCES mail_out ON DELETE CASCADE, n INTEGER NOT NULL,"
    " what TEXT NOT NULL, who TEXT NOT NULL, server TEXT NOT NULL, code TEXT NOT NULL, text TEXT NOT NULL,"
    " times INTEGER NOT NULL, at_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL, PRIMARY KEY (mail, n))"
    " WITHOUT ROWID;"
    "CREATE INDEX mail_out_recipient ON mail_out (lower(recipient), id);"
    /* what of it each person wants to be mailed */
    "ALTER TABLE user ADD COLUMN notify_received TEXT NOT NULL DEFAULT 'each';"
    "ALTER TABLE user ADD COLUMN notify_sent TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE user ADD COLUMN notify_delays TEXT NOT NULL DEFAULT '';"
    /* pages that the job it repeats has brought there already */
    "ALTER TABLE job ADD COLUMN resumed INTEGER NOT NULL DEFAULT 0;";

/* The same page for a machine that takes no finer one, and which of them went out (model/page.h; NULL:
 * unknown). */
static const char step_63_lower_pages[] =
    "ALTER TABLE submission_page ADD COLUMN lower_width INTEGER;"
    "ALTER TABLE submission_page ADD COLUMN lower_rows INTEGER;"
    "ALTER TABLE submission_page ADD COLUMN lower_resolution INTEGER;"
    "ALTER TABLE submission_page ADD COLUMN lower_blob BLOB REFERENCES blob;"
    "CREATE INDEX submission_page_lower ON submission_page (lower_blob) WHERE lower_blob IS NOT NULL;"
    "ALTER TABLE attempt_page ADD COLUMN resolution INTEGER;";

/* What the machine said last that it can do: DIS or DTC, whole frame; NULL: none came. */
static const char step_64_capabilities[] = "ALTER TABLE destination ADD COLUMN dis BLOB;";

/* What several boxes share, and what a box with it says itself (store/settings_templates.h). */
static const char step_65_settings_templates[] =
    "CREATE TABLE settings_template (id BLOB PRIMARY KEY, tenant BLOB NOT NULL REFERENCES tenant ON DELETE "
    "CASCADE, name TEXT NOT NULL, said TEXT NOT NULL, UNIQUE (tenant, name)) WITHOUT ROWID;"
    "ALTER TABLE faxbox ADD COLUMN template BLOB REFERENCES settings_template;"
    "ALTER TABLE faxbox ADD COLUMN own TEXT NOT NULL DEFAULT '';"
    "CREATE INDEX faxbox_template ON faxbox (template) WHERE template IS NOT NULL;";

/* Codes for who has lost his authenticator; each is deleted when it was used. */
static const char step_66_recovery[] =
    "CREATE TABLE recovery_code (user BLOB NOT NULL REFERENCES totp ON DELETE CASCADE, hash BLOB NOT NULL,"
    " PRIMARY KEY (user, hash)) WITHOUT ROWID;";

/* The trunk of a box ('': any), how its calls are made, and the places of the archive that get its faxes, one
 * a line ('': all). */
static const char step_67_box_calls[] =
    "ALTER TABLE faxbox ADD COLUMN trunk TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE faxbox ADD COLUMN t38 TEXT NOT NULL DEFAULT 'auto';"
    "ALTER TABLE faxbox ADD COLUMN ecm TEXT NOT NULL DEFAULT 'auto';"
    "ALTER TABLE faxbox ADD COLUMN archive_places TEXT NOT NULL DEFAULT '';";

/* Several signing keys a domain, of which one signs; and what the DNS has to hold beside each. */
static const char step_68_dkim[] =
    "CREATE TABLE dkim_key_next (domain TEXT NOT NULL, selector TEXT NOT NULL, active INTEGER NOT NULL,"
    " record TEXT NOT NULL, secret BLOB, PRIMARY KEY (domain, selector)) WITHOUT ROWID;"
    "INSERT INTO dkim_key_next SELECT domain, selector, 1, '', secret FROM dkim_key;"
    "DROP TABLE dkim_key;"
    "ALTER TABLE dkim_key_next RENAME TO dkim_key;";

/* Groups of an address book: each entry says its own, one a line; group_keys: the same in small letters, a
 * line break around each. */
static const char step_68_groups[] = "ALTER TABLE contact ADD COLUMN in_groups TEXT NOT NULL DEFAULT '';"
                                     "ALTER TABLE contact ADD COLUMN group_keys TEXT NOT NULL DEFAULT '';";

/* Each change of the settings reads those of every box. */
static const char step_68_ranges[] = "CREATE INDEX faxbox_range_box ON faxbox_range (faxbox);";

const schema_step schema_steps_from_30[] = {
    {step_30_schedule, step_30_limits},
    {step_31_contacts},
    {step_32_webhooks},
    {step_33_alarms},
    {step_34_retention},
    {step_35_digest},
    {step_36_reading},
    {step_37_small_text},
    {step_38_resets},
    {step_39_look},
    {step_40_srtp},
    {step_41_traffic},
    {step_42_quota},
    {step_43_counters},
    {step_44_webhook_due},
    {step_45_correction},
    {step_46_voice},
    {step_47_print},
    {step_48_self_tests},
    {step_49_remarks},
    {step_50_parts},
    {step_51_subaddress},
    {step_52_straight},
    {step_53_identities},
    {step_54_batches},
    {step_55_codes},
    {step_56_passkeys},
    {step_57_nodes},
    {step_58_archive},
    {step_59_polling},
    {step_60_marks},
    {step_61_polled},
    {step_62_mail_events},
    {step_63_lower_pages},
    {step_64_capabilities},
    {step_65_settings_templates},
    {step_66_recovery},
    {step_67_box_calls},
    {step_68_dkim, step_68_groups, step_68_ranges},
};
const int schema_steps_from_30_count = sizeof(schema_steps_from_30) / sizeof(schema_steps_from_30[0]);
