/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The handlers of routes.c, one file a resource, and the JSON they share. */
#pragma once

#include "store/attempts.h"
#include "store/faxes.h"
#include "store/jobs.h"
#include "store/mailboxes.h"
#include "store/retention.h"
#include "web/request.h"

void get_health(struct request *r);   /* health.c */
void post_session(struct request *r); /* session.c */
void get_session(struct request *r);
void delete_session(struct request *r);
void delete_other_sessions(struct request *r);
void get_status(struct request *r); /* status.c */
void get_jobs(struct request *r);   /* jobs.c */
void get_job(struct request *r);
void post_jobs(struct request *r); /* sending.c */
void cancel_job(struct request *r);
void retry_job(struct request *r);
void hold_job(struct request *r);
void release_job(struct request *r);
void alter_job(struct request *r);
void get_submission(struct request *r);
void get_report_certificates(struct request *r);
void get_events(struct request *r);
void get_polled(struct request *r); /* polled.c */
void post_polled(struct request *r);
void delete_polled(struct request *r);
void post_uploads(struct request *r); /* submissions.c */
void post_submissions(struct request *r);
void post_previews(struct request *r);
void get_old_fax(struct request *r); /* old_faxes.c */
void post_old_faxes(struct request *r);
void get_preview_page(struct request *r);   /* page_pictures.c */
void get_preview_pdf(struct request *r);    /* download.c */
void get_template_kinds(struct request *r); /* templates.c */
void post_template_preview(struct request *r);
void post_template_picture(struct request *r);
void get_faxes(struct request *r); /* faxes.c */
void get_fax(struct request *r);
void read_fax(struct request *r); /* fax_marks.c */
void unread_fax(struct request *r);
void archive_fax(struct request *r);
void unarchive_fax(struct request *r);
void junk_fax(struct request *r);
void no_junk_fax(struct request *r);
void print_fax_now(struct request *r); /* prints.c */
void mail_fax(struct request *r);      /* forwarding.c */
void get_fax_tags(struct request *r);  /* remarks.c */
void put_tags(struct request *r);
void get_tags(struct request *r);
void post_note(struct request *r);
void delete_note(struct request *r);
void get_fax_page(struct request *r); /* page_pictures.c */
void get_job_page(struct request *r);
void get_job_original(struct request *r); /* originals.c */
void get_fax_pdf(struct request *r);      /* download.c */
void get_fax_tiff(struct request *r);
void get_job_pdf(struct request *r);
void get_job_report(struct request *r);
void get_calls(struct request *r); /* calls.c */
void get_call(struct request *r);
void test_mailbox(struct request *r); /* mailboxes.c */
void authorize_mailbox(struct request *r);
void get_destinations(struct request *r); /* destinations.c */
void lock_destination(struct request *r);
void unlock_destination(struct request *r);
void forget_destination(struct request *r);
enum { REDEEM_BODY_MAX = 8191 };
void redeem_mailbox(struct request *r);
void get_traffic(struct request *r); /* traffic.c */
void get_mails(struct request *r);   /* mails.c */
void get_mail(struct request *r);
void hold_mail(struct request *r);
void release_mail(struct request *r);
void retry_mail(struct request *r);
void delete_mail(struct request *r);
void post_tls_reset(struct request *r);
void post_mail_test(struct request *r);
void get_mail_test(struct request *r);
void check_domain(struct request *r);
void check_dkim_key(struct request *r);
void list_settings(struct request *r); /* settings.c */
void list_boxes(struct request *r);
void get_settings(struct request *r);
void create_settings(struct request *r);
void change_settings(struct request *r);
void replace_settings(struct request *r);
void remove_settings(struct request *r);
/* settings.c: answers what settings_change did not do; m NULL: queue is away. */
void reply_settings_refusal(struct request *r, const struct message *m);
/* account.c: false where he has not logged in by a password, and that is answered. */
bool request_has_session(struct request *r);
/* 204, or what person_done says. */
void reply_person_done(struct request *r, const struct message *m);
void reply_person(struct request *r, const struct message *m, unsigned status); /* where it was done */
void get_authenticator(struct request *r);                                      /* authenticator.c */
void begin_authenticator(struct request *r);
void confirm_authenticator(struct request *r);
void make_recovery_codes(struct request *r);
void remove_authenticator(struct request *r);
void reset_authenticator(struct request *r);
void get_passkeys(struct request *r); /* passkeys.c */
void get_user_passkeys(struct request *r);
void begin_passkey_login(struct request *r);
void begin_passkey(struct request *r);
void post_passkey(struct request *r);
void remove_passkey(struct request *r);
void reset_passkey(struct request *r);
void get_api_keys(struct request *r); /* account.c */
void post_api_key(struct request *r);
void delete_api_key(struct request *r);
void get_me(struct request *r);
void change_me(struct request *r);
void post_password(struct request *r);
void get_login_providers(struct request *r); /* providers.c */
void begin_provider_login(struct request *r);
void finish_provider_login(struct request *r);
void leave_provider(struct request *r);
void test_provider(struct request *r);
void run_directory(struct request *r);  /* directories.c */
void get_self_tests(struct request *r); /* self_tests.c */
void get_self_test(struct request *r);
void test_trunk(struct request *r);
void get_webhook_calls(struct request *r); /* webhooks.c */
void test_webhook(struct request *r);
void retry_webhook_call(struct request *r);
void post_password_forgotten(struct request *r); /* password_resets.c */
void post_password_reset(struct request *r);
void post_invitation(struct request *r);
void get_usage(struct request *r); /* usage.c */
void get_usage_csv(struct request *r);
void get_billing_codes(struct request *r);
void get_contacts(struct request *r); /* contacts.c */
void get_contact(struct request *r);
void post_contact(struct request *r);
void patch_contact(struct request *r);
void delete_contact(struct request *r);
void get_metrics(struct request *r); /* metrics.c */
void get_alarms(struct request *r);  /* alarms.c */
void get_nodes(struct request *r);   /* nodes.c */
void drain_node(struct request *r);
void resume_node(struct request *r);
void remove_node(struct request *r);
void get_audit(struct request *r);        /* audit.c */
void post_keys(struct request *r);        /* keys.c */
void get_dead_letters(struct request *r); /* dead_letters.c */
void get_dead_letter(struct request *r);
void replay_dead_letter(struct request *r);
void delete_dead_letter(struct request *r);
void post_explain(struct request *r);     /* explain.c */
void get_provisioning(struct request *r); /* provisioning.c */
void post_provisioning(struct request *r);

/* sending.c: may he send from that box (S2.12)? False: he may not, and that is answered. */
bool request_may_send_from(struct request *r, const char *box);
/* The fax or job of the path, for whoever may see it; else false, and a reply (404) has been made. */
bool request_fax(struct request *r, struct fax *f) MUST_USE;
bool request_job(struct request *r, struct job *j) MUST_USE;
struct submission;
/* Likewise a preview, which is its owner's alone. */
bool request_preview(struct request *r, struct submission *s) MUST_USE;
/* The address that is told of what he sends; "": nobody. */
const char *request_sender(struct request *r);
/* Times are wall-clock milliseconds, null where there is none yet. New references. */
/* prints.c: what was printed of the fax. */
void get_archive(struct request *r); /* archive.c */
void get_archive_file(struct request *r);
void verify_archive(struct request *r);
void verify_archive_copy(struct request *r);
void test_archive_place(struct request *r);
void mark_archive_place(struct request *r);
void post_archive_key(struct request *r);
void get_legal_holds(struct request *r);
void put_legal_hold(struct request *r);
void release_legal_hold(struct request *r);
void delete_from_archive(struct request *r);
/* Members "archive" and "legal_hold" of a fax or job. */
void json_add_archive(struct request *r, json_t *thing, struct id about);
/* How long it is kept: of the box, sent or received, since that time (wall clock; 0: it is not over). */
void json_add_kept(struct request *r, json_t *thing, const struct kept_box *b, bool sent, int64_t since_ms);
json_t *json_archive_states(struct request *r);
void json_add_prints(struct request *r, json_t *list, struct id fax);
json_t *json_time(int64_t wall_ms);
json_t *json_outcome(const char *code, const char *text);
/* jobs.c: a line of a list. */
json_t *json_job(struct request *r, const struct job *j);
/* remarks.c: of a fax or job. */
json_t *json_tags(struct request *r, struct id about);
json_t *json_notes(struct request *r, struct id about);
/* calls.c: with its pages where they are wanted. */
json_t *json_attempt(struct request *r, const struct attempt *t, bool with_pages);
/* originals.c: of each page of the job the document and its page; null: it was made here. */
json_t *json_originals(struct request *r, const struct job *j);
/* Of each page, "fine" and the like. */
struct stored_page;
json_t *json_resolutions(const struct stored_page *pages, size_t count);
/* trunks.c: all of them, with how it is with each. */
/* Appends the mails about that job, submission or fax. */
void json_add_mails(struct request *r, json_t *list, struct id about);
json_t *json_trunks(struct request *r);
/* How a trunk's self-tests went, an object for each mode that had one. */
json_t *json_self_tests(struct request *r, const char *trunk);
/* nodes.c: all of them; none where the store is SQLite. */
json_t *json_nodes(struct request *r);
/* alarms.c: those that are open. */
json_t *json_alarms(struct request *r, bool queue_answers);
/* mailboxes.c: how it is with each that is enabled. */
json_t *json_mailbox_states(struct request *r);
/* The calls of this moment out of queue's answer; NULL where there was none. */
json_t *json_live(const struct message *m);
