/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The pixels of a HEIC, decoded without a thread: libheif's own way starts one for each picture and, where it
 * may not, waits for it for ever. */
#pragma once

/* Once in a process, before the first HEIC: libheif takes ours for every HEVC picture from then on. */
void heif_hevc_register(void);
