/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "cli/command.h"
#include "cli/import.h"

const struct command commands[] = {
    {.name = "serve",
     .operands = "",
     .summary = "run the server in the foreground until SIGTERM or Ctrl-C",
     .help = "Reads the configuration, takes the state directory, starts all processes of Faxpost and keeps "
             "them alive. "
             "Log lines go to standard error.",
     .options = {{"conf", "FILE", "the configuration; /etc/faxpost/faxpost.conf where it is not given"},
                 {"print-config", NULL, "print every key with its help and its value, and end"}},
     .run = run_serve},
    {.name = "upgrade",
     .operands = "",
     .summary = "let the server begin anew with new programs or another configuration, without losing a call",
     .help =
         "For after an upgrade of the package (which does it by itself under systemd), or after faxpost.conf "
         "was "
         "altered. The server goes on as it is until no call is in the way: its own calls wait from now on, "
         "incoming "
         "ones are taken for ten minutes more; mail is accepted all the time. Then it begins anew within a "
         "second, on "
         "the same sockets. After an hour the calls that are left are hung up; their faxes go on at the "
         "first page "
         "that was not confirmed. A configuration that cannot be used is refused, and all stays as it is.",
     .options = {{"no-wait", NULL, "end at once; the log says when it has happened"}},
     .run = run_upgrade},
    {.name = "gateway",
     .operands = "",
     .summary = "read mailboxes on this machine for a server on another",
     .help = "Reads the mailboxes that are marked \"gateway\" in the server's settings and carries their "
             "mails to it, "
             "until it is ended. The server lets it in where gateway_address is set in its faxpost.conf. "
             "FILE is JSON: "
             "\"server\", \"local_port\" (10000) and \"local_data_port\" (10001) as the server has them, for "
             "each "
             "mailbox its \"password\" or \"oauth_client_secret\" (\"mailboxes\": {NAME: ...}), and for a "
             "server on "
             "another machine \"certificate\" and \"key\" of this gateway and \"ca_file\" or \"pin\" of the "
             "server.",
     .options = {{"conf", "FILE", "its settings; /etc/faxpost/gateway.json where it is not given"}},
     .run = run_gateway},
    {.name = "setup",
     .operands = "",
     .summary = "where the wizard of a new installation is",
     .help = "Prints an address that opens the wizard once, in a browser on this machine or through a tunnel "
             "to it. The "
             "wizard is there until the installation is set up.",
     .run = run_setup},
    {.name = "send",
     .operands = "NUMBER FILE",
     .least = 2,
     .most = 2,
     .summary = "fax a document and follow it page by page",
     .help =
         "Sends FILE (PDF, picture, office document or plain text; \"-\" is standard input) to NUMBER, a "
         "name of the address "
         "book, or several separated "
         "by "
         "commas. Flags follow a number: 0301234567^FINE^AT=20261201T0800. Follows the fax until it has "
         "ended and says what became of it; Ctrl-C leaves it on its "
         "way. "
         "Asking twice because a connection broke off does not send twice: the document travels with an id.",
     .options =
         {{"from-box", "BOX", "id of the faxbox that sends; needed"},
          {"report-to", "ADDRESS", "who gets the report by mail"},
          {"no-wait", NULL, "print the id of the submission and end at once"},
          {"json", NULL,
           "print what happens as JSON, an object a line: \"event\" is taken, rendering, progress, ended"}},
     .run = run_send},
    {.name = "poll",
     .operands = "NUMBER",
     .least = 1,
     .most = 1,
     .summary = "fetch the document that another fax machine holds ready",
     .help = "Calls NUMBER and asks for the document that lies ready there (T.30's polling). What comes is a "
             "received "
             "fax of the box, for all who get its faxes. Follows the call until it has ended.",
     .options = {{"box", "BOX", "id of the faxbox that calls and receives; needed"},
                 {"sep", "DIGITS", "which of its documents, where it has several (SEP)"},
                 {"pwd", "DIGITS", "the password that it wants (PWD)"},
                 {"report-to", "ADDRESS", "who gets the report by mail"},
                 {"no-wait", NULL, "print the id of the submission and end at once"},
                 {"json", NULL, "print what happens as JSON, an object a line"}},
     .run = run_poll},
    {.name = "polled",
     .operands = "set BOX FILE | show BOX | clear BOX",
     .least = 2,
     .most = 3,
     .summary = "the document that a box holds ready for callers who poll it",
     .help = "`set` puts FILE there in place of the former one, until `clear`. Each call that fetches it is "
             "a sent fax "
             "of the box, with its outcome. With --sep or --pwd only callers who say the same get it. "
             "Ordinary faxes "
             "come in as before.",
     .options = {{"sep", "DIGITS", "set: the subaddress that callers have to say (SEP)"},
                 {"pwd", "DIGITS", "set: the password that callers have to say (PWD)"},
                 {"json", NULL, "print JSON"}},
     .run = run_polled},
    {.name = "preview",
     .operands = "FILE",
     .least = 1,
     .most = 1,
     .summary = "what exactly would be faxed, and what it would cost; dials nothing",
     .help = "Makes the pages of FILE as the other machine would print them, and says how each number is "
             "dialled, its "
             "price class, the seconds on the wire by rate and coding, and what will not be readable there. "
             "NUMBER "
             "is as for `faxpost send`.",
     .options = {{"to", "NUMBER", "whom it is for, or several separated by commas; needed"},
                 {"from-box", "BOX", "id of the faxbox that would send; needed"},
                 {"output", "FILE", "where the pages go, as PDF; -o for short"},
                 {"resolution", "WORD", "standard, fine, superfine, 300dpi or 400dpi; else the box's"},
                 {"cover", "NAME", "none, standard or a cover page of your own; else the box's"},
                 {"json", NULL, "print JSON"}},
     .run = run_preview},
    {.name = "status",
     .operands = "",
     .summary = "calls of this moment, what waits, and what is wrong",
     .help = "Shows running calls with page, rate and coding, the faxes and mails that wait and why, and "
             "alarms with "
             "what to do about them.",
     .options = {{"watch", NULL, "show it anew every second, until Ctrl-C"}, {"json", NULL, "print JSON"}},
     .run = run_status},
    {.name = "show",
     .operands = "ID",
     .least = 1,
     .most = 1,
     .summary = "one fax: its state, its calls, its pages",
     .help = "ID is that of a job (a fax sent), of a fax received, or of a submission.",
     .options = {{"json", NULL, "print JSON"}},
     .run = run_show},
    {.name = "trace",
     .operands = "ID",
     .least = 1,
     .most = 1,
     .summary = "what the machines said to one another in the calls of a fax",
     .help =
         "Each frame of T.30 with its time, ours to the left. ID is that of a job or of a fax received. Of "
         "a call that lasts there is nothing yet.",
     .run = run_trace},
    {.name = "cancel",
     .operands = "JOB",
     .least = 1,
     .most = 1,
     .summary = "give up a fax that has not ended",
     .help = "A running call is hung up; pages that were confirmed before have arrived.",
     .run = run_cancel},
    {.name = "retry",
     .operands = "JOB",
     .least = 1,
     .most = 1,
     .summary = "send a fax that was not delivered once more",
     .options = {{"resume", NULL, "begin at the first page that the other side has not confirmed"}},
     .help = "All its pages go again, as a new job with a report of its own. One that ended as uncertain may "
             "have arrived: "
             "ask first.",
     .run = run_retry},
    {.name = "hold",
     .operands = "JOB",
     .least = 1,
     .most = 1,
     .summary = "keep a waiting fax until it is released",
     .help = "A fax that is being sent cannot be held; it can be cancelled.",
     .run = run_hold},
    {.name = "release",
     .operands = "JOB",
     .least = 1,
     .most = 1,
     .summary = "let a held fax go, at once and with all its tries",
     .help = "For faxes held by a person, or by Faxpost after five failures of its own in a row. It goes on "
             "at the "
             "first page that was not confirmed.",
     .run = run_release},
    {.name = "alter",
     .operands = "JOB",
     .least = 1,
     .most = 1,
     .summary = "change number, time or priority of a fax that waits",
     .help = "A fax that is being sent cannot be altered. Another number is looked at as any new one is, and "
             "its tries "
             "begin anew; a fax of which pages have arrived, or whose cover page names its number, keeps it. "
             "`faxpost "
             "show` tells who altered what.",
     .options = {{"number", "NUMBER", "where it goes"},
                 {"at", "TIME", "when: 20261201T0800, by the tenant's clock, or now"},
                 {"priority", "N", "0 to 9, the highest first; up to 2 is bulk"},
                 {"retries", "N", "how many tries it has, 1 to 12"},
                 {"trunk", "NAME", "over which it goes"}},
     .run = run_alter},
    {.name = "contact",
     .operands = "list|add|import|delete [NAME|FILE|ID] [NUMBER]",
     .least = 1,
     .most = 3,
     .summary = "the address book that all of a tenant share",
     .help = "A name of it stands where a number does: `faxpost send \"Dr. Rossi\" letter.pdf --from-box "
             "front`. `list` takes how "
             "a name, a company or a number begins. `import` takes a file of rows name, number, company, "
             "note, with commas "
             "or semicolons between them.",
     .options = {{"tenant", "NAME", "whose; needed where there are several"},
                 {"company", "TEXT", "for add"},
                 {"note", "TEXT", "for add"},
                 {"json", NULL, "print JSON"}},
     .run = run_contact},
    {.name = "webhook",
     .operands = "list|test|retry [NAME|ID]",
     .least = 1,
     .most = 2,
     .summary = "servers that are told what happens to faxes",
     .help = "Webhooks are settings (`faxpost apply`, section webhooks). `list` shows what they were told, "
             "or one of them was, and "
             "how they answered; `test` calls one now; `retry` makes a call again that was given up.",
     .options = {{"json", NULL, "print JSON"}},
     .run = run_webhook},
    {.name = "ldap",
     .operands = "test|sync NAME",
     .least = 2,
     .most = 2,
     .summary = "users from a directory (LDAP, Active Directory)",
     .help = "Directories are settings (`faxpost apply`, section directories). `test` logs in there and "
             "shows the "
             "first people it reads; `sync` brings users, addresses and boxes in line with it now. Who is "
             "gone there "
             "is switched off, never deleted; where more are gone than vanish_percent lets go, nothing is "
             "changed "
             "without --confirm.",
     .options = {{"dry", NULL, "for sync: say what would change, and change nothing"},
                 {"confirm", NULL, "for sync: switch off whoever is gone, however many"}},
     .run = run_ldap},
    {.name = "archive",
     .operands = "list|places|verify|test|key|open|restore|hold|release|delete [NAME]",
     .least = 1,
     .most = 2,
     .summary = "copies of faxes at places outside of the store",
     .help =
         "Places are settings (`faxpost apply`, section archive_places): folders, SFTP, WebDAV, S3. `places` "
         "shows them and what waits for each, `test NAME` tries one, with --mark one that is the right place "
         "although its mark is not there or another's. `list` shows copies, of one FAX or all; "
         "`verify` reads them at their places, all or those of one FAX, and says what is not whole; `restore "
         "FAX` brings one back as FAX.tar, from the first place that has it whole. `hold FAX`: nobody and "
         "nothing deletes it, here or there, until `release FAX`. `delete FAX` deletes it for good, with its "
         "copies. `key NAME` gives the key of an encrypted place, by which `open FILE --key KEYFILE` makes "
         "FILE.tar of a FILE.tar.fxa from there on any machine, without a server.",
     .options = {{"place", "NAME", "of that place alone"},
                 {"state", "STATE", "for list: waiting, stored, deleting, damaged or failed"},
                 {"output", "FILE", "for restore, key, open: the file to make; -: standard output"},
                 {"key", "FILE", "for open: what `key` gave"},
                 {"mark", NULL, "for test: first leave the place's mark there, whatever lay there"},
                 {"reason", "TEXT", "for hold, release, delete: what stands in the audit"},
                 {"json", NULL, "print JSON"}},
     .run = run_archive},
    {.name = "accounting",
     .operands = "FILE",
     .least = 1,
     .most = 1,
     .summary = "add the calls that have ended to an accounting file, as HylaFAX's xferfaxlog",
     .help = "A line for each call in and out that FILE does not have yet, in the fields of xferfaxlog(5): "
             "the id of the call is "
             "the commid, the trunk the modem, the box sender and owner. Run it every few minutes; it may be "
             "killed or run "
             "twice, and no call is lost or written twice. What was rotated is looked into as well "
             "(FILE.1, FILE-20261122), so logrotate may rename FILE, with `notifempty` and `delaycompress`.",
     .run = run_accounting},
    {.name = "usage",
     .operands = "[SINCE [UNTIL]]",
     .most = 2,
     .summary = "what was sent and received, by box and billing code",
     .help = "SINCE and UNTIL are days such as 2026-11-01, by this machine's clock; UNTIL itself does not "
             "count. Without them: this "
             "month. Prints CSV. A fax counts on the day it was asked for or came in; what retention has "
             "deleted counts no more.",
     .options = {{"tenant", "NAME", "of that tenant alone"}, {"json", NULL, "print JSON"}},
     .run = run_usage},
    {.name = "destinations",
     .operands = "list [NUMBER] | WHAT NUMBER",
     .least = 1,
     .most = 2,
     .summary = "numbers that were called, and those that nobody shall call",
     .help = "`list` shows the last called first, with how many faxes arrived, what their machines call "
             "themselves and why "
             "the last call failed. WHAT is lock, unlock or forget. Faxes to a number that is locked are "
             "held until it is unlocked. `forget` "
             "drops what "
             "was learned, so that the next fax begins as the first one did.",
     .options = {{"locked", NULL, "list: only those that are locked"},
                 {"tenant", "NAME", "whose number, where there are several tenants"},
                 {"reason", "TEXT", "lock: why; it stands at each fax that waits"},
                 {"json", NULL, "print JSON"}},
     .run = run_destinations},
    {.name = "alarms",
     .operands = "",
     .summary = "what is wrong, since when, and what to do about it",
     .help = "Each alarm is raised once and cleared by itself when its cause is gone. Those that somebody "
             "has to hear of "
             "are mailed to installation.alarm_address, once, and once more when they are over.",
     .options = {{"all", NULL, "also those that are over, the newest first"}, {"json", NULL, "print JSON"}},
     .run = run_alarms},
    {.name = "doctor",
     .operands = "",
     .summary = "look at this machine and the server, and say what is wrong in plain words",
     .help = "Permissions, disk, clock, kernel, what faxpost.conf names (certificate, accounts, and where "
             "the server does not run its ports), all that `faxpost test` tries, whether the mail server "
             "would take a mail of ours, then whether the DNS "
             "leads mail for the fax "
             "domain here. Works where the server does not run, too. Ends with 1 where something is wrong.",
     .options = {{"conf", "FILE",
                  "the configuration; /etc/faxpost/faxpost.conf where it is not given, and is of that state "
                  "directory"},
                 {"json", NULL, "print JSON"}},
     .run = run_doctor},
    {.name = "support",
     .operands = "FILE",
     .least = 1,
     .most = 1,
     .summary = "what somebody who helps needs to know, without secrets or documents",
     .help =
         "FILE gets, as JSON, what `faxpost test` finds, status, alarms, the settings and the end of the "
         "log. Passwords, keys "
         "and PINs are left out, telephone numbers and mail addresses shortened. Read it before you send it.",
     .options =
         {{"log", "FILE",
           "the log, of which the last 2000 lines go along; - is standard input: journalctl -u faxpost | "
           "faxpost support FILE --log -"}},
     .run = run_support},
    {.name = "backup",
     .operands = "FILE",
     .least = 1,
     .most = 1,
     .summary = "all of an installation in one file, taken while it runs",
     .help = "FILE gets the database as of one moment, all documents, the keys, and with --conf the "
             "configuration file: a tar "
             "archive, which holds faxes and keys, or with --passphrase-file one that nobody reads without "
             "the passphrase. Run it "
             "as root or as the user that runs Faxpost, and `backup --verify FILE` afterwards. Certificates "
             "outside of the state "
             "directory are not in it.",
     .options = {{"conf", "FILE", "a faxpost.conf that goes along"},
                 {"passphrase-file", "FILE", "encrypt; the passphrase is its first line"},
                 {"verify", NULL, "read FILE and say whether it is whole; writes nothing"}},
     .run = run_backup},
    {.name = "restore",
     .operands = "FILE",
     .least = 1,
     .most = 1,
     .summary = "make a state directory of a backup",
     .help = "The directory (--state) must not be there yet, or be empty; it gets its name when all of FILE "
             "is proven whole. Faxes "
             "that waited in the backup are held: they may have been sent since. A configuration file that "
             "went along lies in it "
             "as faxpost.conf, to be put where it belongs. Where a database of PostgreSQL was restored by "
             "its own means (pg_restore), FILE is its URI: before the first start, the faxes that waited in "
             "it are held.",
     .options = {{"user", "NAME", "as root: whose it becomes; faxpost where it is not given"},
                 {"passphrase-file", "FILE", "its first line opens an encrypted backup"},
                 {"go-on", NULL, "do not hold the faxes that waited"}},
     .run = run_restore},
    {.name = "migrate",
     .operands = "URI",
     .least = 1,
     .most = 1,
     .summary = "all of an installation from SQLite to PostgreSQL",
     .help =
         "While Faxpost is stopped: every table and document of the state directory (--state) goes to the "
         "empty database URI "
         "(postgres://USER@HOST/DATABASE) in one transaction, which counts only when both sides are the "
         "same, row by row. Then "
         "faxpost.db is faxpost.db.migrated, and faxpost.conf needs the line that is printed. Should it "
         "end in between, give "
         "faxpost.db its name back, and the next run another empty database. Run it as root or as the "
         "user that runs Faxpost.",
     .run = run_migrate},
    {.name = "nodes",
     .operands = "[list | drain NAME | resume NAME | remove NAME]",
     .most = 2,
     .summary = "servers that work on one PostgreSQL: which are alive, what each runs, how many calls it has",
     .help =
         "A node that is not heard of for some seconds is gone: the others take its work over, and an alarm "
         "tells of it. "
         "drain: it begins no call any more and refuses those that come in, so that its machine can be "
         "worked "
         "on when the calls it has are over; resume: it calls again. remove: one that is gone for good is "
         "forgotten. Names are those of node in faxpost.conf.",
     .options = {{"json", NULL, "print JSON"}},
     .run = run_nodes},
    {.name = "trunks",
     .operands = "[test NAME]",
     .most = 2,
     .summary =
         "how it is with each trunk: registered, answering, down and why; test: a fax over one and back",
     .help = "A trunk that is down is tried again by itself. `unchecked` is one that neither registers nor "
             "is asked "
             "whether it is there: `faxpost test` asks it once. `test NAME` calls the trunk's "
             "self_test_number, which "
             "leads "
             "back to this server, in T.38 and in G.711, and compares the page that comes back pixel by "
             "pixel; it "
             "prints "
             "each step and ends with 1 where the page did not come back. A test yields its lines to faxes.",
     .options = {{"json", NULL, "print JSON"}},
     .run = run_trunks},
    {.name = "deadletter",
     .operands = "list | show ID | replay ID | delete ID",
     .least = 1,
     .most = 2,
     .summary = "mails that became no fax",
     .help =
         "Every mail that could not be faxed is kept with the reason. `replay` looks at it again, as if it "
         "came now - after the box, the permission or the dial plan was mended; what was faxed of it already "
         "is not faxed again. `delete` takes it away for good.",
     .options = {{"json", NULL, "print JSON"}},
     .run = run_dead_letter},
    {.name = "junk",
     .operands = "list | report ID | release ID",
     .least = 1,
     .most = 2,
     .summary = "received faxes in quarantine",
     .help = "`report` puts a fax that nobody wants into quarantine, and from then on what looks like it in "
             "the same box: "
             "that is mailed to nobody and never deleted. `release` lets a fax out again; its mails are "
             "made, and what "
             "looks like it is let through.",
     .options = {{"json", NULL, "print JSON"}},
     .run = run_junk},
    {.name = "fax",
     .operands = "note|tag|untag ID TEXT...",
     .least = 1,
     .most = OPERANDS_MAX,
     .summary = "notes and tags beside a fax that was received or sent",
     .help = "Whoever sees the fax sees them; both are found by the search, and lists are filtered by tag. "
             "`note` "
             "writes who wrote what and when, `tag` adds tags, `untag` takes them away. `faxpost show` "
             "prints them.",
     .run = run_fax},
    {.name = "print",
     .operands = "FAX",
     .least = 1,
     .most = 1,
     .summary = "a received fax on its box's printer",
     .help = "The box needs a printer (`faxpost set faxboxes.front.print_to ipp://...`), which then prints "
             "all of "
             "its faxes by itself; this prints one once more. The fax keeps being tried for two days.",
     .options = {{"status", NULL, "what was printed of it, and what came of it"},
                 {"json", NULL, "print JSON"}},
     .run = run_print},
    {.name = "key",
     .operands = "import | remove | list | make | show ...",
     .least = 1,
     .most = 3,
     .summary = "PGP keys and S/MIME certificates: of the people who send, and of this server",
     .help =
         "`import USER FILE` gives a user a public key (gpg --armor --export; \"-\" is standard input), "
         "which "
         "his mails are verified with, and, with his field pgp_encrypt, encrypted to; or an S/MIME "
         "certificate "
         "in PEM, which, with his field smime, his mails are encrypted to. `remove USER "
         "FINGERPRINT` takes it away. USER is his name, or TENANT/USER. `make [TENANT]` makes the tenant's "
         "own pair, whose secret key never leaves the server; `show [TENANT]` prints its public key, for "
         "those who encrypt to us. `list` lists all.",
     .options = {{"replace", NULL, "make: new keys; mails to the old ones cannot be read any more"}},
     .run = run_key},
    {.name = "mails",
     .operands = "list | WHAT ID | reset-tls SERVER",
     .least = 1,
     .most = 2,
     .summary = "mails that go out: what waits, and why",
     .help =
         "`list` shows every mail that was not sent, the oldest first, with what the mail server said. WHAT "
         "is show, hold, release, retry or delete; release and retry take `all` too. `hold` keeps one back "
         "until `release`; `retry` tries at once, and begins again with one that was refused; `delete` takes "
         "one away for good. A mail server that spoke TLS once is never spoken to without it until "
         "`reset-tls`, with its host:port.",
     .options = {{"json", NULL, "print JSON"}},
     .run = run_mails},
    {.name = "verify",
     .operands = "[REPORT]",
     .least = 0,
     .most = 1,
     .summary = "was a report changed since it was signed?",
     .help = "REPORT is a PDF that came with a mail or from the API, while the setting "
             "installation.sign_reports was "
             "on. Without --certificate the server is asked for its own; with the file that `faxpost verify "
             "--export` "
             "printed no server is needed, at any time and place. A PDF reader shows the same signature.",
     .options = {{"certificate", "FILE", "certificates of the server, PEM"},
                 {"export", NULL, "print the server's certificates"}},
     .run = run_verify},
    {.name = "explain",
     .operands = "[MAIL]",
     .most = 1,
     .summary = "what would become of a mail, rule by rule",
     .help = "Asks the same rules as real mail, without any effect: from which box, to which number, why or "
             "why not, and "
             "what somebody who forges this From could do. MAIL is a file as mail programs save it (.eml, "
             "\"-\" is "
             "standard input); the options go before what it says.",
     .options = {{"from", "ADDRESS", "the sender"},
                 {"to", "ADDRESS", "the recipient; several separated by commas"},
                 {"subject", "TEXT", "the subject"},
                 {"login", "NAME", "who has logged in to send it"},
                 {"json", NULL, "print JSON"}},
     .run = run_explain},
    {.name = "apply",
     .operands = "FILE",
     .least = 1,
     .most = 1,
     .summary = "read provisioning from a JSON file",
     .help = "Tenants, users, faxboxes, trunks and the mail server. What the file does not speak of is left "
             "alone; "
             "{\"absent\": true} in an entry takes it away; the same file twice changes nothing. All of it "
             "is checked "
             "before any of it is done. \"-\" is standard input.",
     .options = {{"dry-run", NULL, "say what would change, and change nothing"},
                 {"json", NULL, "print the answer as JSON"}},
     .run = run_apply},
    {.name = "import",
     .operands = "csv FILE | hylafax FOLDER",
     .least = 2,
     .most = 2,
     .summary = "take over faxboxes and users from a table, or from HylaFAX",
     .help =
         "csv: a table as spreadsheets save it, UTF-8, \"-\" is standard input. Its first row names the "
         "columns, of these: " IMPORT_COLUMNS "; numbers and addresses may be several with blanks "
         "between. A row with box and user lets the user send and receive there (send, receive: yes or "
         "no); several rows may name the same box. hylafax: its spool folder (/var/spool/hylafax). Users "
         "come from etc/hosts.hfaxd, without their passwords; a faxbox of each modem from etc/config.*; "
         "numbers with a rejectNotice in info/ are locked. With --received-into and --sent-into its faxes "
         "come too, with their dates, as read and without a mail; what cannot be read is named and left "
         "out, and sent PostScript is taken without its pages. As with apply, all settings are checked "
         "before any of them is taken; the same twice changes nothing, and no fax comes twice.",
     .options = {{"tenant", "NAME", "whose they become, where a row names none"},
                 {"domain", "DOMAIN", "hylafax: where its users' mail goes"},
                 {"received-into", "BOX", "hylafax: take its received faxes (recvq) into that box"},
                 {"sent-into", "BOX", "hylafax: take its sent faxes (doneq, archive) into that box"},
                 {"dry-run", NULL, "say what would change, and change nothing"}},
     .run = run_import},
    {.name = "export",
     .operands = "",
     .summary = "print all provisioning as JSON",
     .help =
         "What it prints can be given to apply. Passwords stay sealed; they open in this installation only.",
     .run = run_export},
    {.name = "template",
     .operands = "ACTION [NAME [FILE]]",
     .least = 1,
     .most = 3,
     .summary = "the words of the mails that Faxpost writes",
     .help =
         "A template is a text with a line `subject:`, a line `file:` (the attachment's name) and the mail's "
         "words below a line `text:`; below a line `html:` may stand the same as HTML. {name} is a "
         "variable, {time %d.%m.%Y} a time in a form of its own, {if name}...{else}...{end} asks whether it "
         "has a value, {each fax}...{end} of a report repeats for each number, {{ is a brace. ACTION is one "
         "of these: `list` shows "
         "the templates and their variables, `show` the one in use, `preview` what a mail would look like; "
         "`set` takes a FILE (\"-\" is standard input) for a tenant and language, `reset` goes back to what "
         "is shipped. An error is told with file and line, and nothing is changed.",
     .options = {{"tenant", "NAME", "whose; needed where there are several"},
                 {"language", "CODE", "en, de, it, fr or es; the tenant's where it is not given"}},
     .run = run_template},
    {.name = "sendmail",
     .operands = "[RECIPIENT...]",
     .summary = "queue a mail from standard input, as the sendmail command of mail servers does",
     .help = "Puts the mail into the pickup folder, from where it goes out by the mail server of the "
             "settings; done "
             "means that it is on disk. For programs that call /usr/sbin/sendmail: a link of that name to "
             "faxpost is "
             "this command. -t: to whom, say To, Cc and Bcc of the mail. -f ADDRESS: envelope sender. -F "
             "NAME: name "
             "in From where the mail has none. -i, -oi: a line with a single dot is text. Other options of "
             "sendmail "
             "that do not matter here are accepted; -bs, -bp, -bi and -q are not.",
     .own_arguments = true,
     .run = run_sendmail},
    {.name = "sendfax",
     .operands = "-d NUMBER [FILE...]",
     .summary = "fax documents with the options of HylaFAX's sendfax",
     .help =
         "For scripts that call sendfax: a link of that name to faxpost is this command. The documents are "
         "FILEs, or "
         "standard input; each destination is [NAME@]NUMBER, or a line of -z FILE. The faxbox is that of -h "
         "BOX@localhost, or FAXPOST_BOX in the environment. Served are -a (time), -c, -r, -x (comments, "
         "subject and "
         "company of the cover page), -C NAME, -n (no cover page), -f (whose report it is), -N (no report), "
         "-l, -m, -G "
         "(resolution), -P (priority), -s (paper), -t (tries), -w (wait for the end; the exit status tells "
         "it). -p and "
         "-Z are refused; the other options of sendfax change nothing. PostScript is not taken: print to "
         "PDF.",
     .own_arguments = true,
     .run = run_sendfax},
    {.name = "cups",
     .operands = "[JOB USER TITLE COPIES OPTIONS [FILE]]",
     .summary = "called by CUPS to print to a fax",
     .help =
         "The device faxpost:/BOX faxes what is printed to it from that faxbox; "
         "faxpost:/BOX?report-to=ADDRESS mails the "
         "report there. The number comes with the job: lp -d QUEUE -o fax-number=NUMBER FILE, or as \"Fax "
         "number\" in "
         "a program's print dialogue (faxpost.ppd). What cannot be faxed is cancelled with the reason; where "
         "the server "
         "does not answer CUPS tries again, and a job goes once. Without arguments the devices are listed.",
     .own_arguments = true,
     .run = run_cups},
    {.name = "set",
     .operands = "PATH [VALUE]",
     .least = 1,
     .most = 2,
     .summary = "change one value of the provisioning",
     .help = "PATH is SECTION.NAME.FIELD, or SECTION.FIELD for installation and mail_server: "
             "faxboxes.front.station_id, trunks.pbx.t38, mail_server.host. Lists are written as JSON. "
             "The field `absent` with the value true takes an entry away. VALUE may be \"-\" for standard "
             "input. A password is not taken from the command line, where everybody on the machine can read "
             "it: leave VALUE out, and it is asked for.",
     .options = {{"file", "FILE", "take the value from FILE, without the line break at its end"},
                 {"dry-run", NULL, "say what would change, and change nothing"}},
     .run = run_set},
    {.name = "user",
     .operands = "password NAME | invite NAME | role NAME ROLE",
     .least = 2,
     .most = 3,
     .summary = "give a user a password, or say what he administrates",
     .help =
         "`invite` mails a user a code by which he gives himself a password. NAME is a user's name or one of "
         "his addresses, and either is what he logs in with, in a browser "
         "or his mail program. "
         "The password is asked for, twice; or it is read from standard input or a file. It is kept as "
         "keys from which nobody can log in, sealed, and export shows no more than that; a new one ends his "
         "sessions and API keys. ROLE is user (his own faxboxes), tenant (all of his tenant) or installation "
         "(everything).",
     .options = {{"file", "FILE", "take the password from FILE, without the line break at its end"},
                 {"none", NULL, "take the password away: he cannot log in"},
                 {"keep-keys", NULL, "his API keys go on; else they end with the old password"},
                 {"tenant", "NAME", "where several tenants have a user of that name"}},
     .run = run_user},
    {.name = "test",
     .operands = "[mail [ADDRESS] | mailbox NAME]",
     .most = 2,
     .summary = "try what can be tried without sending a fax",
     .help = "Does the server answer, do all processes run, do the trunks answer SIP, does the mail server "
             "answer? Says "
             "what it did not try. `test mail` asks the mail server, as far as MAIL FROM and RCPT TO, "
             "whether it would "
             "take a mail of ours to ADDRESS (else to our own), and shows what it says to each step; none is "
             "sent. `test mailbox NAME` logs in to that mailbox, looks, takes nothing, and shows every word "
             "of its "
             "server.",
     .options = {{"json", NULL, "print JSON"}},
     .run = run_check},
    {.name = "mailbox",
     .operands = "authorize NAME",
     .least = 2,
     .most = 2,
     .summary = "let Faxpost read a mailbox that wants OAuth 2.0",
     .help = "Asks the mailbox's provider for a code, says where to enter it, and waits until the mailbox "
             "could be read. Where the provider has no such codes (no oauth_device_url), or with --code, it "
             "says where to log in, and takes what the browser is sent back with: the address that it shows "
             "then, or the code in it, on the terminal or standard input.",
     .options = {{"code", NULL, "log in with a browser, and paste what it shows then"}},
     .run = run_mailbox},
    {.name = "help",
     .operands = "[COMMAND]",
     .most = 1,
     .summary = "this list, or one command",
     .help = "The same as --help.",
     .options = {{"man", NULL, "the man page, in the language of man"},
                 {"man-conf", NULL, "that of faxpost.conf"},
                 {"man-templates", NULL, "faxpost-templates(5)"},
                 {"completion", NULL, "what makes bash complete commands and options"},
                 {"zsh", NULL, "the same for zsh"}},
     .run = run_help},
};
const size_t command_count = ARRAY_LEN(commands);
