/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "web/resources.h"

/* Mails and provisioning files are small; a scanned book is not. queue takes 256 MB at most. */
enum { DOCUMENT_MAX = 64 * 1024 * 1024, PROVISIONING_MAX = 16 * 1024 * 1024 };

const struct route routes[] = {
    {"GET", "status", 0, get_status},
    {"GET", "jobs", 0, get_jobs},
    {"POST", "jobs", DOCUMENT_MAX, post_jobs},
    {"GET", "jobs/:id", 0, get_job},
    {"POST", "jobs/:id/cancel", 0, cancel_job},
    {"POST", "jobs/:id/hold", 0, hold_job},
    {"POST", "jobs/:id/release", 0, release_job},
    {"POST", "jobs/:id/alter", 0, alter_job},
    {"GET", "submissions/:id", 0, get_submission},
    {"GET", "faxes", 0, get_faxes},
    {"GET", "faxes/:id", 0, get_fax},
    {"GET", "calls", 0, get_calls},
    {"GET", "calls/:id", 0, get_call},
    {"GET", "trunks", 0, get_trunks},
    {"GET", "destinations", 0, get_destinations},
    {"POST", "destinations/lock", 0, lock_destination},
    {"POST", "destinations/unlock", 0, unlock_destination},
    {"POST", "destinations/forget", 0, forget_destination},
    {"GET", "mails", 0, get_mails},
    {"POST", "mails/release", 0, release_mail},
    {"POST", "mails/retry", 0, retry_mail},
    {"GET", "mails/:id", 0, get_mail},
    {"POST", "mails/:id/hold", 0, hold_mail},
    {"POST", "mails/:id/release", 0, release_mail},
    {"POST", "mails/:id/retry", 0, retry_mail},
    {"POST", "mails/:id/delete", 0, delete_mail},
    {"GET", "deadletters", 0, get_dead_letters},
    {"GET", "deadletters/:id", 0, get_dead_letter},
    {"POST", "deadletters/:id/replay", 0, replay_dead_letter},
    {"POST", "deadletters/:id/delete", 0, delete_dead_letter},
    {"POST", "explain", DOCUMENT_MAX, post_explain},
    {"GET", "mailboxes", 0, get_mailboxes},
    {"POST", "mailboxes/test", 0, test_mailbox},
    {"POST", "mailboxes/authorize", 0, authorize_mailbox},
    {"POST", "mail-server/test", 0, post_mail_test},
    {"POST", "keys", 0, post_keys},
    {"POST", "mail-server/reset-tls", 0, post_tls_reset},
    {"GET", "provisioning", 0, get_provisioning},
    {"POST", "provisioning", PROVISIONING_MAX, post_provisioning},
};
const size_t route_count = ARRAY_LEN(routes);
