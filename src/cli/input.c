/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "cli/input.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/scope.h"
#include "base/str.h"
#include "cli/command.h"

int input_read(const char *path, struct buf *content)
{
    struct stat st;
    bool standard = str_equal(path, "-");
    SCOPED_FD int opened = standard ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    int fd = standard ? STDIN_FILENO : opened;
    if (fd < 0)
        return complain_and(EXIT_NO_INPUT, "cannot read %s: %s", path, strerror(errno));
    if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
        return complain_and(EXIT_NO_INPUT, "%s is a folder; name a file", path);
    int failed = fd_read_rest(fd, content);
    if (failed == EFBIG)
        return complain_and(EXIT_DATA, "%s is larger than %zu MB, which is the most", path,
                            content->limit >> 20);
    if (failed)
        return complain_and(EXIT_NO_INPUT, "cannot read %s: %s", path, strerror(failed));
    return content->len > 0 ? EXIT_DONE : complain_and(EXIT_DATA, "%s is empty", path);
}

const char *input_type(struct span document)
{
    static const struct {
        const char *start, *type;
    } rows[] = {
        {"%PDF-", "application/pdf"}, {"II*", "image/tiff"}, {"MM", "image/tiff"}, {"{\\rtf", "text/rtf"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (document.len >= strlen(rows[i].start) &&
            memcmp(document.data, rows[i].start, strlen(rows[i].start)) == 0)
            return rows[i].type;
    return utf8_valid(document) && !memchr(document.data, 0, document.len) ? "text/plain"
                                                                           : "application/octet-stream";
}
