/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "web/describe.h"

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
    {get_status, "", "", "200 Status"},
    {get_alarms, CURSOR "state?:string ", "", "200 [Alarm]"},
    {get_metrics, "", "", "200 text/plain"},
    {get_events, "", "", "200 text/event-stream"},
    {get_jobs, FILTER, "", "200 [Job]"},
    {post_jobs, "box:string number:[string] name?:string submission?:id user?:string", "*/*",
     "202 Submitted"},
    {get_job, "", "", "200 JobDetail"},
    {get_job_page, "width?:integer", "", "200 image/png"},
    {get_job_pdf, "", "", "200 application/pdf"},
    {get_job_report, "", "", "200 application/pdf"},
    {cancel_job, "user?:string", "", "200 JobChanged"},
    {retry_job, "user?:string", "", "200 JobChanged"},
    {hold_job, "user?:string", "", "200 JobChanged"},
    {release_job, "user?:string", "", "200 JobChanged"},
    {alter_job, "number?:string at?:string priority?:string retries?:string trunk?:string user?:string", "",
     "200 JobChanged"},
    {post_uploads, "name?:string", "*/*", "201 Upload"},
    {post_submissions, "", "Wish", "202 Sent"},
    {post_previews, "", "Wish", "200 Preview"},
    {get_preview_page, "width?:integer", "", "200 image/png"},
    {get_preview_pdf, "", "", "200 application/pdf"},
    {get_submission, "", "", "200 Submission"},
    {get_report_certificates, "", "", "200 ReportCertificates"},
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
    {get_mails, CURSOR "state?:string", "", "200 [Mail]"},
    {get_mail, "", "", "200 Mail"},
    {hold_mail, "user?:string", "", "200 MailsChanged"},
    {release_mail, "user?:string", "", "200 MailsChanged"},
    {retry_mail, "user?:string", "", "200 MailsChanged"},
    {delete_mail, "user?:string", "", "200 MailsChanged"},
    {get_dead_letters, CURSOR, "", "200 [DeadLetter]"},
    {get_dead_letter, "", "", "200 DeadLetter"},
    {replay_dead_letter, "user?:string", "", "200 DeadLetterChanged"},
    {delete_dead_letter, "user?:string", "", "200 DeadLetterChanged"},
    {post_explain, "from?:string to?:[string] subject?:string", "*/*", "200 object"},
    {list_settings, "", "", "200 [$]"},
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
    {get_authenticator, "", "", "200 Authenticator"},
    {begin_authenticator, "", "", "200 AuthenticatorSecret"},
    {confirm_authenticator, "", "Code", "204"},
    {remove_authenticator, "", "Code", "204"},
    {reset_authenticator, "", "", "204"},
    {get_api_keys, "", "", "200 [ApiKey]"},
    {post_api_key, "", "NewApiKey", "201 ApiKeyShown"},
    {delete_api_key, "", "", "204"},
    {test_trunk, "name:string user?:string", "", "202 SelfTestTaken"},
    {get_self_test, "", "", "200 SelfTest"},
    {get_self_tests, CURSOR "trunk?:string", "", "200 [SelfTest]"},
    {test_webhook, "name:string", "", "200 WebhookTest"},
    {get_webhook_calls, CURSOR "webhook?:string", "", "200 [WebhookCall]"},
    {retry_webhook_call, "", "", "200 WebhookCall"},
    {get_usage, "since?:time until?:time tenant?:string", "", "200 [Usage]"},
    {get_usage_csv, "since?:time until?:time tenant?:string", "", "200 text/csv"},
    {get_billing_codes, "q?:string", "", "200 [BillingCode]"},
    {get_contacts, CURSOR "q?:string tenant?:string", "", "200 [Contact]"},
    {post_contact, "tenant?:string", "NewContact", "201 Contact"},
    {get_contact, "", "", "200 Contact"},
    {patch_contact, "", "ContactChange", "200 Contact"},
    {delete_contact, "", "", "204"},
    {get_audit, CURSOR, "", "200 [Audit]"},
    {test_mailbox, "name:string", "", "200 MailboxTest"},
    {authorize_mailbox, "name:string", "", "200 MailboxAuthorization"},
    {redeem_mailbox, "name:string", "text/plain", "200 Redeemed"},
    {post_mail_test, "to?:string", "", "200 MailTest"},
    {post_keys, "tenant:string replace?:string", "", "200 KeyMade"},
    {post_tls_reset, "server:string user?:string", "", "200 TlsReset"},
    {get_provisioning, "", "", "200 object"},
    {post_provisioning, "dry?:string", "object", "200 Applied"},
    {post_setup_session, "", "SetupToken", "204"},
    {get_setup, "", "", "200 Setup"},
    {finish_setup, "", "", "200 Applied"},
};
const size_t description_count = ARRAY_LEN(descriptions);

const struct schema schemas[] = {
    {"Health", "ok:boolean queue:boolean store:boolean reasons:[string]"},
    {"Login", "login:string password:string totp?:string|null"},
    {"Session",
     "user:SessionUser|null tenant:SessionTenant|null role:string boxes:[SessionBox] expires_ms:time"},
    {"SessionUser", "id:id name:string addresses:[string] language:string"},
    {"SessionTenant", "id:id name:string billing_codes:[string]"},
    {"SessionBox", "id:string name:string address:string send:boolean receive:boolean"},
    {"Outcome", "code:string text:string"},
    {"Job",
     "id:id submission:id box:string number:string dialled:string state:string word:string detail:string "
     "created_ms:time next_ms:time ended_ms:time pages:integer confirmed:integer tries:integer "
     "max_tries:integer dials:integer station_id:string outcome:Outcome billing:string trunk:string "
     "priority:integer not_before_ms:time deadline_ms:time price_class:string tags:[string] "
     "note_count:integer subaddress:string"},
    {"JobDetail",
     "+Job call:LiveCall|null attempts:[CallDetail] history:[JobEvent] mails:[Mail] notes:[Note]"},
    {"Tags", "tags:[string]"},
    {"Tag", "tag:string"},
    {"NewNote", "text:string"},
    {"MailOn", "to:[string] text?:string|null"},
    {"MailedOn", "mails:[Mail]"},
    {"Note", "id:id at_ms:time who:string own:boolean text:string"},
    {"JobEvent", "at_ms:time who:string what:string"},
    {"JobChanged", "job:id"},
    {"LiveCall",
     "attempt:id direction:string job?:id fax?:id box:string number:string phase:string word:string "
     "page:integer pages:integer rate:integer ecm:integer coding:string mode:string station_id:string "
     "percent:integer started_ms:time"},
    {"ReportCertificates", "certificates:string"},
    {"Upload", "id:id name:string bytes:integer"},
    {"Wish", "box:string recipients:[WishRecipient] uploads:[id] cover?:string|null subject?:string|null "
             "text?:string|null at_ms?:time resolution?:string|null paper?:string|null billing?:string|null "
             "priority?:integer|null subaddress?:string|null fax_password?:string|null"},
    {"WishRecipient", "number?:string contact?:id|null name?:string|null"},
    {"Sent", "id:id jobs:[id] note:string"},
    {"Preview", "id:id pages:integer seconds:number|null wire:[WireTime] numbers:[PreviewNumber] "
                "warnings:[PreviewWarning]"},
    {"PreviewNumber",
     "number:string dialled:string name:string price_class:string trunk:string pages:integer "
     "earliest_ms:time"},
    {"WireTime", "rate:integer coding:string seconds:number"},
    {"PreviewWarning", "code:string text:string pages:[integer]"},
    {"Submitted", "submission:id note:string"},
    {"Submission",
     "id:id state:string box:string created_ms:time sender:string subject:string outcome:Outcome "
     "jobs:[Job] mails:[Mail]"},
    {"Fax", "id:id faxid:integer|null box:string state:string word:string detail:string calling:string "
            "called:string "
            "station_id:string answered_ms:time last_page_ms:time ended_ms:time pages:integer call:id "
            "outcome:Outcome continues:id|null unread:boolean archived:boolean junk:boolean text:string "
            "routed_from:string tags:[string] note_count:integer subaddress:string"},
    {"FaxDetail", "+Fax words:[string] attempts:[CallDetail] mails:[Mail] notes:[Note] prints:[Print] "
                  "printer:boolean"},
    {"Print", "id:id box:string by:string state:string created_ms:time next_ms:time ended_ms:time "
              "tries:integer job:integer outcome:Outcome"},
    {"Call",
     "id:id direction:string job:id|null fax:id|null state:string trunk:string mode:string rate:integer "
     "ecm:boolean started_ms:time answered_ms:time ended_ms:time first_page:integer station_id:string "
     "outcome:Outcome self_test?:id"},
    {"CallDetail", "+Call pages:[CallPage] trace?:string"},
    {"CallPage", "page:integer confirmed_ms:time rate:integer coding:string ecm:boolean resent:integer "
                 "bad_rows:integer duration_ms:integer"},
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
     "voices:integer last_ms:time reached_ms:time station_id:string learned:DestinationWay|null "
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
    {"Authenticator", "on:boolean"},
    {"AuthenticatorSecret", "secret:string uri:string"},
    {"Code", "code:string"},
    {"PasswordChange", "old:string new:string"},
    {"NewApiKey", "name:string scope:string days?:integer"},
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
    {"Contact", "id:id name:string company:string number:string note:string shared:boolean tenant:string "
                "changed_ms:time"},
    {"NewContact", "name:string number:string company?:string note?:string shared?:boolean"},
    {"ContactChange", "name?:string number?:string company?:string note?:string"},
    {"Audit", "id:id at_ms:time who:string client_ip:string action:string subject:string detail:string"},
    {"MailboxTest", "ok:boolean code:string text:string said:string"},
    {"MailboxAuthorization", "user_code:string uri:string seconds:integer"},
    {"Redeemed", "ok:boolean"},
    {"MailTest", "ok:boolean sender:string recipient:string steps:[object] outcome:Outcome"},
    {"KeyMade", "fingerprint:string"},
    {"TlsReset", "reset:boolean"},
    {"Applied", "changed:integer dry:boolean changes:[string] warnings:[Warning]"},
    {"Warning", "path:string text:string"},
    {"Status",
     "fax_domain:string now_ms:integer calls:[LiveCall]|null jobs:object mails:object faxes:integer "
     "boxes:[StatusBox] trunks:[Trunk] alarms:[Alarm]"},
    {"StatusBox", "id:string name:string extension:string enabled:boolean"},
    {"Alarm",
     "id:id code:string subject:string severity:string title:string text:string do:string raised_ms:time "
     "cleared_ms:time mailed_ms:time"},
    {"SetupToken", "token:string"},
    {"Setup",
     "finished:boolean link:string|null administrator:boolean user:string tenant:string fax_domain:string "
     "host_name:string "
     "mail_server:boolean trunk:boolean box:string application_port:integer"},
    {"Problem", "type:string title:string status:integer code:string detail:string errors?:[ProblemField] "
                "current?:object"},
    {"ProblemField", "field:string detail:string"},
};
const size_t schema_count = ARRAY_LEN(schemas);
