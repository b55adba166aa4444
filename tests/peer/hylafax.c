/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "hylafax.h"

#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <tiffio.h>
#include <unistd.h>

#include "scratch.h"

#include "base/attr.h"
#include "base/str.h"
#include "proto/hylafax_job.h"
#include "proto/tiff_tags.h"

#define FAXSEND  "/usr/lib/hylafax/bin/faxsend"
#define FAXGETTY "/usr/sbin/faxgetty"

enum { PATH_ROOM = HYLAFAX_PATH + 100 };

static void write_file(struct hylafax *h, const char *name, const char *text)
{
    char path[PATH_ROOM];
    (void)str_format(path, sizeof(path), "%s/%s", h->spool, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

/* As HylaFAX calls it: /dev/pts/3 is pts_3. */
static void device_id(const struct hylafax *h, char id[32])
{
    (void)str_copy(id, 32, h->device + strlen("/dev/"));
    for (char *c = id; *c != 0; c++)
        if (*c == '/')
            *c = '_';
}

void hylafax_make(struct hylafax *h, const char *device)
{
    static const char *const folders[] = {"etc", "sendq",   "recvq",  "docq",  "info",
                                          "log", "status",  "tmp",    "dev",   "doneq",
                                          "bin", "archive", "client", "pollq", "lock"};
    char path[PATH_ROOM], config[1000], id[32];
    *h = (struct hylafax){.device = device};
    scratch_folder(h->spool, sizeof(h->spool));
    for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
        (void)str_format(path, sizeof(path), "%s/%s", h->spool, folders[i]);
        assert_int_equal(mkdir(path, 0755), 0);
    }
    device_id(h, id);
    (void)str_format(
        config, sizeof(config),
        "CountryCode: 49\nAreaCode: 30\nFAXNumber: +49301234\nLongDistancePrefix: 0\n"
        "InternationalPrefix: 00\nDialStringRules: etc/dialrules\nServerTracing: 0xffffff\n"
        "SessionTracing: 0xffffff\nRecvFileMode: 0644\nLogFileMode: 0644\nDeviceMode: 0666\n"
        "RingsBeforeAnswer: 1\nSpeakerVolume: off\nGettyArgs: \"\"\nLocalIdentifier: HylaFAX\n"
        "TagLineFont:\nMaxRecvPages: 25\nModemType: Class1\nModemFlowControl: none\n"
        "ModemRate: 19200\nPollModemWait: 5\nModemSoftRTFCC: no\nUUCPLockDir: %s/lock\nUUCPLockTimeout: 30\n",
        h->spool);
    (void)str_format(path, sizeof(path), "etc/config.%s", id);
    write_file(h, path, config);
    write_file(h, "etc/config", "");
    write_file(h, "etc/dialrules", "CanonicalNumber := [\n]\nDialString := [\n]\n");
}

/* HylaFAX becomes its own user, whose the spool has to be. */
static void own(const struct hylafax *h)
{
    const struct passwd *fax = getpwnam("uucp");
    char command[PATH_ROOM];
    assert_non_null(fax);
    (void)str_format(command, sizeof(command), "chown -R %d:%d %s", (int)fax->pw_uid, (int)fax->pw_gid,
                     h->spool);
    assert_int_equal(system(command), 0);
}

static void start(struct hylafax *h, const char *program, const char *option, const char *value,
                  const char *what)
{
    char log[PATH_ROOM];
    own(h);
    (void)str_format(log, sizeof(log), "%s/log/output", h->spool);
    h->pid = fork();
    assert_true(h->pid >= 0);
    if (h->pid != 0)
        return;
    int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0666);
    (void)dup2(fd, 1);
    (void)dup2(fd, 2);
    if (chdir(h->spool) == 0)
        (void)execl(program, program, option, value, what, (char *)NULL);
    _exit(127);
}

static void write_tiff(const struct hylafax *h, const struct bitmap *pages, unsigned count,
                       bool one_dimensional)
{
    char path[PATH_ROOM];
    (void)str_format(path, sizeof(path), "%s/docq/doc1.tif", h->spool);
    TIFF *tiff = TIFFOpen(path, "w");
    assert_non_null(tiff);
    for (unsigned i = 0; i < count; i++) {
        const struct bitmap *b = &pages[i];
        (void)TIFFSetField(tiff, TIFFTAG_SUBFILETYPE, FILETYPE_PAGE);
        (void)TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, b->width);
        (void)TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, b->rows);
        (void)TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, 1);
        (void)TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, 1);
        (void)TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISWHITE);
        (void)TIFFSetField(tiff, TIFFTAG_COMPRESSION,
                           one_dimensional ? COMPRESSION_CCITT_T4 : COMPRESSION_CCITT_T6);
        (void)TIFFSetField(tiff, TIFFTAG_FILLORDER, FILLORDER_LSB2MSB);
        (void)TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, b->rows);
        (void)TIFFSetField(tiff, TIFFTAG_XRESOLUTION, 204.0);
        (void)TIFFSetField(tiff, TIFFTAG_YRESOLUTION, 196.0);
        (void)TIFFSetField(tiff, TIFFTAG_RESOLUTIONUNIT, RESUNIT_INCH);
        (void)TIFFSetField(tiff, TIFFTAG_PAGENUMBER, i, count);
        for (uint32_t row = 0; row < b->rows; row++)
            assert_int_equal(TIFFWriteScanline(tiff, b->pixels + row * bitmap_row_len(b), row, 0), 1);
        assert_int_equal(TIFFWriteDirectory(tiff), 1);
    }
    TIFFClose(tiff);
}

void hylafax_send(struct hylafax *h, const struct bitmap *pages, unsigned count, bool one_dimensional)
{
    char job[1000], id[32], handling[100] = "";
    write_tiff(h, pages, count, one_dimensional);
    /* Of each page: fine and A4, and whether another one follows. */
    for (unsigned i = 0; i < count; i++)
        (void)str_format(handling + strlen(handling), sizeof(handling) - strlen(handling), "01%c",
                         i + 1 < count ? 'S' : 'P');
    (void)str_format(
        job, sizeof(job),
        "tts:0\nkilltime:4000000000\nretrytime:0\nstate:6\nnpages:0\ntotpages:%u\nntries:0\nndials:0\n"
        "totdials:0\nmaxdials:1\ntottries:0\nmaxtries:1\npagewidth:215\nresolution:196\npagelength:297\n"
        "priority:127\nschedpri:127\nminbr:0\ndesiredbr:13\ndesiredst:0\ndesiredec:2\ndesireddf:%d\n"
        "desiredtl:0\nuseccover:0\nexternal:200\nnumber:200\nmailaddr:root\nsender:test\njobid:1\n"
        "jobtag:\npagehandling:%s\nmodem:any\nowner:root\ngroupid:1\njobtype:facsimile\n"
        "client:localhost\nfax:0::docq/doc1.tif\n",
        count, one_dimensional ? 0 : 4, handling);
    write_file(h, "sendq/q1", job);
    device_id(h, id);
    start(h, FAXSEND, "-m", id, "sendq/q1");
}

bool hylafax_job_says(const struct hylafax *h, const char *line)
{
    char path[PATH_ROOM], text[200];
    bool found = false;
    (void)str_format(path, sizeof(path), "%s/sendq/q1", h->spool);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    while (fgets(text, sizeof(text), f) != NULL)
        found = found || (str_starts(text, line) && text[strlen(line)] == '\n');
    (void)fclose(f);
    return found;
}

void hylafax_answer(struct hylafax *h)
{
    char path[PATH_ROOM];
    write_file(h, "bin/faxrcvd", "#!/bin/sh\ncp \"$1\" received.part && mv received.part received.tif\n");
    (void)str_format(path, sizeof(path), "%s/bin/faxrcvd", h->spool);
    assert_int_equal(chmod(path, 0755), 0);
    start(h, FAXGETTY, "-q", h->spool, h->device);
}

bool hylafax_waits(const struct hylafax *h)
{
    char path[PATH_ROOM], text[100] = "", id[32];
    device_id(h, id);
    (void)str_format(path, sizeof(path), "%s/status/%s", h->spool, id);
    FILE *f = fopen(path, "r");
    if (f == NULL)
        return false;
    bool idle = fgets(text, sizeof(text), f) != NULL && str_starts(text, "Running and idle");
    (void)fclose(f);
    return idle;
}

static void filed_path(const struct hylafax *h, char path[PATH_ROOM])
{
    (void)str_format(path, PATH_ROOM, "%s/received.tif", h->spool);
}

bool hylafax_has_filed(const struct hylafax *h)
{
    char path[PATH_ROOM];
    filed_path(h, path);
    return access(path, R_OK) == 0;
}

void hylafax_filed(const struct hylafax *h, struct bitmap *pages, unsigned count)
{
    char path[PATH_ROOM];
    filed_path(h, path);
    TIFF *tiff = TIFFOpen(path, "r");
    assert_non_null(tiff);
    for (unsigned i = 0; i < count; i++) {
        struct bitmap *b = &pages[i];
        if (i > 0)
            assert_int_equal(TIFFReadDirectory(tiff), 1);
        assert_int_equal(TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &b->width), 1);
        assert_int_equal(TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &b->rows), 1);
        b->pixels = calloc(b->rows, bitmap_row_len(b));
        assert_non_null(b->pixels);
        for (uint32_t row = 0; row < b->rows; row++)
            assert_int_equal(TIFFReadScanline(tiff, b->pixels + row * bitmap_row_len(b), row, 0), 1);
    }
    assert_int_equal(TIFFReadDirectory(tiff), 0);
    TIFFClose(tiff);
}

static struct span read_whole(const char *path)
{
    enum { ROOM = 1 << 20 };
    static uint8_t bytes[ROOM];
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size_t len = fread(bytes, 1, sizeof(bytes), f);
    (void)fclose(f);
    return span_of(bytes, len);
}

void hylafax_filed_as(const struct hylafax *h, struct tiff_tags *t)
{
    char path[PATH_ROOM];
    filed_path(h, path);
    assert_true(tiff_tags_read(read_whole(path), t));
}

void hylafax_described_as(const struct hylafax *h, struct hylafax_job *j)
{
    char path[PATH_ROOM];
    (void)str_format(path, sizeof(path), "%s/sendq/q1", h->spool);
    assert_true(hylafax_job_read(read_whole(path), j));
}

bool hylafax_ends(struct hylafax *h, bool tell)
{
    if (tell && !h->told_to_end && !h->gone)
        h->told_to_end = kill(h->pid, SIGTERM) == 0;
    h->gone = h->gone || waitpid(h->pid, NULL, WNOHANG) == h->pid;
    return h->gone;
}

void hylafax_kill(struct hylafax *h)
{
    if (h->pid <= 0 || h->gone)
        return;
    (void)kill(h->pid, SIGKILL);
    h->gone = waitpid(h->pid, NULL, 0) == h->pid;
}

void hylafax_clear(struct hylafax *h)
{
    hylafax_kill(h);
    scratch_remove(h->spool);
}
