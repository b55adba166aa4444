/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/schema_steps.h"

#include "store/search_sql.h"

/* Times are wall-clock milliseconds. State columns hold the numbers of model/states.h. Every row carries its
 * tenant, where it has one, so that no query can mix two. A blob column owns its blob: one row, one owner. */

static const char step_1_provisioning[] =
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE tenant (id BLOB PRIMARY KEY, name TEXT NOT NULL UNIQUE, country TEXT NOT NULL DEFAULT '',"
    " area_code TEXT NOT NULL DEFAULT '', outside_prefix TEXT NOT NULL DEFAULT '', zone TEXT NOT NULL "
    "DEFAULT 'UTC',"
    " serial TEXT NOT NULL DEFAULT '', from_address TEXT NOT NULL DEFAULT '', fallback_address TEXT NOT NULL "
    "DEFAULT '',"
    " dial_allow TEXT NOT NULL DEFAULT '', dial_deny TEXT NOT NULL DEFAULT '',"
    " ignore_case INTEGER NOT NULL DEFAULT 1);"
    "CREATE TABLE user (id BLOB PRIMARY KEY, tenant BLOB NOT NULL REFERENCES tenant, name TEXT NOT NULL,"
    " UNIQUE (tenant, name));"
    /* key: the address with its domain in lower case, and the local part too: one address, one user (S2.7) */
    "CREATE TABLE user_address (key TEXT PRIMARY KEY, address TEXT NOT NULL,"
    " user BLOB NOT NULL REFERENCES user ON DELETE CASCADE, place INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX user_address_user ON user_address (user, place);"
    "CREATE TABLE faxbox (id TEXT PRIMARY KEY, tenant BLOB NOT NULL REFERENCES tenant, name TEXT NOT NULL,"
    " enabled INTEGER NOT NULL DEFAULT 1, station_id TEXT NOT NULL DEFAULT '', caller_id TEXT NOT NULL "
    "DEFAULT '',"
    " header_name TEXT NOT NULL DEFAULT '', paper TEXT NOT NULL DEFAULT 'a4', resolution TEXT NOT NULL "
    "DEFAULT 'fine',"
    " tries INTEGER NOT NULL DEFAULT 3, custom_address TEXT UNIQUE, report TEXT NOT NULL DEFAULT 'once');"
    "CREATE TABLE faxbox_number (number TEXT PRIMARY KEY, faxbox TEXT NOT NULL REFERENCES faxbox ON DELETE "
    "CASCADE,"
    " extension INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;"
    "CREATE INDEX faxbox_number_box ON faxbox_number (faxbox);"
    "CREATE TABLE faxbox_user (faxbox TEXT NOT NULL REFERENCES faxbox ON DELETE CASCADE,"
    " user BLOB NOT NULL REFERENCES user ON DELETE CASCADE, may_send INTEGER NOT NULL, may_receive INTEGER "
    "NOT NULL,"
    " PRIMARY KEY (faxbox, user)) WITHOUT ROWID;"
    "CREATE INDEX faxbox_user_user ON faxbox_user (user);"
    "CREATE TABLE faxbox_permission (faxbox TEXT NOT NULL REFERENCES faxbox ON DELETE CASCADE, entry TEXT "
    "NOT NULL,"
    " may_send INTEGER NOT NULL, may_receive INTEGER NOT NULL, PRIMARY KEY (faxbox, entry)) WITHOUT ROWID;"
    "CREATE TABLE trunk (id BLOB PRIMARY KEY, name TEXT NOT NULL UNIQUE, peer TEXT NOT NULL,"
    " transport TEXT NOT NULL DEFAULT 'udp', username TEXT NOT NULL DEFAULT '', secret BLOB,"
    " t38 INTEGER NOT NULL DEFAULT 1, place INTEGER NOT NULL DEFAULT 0);"
    "CREATE TABLE mail_server (id BLOB PRIMARY KEY, name TEXT NOT NULL UNIQUE, host TEXT NOT NULL,"
    " port INTEGER NOT NULL DEFAULT 587, security TEXT NOT NULL DEFAULT 'auto', username TEXT NOT NULL "
    "DEFAULT '',"
    " secret BLOB, ca_file TEXT NOT NULL DEFAULT '', pin TEXT NOT NULL DEFAULT '',"
    " envelope_sender TEXT NOT NULL DEFAULT '', enabled INTEGER NOT NULL DEFAULT 1);";

static const char step_1_sending[] =
    "CREATE TABLE blob (id BLOB PRIMARY KEY, size INTEGER NOT NULL, sha256 BLOB NOT NULL, bytes BLOB);"
    "CREATE TABLE mail_in (id BLOB PRIMARY KEY, state INTEGER NOT NULL, received_ms INTEGER NOT NULL,"
    " sender TEXT NOT NULL, recipients TEXT NOT NULL, client_ip TEXT NOT NULL, trust INTEGER NOT NULL,"
    " blob BLOB NOT NULL REFERENCES blob, code TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT '');"
    "CREATE INDEX mail_in_state ON mail_in (state, received_ms);"
    "CREATE TABLE submission (id BLOB PRIMARY KEY, tenant BLOB NOT NULL, faxbox TEXT NOT NULL, mail BLOB,"
    " state INTEGER NOT NULL, created_ms INTEGER NOT NULL, sender TEXT NOT NULL, subject TEXT NOT NULL,"
    " message_id TEXT NOT NULL, numbers TEXT NOT NULL, code TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL "
    "DEFAULT '');"
    "CREATE INDEX submission_state ON submission (state, created_ms);"
    "CREATE INDEX submission_tenant ON submission (tenant, created_ms);"
    "CREATE INDEX submission_mail ON submission (mail);"
    "CREATE TABLE document (submission BLOB NOT NULL REFERENCES submission, place INTEGER NOT NULL, name "
    "TEXT NOT NULL,"
    " type TEXT NOT NULL, blob BLOB NOT NULL REFERENCES blob, pages INTEGER, PRIMARY KEY (submission, place))"
    " WITHOUT ROWID;"
    /* page counts from 0 over all documents of the submission */
    "CREATE TABLE submission_page (submission BLOB NOT NULL REFERENCES submission, document INTEGER NOT NULL,"
    " page INTEGER NOT NULL, width INTEGER NOT NULL, rows INTEGER NOT NULL, resolution INTEGER NOT NULL,"
    " blob BLOB NOT NULL REFERENCES blob, PRIMARY KEY (submission, document, page)) WITHOUT ROWID;"
    /* A6: the same mail twice is faxed once */
    "CREATE TABLE replay_key (key BLOB PRIMARY KEY, mail BLOB NOT NULL, created_ms INTEGER NOT NULL)"
    " WITHOUT ROWID;"
    "CREATE INDEX replay_key_age ON replay_key (created_ms);"
    "CREATE TABLE job (id BLOB PRIMARY KEY, submission BLOB NOT NULL REFERENCES submission, tenant BLOB NOT "
    "NULL,"
    " faxbox TEXT NOT NULL, number TEXT NOT NULL, display_number TEXT NOT NULL, state INTEGER NOT NULL,"
    " created_ms INTEGER NOT NULL, next_ms INTEGER NOT NULL, ended_ms INTEGER, pages INTEGER NOT NULL,"
    " confirmed INTEGER NOT NULL DEFAULT 0, tries INTEGER NOT NULL DEFAULT 0, dials INTEGER NOT NULL DEFAULT "
    "0,"
    " crashes INTEGER NOT NULL DEFAULT 0, max_tries INTEGER NOT NULL "
    "DEFAULT 3,"
    " code TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT '', station_id TEXT NOT NULL DEFAULT '',"
    " cancelled_by TEXT NOT NULL DEFAULT '');"
    "CREATE INDEX job_due ON job (state, next_ms);"
    "CREATE INDEX job_number ON job (state, number);"
    "CREATE INDEX job_submission ON job (submission);"
    "CREATE INDEX job_tenant ON job (tenant, created_ms);";

static const char step_1_calls[] =
    "CREATE TABLE attempt (id BLOB PRIMARY KEY, job BLOB REFERENCES job, fax BLOB, state INTEGER NOT NULL,"
    " call_instance INTEGER NOT NULL, trunk TEXT NOT NULL, rung INTEGER NOT NULL DEFAULT 0,"
    " first_page INTEGER NOT NULL DEFAULT 0, started_ms INTEGER NOT NULL, answered_ms INTEGER, ended_ms "
    "INTEGER,"
    " mode TEXT NOT NULL DEFAULT '', rate INTEGER NOT NULL DEFAULT 0, ecm INTEGER NOT NULL DEFAULT 0,"
    " station_id TEXT NOT NULL DEFAULT '', code TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT '',"
    " trace TEXT NOT NULL DEFAULT '');"
    "CREATE INDEX attempt_open ON attempt (state, call_instance) WHERE state <> 2;"
    "CREATE INDEX attempt_job ON attempt (job, started_ms);"
    "CREATE INDEX attempt_time ON attempt (started_ms);"
    /* the journal: which page was confirmed when, in which attempt */
    "CREATE TABLE attempt_page (attempt BLOB NOT NULL REFERENCES attempt, page INTEGER NOT NULL,"
    " confirmed_ms INTEGER NOT NULL, rate INTEGER NOT NULL, coding TEXT NOT NULL, ecm INTEGER NOT NULL,"
    " resent INTEGER NOT NULL, bad_rows INTEGER NOT NULL, duration_ms INTEGER NOT NULL,"
    " PRIMARY KEY (attempt, page)) WITHOUT ROWID;"
    "CREATE TABLE fax (id BLOB PRIMARY KEY, tenant BLOB NOT NULL, faxbox TEXT NOT NULL, attempt BLOB NOT "
    "NULL,"
    " state INTEGER NOT NULL, faxid INTEGER, calling TEXT NOT NULL, called TEXT NOT NULL,"
    " calling_name TEXT NOT NULL DEFAULT '', station_id TEXT NOT NULL DEFAULT '', answered_ms INTEGER NOT "
    "NULL,"
    " last_page_ms INTEGER, ended_ms INTEGER, pages INTEGER NOT NULL DEFAULT 0, code TEXT NOT NULL DEFAULT "
    "'',"
    " reason TEXT NOT NULL DEFAULT '');"
    "CREATE INDEX fax_tenant ON fax (tenant, answered_ms);"
    "CREATE INDEX fax_box ON fax (faxbox, answered_ms);"
    "CREATE TABLE fax_page (fax BLOB NOT NULL REFERENCES fax, page INTEGER NOT NULL, width INTEGER NOT NULL,"
    " rows INTEGER NOT NULL, resolution INTEGER NOT NULL, blob BLOB NOT NULL REFERENCES blob,"
    " PRIMARY KEY (fax, page)) WITHOUT ROWID;"
    /* kind: 'received' (about: fax), 'report' (submission), 'answer' (mail_in). text: of an answer */
    "CREATE TABLE mail_out (id BLOB PRIMARY KEY, tenant BLOB, kind TEXT NOT NULL, about BLOB NOT NULL,"
    " state INTEGER NOT NULL, sender TEXT NOT NULL, recipient TEXT NOT NULL, text TEXT NOT NULL DEFAULT '',"
    " message_id TEXT NOT NULL DEFAULT '', subject TEXT NOT NULL DEFAULT '', blob BLOB REFERENCES blob,"
    " created_ms INTEGER NOT NULL, next_ms INTEGER NOT NULL, ended_ms INTEGER, tries INTEGER NOT NULL "
    "DEFAULT 0,"
    " code TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT '');"
    "CREATE INDEX mail_out_due ON mail_out (state, next_ms);"
    "CREATE INDEX mail_out_about ON mail_out (about);";

static const char step_2_pace[] = "ALTER TABLE trunk ADD COLUMN pace INTEGER NOT NULL DEFAULT 1;";

static const char step_3_since[] = "ALTER TABLE job ADD COLUMN since_ms INTEGER;";
/* What a mail may ask for, number by number, and who may ask. `target` is the place of a number in its
 * submission; a document of one target (a cover page) goes to that number alone, one of -1 to all. */
static const char step_4_tenants[] =
    "ALTER TABLE tenant ADD COLUMN billing_codes TEXT NOT NULL DEFAULT '';" /* one a line */
    "ALTER TABLE tenant ADD COLUMN pages_per_day INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE tenant ADD COLUMN minutes_per_day INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE tenant ADD COLUMN emergency TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE faxbox ADD COLUMN address_case TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE faxbox ADD COLUMN authentication TEXT NOT NULL DEFAULT 'none';"
    "ALTER TABLE faxbox ADD COLUMN pin_hash TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE faxbox ADD COLUMN cover TEXT NOT NULL DEFAULT 'none';"
    "ALTER TABLE faxbox ADD COLUMN cover_text INTEGER NOT NULL DEFAULT 0;"
    /* sender '': wrong PINs of everybody together */
    "CREATE TABLE pin_failure (faxbox TEXT NOT NULL REFERENCES faxbox ON DELETE CASCADE, sender TEXT NOT "
    "NULL,"
    " count INTEGER NOT NULL, since_ms INTEGER NOT NULL, until_ms INTEGER NOT NULL,"
    " PRIMARY KEY (faxbox, sender)) WITHOUT ROWID;";

static const char step_4_targets[] =
    "ALTER TABLE submission ADD COLUMN resolution TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE submission ADD COLUMN paper TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE submission ADD COLUMN dry INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE submission ADD COLUMN report_each INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE submission_target (submission BLOB NOT NULL REFERENCES submission, target INTEGER NOT NULL,"
    " number TEXT NOT NULL, display TEXT NOT NULL, kind TEXT NOT NULL DEFAULT '', trunk TEXT NOT NULL "
    "DEFAULT '',"
    " billing TEXT NOT NULL DEFAULT '', tries INTEGER NOT NULL DEFAULT 0, priority INTEGER NOT NULL DEFAULT "
    "5,"
    " not_before_ms INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (submission, target)) WITHOUT ROWID;"
    /* Submissions from before: one line "number TAB as written" a number. */
    "WITH RECURSIVE l (id, at, line, rest) AS (SELECT id, -1, '', numbers FROM submission UNION ALL"
    " SELECT id, at + 1, substr(rest, 1, instr(rest, char(10)) - 1), substr(rest, instr(rest, char(10)) + 1)"
    " FROM l WHERE instr(rest, char(10)) > 0)"
    " INSERT INTO submission_target (submission, target, number, display) SELECT id, at,"
    " substr(line, 1, instr(line, char(9)) - 1), substr(line, instr(line, char(9)) + 1) FROM l WHERE at >= 0;"
    "ALTER TABLE document ADD COLUMN target INTEGER NOT NULL DEFAULT -1;"
    "ALTER TABLE job ADD COLUMN target INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE job ADD COLUMN trunk TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE job ADD COLUMN billing TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE job ADD COLUMN priority INTEGER NOT NULL DEFAULT 5;"
    "ALTER TABLE job ADD COLUMN not_before_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE replay_key ADD COLUMN submission BLOB;"
    "CREATE INDEX replay_key_submission ON replay_key (submission);";

/* A5: how mail from elsewhere is believed. Lists are separated by blanks; a box's `dmarc` of '' is its
 * tenant's, its lists come on top of its tenant's. facts: model/sender_facts.h. */
static const char step_5_senders[] =
    "ALTER TABLE tenant ADD COLUMN dmarc TEXT NOT NULL DEFAULT 'require';"
    "ALTER TABLE tenant ADD COLUMN trusted_networks TEXT NOT NULL DEFAULT '127.0.0.0/8 ::1/128';"
    "ALTER TABLE tenant ADD COLUMN arc_trusted TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE faxbox ADD COLUMN dmarc TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE faxbox ADD COLUMN trusted_networks TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE faxbox ADD COLUMN arc_trusted TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE mail_in ADD COLUMN facts TEXT NOT NULL DEFAULT '';";

/* D4: what is known of a number, and by which rung of the ladder (queue/retry.h) an attempt went. silent:
 * answered calls in which no T.30 came. */
static const char step_6_destinations[] =
    "CREATE TABLE destination (tenant BLOB NOT NULL, number TEXT NOT NULL, calls INTEGER NOT NULL,"
    " delivered INTEGER NOT NULL, voices INTEGER NOT NULL, last_ms INTEGER NOT NULL, reached_ms INTEGER NOT "
    "NULL,"
    " rung INTEGER NOT NULL, rung_ms INTEGER NOT NULL, PRIMARY KEY (tenant, number)) WITHOUT ROWID;"
    "ALTER TABLE attempt ADD COLUMN ladder INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE job ADD COLUMN silent INTEGER NOT NULL DEFAULT 0;";

/* tenant NULL: everybody's. allow: "plain", "tls1.0", "tls1.1", by name. tls_seen: servers that spoke TLS
 * once. */
static const char step_7_mail[] =
    "ALTER TABLE mail_server ADD COLUMN tenant BLOB REFERENCES tenant;"
    "ALTER TABLE mail_server ADD COLUMN fallback INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE mail_server ADD COLUMN connections INTEGER NOT NULL DEFAULT 1;"
    "ALTER TABLE mail_server ADD COLUMN auth TEXT NOT NULL DEFAULT 'auto';"
    "ALTER TABLE mail_server ADD COLUMN allow TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE mail_server ADD COLUMN tls_name TEXT NOT NULL DEFAULT '';"
    "CREATE TABLE tls_seen (server TEXT PRIMARY KEY, seen_ms INTEGER NOT NULL) WITHOUT ROWID;"
    /* the mail that stands in for another one at the tenant's fallback address (D7) */
    "ALTER TABLE mail_out ADD COLUMN stands_for BLOB;"
    "CREATE INDEX mail_out_stands_for ON mail_out (stands_for) WHERE stands_for IS NOT NULL;";

/* Mailboxes that are polled, and what was taken from them: a key is there as soon as its mail is. */
static const char step_8_mailboxes[] =
    "CREATE TABLE mailbox (id BLOB PRIMARY KEY, name TEXT NOT NULL UNIQUE, tenant BLOB NOT NULL REFERENCES "
    "tenant,"
    " address TEXT NOT NULL, protocol TEXT NOT NULL, host TEXT NOT NULL, port INTEGER NOT NULL,"
    " security TEXT NOT NULL, username TEXT NOT NULL, password BLOB, ca_file TEXT NOT NULL, pin TEXT NOT "
    "NULL,"
    " folder TEXT NOT NULL, interval INTEGER NOT NULL, enabled INTEGER NOT NULL,"
    " plaintext_password INTEGER NOT NULL, authserv_id TEXT NOT NULL, too_large TEXT NOT NULL,"
    " authentication TEXT NOT NULL, oauth_grant TEXT NOT NULL, oauth_token_url TEXT NOT NULL,"
    " oauth_device_url TEXT NOT NULL, oauth_client_id TEXT NOT NULL, oauth_scope TEXT NOT NULL,"
    " oauth_pin TEXT NOT NULL, oauth_client_secret BLOB, oauth_refresh_token BLOB,"
    " state_ok INTEGER NOT NULL DEFAULT 1, state_code TEXT NOT NULL DEFAULT '',"
    " state_text TEXT NOT NULL DEFAULT '', state_ms INTEGER NOT NULL DEFAULT 0);"
    /* state: 't' taken, to be removed there; 'k' kept there; 'w' left there until not_before_ms, tries times
       so far */
    "CREATE TABLE mailbox_key (mailbox BLOB NOT NULL REFERENCES mailbox ON DELETE CASCADE, key TEXT NOT NULL,"
    " state TEXT NOT NULL, mail BLOB NOT NULL, seen_ms INTEGER NOT NULL, "
    "tries INTEGER NOT NULL DEFAULT 0, not_before_ms INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (mailbox, key)) "
    "WITHOUT "
    "ROWID;"
    "CREATE INDEX mailbox_key_age ON mailbox_key (seen_ms);"
    "ALTER TABLE faxbox ADD COLUMN mailbox TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE mail_in ADD COLUMN mailbox BLOB;"
    /* 0: it is all there; else its bytes were so many, and what is there is its header at most */
    "ALTER TABLE mail_in ADD COLUMN too_large INTEGER NOT NULL DEFAULT 0;";

/* since_ms: from when its five days count, where a person let it go again */
static const char step_9_mails[] = "ALTER TABLE mail_out ADD COLUMN since_ms INTEGER;";

/* login_keys: SCRAM's, sealed, as base64; '': no login. mail_in.user: who had logged in, none where it is all
 * zero. */
static const char step_10_logins[] =
    "ALTER TABLE user ADD COLUMN login_keys TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE mail_in ADD COLUMN user BLOB NOT NULL DEFAULT X'00000000000000000000000000000000';";

/* How it is with a trunk, as line told last. */
static const char step_11_trunks[] =
    "ALTER TABLE trunk ADD COLUMN registers INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE trunk ADD COLUMN register_s INTEGER NOT NULL DEFAULT 600;"
    "CREATE TABLE trunk_health (trunk TEXT PRIMARY KEY, state INTEGER NOT NULL, text TEXT NOT NULL,"
    " since_ms INTEGER NOT NULL, next_ms INTEGER NOT NULL) WITHOUT ROWID;";

/* What is mailed to whom, and in which words. Lists of addresses are separated by blanks; a box's `language`
 * of '' is its tenant's. */
static const char step_12_answers[] =
    "ALTER TABLE tenant ADD COLUMN language TEXT NOT NULL DEFAULT 'en';"
    "ALTER TABLE tenant ADD COLUMN mail_style TEXT NOT NULL DEFAULT 'standard';"
    "ALTER TABLE faxbox ADD COLUMN language TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE faxbox ADD COLUMN file_format TEXT NOT NULL DEFAULT 'pdf';"
    "ALTER TABLE faxbox ADD COLUMN recipients TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE faxbox ADD COLUMN answers TEXT NOT NULL DEFAULT 'sender';"
    "ALTER TABLE faxbox ADD COLUMN report_on TEXT NOT NULL DEFAULT 'always';"
    "ALTER TABLE faxbox ADD COLUMN report_to TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE mail_server ADD COLUMN null_sender INTEGER NOT NULL DEFAULT 1;"
    "ALTER TABLE submission ADD COLUMN dsn INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE mail_out ADD COLUMN faxbox TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE mail_out ADD COLUMN answer_code TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE mail_out ADD COLUMN dsn INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE mail_template (tenant BLOB NOT NULL REFERENCES tenant ON DELETE CASCADE, name TEXT NOT "
    "NULL,"
    " language TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (tenant, name, language)) WITHOUT ROWID;";

/* gateway: not polled here, but by a gateway (S4.4) */
static const char step_13_gateway[] = "ALTER TABLE mailbox ADD COLUMN gateway INTEGER NOT NULL DEFAULT 0;";

/* Where the calls of a trunk come from and go, and whom a tenant does not want to hear from. */
static const char step_14_inbound[] =
    "ALTER TABLE trunk ADD COLUMN addresses TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE trunk ADD COLUMN called_from TEXT NOT NULL DEFAULT 'request';"
    "ALTER TABLE trunk ADD COLUMN caller_from TEXT NOT NULL DEFAULT 'asserted';"
    "ALTER TABLE trunk ADD COLUMN caller_in TEXT NOT NULL DEFAULT 'from';"
    "ALTER TABLE trunk ADD COLUMN fallback_box TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE tenant ADD COLUMN blocked_callers TEXT NOT NULL DEFAULT '';";

/* How the mail of a submission wants to be answered (model/mail_manners.h); dsn was one of its bits. */
static const char step_15_manners[] = "ALTER TABLE submission RENAME COLUMN dsn TO manners;"
                                      "UPDATE submission SET manners = 2 * manners;";

/* S2.5: public keys of users, and the tenants' own pairs, whose secret halves are sealed for convert. */
static const char step_16_pgp[] =
    "CREATE TABLE user_key (user BLOB NOT NULL REFERENCES user ON DELETE CASCADE, place INTEGER NOT NULL,"
    " key TEXT NOT NULL, fingerprints TEXT NOT NULL, PRIMARY KEY (user, place)) WITHOUT ROWID;"
    "CREATE TABLE tenant_key (tenant BLOB PRIMARY KEY REFERENCES tenant ON DELETE CASCADE,"
    " public_key TEXT NOT NULL, secret BLOB NOT NULL) WITHOUT ROWID;"
    "ALTER TABLE user ADD COLUMN pgp_encrypt INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE faxbox ADD COLUMN require_encryption INTEGER NOT NULL DEFAULT 0;";

/* Keys that outgoing mails are signed with, sealed for mailout. */
static const char step_17_dkim[] = "CREATE TABLE dkim_key (domain TEXT PRIMARY KEY, selector TEXT NOT NULL,"
                                   " secret BLOB) WITHOUT ROWID;";

/* Answers that steer a fax (store/controls.h), and the word to its sender that it takes long. retry_of: the
 * ended job that a person had sent again by this one. */
static const char step_18_control[] =
    "CREATE TABLE control (hash BLOB PRIMARY KEY, mail BLOB NOT NULL, submission BLOB NOT NULL, job BLOB,"
    " faxbox TEXT NOT NULL, addressee TEXT NOT NULL, created_ms INTEGER NOT NULL,"
    " used INTEGER NOT NULL DEFAULT 0, warned INTEGER NOT NULL DEFAULT 0, asked INTEGER NOT NULL DEFAULT 0)"
    " WITHOUT ROWID;"
    "CREATE INDEX control_age ON control (created_ms);"
    "CREATE INDEX control_mail ON control (mail);"
    "ALTER TABLE faxbox ADD COLUMN delays TEXT NOT NULL DEFAULT 'late';"
    "ALTER TABLE job ADD COLUMN delay_told INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE job ADD COLUMN retry_of BLOB;"
    "CREATE INDEX job_retry ON job (retry_of) WHERE retry_of IS NOT NULL;";

/* How often a trunk is asked whether it is there; -1: as usual. */
static const char step_19_keepalive[] =
    "ALTER TABLE trunk ADD COLUMN keepalive_s INTEGER NOT NULL DEFAULT -1;";

/* Trunks beyond a NAT, ours or theirs. */
static const char step_20_nat[] = "ALTER TABLE trunk ADD COLUMN advertised_address TEXT NOT NULL DEFAULT '';"
                                  "ALTER TABLE trunk ADD COLUMN symmetric INTEGER NOT NULL DEFAULT 1;";

/* Many numbers in one entry (model/number_range.h); high '': all that begin with low. */
static const char step_21_ranges[] = "CREATE TABLE faxbox_range (text TEXT PRIMARY KEY, faxbox TEXT NOT NULL "
                                     "REFERENCES faxbox ON DELETE CASCADE,"
                                     " low TEXT NOT NULL, high TEXT NOT NULL) WITHOUT ROWID;";

/* Who logs in by a browser or a program, and who changed what. session.hash, api_key.hash: SHA-256 of a
 * token. totp.secret: sealed, as base64; last_step: of the code that was used last. */
static const char step_22_visitors[] =
    "ALTER TABLE user ADD COLUMN role TEXT NOT NULL DEFAULT 'user';" /* "tenant", "installation" */
    "ALTER TABLE user ADD COLUMN language TEXT NOT NULL DEFAULT '';" /* "": his tenant's */
    "CREATE TABLE session (hash BLOB PRIMARY KEY, id BLOB NOT NULL UNIQUE,"
    " user BLOB NOT NULL REFERENCES user ON DELETE CASCADE, created_ms INTEGER NOT NULL,"
    " seen_ms INTEGER NOT NULL, client_ip TEXT NOT NULL, agent TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX session_user ON session (user, created_ms);"
    "CREATE TABLE api_key (hash BLOB PRIMARY KEY, id BLOB NOT NULL UNIQUE,"
    " user BLOB NOT NULL REFERENCES user ON DELETE CASCADE, name TEXT NOT NULL, scope TEXT NOT NULL,"
    " created_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL, used_ms INTEGER) WITHOUT ROWID;"
    "CREATE INDEX api_key_user ON api_key (user);"
    "CREATE TABLE totp (user BLOB PRIMARY KEY REFERENCES user ON DELETE CASCADE, secret TEXT NOT NULL,"
    " confirmed INTEGER NOT NULL, last_step INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE audit (id BLOB PRIMARY KEY, at_ms INTEGER NOT NULL, tenant BLOB, user BLOB, who TEXT NOT "
    "NULL,"
    " client_ip TEXT NOT NULL, action TEXT NOT NULL, subject TEXT NOT NULL, detail TEXT NOT NULL);"
    "CREATE INDEX audit_tenant ON audit (tenant, id);"
    "CREATE INDEX audit_time ON audit (at_ms);"
    "CREATE INDEX job_of_tenant ON job (tenant, id);"
    "CREATE INDEX job_of_box ON job (faxbox, tenant, id);"
    "CREATE INDEX fax_of_tenant ON fax (tenant, id);"
    "CREATE INDEX fax_of_box ON fax (faxbox, tenant, id);"
    "CREATE INDEX mail_out_of_tenant ON mail_out (tenant, id);";
/* Mailboxes that a person authorises in his browser (RFC 6749 §4.1). */
static const char step_23_authorize[] =
    "ALTER TABLE mailbox ADD COLUMN oauth_authorize_url TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE mailbox ADD COLUMN oauth_redirect_url TEXT NOT NULL DEFAULT 'http://localhost';";

/* Lists as people look at them (store/lists.h) and the index of words (store/search.h). n: the number of a
 * fax or job in that index. archived: put out of the inbox, for all. fax_unread: for users of its box as it
 * came in. */
static const char step_24_lists[] =
    "ALTER TABLE fax ADD COLUMN n INTEGER;"
    "ALTER TABLE fax ADD COLUMN archived INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE job ADD COLUMN n INTEGER;"
    "ALTER TABLE submission_target ADD COLUMN name TEXT NOT NULL DEFAULT '';"
    "UPDATE fax SET n = k.n FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM fax) AS k"
    " WHERE k.id = fax.id;"
    "UPDATE job SET n = k.n FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM job) AS k"
    " WHERE k.id = job.id;"
    "DROP INDEX job_of_tenant;" /* those below serve the same lists */
    "DROP INDEX job_of_box;"
    "DROP INDEX fax_of_tenant;"
    "DROP INDEX fax_of_box;"
    "CREATE UNIQUE INDEX fax_n ON fax (n);"
    "CREATE UNIQUE INDEX job_n ON job (n);"
    "CREATE INDEX fax_list ON fax (archived, state, id);"
    "CREATE INDEX fax_tenant_list ON fax (tenant, archived, state, id);"
    "CREATE INDEX fax_box_list ON fax (faxbox, archived, state, id);"
    "CREATE INDEX job_list ON job (state, id);"
    "CREATE INDEX job_tenant_list ON job (tenant, state, id);"
    "CREATE INDEX job_box_list ON job (faxbox, state, id);"
    "CREATE TABLE fax_unread (user BLOB NOT NULL, fax BLOB NOT NULL, PRIMARY KEY (user, fax)) WITHOUT ROWID;"
    "CREATE INDEX fax_unread_fax ON fax_unread (fax);";
/* As it was then. */
#define SEARCH_PLACE "'{' || lower(hex(substr(tenant, 13, 4))) || '}<' || faxbox || '>'"
static const char step_24_search[] =
    "CREATE VIRTUAL TABLE fax_search USING fts5 (words, place, tokenize = 'trigram');"
    "CREATE VIRTUAL TABLE job_search USING fts5 (words, place, tokenize = 'trigram');"
    "INSERT INTO fax_search (rowid, words, place) SELECT n, " SEARCH_FAX_CALL ", " SEARCH_PLACE
    " FROM fax ORDER BY n;"
    "INSERT INTO job_search (rowid, words, place) SELECT n, " SEARCH_JOB_SENT ", " SEARCH_PLACE
    " FROM job ORDER BY n;";

/* S0.1: the name of a user of the box; "": nobody. */
static const char step_25_owner[] = "ALTER TABLE faxbox ADD COLUMN owner TEXT NOT NULL DEFAULT '';";

/* All requests to a trunk go there first. */
static const char step_26_proxy[] = "ALTER TABLE trunk ADD COLUMN outbound_proxy TEXT NOT NULL DEFAULT '';";

/* S/MIME. */
static const char step_27_smime[] = "CREATE TABLE user_certificate (user BLOB NOT NULL REFERENCES user ON "
                                    "DELETE CASCADE, place INTEGER NOT NULL,"
                                    " pem TEXT NOT NULL, PRIMARY KEY (user, place)) WITHOUT ROWID;"
                                    "ALTER TABLE user ADD COLUMN smime TEXT NOT NULL DEFAULT 'off';";

/* Sending in two steps (store/uploads.h). preview: shown to its owner, never sent. An owner of 16 zero bytes
 * is the command line. */
static const char step_28_uploads[] =
    "CREATE TABLE upload (id BLOB PRIMARY KEY, owner BLOB NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL,"
    " blob BLOB NOT NULL REFERENCES blob, created_ms INTEGER NOT NULL);"
    "CREATE INDEX upload_age ON upload (created_ms);"
    "CREATE INDEX upload_owner ON upload (owner);"
    "CREATE TABLE submission_key (owner BLOB NOT NULL, key TEXT NOT NULL, submission BLOB NOT NULL,"
    " hash BLOB NOT NULL, created_ms INTEGER NOT NULL, PRIMARY KEY (owner, key)) WITHOUT ROWID;"
    "CREATE INDEX submission_key_age ON submission_key (created_ms);"
    "ALTER TABLE submission ADD COLUMN preview INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE submission ADD COLUMN owner BLOB;"
    "CREATE INDEX submission_preview ON submission (created_ms) WHERE preview = 1;"
    "CREATE INDEX submission_preview_owner ON submission (owner, created_ms) WHERE preview = 1;";

/* What the client of a mail asked of reports about it (RFC 3461), and to which of its recipients a number
 * belongs. */
static const char step_29_wishes[] =
    "ALTER TABLE mail_in ADD COLUMN wishes TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE submission_target ADD COLUMN recipient INTEGER NOT NULL DEFAULT -1;";

const schema_step schema_steps_to_29[] = {
    {step_1_provisioning, step_1_sending, step_1_calls},
    {step_2_pace},
    {step_3_since},
    {step_4_tenants, step_4_targets},
    {step_5_senders},
    {step_6_destinations},
    {step_7_mail},
    {step_8_mailboxes},
    {step_9_mails},
    {step_10_logins},
    {step_11_trunks},
    {step_12_answers},
    {step_13_gateway},
    {step_14_inbound},
    {step_15_manners},
    {step_16_pgp},
    {step_17_dkim},
    {step_18_control},
    {step_19_keepalive},
    {step_20_nat},
    {step_21_ranges},
    {step_22_visitors},
    {step_23_authorize},
    {step_24_lists, step_24_search},
    {step_25_owner},
    {step_26_proxy},
    {step_27_smime},
    {step_28_uploads},
    {step_29_wishes},
};
const int schema_steps_to_29_count = sizeof(schema_steps_to_29) / sizeof(schema_steps_to_29[0]);
