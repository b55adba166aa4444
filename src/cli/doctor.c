/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* faxpost doctor: this machine, then the server, and what others see of it. Each finding says what to do. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/scope.h"
#include "base/str.h"
#include "cli/doctor_conf.h"
#include "cli/reach.h"
#include "cli/trial.h"

enum { TEXT_LEN = 600, LANDLOCK_VERSION_ASKED = 1 };

/* ---- this machine ---- */

/* The first of queue/away.h's two times, and not the second. */
static bool is_away(const char *folder)
{
    char path[4200], text[64] = "";
    long long since_ms, until_ms;
    (void)str_format(path, sizeof(path), "%s/store.away", folder);
    SCOPED_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd >= 0 && read(fd, text, sizeof(text) - 1) > 0 &&
           sscanf(text, "%lld %lld", &since_ms, &until_ms) == 1;
}

/* What is wrong with the store as it is seen in the folder; NULL: nothing. */
static const char *store_fault(const char *folder)
{
    struct stat st;
    char path[4200];
    if (is_away(folder))
        return "PostgreSQL cannot be reached; nothing that was accepted is lost. Look at its server: its "
               "log, its "
               "machine, the network, the certificate; the end of Faxpost's log has its words";
    (void)str_format(path, sizeof(path), "%s/node", folder); /* of one whose store is PostgreSQL */
    if (access(path, F_OK) == 0)
        return NULL;
    (void)str_format(path, sizeof(path), "%s/faxpost.db", folder);
    if (stat(path, &st) < 0)
        return "there is no faxpost.db: nothing was ever started here, or it is another directory";
    return (st.st_mode & (S_IRWXG | S_IRWXO)) != 0 ? "faxpost.db is open to others than its owner: chmod 0600"
                                                   : NULL;
}

static void look_at_folder(const struct api *api, json_t *results)
{
    struct stat st;
    char text[TEXT_LEN], path[4200];
    if (stat(api->state_dir, &st) < 0) {
        (void)str_format(text, sizeof(text),
                         "cannot look into %.300s: %s; name the state directory (--state), be root or the "
                         "user that runs Faxpost",
                         api->state_dir, strerror(errno));
        trial_note(results, "state directory", false, text);
        return;
    }
    const char *fault = (st.st_mode & S_IWOTH) != 0 ? "anybody may write into it: chmod o-w" : NULL;
    if (!fault)
        fault = store_fault(api->state_dir);
    (void)str_format(path, sizeof(path), "%s/keys", api->state_dir);
    if (!fault && access(path, F_OK) != 0)
        fault = "there are no keys: stored passwords do not open; restore them from a backup";
    (void)str_format(text, sizeof(text), "%.300s: %s", api->state_dir,
                     fault ? fault : "permissions are as they should be");
    trial_note(results, "state directory", !fault, text);
}

/* A file without a name. A file system that a kernel has shut after an error says nothing of it but this. */
static bool is_written(const char *folder)
{
    SCOPED_FD int fd = open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    return fd >= 0 || (errno != EROFS && errno != EIO && errno != ENOSPC);
}

static void look_at_disk(const struct api *api, json_t *results)
{
    struct statfs f;
    char text[TEXT_LEN];
    if (statfs(api->state_dir, &f) < 0)
        return;
    if (!is_written(api->state_dir)) {
        (void)str_format(text, sizeof(text),
                         "%.300s cannot be written: %s. What was accepted is kept. Look at dmesg for errors "
                         "of the disk, repair "
                         "the file system (fsck) or make room, then start Faxpost again",
                         api->state_dir, strerror(errno));
        trial_note(results, "disk", false, text);
        return;
    }
    uint64_t free_mb = (uint64_t)f.f_bavail * (uint64_t)f.f_bsize >> 20,
             all_mb = (uint64_t)f.f_blocks * (uint64_t)f.f_bsize >> 20;
    bool few_files = f.f_files > 0 && f.f_ffree < f.f_files / 20;
    bool good = (free_mb >= 2048 || free_mb >= all_mb / 10) && !few_files;
    (void)str_format(text, sizeof(text), "%llu of %llu MB are free%s%s", (unsigned long long)free_mb,
                     (unsigned long long)all_mb, few_files ? ", and hardly any inodes" : "",
                     good ? "" : ": make room, or let less be kept (keep_received_days)");
    trial_note(results, "disk", good, text);
}

static void look_at_clock(json_t *results)
{
    struct timex t = {.modes = 0};
    int state = adjtimex(&t);
    bool kept = state >= 0 && state != TIME_ERROR && !(t.status & STA_UNSYNC);
    trial_note(results, "clock", kept,
               kept ? "a time server keeps it"
                    : "nobody keeps it in step: mails and reports get wrong times; install a time service "
                      "(systemd-timesyncd, "
                      "chrony), or leave that to the host of this virtual machine");
}

/* Known faults: what this machine lacks that Faxpost leans on. */
static void look_at_kernel(json_t *results)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_VERSION_ASKED);
    trial_note(results, "kernel", abi >= 2,
               abi >= 2 ? "has Landlock"
                        : "has no Landlock (5.19 and later have it): documents are opened all the same, but "
                          "only accounts protect "
                          "files, and no office documents are taken");
    bool zones = access("/usr/share/zoneinfo/Europe/Berlin", R_OK) == 0;
    trial_note(results, "time zones", zones,
               zones ? "are installed" : "are missing: install tzdata, or all times are UTC");
}

/* ---- our own doors ---- */

/* "127.0.0.1:25", "[::1]:25". */
static bool split_address(const char *address, char host[64], unsigned *port)
{
    const char *colon = strrchr(address, ':');
    uint64_t number;
    bool v6 = *address == '[';
    if (!colon || colon < address + 2 * v6 || !str_to_u64(colon + 1, UINT16_MAX, &number))
        return false;
    *port = (unsigned)number;
    return str_copy_span(host, 64, span_of(address + v6, (size_t)(colon - address) - 2 * (size_t)v6));
}

/* Its parent holds the socket, so a connection is taken also where the role behind it stands still: it has to
 * say something. */
static bool door_answers(const char *name, const char *host, unsigned port, char text[REACH_TEXT_LEN])
{
    if (str_equal(name, "http") || str_equal(name, "setup"))
        return reach_http(host, port, text);
    bool greets = str_equal(name, "smtp") || str_equal(name, "submission") || str_equal(name, "lmtp");
    return reach_smtp(host, port, !greets, text);
}

/* "name address" a line. SIP's are tried as trunks. */
static void look_at_doors(const struct api *api, json_t *results)
{
    char path[4200], *rest, *line;
    SCOPED_BUF struct buf ports;
    buf_init(&ports, 1 << 20);
    (void)str_format(path, sizeof(path), "%s/run/ports", api->state_dir);
    SCOPED_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fd_read_rest(fd, &ports) != 0)
        return;
    rest = (char *)ports.data;
    while (rest && (line = strsep(&rest, "\n")) != NULL) {
        char host[64], name[60], said[REACH_TEXT_LEN] = "", text[TEXT_LEN];
        unsigned port;
        const char *door = strsep(&line, " ");
        if (!line || str_starts(door, "sip") || !split_address(line, host, &port))
            continue;
        bool answers = door_answers(door, host, port, said);
        (void)str_format(name, sizeof(name), "port %.40s", door);
        (void)str_format(text, sizeof(text), "%s%s", said,
                         answers ? "" : ". Look at the end of Faxpost's log, and start it again");
        trial_note(results, name, answers, text);
    }
}

/* A greeting is no promise: who it lets in, whose certificate it shows and what it takes show by asking. No
 * mail is sent. */
static void look_at_mail_server(struct api *api, const json_t *whole, json_t *results)
{
    SCOPED_ANSWER struct api_answer answer = {0};
    if (!json_object_get(whole, "mail_server"))
        return;
    api_post(api, "mail-server/test?to=", "text/plain", span_of("", 0), &answer);
    const json_t *outcome = json_object_get(answer.body, "outcome");
    bool ok = json_is_true(json_object_get(answer.body, "ok"));
    if (str_equal(json_text(answer.body, "code"), "no-mail-server")) /* switched off, or Maildirs */
        return;
    trial_note(results, "mail server, a mail", ok,
               ok                     ? "would take one of ours"
               : answer.status == 200 ? json_text(outcome, "text")
               : answer.status == 0   ? "was not tried: web does not answer in time"
                                      : json_text(answer.body, "detail"));
}

/* ---- what others see ---- */

static bool is_private(const char *domain)
{
    return !strchr(domain, '.') || str_ends_nocase(domain, ".localhost") ||
           str_equal_nocase(domain, "localhost") || str_ends_nocase(domain, ".internal") ||
           str_ends_nocase(domain, ".test") || str_ends_nocase(domain, ".local");
}

/* What each state of GET fax-domain/records is in words, behind the record. */
static const struct {
    const char *state;
    bool good;
    const char *words;
    const char *spf; /* of TXT */
} dns_states[] = {
    {"right", true, " leads here", " has an SPF record"},
    {"elsewhere", true,
     " leads to other servers: right where these hand mail on to us, else let it name this one", ""},
    {"address", true, " has no MX record, only an address; mail servers use that", ""},
    {"missing", false,
     " is missing: mail from outside does not find us, unless your mail server has a route. Enter it in the "
     "DNS",
     " has no SPF record, or several: servers of others may refuse the mails that we send from there. Enter "
     "one in "
     "the DNS that names your mail server, such as \"v=spf1 mx -all\""},
    {"silent", false, ": the DNS does not answer; look at /etc/resolv.conf, or dns_servers",
     ": the DNS does not answer; look at /etc/resolv.conf, or dns_servers"},
};

static void note_record(const json_t *record, json_t *results)
{
    char text[TEXT_LEN], found[200] = "";
    const json_t *list = json_object_get(record, "found");
    for (size_t i = 0; i < ARRAY_LEN(dns_states); i++) {
        if (!str_equal(json_text(record, "state"), dns_states[i].state))
            continue;
        if (json_array_size(list) > 0)
            (void)str_format(found, sizeof(found), " (%.160s)", json_string_value(json_array_get(list, 0)));
        /* Whose address it is does not show in the DNS. */
        bool address = str_equal(json_text(record, "type"), "A") && dns_states[i].good,
             spf = str_equal(json_text(record, "type"), "TXT");
        if (spf && is_private(json_text(record, "name")))
            return;
        (void)str_format(text, sizeof(text), "%s %.250s%s%s", json_text(record, "type"),
                         json_text(record, "name"),
                         spf       ? dns_states[i].spf
                         : address ? " is there"
                                   : dns_states[i].words,
                         found);
        trial_note(results, "DNS", dns_states[i].good, text);
    }
}

/* Asked by the server, which may have resolvers of its own (dns_servers). */
static void look_at_domain(struct api *api, const json_t *whole, json_t *results)
{
    size_t i;
    json_t *record;
    SCOPED_ANSWER struct api_answer answer = {0};
    if (is_private(json_text(json_object_get(whole, "installation"), "fax_domain")))
        return; /* nobody outside is to find it */
    api_get(api, "fax-domain/records", &answer);
    if (answer.status != 200) {
        trial_note(results, "DNS", false, "was not asked: mailin does not answer");
        return;
    }
    json_array_foreach(json_object_get(answer.body, "records"), i, record)
    {
        note_record(record, results);
    }
}

/* ---- all of it ---- */

int run_doctor(const struct arguments *a)
{
    struct api api;
    json_t *results = json_array(), *whole = NULL;
    int status = api_open(&api, a);
    if (status == EXIT_DONE) {
        look_at_folder(&api, results);
        look_at_disk(&api, results);
        look_at_clock(results);
        look_at_kernel(results);
        bool answers = trial_of_server(&api, results, &whole) == EXIT_DONE;
        if (!answers)
            trial_note(results, "server", false,
                       "does not answer: systemctl status faxpost, and the end of its log");
        const struct doctor_conf_sight sight = {
            .state_dir = api.state_dir,
            .conf = argument(a, "conf"),
            .answers = answers,
            .host_name = json_text(json_object_get(whole, "installation"), "host_name")};
        doctor_look_at_conf(&sight, results);
        if (answers) {
            look_at_doors(&api, results);
            look_at_mail_server(&api, whole, results);
        }
        look_at_domain(&api, whole, results);
        status = trial_print(results, argument(a, "json") != NULL);
    }
    json_decref(whole);
    json_decref(results);
    api_close(&api);
    return status;
}
