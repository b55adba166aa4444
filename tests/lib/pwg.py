# SPDX-License-Identifier: AGPL-3.0-or-later
"""PWG raster as CUPS's own library reads it, which is not ours."""

import ctypes
import os
import struct

READ, HEADER_LEN = 0, 1796  # cups_page_header2_t; all its fields in front of the rows are 32 bits wide
AT_WIDTH, AT_HEIGHT, AT_BITS, AT_COLOUR_SPACE, AT_RESOLUTION = 372, 376, 388, 400, 276


def pages(data):
    """[(dpi, width, rows)] of a file of grey pages; rows are bytes, 0 is black."""
    lib = ctypes.CDLL("libcups.so.2")
    lib.cupsRasterOpen.restype = ctypes.c_void_p
    lib.cupsRasterReadHeader2.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
    lib.cupsRasterReadPixels.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint]
    lib.cupsRasterClose.argtypes = [ctypes.c_void_p]
    fd = os.memfd_create("raster")
    os.write(fd, data)
    os.lseek(fd, 0, os.SEEK_SET)
    raster, found = lib.cupsRasterOpen(fd, READ), []
    head = ctypes.create_string_buffer(HEADER_LEN + 64)
    while raster and lib.cupsRasterReadHeader2(raster, head):
        width, height, bits, space, dpi = (struct.unpack_from("=I", head, at)[0] for at in (AT_WIDTH, AT_HEIGHT, AT_BITS, AT_COLOUR_SPACE, AT_RESOLUTION))
        if (bits, space) != (8, 18):
            raise ValueError(f"{bits} bits of colour space {space}")
        row, rows = ctypes.create_string_buffer(width), []
        for _ in range(height):
            if lib.cupsRasterReadPixels(raster, row, width) != width:
                raise ValueError("a page is cut off")
            rows.append(row.raw)
        found.append((dpi, width, rows))
    lib.cupsRasterClose(raster)
    os.close(fd)
    return found
