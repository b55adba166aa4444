// SPDX-License-Identifier: AGPL-3.0-or-later
/** English, Italian, German, French, Spanish: all five, or it does not compile. */
export type Row = readonly [en: string, it: string, de: string, fr: string, es: string];
export type Rows = { readonly [key: string]: Row };
