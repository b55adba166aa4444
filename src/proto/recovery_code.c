/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/recovery_code.h"

#include <string.h>

enum { DIGITS = RECOVERY_CODE_BYTES * 8 / 5, GROUP = 4, BITS_A_DIGIT = 5 };

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

void recovery_code_format(const uint8_t code[RECOVERY_CODE_BYTES], char text[RECOVERY_CODE_TEXT_LEN])
{
    unsigned bits = 0, held = 0;
    size_t digits = 0;
    char *to = text;
    for (size_t i = 0; i < RECOVERY_CODE_BYTES; i++) {
        bits = bits << 8 | code[i];
        for (held += 8; held >= BITS_A_DIGIT; held -= BITS_A_DIGIT) {
            if (digits > 0 && digits % GROUP == 0)
                *to++ = '-';
            *to++ = alphabet[bits >> (held - BITS_A_DIGIT) & 31];
            digits++;
        }
    }
    *to = 0;
}

/* -1: it is none. */
static int digit_of(char c)
{
    if (c >= 'a' && c <= 'z')
        c = (char)(c - 'a' + 'A');
    c = c == '0' ? 'O' : c == '1' ? 'I' : c;
    const char *at = c ? strchr(alphabet, c) : NULL;
    return at ? (int)(at - alphabet) : -1;
}

bool recovery_code_parse(const char *text, uint8_t code[RECOVERY_CODE_BYTES])
{
    unsigned bits = 0, held = 0;
    size_t digits = 0, bytes = 0;
    for (; *text; text++) {
        int digit = digit_of(*text);
        if (*text == ' ' || *text == '-')
            continue;
        if (digit < 0 || ++digits > DIGITS)
            return false;
        bits = bits << BITS_A_DIGIT | (unsigned)digit;
        held += BITS_A_DIGIT;
        if (held >= 8) {
            held -= 8;
            code[bytes++] = (uint8_t)(bits >> held);
        }
    }
    return digits == DIGITS;
}
