/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* File descriptors. All calls retry EINTR; errors are errno values, 0 is success. */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/span.h"

int fd_write_all(int fd, struct span data) MUST_USE;
/* Reads exactly len bytes at the offset; EIO where the file is shorter. */
int fd_pread_all(int fd, void *to, size_t len, off_t at) MUST_USE;
/* Reads up to len bytes, fewer only where the file ends; how many is *got. */
int fd_read_up_to(int fd, void *to, size_t len, size_t *got) MUST_USE;
/* Appends the rest of the file to b; EFBIG where it passes b's limit. */
int fd_read_rest(int fd, struct buf *b) MUST_USE;
int fd_set_nonblocking(int fd) MUST_USE;
/* Makes it survive exec (on = 0) or not (on = 1). */
int fd_set_cloexec(int fd, int on) MUST_USE;

/* An anonymous file holding `data`, sealed against every change, offset 0; -1 with errno. The way a document
 * travels to a role that is trusted less: it can be read, never altered under the reader. */
int fd_sealed_memory(const char *name, struct span data) MUST_USE;

/* Size of a regular file or memfd that a less trusted process sent: EPROTO unless it is a regular file no
 * larger than `limit` whose size cannot change while we read (sealed) or that we read by pread with this size
 * in hand. */
int fd_checked_size(int fd, uint64_t limit, uint64_t *size) MUST_USE;
