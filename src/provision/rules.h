/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a single value of the provisioning may be. Each rule brings a text into the form that is stored and
 * compared
 * ("+39 050 123" -> "+39050123", "Example.COM" -> "example.com") and says false where it is none. Pure. */
#pragma once

#include <stdbool.h>

#include "base/attr.h"

enum { PROVISION_TEXT_LEN = 512 };

/* in: any NUL-terminated text. */
typedef bool provision_rule(const char *in, char out[PROVISION_TEXT_LEN]);

provision_rule rule_name;           /* 1 to 64 characters of one line */
provision_rule rule_line;           /* up to 120 characters of one line */
provision_rule rule_country;        /* two letters of ISO 3166, or empty */
provision_rule rule_digits;         /* up to 16 digits, or none */
provision_rule rule_zone;           /* a name of the time zone database */
provision_rule rule_address;        /* user@domain */
provision_rule rule_no_address;     /* the same, or empty */
provision_rule rule_return_address; /* that, and a * in it stands for a mail's id */
provision_rule rule_entry;          /* address, domain or *.domain, domains in lower case (S0.3) */
provision_rule rule_custom;         /* address or domain, lower case, or empty (S0.5) */
provision_rule rule_domain;         /* lower case */
provision_rule rule_no_domain;      /* the same, or empty */
provision_rule
    rule_prefixes; /* beginnings of numbers, separated by blanks; "+" begins every outside number */
provision_rule
    rule_box_id; /* a DNS label (RFC 1035 §2.3.1, RFC 1123 §2.1) with a letter in it, not `check` */
provision_rule rule_numbers;       /* the same, or a range, or a beginning (model/number_range.h) */
provision_rule rule_number;        /* + digits * #; blanks and . / - ( ) between them are dropped */
provision_rule rule_no_number;     /* the same, or empty */
provision_rule rule_station_id;    /* T.30 §5.3.6.2.4: up to 20 of digits, blank, + */
provision_rule rule_short_numbers; /* digits, separated by blanks */
provision_rule rule_billing_code;
provision_rule rule_address_case, rule_own_address_case;
provision_rule rule_authentication;
provision_rule rule_smime;
provision_rule rule_cover;
provision_rule rule_paper;
provision_rule rule_resolution;
provision_rule rule_no_printer; /* ipp[s]://host[:port]/path, or empty */
provision_rule rule_no_paper;   /* as rule_paper, or empty */
provision_rule rule_blank_pages;
provision_rule rule_auto_off;
provision_rule rule_report;
provision_rule rule_language, rule_no_language; /* of the mails we write */
provision_rule rule_template_name;
provision_rule rule_mail_style;
provision_rule rule_file_format;
provision_rule rule_code_route;
provision_rule rule_no_digits; /* a subaddress or password of T.30, or empty */
provision_rule rule_voice;     /* model/voice.h */
provision_rule rule_ocr;
provision_rule rule_ocr_language;
provision_rule rule_answers; /* who gets answers: sender, nobody or an address */
provision_rule rule_report_on, rule_delays;
provision_rule rule_notify_received, rule_notify_sent, rule_notify_delays;
provision_rule rule_window; /* days and hours (proto/send_window.h), or empty */
provision_rule rule_dmarc;
provision_rule rule_no_dmarc; /* the same, or empty */
provision_rule rule_network;  /* an IP address or a network */
provision_rule rule_networks; /* several, separated by blanks, or none */
provision_rule rule_hook_url; /* http[s]://host[:port]/path */
provision_rule rule_event;
provision_rule rule_web_url; /* the same, without a path, or empty */
provision_rule rule_called_from, rule_caller_from, rule_caller_in, rule_srtp, rule_t38_correction;
provision_rule rule_no_box_id; /* as rule_box_id, or empty */
provision_rule rule_blocked;   /* a number, its beginning with a * behind, or "anonymous" */
provision_rule rule_transport;
provision_rule rule_security;
provision_rule rule_mailbox_protocol;
provision_rule rule_mailbox_security;
provision_rule rule_mailbox_login;
provision_rule rule_oauth_grant;
provision_rule rule_too_large;
provision_rule rule_folder;      /* of IMAP: ASCII, one line */
provision_rule rule_authserv_id; /* a word, or empty */
provision_rule rule_scope;       /* up to 400 characters of one line */
provision_rule rule_no_url;      /* https://host[:port]/path, or empty */
provision_rule rule_auth;
provision_rule rule_allow; /* words of plain, tls1.0, tls1.1 */
provision_rule rule_on_off;
provision_rule rule_setup;              /* of the installation */
provision_rule rule_role;               /* of a user */
provision_rule rule_no_name;            /* as rule_name, or empty */
provision_rule rule_peer;               /* sip:host[:port] */
provision_rule rule_no_peer;            /* the same, or "" */
provision_rule rule_no_ip;              /* an IP address that can be reached, or "" */
provision_rule rule_host;               /* a name or an IP address */
provision_rule rule_long_line;          /* up to 500 characters of one line */
provision_rule rule_directory_security; /* TLS, one way or the other */
provision_rule rule_directory_filter;   /* RFC 4515 */
provision_rule rule_attribute;          /* of a directory */
provision_rule rule_box_group;          /* BOX=GROUP */
provision_rule rule_path;               /* absolute, or empty */
provision_rule rule_archive_kind, rule_archive_url;
provision_rule rule_host_key; /* SHA256:..., as OpenSSH writes it, or empty */

provision_rule rule_shared_field; /* that settings templates have (following.h) */

/* An id for a box of that name ("Front Desk" -> "front-desk"); "fax" where nothing of it can be used. */
void rule_make_box_id(const char *name, char out[PROVISION_TEXT_LEN]);
