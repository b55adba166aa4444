// SPDX-License-Identifier: AGPL-3.0-or-later
// Line drawings of 24 by 24. They never stand without a word, so nobody hears of them.
const shapes = {
  inbox: "M3 13l3-8h12l3 8v6H3v-6zm0 0h5l1.5 3h5L16 13h5",
  sent: "M4 12l16-8-6 16-3-7-7-1z",
  send: "M12 5v14M5 12h14",
  overview: "M4 13h6V4H4v9zm10 7h6v-9h-6v9zM4 20h6v-4H4v4zm10-12h6V4h-6v4z",
  boxes: "M7 9V3h10v6M5 9h14a2 2 0 0 1 2 2v6h-4v4H7v-4H3v-6a2 2 0 0 1 2-2zm2 6h10",
  users: "M9 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8zm-7 9c0-4 3-6 7-6s7 2 7 6M16 3.5a4 4 0 0 1 0 7M18 14.5c2.5.6 4 2.5 4 5.5",
  mail: "M3 6h18v12H3V6zm0 1l9 7 9-7",
  mailboxes: "M4 19v-8a4 4 0 0 1 4-4h8a4 4 0 0 1 4 4v8H4zm8 0v-8a4 4 0 0 0-4-4M15 12h2",
  trunks: "M6 3h4l1.5 5-2.5 1.5a12 12 0 0 0 5.5 5.5l1.5-2.5 5 1.5v4a2 2 0 0 1-2 2A17 17 0 0 1 4 5a2 2 0 0 1 2-2z",
  queue: "M4 6h16M4 12h16M4 18h10",
  calls: "M4 18l5-5 4 3 7-9M15 7h5v5",
  destinations: "M12 21s7-6 7-11a7 7 0 1 0-14 0c0 5 7 11 7 11zm0-9a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z",
  explain: "M9 9a3 3 0 1 1 4.5 2.6c-1 .6-1.5 1.2-1.5 2.4M12 18v.5M12 22a10 10 0 1 0 0-20 10 10 0 0 0 0 20z",
  audit: "M6 3h9l4 4v14H6V3zm9 0v4h4M9 12h7M9 16h7",
  system: "M12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM12 3v3m0 12v3M3 12h3m12 0h3M5.6 5.6l2.1 2.1m8.6 8.6l2.1 2.1m0-12.8l-2.1 2.1m-8.6 8.6l-2.1 2.1",
  tenants: "M4 21V5h9v16M13 9h7v12M7 9h3M7 13h3M7 17h3M16 13h1M16 17h1",
  logout: "M10 4H5v16h5M14 8l4 4-4 4M9 12h9",
  download: "M12 4v11m-5-5l5 5 5-5M5 20h14",
  print: "M7 8V3h10v5M7 17H4V8h16v9h-3M7 14h10v7H7v-7z",
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  rotate: "M20 11a8 8 0 1 0-2 6M20 4v7h-7",
  fit: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
  done: "M5 13l4 4L19 7",
  failed: "M6 6l12 12M18 6L6 18",
  waiting: "M12 7v5l3 3M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z",
  unknown: "M12 4l9 16H3l9-16zm0 6v4m0 3v.5",
  held: "M9 5v14M15 5v14",
  calling: "M4 12h3l2-6 4 12 2-6h5",
  back: "M15 5l-7 7 7 7",
  close: "M6 6l12 12M18 6L6 18",
  search: "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM15.5 15.5L21 21",
  archive: "M4 4h16v5H4V4zm1.5 5v11h13V9M10 13h4",
  copy: "M8 8h12v12H8V8zM16 8V4H4v12h4",
  file: "M6 3h8l4 4v14H6V3zm8 0v4h4",
  webhooks: "M9 8a4 4 0 1 1 5 3.900l2 4.100M8 13.500a4 4 0 1 0 3.500 5.500H18M15.500 13.500a4 4 0 1 1 0 6.500",
  usage: "M4 20V10h4v10H4zm6 0V4h4v16h-4zm6 0v-7h4v7h-4z",
  contacts: "M5 3h13a1 1 0 0 1 1 1v16a1 1 0 0 1-1 1H5V3zM3 7h3M3 12h3M3 17h3M12.5 11a2 2 0 1 0 0-4 2 2 0 0 0 0 4zm-3.5 6c0-2 1.5-3.500 3.500-3.500s3.500 1.500 3.500 3.500",
  key: "M14 10a4 4 0 1 0-3 3.9l1.5 1.6H15V18h2.5v2.5H21V17l-7-7zM9 8v.5",
  numbers: "M9 4L7 20M17 4l-2 16M4 9h16M4 15h16",
  shared: "M4 7h9m6 0h1M16 4.500v5M4 17h1m6 0h9M8 14.500v5",
  menu: "M4 7h16M4 12h16M4 17h16",
  sign: "M4 20h16M5 16l9.5-9.5 3 3L8 19H5v-3zM13 8l3 3",
  trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
} as const;

export type IconName = keyof typeof shapes;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={shapes[name]} />
    </svg>
  );
}
