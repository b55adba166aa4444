/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "provision/fields.h"

#include "proto/flags.h"
#include "provision/certificates.h"
#include "provision/keys.h"
#include "store/archive.h"

#define TEXT(name, rule, standard, want)                                                                     \
    {                                                                                                        \
        name, FIELD_TEXT, rule, want, standard, NULL, 0, 0                                                   \
    }
#define LINES(name, want)                                                                                    \
    {                                                                                                        \
        name, FIELD_LINES, NULL, want, NULL, NULL, 0, 0                                                      \
    }
#define FLAG(name, standard)                                                                                 \
    {                                                                                                        \
        name, FIELD_FLAG, NULL, "true or false", standard, NULL, 0, 0                                        \
    }
#define WHOLE(name, standard, least, most, want)                                                             \
    {                                                                                                        \
        name, FIELD_WHOLE, NULL, want, standard, NULL, least, most                                           \
    }
#define TEXTS(name, rule, standard, least, want)                                                             \
    {                                                                                                        \
        name, FIELD_TEXTS, rule, want, standard, NULL, least, 1000                                           \
    }
/* Its standard: members, separated by blanks. */
#define LIST(name, rule, standard, most, want)                                                               \
    {                                                                                                        \
        name, FIELD_TEXTS, rule, want, standard, NULL, 0, most                                               \
    }
#define RIGHTS(name, key, rule, want)                                                                        \
    {                                                                                                        \
        name, FIELD_RIGHTS, rule, want, "", key, 0, 0                                                        \
    }
#define PASSWORD(name)                                                                                       \
    {                                                                                                        \
        name, FIELD_PASSWORD, NULL, PASSWORD_WANT, "", NULL, 0, 200                                          \
    }
#define TOKEN(name)                                                                                          \
    {                                                                                                        \
        name, FIELD_PASSWORD, NULL, PASSWORD_WANT, "", NULL, 0, 4000                                         \
    }
#define LOGIN(name)                                                                                          \
    {                                                                                                        \
        name, FIELD_LOGIN, NULL, LOGIN_WANT, "", NULL, 0, 0                                                  \
    }
#define PIN(name)                                                                                            \
    {                                                                                                        \
        name, FIELD_PIN, NULL, PIN_WANT, "", NULL, 0, 0                                                      \
    }
#define FAX_PASSWORD(name)                                                                                   \
    {                                                                                                        \
        name, FIELD_FAX_PASSWORD, rule_no_digits, FAX_PASSWORD_WANT, "", NULL, 0, FLAG_DIGITS_MAX            \
    }
#define KEYS(name)                                                                                           \
    {                                                                                                        \
        name, FIELD_KEYS, NULL, KEYS_WANT, "", NULL, 0, 0                                                    \
    }
#define CERTIFICATES(name)                                                                                   \
    {                                                                                                        \
        name, FIELD_CERTIFICATES, NULL, CERTIFICATES_WANT, "", NULL, 0, 0                                    \
    }
#define PAIR(name)                                                                                           \
    {                                                                                                        \
        name, FIELD_PAIR, NULL, PAIR_WANT, "", NULL, 0, 0                                                    \
    }
#define SHOWN(name, want)                                                                                    \
    {                                                                                                        \
        name, FIELD_SHOWN, NULL, want, "", NULL, 0, 0                                                        \
    }
#define COUNT(name)                                                                                          \
    {                                                                                                        \
        name, FIELD_COUNT, NULL, "nothing: they are counted", "", NULL, 0, 0                                 \
    }
#define WISH(name, want)                                                                                     \
    {                                                                                                        \
        name, FIELD_WISH, NULL, want, "", NULL, 0, 0                                                         \
    }
#define END                                                                                                  \
    {                                                                                                        \
        NULL, FIELD_TEXT, NULL, NULL, NULL, NULL, 0, 0                                                       \
    }

/* Of secrets also what `faxpost export` wrote is taken, which nobody types. */
#define PASSWORD_WANT     "a text"
#define PIN_WANT          "4 to 12 digits, or nothing"
#define FAX_PASSWORD_WANT "up to 20 of digits, * and #, or nothing"
#define CASE_WANT         "\"exact\" or \"ignore-case\""
#define LINE_WANT         "one line of up to 120 characters"
#define LANGUAGE_WANT     "\"en\", \"de\", \"it\", \"fr\" or \"es\""
#define NAME_WANT         "one line of 1 to 64 characters"
#define ADDRESS_WANT      "an email address such as name@example.com, or \"\""
#define NETWORK_WANT      "an IP address or a network such as 192.0.2.0/24 or 2001:db8::/32"
#define FORWARDER_WANT    "the domain of a forwarder, such as lists.example.org"
#define TEMPLATE_NAME_WANT                                                                                   \
    "the name of a template (`faxpost template list` shows them), or \"cover-\" and a name for a further "   \
    "cover page"
#define LOGIN_WANT "8 to 200 printable ASCII characters"
#define CALLS_WANT "a whole number from 0 (no limit) to 100000"
#define WINDOW_WANT                                                                                          \
    "days and hours such as \"mon-fri 08:00-18:00; sat 22:00-06:00\", \"20:00-06:00\", or \"\" for always"
#define NUMBER_WANT                                                                                          \
    "a telephone number: digits, perhaps with a + before them; blanks and . / - ( ) may stand between"

#define CALLER_WANT "a calling number as it is shown, a beginning such as +39899*, or \"anonymous\""
#define NUMBERS_WANT                                                                                         \
    NUMBER_WANT                                                                                              \
    ", or a range such as +49305550100-+49305550199 or 100 - 199, or a beginning such as +493055501*"

#define LONG_LINE_WANT "one line of up to 500 characters"
#define IDENTITY_WANT                                                                                        \
    "the name of a provider or directory, a / and what it calls this user, or \"\"; it is set at the first " \
    "login or synchronisation"
#define KEEP_WANT     "a whole number of days from 0 (for ever) to 36500"
#define KEEP_BOX_WANT "a whole number of days from 0 (for ever) to 36500, or -1 (as its tenant)"

static const struct provision_field installation_fields[] = {
    TEXT("fax_domain", rule_no_domain, "", "a domain such as fax.example.com"),
    TEXT("host_name", rule_no_domain, "", "a host name such as fax.example.com"),
    TEXT("serial", rule_line, "", LINE_WANT),
    TEXT("from_address", rule_no_address, "", ADDRESS_WANT),
    TEXT("custom_from", rule_on_off, "on",
         "\"on\" (From is the tenant's) or \"off\" (From is the installation's)"),
    TEXT("master_tenant", rule_no_name, "",
         "the name of the tenant whose From stands in for others, or \"\""),
    TEXT("alarm_address", rule_no_address, "", ADDRESS_WANT),
    WHOLE("mail_alarm_minutes", "15", 1, 10000, "a whole number of minutes from 1 to 10000"),
    WHOLE("calls_in", "0", 0, 100000, CALLS_WANT),
    WHOLE("calls_out", "0", 0, 100000, CALLS_WANT),
    WHOLE("keep_mails_days", "90", 0, 36500, KEEP_WANT),
    WHOLE("calls_total", "0", 0, 100000, CALLS_WANT),
    TEXT("webhook_networks", rule_networks, "",
         "networks of your own that webhooks may call, separated by blanks: \"192.0.2.0/24\""),
    TEXT("sign_reports", rule_on_off, "off",
         "\"on\" (reports carry a signature that `faxpost verify` checks) or \"off\""),
    TEXT("web_url", rule_web_url, "",
         "where users find the application, such as https://fax.example.com, or \"\""),
    TEXT("usage_address", rule_no_address, "", ADDRESS_WANT),
    TEXT("setup", rule_setup, "open", "\"open\" or \"finished\" (the wizard of a new installation)"),
    END};

static const struct provision_field tenant_fields[] = {
    TEXT("name", rule_name, NULL, NAME_WANT),
    TEXT("country", rule_country, "", "two letters of ISO 3166 such as \"IT\", or \"\""),
    TEXT("area_code", rule_digits, "", "up to 16 digits such as \"050\", or \"\""),
    TEXT("outside_prefix", rule_digits, "", "up to 16 digits such as \"0\", or \"\""),
    TEXT("zone", rule_zone, "UTC", "a name of the time zone database such as \"Europe/Rome\""),
    TEXT("serial", rule_line, "", LINE_WANT),
    TEXT("from_address", rule_no_address, "", ADDRESS_WANT),
    TEXT("fallback_address", rule_no_address, "", ADDRESS_WANT),
    TEXT("dial_allow", rule_prefixes, "", "beginnings of numbers, separated by blanks: \"+39 800\""),
    TEXT("dial_deny", rule_prefixes, "", "beginnings of numbers, separated by blanks: \"+39899 144\""),
    TEXT("emergency", rule_short_numbers, "",
         "numbers that are never dialled, separated by blanks: \"116117\""),
    TEXT("address_case", rule_address_case, "ignore-case", CASE_WANT),
    TEXTS("billing_codes", rule_billing_code, "", 0, "up to 63 characters without blanks and ^"),
    WHOLE("pages_per_day", "0", 0, 1000000, "a whole number from 0 (no limit) to 1000000"),
    WHOLE("minutes_per_day", "0", 0, 1000000, "a whole number from 0 (no limit) to 1000000"),
    TEXT("dmarc", rule_dmarc, "require", "\"require\", \"prefer\" or \"off\""),
    LIST("trusted_networks", rule_network, "127.0.0.0/8 ::1/128", 50, NETWORK_WANT),
    LIST("blocked_callers", rule_blocked, "", 1000, CALLER_WANT),
    LIST("code_routes", rule_code_route, "", 200,
         "a code on received faxes, or its beginning with a * behind, and the id of its box: INV-*=billing"),
    LIST("forward_to", rule_entry, "", 200, "an address, a domain, or *.domain"),
    LIST("arc_trusted", rule_domain, "", 50, FORWARDER_WANT),
    PAIR("pgp_key"),
    TEXT("language", rule_language, "en", LANGUAGE_WANT),
    TEXT("mail_style", rule_mail_style, "standard", "\"standard\" or \"neutral\""),
    WHOLE("calls_in", "0", 0, 100000, CALLS_WANT),
    WHOLE("calls_out", "0", 0, 100000, CALLS_WANT),
    WHOLE("international_per_hour", "30", 0, 100000, "a whole number from 0 (no limit) to 100000"),
    FLAG("hold_new_countries", "false"),
    FLAG("four_eyes", "false"),
    WHOLE("boxes_most", "0", 0, 1000000, "a whole number of faxboxes from 0 (no limit) to 1000000"),
    WHOLE("keep_sent_days", "0", 0, 36500, KEEP_WANT),
    WHOLE("keep_received_days", "0", 0, 36500, KEEP_WANT),
    WHOLE("archive_sent_days", "0", 0, 36500, KEEP_WANT),
    WHOLE("archive_received_days", "0", 0, 36500, KEEP_WANT),
    FLAG("legal_hold", "false"),
    END};

static const struct provision_field user_fields[] = {
    TEXT("tenant", rule_name, NULL, "the name of a tenant"),
    TEXT("name", rule_name, NULL, NAME_WANT),
    TEXTS("addresses", rule_address, NULL, 1, "at least one email address such as name@example.com"),
    LOGIN("password"),
    WISH("keep_api_keys", "true beside a new password that leaves his API keys as they are; else they end"),
    TEXT("role", rule_role, "user", "\"user\", \"tenant\" or \"installation\" (who administrates these)"),
    TEXT("language", rule_no_language, "", LANGUAGE_WANT ", or \"\" for the tenant's"),
    FLAG("enabled", "true"),
    TEXT("provider_id", rule_long_line, "", IDENTITY_WANT),
    TEXT("directory_id", rule_long_line, "", IDENTITY_WANT),
    KEYS("pgp_keys"),
    FLAG("pgp_encrypt", "false"),
    CERTIFICATES("smime_certificates"),
    TEXT(
        "smime", rule_smime, "off",
        "\"off\", \"aes-256-gcm\" or, for older mail programs, \"aes-256-cbc\" (his mails are encrypted so)"),
    TEXT("notify_received", rule_notify_received, "each",
         "\"each\" or \"never\" (he gets no mail with the faxes of his boxes)"),
    TEXT("notify_sent", rule_notify_sent, "",
         "\"always\", \"failed\" (only of what was not delivered), \"never\" or \"\" (as the box)"),
    TEXT("notify_delays", rule_notify_delays, "",
         "\"never\" (no mail that a fax takes long) or \"\" (as the box)"),
    END};

/* What a faxbox says itself, or takes from its settings template (S2.2; following.h). Left out is what makes
 * a box itself - names, numbers, people, who may send from it and how he proves it, limits. A field that
 * comes later than this release needs a step of the schema which names it in faxbox.own of the boxes that
 * have a template, so that none changes by itself; and its row in store/settings_templates.c. */
#define SENDING_FIELDS                                                                                       \
    TEXT("station_id", rule_station_id, "", "up to 20 digits, blanks and + (T.30 knows no others)"),         \
        TEXT("caller_id", rule_no_number, "", NUMBER_WANT), TEXT("header_name", rule_line, "", LINE_WANT),   \
        TEXT("paper", rule_paper, "a4", "\"a4\", \"letter\" or \"legal\""),                                  \
        TEXT("resolution", rule_resolution, "fine",                                                          \
             "\"standard\", \"fine\", \"superfine\", \"300dpi\" or \"400dpi\""),                             \
        WHOLE("tries", "3", 1, 12, "a whole number from 1 to 12"),                                           \
        TEXT("cover", rule_cover, "none",                                                                    \
             "\"none\", \"standard\" or the name of a cover page of the tenant's"),                          \
        FLAG("cover_text", "false"), TEXT("send_window", rule_window, "", WINDOW_WANT),                      \
        TEXT("bulk_window", rule_window, "", WINDOW_WANT),                                                   \
        WHOLE("bulk_from", "0", 0, 200, "a whole number from 0 (never) to 200"),                             \
        WHOLE("deadline_minutes", "0", 0, 525600, "a whole number of minutes from 0 (none) to 525600"),      \
        WHOLE("batch", "0", 0, 20, "a whole number from 0 to 20; 0: each fax in a call of its own"),         \
        TEXT("trunk", rule_no_name, "",                                                                      \
             "the name of the trunk that its faxes go over, or \"\" for the cheapest"),                      \
        TEXT("t38", rule_auto_off, "auto", "\"auto\" or \"off\" (its calls stay in G.711)"),                 \
        TEXT("ecm", rule_auto_off, "auto", "\"auto\" or \"off\" (its calls are without error correction)"),  \
        TEXT("report", rule_report, "once", "\"once\" or \"each\""),                                         \
        TEXT("report_on", rule_report_on, "always", "\"always\", \"failed\" or \"never\""),                  \
        LIST("report_to", rule_address, "", 50, "an email address such as name@example.com"),                \
        TEXT("delays", rule_delays, "late", "\"late\", \"first\" or \"never\"")

#define RECEIVING_FIELDS                                                                                     \
    TEXT("file_format", rule_file_format, "pdf", "\"pdf\" or \"tiff\""),                                     \
        TEXT("language", rule_no_language, "", LANGUAGE_WANT ", or \"\" for the tenant's"),                  \
        LIST("recipients", rule_address, "", 50, "an email address such as name@example.com"),               \
        FLAG("route_by_code", "false"),                                                                      \
        TEXT("ocr", rule_ocr, "off", "\"off\", \"on\" or \"wait\" (mails wait until their pages are read)"), \
        LIST("ocr_languages", rule_ocr_language, "", 8,                                                      \
             "a language as Tesseract names it, such as deu or chi_sim, or \"\" for that of the box's "      \
             "mails"),                                                                                       \
        FLAG("deskew", "false"),                                                                             \
        TEXT("blank_pages", rule_blank_pages, "keep",                                                        \
             "\"keep\", \"mark\" (the mail says which pages are blank) or \"drop\" (they are not in its "    \
             "file)"),                                                                                       \
        WHOLE("join_seconds", "300", 0, 3600, "a whole number of seconds from 0 (never) to 3600"),           \
        TEXT("voice", rule_voice, "fax",                                                                     \
             "\"fax\", \"hangup\" or \"forward\" (what becomes of calls in which no fax machine is heard)"), \
        WHOLE("voice_seconds", "15", 5, 35, "a whole number of seconds from 5 to 35"),                       \
        TEXT("voice_forward", rule_no_number, "", NUMBER_WANT ", or \"\""),                                  \
        LIST("voice_callers", rule_blocked, "", 200, CALLER_WANT),                                           \
        LIST("fax_callers", rule_blocked, "", 200, CALLER_WANT),                                             \
        TEXT("print_to", rule_no_printer, "",                                                                \
             "a printer such as ipp://192.0.2.7/ipp/print or ipps://host:port/printers/name, or \"\""),      \
        TEXT("print_pin", rule_line, "", LINE_WANT),                                                         \
        WHOLE("print_copies", "1", 1, 20, "a whole number from 1 to 20"),                                    \
        TEXT("print_paper", rule_no_paper, "",                                                               \
             "\"a4\", \"letter\", \"legal\" or \"\" for what is in the printer")

#define ARCHIVAL_FIELDS                                                                                      \
    WHOLE("keep_sent_days", "-1", -1, 36500, KEEP_BOX_WANT),                                                 \
        WHOLE("keep_received_days", "-1", -1, 36500, KEEP_BOX_WANT),                                         \
        WHOLE("archive_sent_days", "-1", -1, 36500, KEEP_BOX_WANT),                                          \
        WHOLE("archive_received_days", "-1", -1, 36500, KEEP_BOX_WANT),                                      \
        LIST("archive_places", rule_name, "", ARCHIVE_PLACES_MAX,                                            \
             "the name of a place of the archive; an empty list: all of them")

static const struct provision_field box_fields[] = {
    TEXT("id", rule_box_id, NULL,
         "up to 63 letters, digits and hyphens, at least one letter among them; \"check\" is reserved"),
    TEXT("tenant", rule_name, NULL, "the name of a tenant"),
    TEXT("name", rule_name, NULL, NAME_WANT),
    TEXT("owner", rule_no_name, "", "the name of a user of the box with both permissions, or \"\""),
    FLAG("enabled", "true"),
    TEXT("extension", rule_no_number, "", NUMBER_WANT),
    TEXTS("numbers", rule_numbers, "", 0, NUMBERS_WANT),
    TEXT("template", rule_no_name, "", "the name of a settings template of its tenant, or \"\""),
    LIST("own", rule_shared_field, "", 100, "a field that settings templates have, such as tries"),
    SENDING_FIELDS,
    RECEIVING_FIELDS,
    ARCHIVAL_FIELDS,
    TEXT("custom_address", rule_custom, "", "an email address or a domain of your own, or \"\""),
    SHOWN("smtp_address", "nothing: it is made of the box's id and the fax domain"),
    TEXT("address_case", rule_own_address_case, "", CASE_WANT ", or \"\" for the tenant's"),
    TEXT("authentication", rule_authentication, "none", "\"none\", \"pin\", \"pgp\" or \"pin+pgp\""),
    PIN("pin"),
    FLAG("require_encryption", "false"),
    TEXT("dmarc", rule_no_dmarc, "", "\"require\", \"prefer\", \"off\" or \"\" (as its tenant)"),
    LIST("trusted_networks", rule_network, "", 50, NETWORK_WANT),
    LIST("arc_trusted", rule_domain, "", 50, FORWARDER_WANT),
    TEXT("subaddress", rule_no_digits, "", "up to 20 of digits, * and #, or \"\""),
    FAX_PASSWORD("fax_password"),
    TEXT("answers", rule_answers, "sender", "\"sender\", \"nobody\" or an email address"),
    WHOLE("calls_in", "0", 0, 100000, CALLS_WANT),
    WHOLE("calls_out", "0", 0, 100000, CALLS_WANT),
    FLAG("legal_hold", "false"),
    TEXT("mailbox", rule_line, "", "the name of a mailbox, or \"\""),
    RIGHTS("users", "user", rule_name, "the name of a user"),
    RIGHTS("permissions", "entry", rule_entry,
           "an address (name@example.com), a domain (example.com) or all below one (*.example.com)"),
    END};

static const struct provision_field settings_template_fields[] = {
    TEXT("tenant", rule_name, NULL, "the name of a tenant"),
    TEXT("name", rule_name, NULL, NAME_WANT),
    SENDING_FIELDS,
    RECEIVING_FIELDS,
    ARCHIVAL_FIELDS,
    COUNT("boxes"),
    END};

static const struct provision_field trunk_fields[] = {
    TEXT("name", rule_name, NULL, NAME_WANT),
    TEXT("peer", rule_peer, NULL, "sip:host or sip:host:port, such as sip:192.0.2.1:5060"),
    TEXT("transport", rule_transport, "udp", "\"udp\", \"tcp\" or \"tls\""),
    TEXT("username", rule_line, "", LINE_WANT),
    PASSWORD("password"),
    FLAG("t38", "true"),
    FLAG("pace", "true"),
    FLAG("register", "false"),
    WHOLE("register_seconds", "600", 30, 86400, "a whole number from 30 to 86400"),
    WHOLE(
        "keepalive", "-1", -1, 3600,
        "a whole number of seconds up to 3600, 0 for never, or -1: 60, and never where the trunk registers"),
    WHOLE("cost", "0", 0, 1000000,
          "a whole number from 0 to 1000000; calls go over the trunk with the least"),
    WHOLE("calls", "0", 0, 100000, CALLS_WANT),
    LIST("addresses", rule_network, "", 16, NETWORK_WANT),
    TEXT("called_from", rule_called_from, "request", "\"request\", \"to\" or \"diversion\""),
    TEXT("caller_from", rule_caller_from, "asserted", "\"asserted\" or \"from\""),
    TEXT("caller_in", rule_caller_in, "from", "\"from\", \"asserted\" or \"preferred\""),
    TEXT("fallback_box", rule_no_box_id, "", "the id of a faxbox, or \"\""),
    TEXT("outbound_proxy", rule_no_peer, "", "sip:host or sip:host:port, or \"\""),
    TEXT("t38_correction", rule_t38_correction, "auto", "\"auto\", \"redundancy\" or \"fec\""),
    TEXT("srtp", rule_srtp, "auto", "\"auto\", \"no\", \"optional\" or \"required\""),
    TEXT("advertised_address", rule_no_ip, "", "an IP address, or \"\""),
    FLAG("symmetric", "true"),
    TEXT("self_test_number", rule_no_number, "", "a number as this trunk dials it, or \"\""),
    TEXT("self_test_hours", rule_window, "", WINDOW_WANT),
    END};

/* Of every mail server. */
#define MAIL_SERVER_FIELDS                                                                                   \
    TEXT("host", rule_host, NULL, "a host name or an IP address"),                                           \
        WHOLE("port", "587", 1, 65535, "a whole number from 1 to 65535"),                                    \
        TEXT("security", rule_security, "auto", "\"auto\", \"none\", \"starttls\" or \"implicit\""),         \
        TEXT("allow", rule_allow, "", ALLOW_WANT), TEXT("username", rule_line, "", LINE_WANT),               \
        PASSWORD("password"), TEXT("auth", rule_auth, "auto", AUTH_WANT),                                    \
        TEXT("ca_file", rule_path, "", "a file below /etc, where mailout may read, or \"\""),                \
        TEXT("pin", rule_line, "", LINE_WANT),                                                               \
        TEXT("tls_name", rule_no_domain, "", "the name in its certificate, where that is not host"),         \
        TEXT("envelope_sender", rule_return_address, "", RETURN_WANT),                                       \
        WHOLE("connections", "1", 1, 20, "a whole number from 1 to 20"), FLAG("enabled", "true"),            \
        FLAG("null_sender", "true")

#define ALLOW_WANT                                                                                           \
    "what is allowed in spite of its weakness, of \"plain\", \"tls1.1\" and \"tls1.0\", or \"\""
#define RETURN_WANT ADDRESS_WANT "; a * before the @ stands for the mail's id (36 characters)"
#define AUTH_WANT                                                                                            \
    "\"auto\", \"plain\", \"login\", \"cram-md5\", \"scram-sha-1\", \"scram-sha-256\", "                     \
    "\"xoauth2\" or \"oauthbearer\" (then the password is the token)"

static const struct provision_field mail_server_fields[] = {MAIL_SERVER_FIELDS, END};

static const struct provision_field mail_servers_fields[] = {
    TEXT("name", rule_name, NULL, NAME_WANT),
    TEXT("tenant", rule_no_name, "", "the name of the tenant whose mails it takes, or \"\""),
    FLAG("fallback", "false"), MAIL_SERVER_FIELDS, END};

#define ATTRIBUTE_WANT "the name of an attribute, such as mail"
#define URL_WANT       "a URL that begins with https://"
static const struct provision_field mailbox_fields[] = {
    TEXT("name", rule_name, NULL, NAME_WANT),
    TEXT("tenant", rule_name, NULL, "the name of a tenant"),
    TEXT("address", rule_address, NULL, "the mailbox's email address, such as fax@example.com"),
    TEXT("protocol", rule_mailbox_protocol, "imap", "\"imap\" or \"pop3\""),
    TEXT("host", rule_host, NULL, "a host name or an IP address"),
    WHOLE("port", "0", 0, 65535, "a whole number from 1 to 65535, or 0 for the usual one"),
    TEXT("security", rule_mailbox_security, "implicit",
         "\"implicit\" (POP3S, IMAPS), \"starttls\" or \"none\""),
    TEXT("username", rule_line, "", LINE_WANT),
    PASSWORD("password"),
    TEXT("ca_file", rule_path, "", "an absolute path, or \"\""),
    TEXT("pin", rule_line, "", LINE_WANT),
    TEXT("folder", rule_folder, "INBOX", "the name of a folder in plain letters"),
    WHOLE("interval", "60", 5, 86400, "a whole number of seconds from 5 to 86400"),
    FLAG("enabled", "true"),
    FLAG("gateway", "false"),
    FLAG("plaintext_password", "false"),
    TEXT("authserv_id", rule_authserv_id, "",
         "the name with which the mailbox's own server begins its Authentication-Results, such as "
         "mx.example.com, or \"\""),
    TEXT("too_large", rule_too_large, "remove", "\"remove\" or \"keep\""),
    TEXT("authentication", rule_mailbox_login, "password",
         "\"password\" (the best login that the server has), \"scram\", \"plain\" or \"oauth2\""),
    TEXT("oauth_grant", rule_oauth_grant, "refresh_token", "\"refresh_token\" or \"client_credentials\""),
    TEXT("oauth_token_url", rule_no_url, "", URL_WANT),
    TEXT("oauth_device_url", rule_no_url, "", URL_WANT),
    TEXT("oauth_authorize_url", rule_no_url, "", URL_WANT),
    TEXT("oauth_redirect_url", rule_line, "http://localhost",
         "where the provider sends the browser after the login, as registered there"),
    TEXT("oauth_client_id", rule_line, "", LINE_WANT),
    TEXT("oauth_scope", rule_scope, "", "one line of up to 400 characters"),
    TEXT("oauth_pin", rule_line, "", LINE_WANT),
    TOKEN("oauth_client_secret"),
    TOKEN("oauth_refresh_token"),
    END};

static const struct provision_field dkim_fields[] = {
    TEXT("name", rule_domain, NULL, "the domain of the addresses in From, such as example.com"),
    TEXT("selector", rule_domain, NULL, "the name under _domainkey of that domain, such as fax2026"),
    FLAG("active", "true"),
    LINES("record", "the text of the DNS, which is made with the key"),
    TOKEN("key"),
    END};
static const struct provision_field mail_template_fields[] = {
    TEXT("tenant", rule_name, NULL, "the name of a tenant"),
    TEXT("name", rule_template_name, NULL, TEMPLATE_NAME_WANT),
    TEXT("language", rule_language, NULL, LANGUAGE_WANT),
    LINES("text", "the text of a template, as `faxpost template show` prints one"), END};

static const struct provision_field webhook_fields[] = {
    TEXT("name", rule_name, NULL, NAME_WANT),
    TEXT("tenant", rule_name, NULL, "the name of a tenant"),
    TEXT("url", rule_hook_url, NULL,
         "a URL that begins with https://, or, for a network that webhook_networks names, with http://"),
    LIST("events", rule_event, "fax.received fax.sent fax.failed", 3,
         "of \"fax.received\", \"fax.sent\" and \"fax.failed\""),
    PASSWORD("secret"),
    TEXT("pin", rule_line, "", LINE_WANT),
    FLAG("enabled", "true"),
    END};

static const struct provision_field provider_fields[] = {
    TEXT("name", rule_name, NULL, NAME_WANT),
    TEXT("tenant", rule_no_name, "", "the name of the tenant whose users it logs in, or \"\" for all"),
    TEXT("label", rule_no_name, "", "what stands on the button, or \"\" for its name"),
    TEXT("issuer", rule_no_url, NULL, URL_WANT),
    TEXT("client_id", rule_line, NULL, LINE_WANT),
    TOKEN("client_secret"),
    TEXT("scope", rule_scope, "openid email profile", "words, openid among them"),
    TEXT("claim_address", rule_line, "email", LINE_WANT),
    TEXT("claim_name", rule_line, "name", LINE_WANT),
    TEXT("claim_groups", rule_line, "groups", LINE_WANT),
    TEXT("group_required", rule_long_line, "", LONG_LINE_WANT),
    TEXT("group_tenant", rule_long_line, "", LONG_LINE_WANT),
    TEXT("group_installation", rule_long_line, "", LONG_LINE_WANT),
    FLAG("make_users", "false"),
    FLAG("shown", "true"),
    TEXT("pin", rule_line, "", LINE_WANT),
    FLAG("enabled", "true"),
    END};

static const struct provision_field directory_fields[] = {
    TEXT("name", rule_name, NULL, NAME_WANT),
    TEXT("tenant", rule_name, NULL, "the name of a tenant"),
    TEXT("host", rule_host, NULL, "a host name or an IP address"),
    WHOLE("port", "0", 0, 65535, "a whole number from 1 to 65535, or 0 for the usual one"),
    TEXT("security", rule_directory_security, "implicit", "\"implicit\" (LDAPS) or \"starttls\""),
    TEXT("ca_file", rule_path, "", "an absolute path, or \"\""),
    TEXT("pin", rule_line, "", LINE_WANT),
    TEXT("bind_dn", rule_long_line, "", LONG_LINE_WANT),
    PASSWORD("password"),
    TEXT("base", rule_long_line, NULL, LONG_LINE_WANT),
    TEXT("filter", rule_directory_filter, "(objectClass=person)",
         "a filter of RFC 4515 such as (&(objectClass=person)(mail=*))"),
    TEXT("attribute_id", rule_attribute, "entryUUID", ATTRIBUTE_WANT " (of Active Directory: objectGUID)"),
    TEXT("attribute_name", rule_attribute, "cn", ATTRIBUTE_WANT),
    LIST("attribute_addresses", rule_attribute, "mail", 8, ATTRIBUTE_WANT),
    TEXT("attribute_groups", rule_attribute, "memberOf", ATTRIBUTE_WANT),
    TEXT("group_tenant", rule_long_line, "", LONG_LINE_WANT),
    LIST("box_groups", rule_box_group, "", 200,
         "the id of a faxbox, = and a group: front=cn=front,ou=groups,dc=example,dc=com"),
    WHOLE("interval_minutes", "60", 0, 10080, "a whole number of minutes up to 10080, or 0 for never"),
    WHOLE("vanish_percent", "10", 0, 100, "a whole number from 0 to 100"),
    FLAG("login", "false"),
    FLAG("enabled", "true"),
    END};

static const struct provision_field archive_fields[] = {
    TEXT("name", rule_name, NULL, NAME_WANT),
    TEXT("kind", rule_archive_kind, NULL, "\"local\", \"sftp\", \"webdav\" or \"s3\""),
    TEXT("url", rule_archive_url, NULL,
         "sftp://host/folder or https://host/folder (of S3: https://host/bucket), or, of a local place, a "
         "folder below archive_dir of faxpost.conf, such as offsite"),
    WHOLE("rank", "0", 0, 1000, "a whole number from 0 to 1000"),
    FLAG("enabled", "true"),
    TEXT("tenant", rule_no_name, "", "the name of the tenant whose faxes alone go there, or \"\" for all"),
    LIST("boxes", rule_box_id, "", 200, "the id of a faxbox"),
    FLAG("sent", "true"),
    FLAG("received", "true"),
    FLAG("encrypted", "true"),
    TOKEN("key"),
    TEXT("username", rule_line, "", LINE_WANT),
    TOKEN("password"),
    TOKEN("private_key"),
    TEXT("host_key", rule_host_key, "", "SHA256:... as `ssh-keygen -l` prints it, or \"\""),
    TEXT("region", rule_line, "us-east-1", LINE_WANT),
    TEXT("ca_file", rule_path, "", "a file below /etc, where archive may read, or \"\""),
    TEXT("pin", rule_line, "", LINE_WANT),
    FLAG("plaintext", "false"),
    WHOLE("verify_days", "90", 0, 3650, "a whole number of days from 0 (never) to 3650"),
    FLAG("earlier", "true"),
    END};

const struct provision_section provision_sections[PROVISION_KINDS] = {
    [PROVISION_INSTALLATION] = {"installation", "installation", false, installation_fields},
    [PROVISION_TENANT] = {"tenants", "tenant", true, tenant_fields},
    [PROVISION_USER] = {"users", "user", true, user_fields},
    [PROVISION_SETTINGS_TEMPLATE] = {"settings_templates", "settings template", true,
                                     settings_template_fields},
    [PROVISION_BOX] = {"faxboxes", "faxbox", true, box_fields},
    [PROVISION_TRUNK] = {"trunks", "trunk", true, trunk_fields},
    [PROVISION_MAIL_TEMPLATE] = {"mail_templates", "mail template", true, mail_template_fields},
    [PROVISION_MAIL_SERVER] = {"mail_server", "mail server", false, mail_server_fields},
    [PROVISION_MAILBOX] = {"mailboxes", "mailbox", true, mailbox_fields},
    [PROVISION_MAIL_SERVERS] = {"mail_servers", "further mail server", true, mail_servers_fields},
    [PROVISION_WEBHOOK] = {"webhooks", "webhook", true, webhook_fields},
    [PROVISION_PROVIDER] = {"identity_providers", "identity provider", true, provider_fields},
    [PROVISION_DIRECTORY] = {"directories", "directory", true, directory_fields},
    [PROVISION_ARCHIVE] = {"archive_places", "archive place", true, archive_fields},
    [PROVISION_DKIM] = {"dkim", "signing key", true, dkim_fields},
};

bool provision_field_is_made(const struct provision_field *f)
{
    return f->type == FIELD_SHOWN || f->type == FIELD_COUNT || f->type == FIELD_WISH;
}
