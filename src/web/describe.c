/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "web/describe.h"

#include "base/str.h"
#include "web/openapi.h"
#include "web/resources.h"
#include "web/setup.h"

#define CURSOR "limit?:integer before?:string "
/* list_query.h */
#define FILTER CURSOR "box?:string q?:string tag?:string state?:[string] since?:time until?:time "

const struct description descriptions[] = {
    {get_openapi, "", "", "200 object"},
    {get_health, "", "", "200 Health"},
    {post_session, "", "Login", "200 Session"},
    {get_session, "", "", "200 Session"},
    {delete_session, "", "", "204"},
    {delete_other_sessions, "", "", "204"},
    {get_login_providers, "", "", "200 [LoginProvider]"},
    {begin_provider_login, "", "ProviderBegin", "200 Place"},
    {finish_provider_login, "", "ProviderFinish", "200 Session"},
    {leave_provider, "", "", "200 Place"},
    {test_provider, "name:string", "", "200 ProviderTest"},
    {run_directory, "name:string what?:string user?:string", "", "200 DirectoryRun"},
    {get_status, "", "", "200 Status"},
    {get_alarms, CURSOR "state?:string ", "", "200 [Alarm]"},
    {get_nodes, "", "", "200 [Node]"},
    {drain_node, "name:string user?:string", "", "200 NodeName"},
    {resume_node, "name:string user?:string", "", "200 NodeName"},
    {remove_node, "name:string user?:string", "", "200 NodeName"},
    {get_metrics, "", "", "200 text/plain"},
    {get_events, "", "", "200 text/event-stream"},
    {get_jobs, FILTER, "", "200 [Job]"},
    {post_jobs, "box:string number:[string] name?:string submission?:id user?:string", "*/*",
     "202 Submitted"},
    {get_job, "", "", "200 JobDetail"},
    {get_job_page, "width?:integer", "", "200 image/png"},
    {get_job_original, "width?:integer", "", "200 image/png"},
    {get_job_pdf, "", "", "200 application/pdf"},
    {get_job_report, "", "", "200 application/pdf"},
    {cancel_job, "user?:string", "", "200 JobChanged"},
    {retry_job, "user?:string resume?:string", "", "200 JobChanged"},
    {hold_job, "user?:string", "", "200 JobChanged"},
    {release_job, "user?:string", "", "200 JobChanged"},
    {alter_job, "number?:string at?:string priority?:string retries?:string trunk?:string user?:string", "",
     "200 JobChanged"},
    {get_polled, "box?:string before?:string", "", "200 [Polled]"},
    {post_polled, "box:string name?:string selective?:string submission?:id user?:string", "*/*",
     "202 Submitted"},
    {delete_polled, "box:string user?:string", "", "204"},
    {post_uploads, "name?:string", "*/*", "201 Upload"},
    {post_submissions, "", "Wish", "202 Sent"},
    {get_old_fax, "source:string at_ms:time", "", "200 OldFaxTaken"},
    {post_old_faxes, "user?:string", "OldFax", "201 OldFaxTaken"},
    {post_previews, "", "Wish", "200 Preview"},
    {get_preview_page, "width?:integer", "", "200 image/png"},
    {get_preview_pdf, "", "", "200 application/pdf"},
    {get_submission, "", "", "200 Submission"},
    {get_report_certificates, "", "", "200 ReportCertificates"},
    {get_template_kinds, "language?:string", "", "200 [TemplateKind]"},
    {post_template_preview, "", "TemplateText", "200 TemplateShown"},
    {post_template_picture, "", "TemplateText", "200 image/png"},
    {get_faxes, FILTER "unread?:integer archived?:integer junk?:integer", "", "200 [Fax]"},
    {get_fax, "", "", "200 FaxDetail"},
    {read_fax, "", "", "200 FaxDetail"},
    {unread_fax, "", "", "200 FaxDetail"},
    {archive_fax, "", "", "200 FaxDetail"},
    {unarchive_fax, "", "", "200 FaxDetail"},
    {junk_fax, "", "", "200 FaxDetail"},
    {no_junk_fax, "", "", "200 FaxDetail"},
    {get_fax_tags, "", "", "200 Tags"},
    {put_tags, "", "Tags", "200 Tags"},
    {mail_fax, "", "MailOn", "202 MailedOn"},
    {post_note, "", "NewNote", "201 Note"},
    {delete_note, "", "", "204"},
    {get_tags, "of:string q?:string", "", "200 [Tag]"},
    {print_fax_now, "user?:string", "", "200 FaxDetail"},
    {get_fax_page, "width?:integer", "", "200 image/png"},
    {get_fax_pdf, "", "", "200 application/pdf"},
    {get_fax_tiff, "", "", "200 image/tiff"},
    {get_calls, CURSOR, "", "200 [Call]"},
    {get_call, "", "", "200 CallDetail"},
    {get_traffic, "by?:string steps?:integer zone?:integer", "", "200 Traffic"},
    {get_destinations, CURSOR "number?:string locked?:string", "", "200 [Destination]"},
    {lock_destination, "number:string tenant?:string reason?:string user?:string", "",
     "200 DestinationChanged"},
    {unlock_destination, "number:string tenant?:string user?:string", "", "200 DestinationChanged"},
    {forget_destination, "number:string tenant?:string user?:string", "", "200 DestinationChanged"},
    {get_mails, CURSOR "state?:string recipient?:string", "", "200 [Mail]"},
    {get_mail, "", "", "200 MailDetail"},
    {hold_mail, "user?:string", "", "200 MailsChanged"},
    {release_mail, "user?:string", "", "200 MailsChanged"},
    {retry_mail, "user?:string", "", "200 MailsChanged"},
    {delete_mail, "user?:string", "", "200 MailsChanged"},
    {get_dead_letters, CURSOR, "", "200 [DeadLetter]"},
    {get_dead_letter, "", "", "200 DeadLetter"},
    {replay_dead_letter, "user?:string", "", "200 DeadLetterChanged"},
    {delete_dead_letter, "user?:string", "", "200 DeadLetterChanged"},
    {post_explain, "from?:string to?:[string] subject?:string", "*/*", "200 object"},
    {list_boxes, CURSOR "q?:string sort?:string tenant?:string template?:id", "", "200 [$]"},
    {list_settings, CURSOR "q?:string sort?:string tenant?:string", "", "200 [$]"},
    {create_settings, "", "object", "201 $"},
    {get_settings, "", "", "200 $"},
    {change_settings, "", "object", "200 $"},
    {replace_settings, "", "object", "200 $"},
    {remove_settings, "", "", "204"},
    {post_password_forgotten, "", "Forgotten", "202"},
    {post_password_reset, "", "PasswordReset", "204"},
    {post_invitation, "", "Invitation", "202"},
    {get_me, "", "", "200 User"},
    {change_me, "", "object", "200 User"},
    {post_password, "", "PasswordChange", "200 Session"},
    {begin_passkey_login, "", "", "200 object"},
    {get_passkeys, "", "", "200 Passkeys"},
    {begin_passkey, "", "", "200 object"},
    {post_passkey, "", "NewPasskey", "201 Passkey"},
    {remove_passkey, "", "OwnPassword", "204"},
    {get_user_passkeys, "user:id", "", "200 [Passkey]"},
    {reset_passkey, "", "", "204"},
    {get_authenticator, "", "", "200 Authenticator"},
    {begin_authenticator, "", "OwnPassword", "200 AuthenticatorSecret"},
    {confirm_authenticator, "", "Code", "200 RecoveryCodes"},
    {make_recovery_codes, "", "OwnPassword", "200 RecoveryCodes"},
    {remove_authenticator, "", "Code", "204"},
    {reset_authenticator, "", "", "204"},
    {get_api_keys, "", "", "200 ApiKeys"},
    {post_api_key, "", "NewApiKey", "201 ApiKeyShown"},
    {delete_api_key, "", "", "204"},
    {test_trunk, "name:string user?:string", "", "202 SelfTestTaken"},
    {get_self_test, "", "", "200 SelfTest"},
    {get_self_tests, CURSOR "trunk?:string", "", "200 [SelfTest]"},
    {test_webhook, "name:string", "", "200 WebhookTest"},
    {get_webhook_calls, CURSOR "webhook?:string", "", "200 [WebhookCall]"},
    {retry_webhook_call, "", "", "200 WebhookCall"},
    {get_archive, CURSOR "fax?:id place?:string state?:string box?:string", "", "200 [ArchiveCopy]"},
    {get_archive_file, "user?:string", "", "200 application/x-tar"},
    {verify_archive, "place?:string user?:string", "", "202 ArchiveCounted"},
    {verify_archive_copy, "user?:string", "", "200 ArchiveJudged"},
    {test_archive_place, "name:string user?:string", "", "200 ArchiveJudged"},
    {mark_archive_place, "name:string user?:string", "", "200 ArchiveJudged"},
    {post_archive_key, "name:string user?:string", "OwnPassword", "200 text/plain"},
    {get_legal_holds, CURSOR, "", "200 [LegalHeld]"},
    {put_legal_hold, "reason?:string user?:string", "", "204"},
    {release_legal_hold, "reason?:string user?:string", "", "204"},
    {delete_from_archive, "reason?:string user?:string", "", "204"},
    {get_usage, "since?:time until?:time tenant?:string", "", "200 [Usage]"},
    {get_usage_csv, "since?:time until?:time tenant?:string", "", "200 text/csv"},
    {get_billing_codes, "q?:string", "", "200 [BillingCode]"},
    {get_contacts, CURSOR "q?:string group?:string tenant?:string", "", "200 [Contact]"},
    {get_contact_groups, "tenant?:string", "", "200 [ContactGroup]"},
    {post_contact, "tenant?:string", "NewContact", "201 Contact"},
    {get_contact, "", "", "200 Contact"},
    {patch_contact, "", "ContactChange", "200 Contact"},
    {delete_contact, "", "", "204"},
    {get_audit, CURSOR, "", "200 [Audit]"},
    {test_mailbox, "name:string", "", "200 MailboxTest"},
    {authorize_mailbox, "name:string", "", "200 MailboxAuthorization"},
    {redeem_mailbox, "name:string", "text/plain", "200 Redeemed"},
    {check_domain, "", "", "200 DomainRecords"},
    {check_dkim_key, "key:string", "", "200 DomainRecord"},
    {post_mail_test, "to?:string id?:id", "", "200 MailTest"},
    {get_mail_test, "", "", "200 MailTestSteps"},
    {post_keys, "tenant:string replace?:string", "", "200 KeyMade"},
    {post_tls_reset, "server:string user?:string", "", "200 TlsReset"},
    {get_provisioning, "", "", "200 object"},
    {post_provisioning, "dry?:string", "object", "200 Applied"},
    {post_setup_session, "", "SetupToken", "204"},
    {get_setup, "", "", "200 Setup"},
    {finish_setup, "", "", "200 Applied"},
};
const size_t description_count = ARRAY_LEN(descriptions);

/* What only asks, and what only changes what the caller has seen (412 says else) or what is his own, has
 * nothing in its way; what shows something may find that it is not there yet. */
static void (*const always_free[])(struct request *r) = {
    delete_other_sessions,
    post_session,
    delete_session,
    run_directory,
    post_template_preview,
    post_template_picture,
    post_explain,
    change_settings,
    replace_settings,
    change_me,
    post_password_forgotten,
    post_password_reset,
    remove_authenticator,
    reset_authenticator,
    delete_api_key,
    reset_passkey,
    put_tags,
    delete_note,
    delete_contact,
    test_mailbox,
    post_tls_reset,
    post_provisioning,
    post_setup_session,
};
static void (*const shown_too_soon[])(struct request *r) = {get_job_report, get_archive_file, check_dkim_key};

bool description_conflicts(const struct description *d, const char *method)
{
    for (size_t i = 0; i < ARRAY_LEN(shown_too_soon); i++)
        if (d->handle == shown_too_soon[i])
            return true;
    for (size_t i = 0; i < ARRAY_LEN(always_free); i++)
        if (d->handle == always_free[i])
            return false;
    return !str_equal(method, "GET");
}

const struct schema schemas[] = {
    {"Health", "ok:boolean queue:boolean store:boolean reasons:[string]"},
    {"Login", "login?:string password?:string totp?:string|null passkey?:object"},
    {"Passkeys", "items:[Passkey] proof:string"},
    {"Passkey", "id:id name:string host:string created_ms:time used_ms:time"},
    {"NewPasskey", "name:string credential:object password?:string"},
    {"OwnPassword", "password?:string"},
    {"Session",
     "user:SessionUser|null tenant:SessionTenant|null role:string boxes:[SessionBox] expires_ms:time "
     "provider:string"},
    {"LoginProvider", "name:string label:string"},
    {"ProviderBegin", "provider:string"},
    {"ProviderFinish", "state:string code?:string error?:string iss?:string"},
    {"Place", "url:string"},
    {"DirectoryRun", "ok:boolean text:string outcome:Outcome"},
    {"ProviderTest", "ok:boolean url:string outcome:Outcome"},
    {"SessionUser", "id:id name:string addresses:[string] language:string"},
    {"SessionTenant", "id:id name:string billing_codes:[string] covers:[string]"},
    {"SessionBox", "id:string name:string address:string send:boolean receive:boolean"},
    {"Outcome", "code:string text:string"},
    {"Job",
     "id:id submission:id box:string number:string dialled:string state:string word:string detail:string "
     "created_ms:time next_ms:time ended_ms:time pages:integer confirmed:integer tries:integer "
     "max_tries:integer dials:integer station_id:string outcome:Outcome billing:string trunk:string "
     "priority:integer not_before_ms:time deadline_ms:time price_class:string tags:[string] "
     "note_count:integer subaddress:string purpose:string waits:Waits|null"},
    {"Waits", "code:string limit?:integer"},
    {"JobDetail",
     "+Job call:LiveCall|null attempts:[CallDetail] history:[JobEvent] mails:[Mail] notes:[Note] "
     "archive:[ArchiveCopy] in_archive_ms:time legal_hold:LegalHold|null kept:Kept resolutions:[string] "
     "originals:[Original|null]"},
    {"Original", "document:string page:integer"},
    {"Tags", "tags:[string]"},
    {"Tag", "tag:string"},
    {"NewNote", "text:string"},
    {"MailOn", "to:[string] text?:string|null"},
    {"MailDetail", "+Mail history:[MailEvent]"},
    {"MailEvent",
     "what:string who:string server:string outcome:Outcome times:integer at_ms:time last_ms:time"},
    {"MailedOn", "mails:[Mail]"},
    {"Note", "id:id at_ms:time who:string own:boolean text:string"},
    {"JobEvent", "at_ms:time who:string what:string"},
    {"JobChanged", "job:id"},
    {"LiveCall",
     "attempt:id direction:string job?:id fax?:id box:string number:string phase:string word:string "
     "page:integer pages:integer rate:integer ecm:integer coding:string mode:string station_id:string "
     "percent:integer started_ms:time left_s?:integer"},
    {"ReportCertificates", "certificates:string"},
    {"Upload", "id:id name:string bytes:integer"},
    {"Wish", "box:string recipients:[WishRecipient] uploads?:[id] cover?:string|null subject?:string|null "
             "text?:string|null at_ms?:time resolution?:string|null paper?:string|null billing?:string|null "
             "priority?:integer|null subaddress?:string|null fax_password?:string|null "
             "poll?:boolean"},
    {"OldFax",
     "direction:string box:string source:string at_ms:time ended_ms?:time number?:string "
     "station_id?:string subject?:string state?:string reason?:string pages?:integer uploads?:[id]"},
    {"OldFaxTaken", "id:id known:boolean"},
    {"WishRecipient", "number?:string contact?:id|null name?:string|null"},
    {"Sent", "id:id jobs:[id] note:string"},
    {"Preview", "id:id pages:integer seconds:number|null wire:[WireTime] numbers:[PreviewNumber] "
                "warnings:[PreviewWarning]"},
    {"PreviewNumber",
     "number:string dialled:string name:string price_class:string trunk:string pages:integer "
     "earliest_ms:time"},
    {"WireTime", "rate:integer coding:string seconds:number"},
    {"PreviewWarning", "code:string text:string pages:[integer] documents?:string"},
    {"Polled", "box:string submission:id state:string name:string pages:integer selective:string "
               "has_password:boolean created_ms:time created_by:string outcome:Outcome"},
    {"Submitted", "submission:id note:string"},
    {"Submission",
     "id:id state:string box:string created_ms:time sender:string subject:string misnamed:string "
     "outcome:Outcome jobs:[Job] mails:[Mail]"},
    {"Fax", "id:id faxid:integer|null box:string state:string word:string detail:string calling:string "
            "called:string "
            "station_id:string answered_ms:time last_page_ms:time ended_ms:time pages:integer call:id "
            "outcome:Outcome continues:id|null unread:boolean archived:boolean junk:boolean text:string "
            "routed_from:string tags:[string] note_count:integer subaddress:string found?:Found"},
    {"FaxDetail", "+Fax words:[string] attempts:[CallDetail] mails:[Mail] notes:[Note] prints:[Print] "
                  "printer:boolean blank:[integer] archive:[ArchiveCopy] in_archive_ms:time "
                  "legal_hold:LegalHold|null kept:Kept resolutions:[string]"},
    {"Kept", "until_ms:time days:integer by:string hold:string"},
    {"Found", "page:integer text:string"},
    {"ArchiveCopy",
     "id:id fax:id place:string direction:string box:string number:string pages:integer state:string "
     "at_ms:time "
     "stored_ms:time checked_ms:time next_ms:time tries:integer object:string bytes:integer sha256:string "
     "outcome:Outcome"},
    {"ArchiveJudged", "ok:boolean steps:[string] outcome:Outcome"},
    {"ArchiveCounted", "copies:integer"},
    {"LegalHold", "who:string at_ms:time reason:string"},
    {"LegalHeld", "+LegalHold fax:id"},
    {"Print", "id:id box:string by:string state:string created_ms:time next_ms:time ended_ms:time "
              "tries:integer job:integer outcome:Outcome"},
    {"Call",
     "id:id direction:string job:id|null fax:id|null state:string trunk:string mode:string rate:integer "
     "ecm:boolean started_ms:time answered_ms:time ended_ms:time first_page:integer station_id:string "
     "outcome:Outcome number:string box:string self_test?:id"},
    {"CallDetail", "+Call pages:[CallPage] trace?:string"},
    {"CallPage", "page:integer confirmed_ms:time rate:integer coding:string ecm:boolean resent:integer "
                 "bad_rows:integer duration_ms:integer "
                 "resolution:string"},
    {"TrunkState",
     "name:string peer:string transport:string username:string register:boolean state:string text:string "
     "since_ms:time next_ms:time self_tests:[SelfTestTrend]"},
    {"SelfTestTrend", "mode:string trend:string why:string usual:SelfTestFigures|null last:SelfTest"},
    {"SelfTestFigures", "seconds:integer rate:integer resent:integer bad_rows:integer"},
    {"SelfTest", "id:id trunk:string mode:string state:string asked:boolean created_ms:time started_ms:time "
                 "ended_ms:time "
                 "arrived:boolean figures:SelfTestFigures|null outcome:Outcome steps:[SelfTestStep]"},
    {"SelfTestStep", "at_ms:time text:string"},
    {"SelfTestTaken", "tests:[SelfTest]"},
    {"Destination",
     "tenant:string number:string calls:integer delivered:integer success_percent:integer|null "
     "voices:integer last_ms:time reached_ms:time station_id:string capabilities:string "
     "learned:DestinationWay|null "
     "outcome:Outcome locked:DestinationLock|null"},
    {"DestinationWay", "by:string until_ms:time"},
    {"DestinationLock", "since_ms:time by:string reason:string"},
    {"DestinationChanged", "number:string released:integer"},
    {"Mail",
     "id:id kind:string about:id state:string word:string sender:string recipient:string created_ms:time "
     "next_ms:time tries:integer outcome:Outcome"},
    {"MailsChanged", "mails:integer"},
    {"DeadLetter", "id:id received_ms:time sender:string recipients:string client_ip:string bytes:integer "
                   "outcome:Outcome"},
    {"DeadLetterChanged", "mail:id"},
    {"Authenticator", "on:boolean proof:string recovery_codes:integer"},
    {"RecoveryCodes", "codes:[string]"},
    {"AuthenticatorSecret", "secret:string uri:string"},
    {"Code", "code:string"},
    {"PasswordChange", "old:string new:string"},
    {"NewApiKey", "+OwnPassword name:string scope:string days?:integer"},
    {"ApiKeys", "items:[ApiKey] proof:string"},
    {"ApiKey", "id:id name:string scope:string created_ms:time expires_ms:time used_ms:time"},
    {"ApiKeyShown", "+ApiKey key:string"},
    {"WebhookTest", "ok:boolean http:integer outcome:Outcome"},
    {"WebhookCall",
     "id:id webhook:string event:string about:id state:string created_ms:time next_ms:time tries:integer "
     "http:integer outcome:Outcome"},
    {"Forgotten", "login:string"},
    {"PasswordReset", "code:string new:string"},
    {"Invitation", "user:string"},
    {"Traffic", "since_ms:time now_ms:time step_ms:integer items:[TrafficStep]"},
    {"TrafficStep",
     "at_ms:time direction:string outcome:Outcome calls:integer pages:integer seconds:integer"},
    {"Usage",
     "tenant:string box:string direction:string billing:string faxes:integer delivered:integer pages:integer "
     "seconds:integer"},
    {"BillingCode", "code:string"},
    {"TemplateKind", "name:string help:string text:string variables:[TemplateVariable]"},
    {"TemplateVariable", "name:string help:string flag:boolean each:boolean"},
    {"TemplateText", "name:string text:string"},
    {"TemplateShown", "subject:string file:string text:string html:string"},
    {"Contact", "id:id name:string company:string number:string note:string groups:[string] "
                "shared:boolean tenant:string changed_ms:time"},
    {"ContactGroup", "name:string shared:boolean members:integer"},
    {"NewContact", "name:string number:string company?:string note?:string groups?:[string] shared?:boolean"},
    {"ContactChange", "name?:string number?:string company?:string note?:string groups?:[string]"},
    {"Audit", "id:id at_ms:time who:string client_ip:string action:string subject:string detail:string"},
    {"MailboxTest", "ok:boolean code:string text:string said:string"},
    {"MailboxAuthorization", "user_code:string uri:string seconds:integer"},
    {"Redeemed", "ok:boolean"},
    {"DomainRecords", "domain:string host_name:string records:[DomainRecord]"},
    {"DomainRecord", "name:string type:string wanted:string state:string found:[string]"},
    {"MailTestSteps", "steps:[object]"},
    {"MailTest", "ok:boolean sender:string recipient:string steps:[object] outcome:Outcome"},
    {"KeyMade", "fingerprint:string"},
    {"TlsReset", "reset:boolean"},
    {"Applied", "changed:integer dry:boolean changes:[string] warnings:[Warning]"},
    {"Warning", "path:string text:string said?:Said"},
    {"Status",
     "fax_domain:string now_ms:integer calls:[LiveCall]|null jobs:object mails:object faxes:integer "
     "boxes:[StatusBox] trunks:[Trunk] alarms:[Alarm] dead_letters:integer"},
    {"StatusBox", "id:string name:string extension:string enabled:boolean"},
    {"Alarm",
     "id:id code:string subject:string severity:string title:string text:string do:string raised_ms:time "
     "cleared_ms:time mailed_ms:time said?:Said"},
    {"Node",
     "name:string state:string leads:boolean roles:string version:string calls:integer drains:boolean "
     "joined_ms:time heard_ms:time"},
    {"NodeName", "name:string"},
    {"SetupToken", "token:string"},
    {"Setup",
     "finished:boolean link:string|null administrator:boolean user:string tenant:string fax_domain:string "
     "host_name:string "
     "mail_server:boolean trunk:boolean box:string application_port:integer"},
    {"Problem", "type:string title:string status:integer code:string detail:string errors?:[ProblemField] "
                "current?:object passkey?:object said?:Said"},
    {"ProblemField", "field:string detail:string said?:Said"},
    {"Said", "code:string values:object"},
};
const size_t schema_count = ARRAY_LEN(schemas);
