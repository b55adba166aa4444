/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/panic.h"

enum { LINE_MAX_LEN = 2048 };

static const char *role_name = "faxpost";
static enum log_level least_level = LOG_LEVEL_INFO;
static bool journal;

static const struct {
    const char *name;
    int syslog_priority;
} levels[] = {
    [LOG_LEVEL_DEBUG] = {"debug", 7}, [LOG_LEVEL_INFO] = {"info", 6},   [LOG_LEVEL_WARNING] = {"warning", 4},
    [LOG_LEVEL_ERROR] = {"error", 3}, [LOG_LEVEL_ALERT] = {"alert", 1},
};

void log_open(const char *role, enum log_level least)
{
    role_name = role;
    least_level = least;
    journal = getenv("JOURNAL_STREAM") != NULL;
}

/* Copies text, control characters escaped; returns the new length. */
static size_t append_escaped(char *line, size_t len, const char *text)
{
    static const char digits[] = "0123456789abcdef";
    for (; *text && len + 6 < LINE_MAX_LEN; text++) {
        unsigned char c = (unsigned char)*text;
        if (c >= 0x20 && c != 0x7f) {
            line[len++] = (char)c;
            continue;
        }
        line[len++] = '\\';
        line[len++] = 'x';
        line[len++] = digits[c >> 4];
        line[len++] = digits[c & 15];
    }
    return len;
}

static size_t line_head(char *line, enum log_level level)
{
    char now[CLOCK_TEXT_LEN];
    int n;
    if (journal) {
        n = snprintf(line, LINE_MAX_LEN, "<%d>%s: ", levels[level].syslog_priority, role_name);
    } else {
        clock_format_utc(clock_wall_ms(), now);
        n = snprintf(line, LINE_MAX_LEN, "%s %s[%d] %s ", now, role_name, (int)getpid(), levels[level].name);
    }
    return n > 0 ? (size_t)n : 0;
}

static void write_line(enum log_level level, const char *about, const char *format, va_list args)
{
    char text[LINE_MAX_LEN], line[LINE_MAX_LEN];
    (void)vsnprintf(text, sizeof(text), format, args);
    size_t len = line_head(line, level);
    if (about) {
        len = append_escaped(line, len, about);
        len = append_escaped(line, len, ": ");
    }
    len = append_escaped(line, len, text);
    line[len++] = '\n';
    /* A full or closed log must never stop a fax: the result is of no use to anybody. */
    ssize_t ignored = write(STDERR_FILENO, line, len);
    (void)ignored;
}

void log_line(enum log_level level, const char *about, const char *format, ...)
{
    if (level < least_level)
        return;
    va_list args;
    va_start(args, format);
    write_line(level, about, format, args);
    va_end(args);
}

void panic(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    write_line(LOG_LEVEL_ERROR, "bug", format, args);
    va_end(args);
    abort();
}
