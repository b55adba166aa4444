/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* IPP (RFC 8010, RFC 8011): the requests that print something, and what a printer answers. */
#pragma once

#include "base/attr.h"
#include "base/buf.h"

enum ipp_operation {
    IPP_PRINT_JOB = 0x0002,
    IPP_GET_JOB_ATTRIBUTES = 0x0009,
    IPP_GET_JOBS = 0x000A,
    IPP_GET_PRINTER_ATTRIBUTES = 0x000B,
};

/* ---- requests ---- */

/* Tags of RFC 8010 §3.5 that requests of ours have. */
enum ipp_tag {
    IPP_OPERATION_GROUP = 0x01,
    IPP_JOB_GROUP = 0x02,
    IPP_END = 0x03,
    IPP_INTEGER = 0x21,
    IPP_ENUM = 0x23,
    IPP_RESOLUTION = 0x32,
    IPP_TEXT = 0x41,
    IPP_NAME = 0x42,
    IPP_KEYWORD = 0x44,
    IPP_URI = 0x45,
    IPP_CHARSET = 0x47,
    IPP_LANGUAGE = 0x48,
    IPP_MIME = 0x49,
};

/* Header and operation attributes up to the user's name. */
void ipp_begin(struct buf *b, enum ipp_operation operation, const char *printer_uri);
void ipp_group(struct buf *b, enum ipp_tag group);
/* name "": one more value of the attribute before. Longer values than 1023 bytes are our bug. */
void ipp_put_text(struct buf *b, enum ipp_tag tag, const char *name, const char *value);
void ipp_put_number(struct buf *b, enum ipp_tag tag, const char *name, int32_t value);
void ipp_end(struct buf *b);

/* ---- answers ---- */

/* RFC 8011 §4.1.6 and appendix B. */
enum ipp_status {
    IPP_OK_LAST = 0x00FF,
    IPP_NOT_FOUND = 0x0406,
    IPP_GONE = 0x0407,
    IPP_FORMAT_UNSUPPORTED = 0x040A,
    IPP_FORMAT_ERROR = 0x0411,
    IPP_NOT_AUTHENTICATED = 0x0402,
    IPP_NOT_AUTHORIZED = 0x0403,
    IPP_FORBIDDEN = 0x0401,
    IPP_TEMPORARY_ERROR = 0x0505,
    IPP_NOT_ACCEPTING = 0x0506,
    IPP_BUSY = 0x0507,
};

/* Formats that we can make, the best first. */
enum ipp_format { IPP_PDF, IPP_PWG, IPP_TIFF, IPP_FORMAT_COUNT };
extern const char *const ipp_format_names[IPP_FORMAT_COUNT]; /* MIME types */

enum { IPP_TEXT_MAX = 200 };

struct ipp_printer {
    bool formats[IPP_FORMAT_COUNT];
    bool lists_formats;       /* it said what it takes */
    bool accepting;           /* printer-is-accepting-jobs; true where it does not say */
    bool stopped;             /* printer-state 5 */
    bool fits;                /* print-scaling "fit" */
    unsigned dpi;             /* of PWG raster: the smallest square one of 150 or more; 0: none */
    char media[IPP_TEXT_MAX]; /* the one of media-supported that was asked for, "" */
    char reasons[IPP_TEXT_MAX], message[IPP_TEXT_MAX]; /* printable ASCII, "" */
};

/* RFC 8011 §5.3.7. */
enum ipp_job_state {
    IPP_JOB_UNKNOWN = 0,
    IPP_JOB_PENDING = 3,
    IPP_JOB_HELD = 4,
    IPP_JOB_PROCESSING = 5,
    IPP_JOB_STOPPED = 6,
    IPP_JOB_CANCELED = 7,
    IPP_JOB_ABORTED = 8,
    IPP_JOB_COMPLETED = 9,
};

struct ipp_job {
    uint32_t id; /* 0: none was named */
    enum ipp_job_state state;
    char reasons[IPP_TEXT_MAX]; /* printable ASCII */
    char message[IPP_TEXT_MAX]; /* of the job's state, or of the answer */
};

/* Each is false where the bytes are no answer of IPP. status: as above. */
bool ipp_read_printer(struct span in, const char *media, unsigned *status, struct ipp_printer *p) MUST_USE;
bool ipp_read_job(struct span in, unsigned *status, struct ipp_job *j) MUST_USE;
/* The first job of that name in the answer to Get-Jobs; id 0: there is none. */
bool ipp_find_job(struct span in, const char *name, unsigned *status, struct ipp_job *j) MUST_USE;

/* ---- addresses ---- */

enum { IPP_URL_MAX = 600 };
/* ipp[s]://host[:port]/path as http[s]://host:port/path (RFC 3510, RFC 7472). False where it is none. */
bool ipp_url(const char *uri, char url[IPP_URL_MAX]) MUST_USE;
