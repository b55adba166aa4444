// SPDX-License-Identifier: AGPL-3.0-or-later
// What a place shows while it has nothing to show: loading, broken, empty.
import type { ComponentChildren } from "preact";
import { Component, createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import type { Problem } from "../api";
import { t } from "../i18n";
import { Icon, IconName } from "./icon";

const PATIENCE_MS = 300;

/** The name of the place that is shown. */
export const PlaceName = createContext("");

/** The room of what will stand there; where it takes long its shape, and words. whole: as with Broken. */
export function Loading({ what, whole }: { what?: string; whole?: boolean }) {
  const name = useContext(PlaceName);
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, []);
  const said = (
    <div class="loading">
      <p class="note" role="status">{late ? what ?? t("loading") : ""}</p>
      <div class={late ? "bones late" : "bones"} aria-hidden="true"><i /><i /><i /><i /></div>
    </div>
  );
  return whole ? <section class="single-column"><h1>{name}</h1>{said}</section> : said;
}

/** whole: it stands for all of the place, whose name would be nowhere else. */
export function Broken({ error, again, whole }: { error: Problem; again?(): void; whole?: boolean }) {
  const name = useContext(PlaceName);
  if (whole)
    return <section class="single-column"><h1 id="place-title" tabIndex={-1}>{name}</h1><Broken error={error} again={again} /></section>;
  return (
    <div class="empty" role="alert">
      <Icon name="unknown" />
      <p>{error.message}</p>
      <p class="code">{error.code}</p>
      {again && <button type="button" onClick={again}>{t("again")}</button>}
    </div>
  );
}

export function Empty({ icon, children }: { icon: IconName; children: ComponentChildren }) {
  return (
    <div class="empty">
      <Icon name={icon} />
      {children}
    </div>
  );
}

/** A fault of ours in one place leaves the rest usable. */
export class Boundary extends Component<{ children: ComponentChildren }, { fault: Error | null }> {
  state = { fault: null as Error | null };

  static getDerivedStateFromError(fault: Error) {
    return { fault };
  }

  componentDidCatch(fault: Error) {
    console.error(fault);
  }

  render() {
    if (!this.state.fault) return this.props.children;
    return (
      <div class="empty" role="alert">
        <Icon name="unknown" />
        <p>{t("error.own")}</p>
        <p class="code">{String(this.state.fault.message)}</p>
        <button type="button" onClick={() => location.reload()}>{t("reload")}</button>
      </div>
    );
  }
}
