/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "web/resources.h"

/* Mails and provisioning files are small; a scanned book is not. queue takes 256 MB at most. */
enum { DOCUMENT_MAX = 64 * 1024 * 1024, PROVISIONING_MAX = 16 * 1024 * 1024 };

const struct route routes[] = {
    {"GET", "health", ACTOR_STRANGER, 0, get_health, "Are we up?"},
    {"GET", "status", ACTOR_TENANT, 0, get_status, "What an administrator wants to see first"},
    {"GET", "jobs", ACTOR_USER, 0, get_jobs, "Faxes to send and sent ones, the newest first"},
    {"POST", "jobs", ACTOR_USER, DOCUMENT_MAX, post_jobs, "Sends a document; its bytes are the body"},
    {"GET", "jobs/:id", ACTOR_USER, 0, get_job, "One job with its calls"},
    {"POST", "jobs/:id/cancel", ACTOR_USER, 0, cancel_job, "Gives a job up"},
    {"POST", "jobs/:id/hold", ACTOR_USER, 0, hold_job, "Keeps a waiting job until it is released"},
    {"POST", "jobs/:id/release", ACTOR_USER, 0, release_job, "Lets a held job go"},
    {"GET", "submissions/:id", ACTOR_USER, 0, get_submission, "One request to send, with its jobs"},
    {"GET", "faxes", ACTOR_USER, 0, get_faxes, "Received faxes, the newest first"},
    {"GET", "faxes/:id", ACTOR_USER, 0, get_fax, "One received fax with its call"},
    {"GET", "calls", ACTOR_TENANT, 0, get_calls, "Telephone calls, the newest first"},
    {"GET", "calls/:id", ACTOR_TENANT, 0, get_call, "One call, page by page"},
    {"GET", "trunks", ACTOR_INSTALLATION, 0, get_trunks, "Trunks and how it is with each"},
    {"GET", "mails", ACTOR_TENANT, 0, get_mails, "Outgoing mails, the newest first"},
    {"POST", "mails/release", ACTOR_INSTALLATION, 0, release_mail, "Lets all held mails go"},
    {"POST", "mails/retry", ACTOR_INSTALLATION, 0, retry_mail, "Tries all waiting mails again"},
    {"GET", "mails/:id", ACTOR_TENANT, 0, get_mail, "One outgoing mail"},
    {"POST", "mails/:id/hold", ACTOR_TENANT, 0, hold_mail, "Keeps a mail until it is released"},
    {"POST", "mails/:id/release", ACTOR_TENANT, 0, release_mail, "Lets a held mail go"},
    {"POST", "mails/:id/retry", ACTOR_TENANT, 0, retry_mail, "Tries a mail again"},
    {"POST", "mails/:id/delete", ACTOR_TENANT, 0, delete_mail, "Deletes a mail"},
    {"GET", "deadletters", ACTOR_TENANT, 0, get_dead_letters, "Mails that became no fax, with the reason"},
    {"GET", "deadletters/:id", ACTOR_TENANT, 0, get_dead_letter, "One dead letter"},
    {"POST", "deadletters/:id/replay", ACTOR_TENANT, 0, replay_dead_letter, "Looks at a dead letter again"},
    {"POST", "deadletters/:id/delete", ACTOR_TENANT, 0, delete_dead_letter, "Deletes a dead letter"},
    {"POST", "explain", ACTOR_TENANT, DOCUMENT_MAX, post_explain, "What would become of a mail"},
    {"GET", "mailboxes", ACTOR_TENANT, 0, get_mailboxes, "Polled mailboxes and how it is with each"},
    {"POST", "mailboxes/test", ACTOR_TENANT, 0, test_mailbox, "Logs in to a mailbox, takes nothing"},
    {"POST", "mailboxes/authorize", ACTOR_TENANT, 0, authorize_mailbox,
     "Begins the authorization of a mailbox (OAuth 2.0, device grant)"},
    {"POST", "mail-server/test", ACTOR_INSTALLATION, 0, post_mail_test,
     "Asks the mail server whether it takes our mail; sends none"},
    {"POST", "keys", ACTOR_TENANT, 0, post_keys, "Makes a PGP key pair for a tenant"},
    {"POST", "mail-server/reset-tls", ACTOR_INSTALLATION, 0, post_tls_reset,
     "Forgets that a mail server once spoke TLS"},
    {"GET", "provisioning", ACTOR_INSTALLATION, 0, get_provisioning, "All settings as one document"},
    {"POST", "provisioning", ACTOR_INSTALLATION, PROVISIONING_MAX, post_provisioning,
     "Lays a document of settings over those there are"},
};
const size_t route_count = ARRAY_LEN(routes);
