// SPDX-License-Identifier: AGPL-3.0-or-later
// Servers that work on one database: who is alive, who does what has to be done once, and one that is to be worked on.
import { useEffect } from "preact/hooks";
import { Page, post, query } from "../api";
import { useGet } from "../data";
import { t } from "../i18n";
import { confirm } from "../parts/dialog";
import type { IconName } from "../parts/icon";
import { BackLink } from "../parts/list";
import { Time } from "../parts/time";
import { say, sayProblem } from "../parts/toast";
import { State, Tone } from "../parts/word";
import { Head, Table } from "./table";

interface Node {
  name: string;
  state: "alive" | "draining" | "stopped" | "gone";
  leads: boolean;
  roles: string;
  version: string;
  calls: number;
  heard_ms: number | null;
}

const AGAIN_MS = 5000; // no event tells of other servers

const looks: { [state in Node["state"]]: [Tone, IconName] } = {
  alive: ["good", "done"],
  draining: ["warn", "held"],
  stopped: ["plain", "held"],
  gone: ["bad", "failed"],
};

function Life({ node }: { node: Node }) {
  const [tone, icon] = looks[node.state];
  return <><State tone={tone} icon={icon} word={t(`nodes.${node.state}`)} /> {node.leads && <span class="row-sub">{t("nodes.leads")}</span>}</>;
}

function Actions({ node, done }: { node: Node; done(): void }) {
  const act = async (wish: "drain" | "resume" | "remove") => {
    if (wish !== "resume" && !(await confirm({ title: t(`nodes.title.${wish}`, { name: node.name }), text: t(`nodes.text.${wish}`), verb: t(`nodes.do.${wish}`), danger: wish === "remove" }))) return;
    try {
      await post(`nodes/${wish}${query({ name: node.name })}`);
      say(t(`nodes.did.${wish}`, { name: node.name }));
      done();
    } catch (why) {
      sayProblem(why);
    }
  };
  const wish = node.state === "alive" ? "drain" : node.state === "draining" ? "resume" : "remove";
  return <button type="button" aria-haspopup={wish === "resume" ? undefined : "dialog"} onClick={() => void act(wish)}>{t(`nodes.do.${wish}`)}<span class="unseen"> {node.name}</span></button>;
}

export function Nodes() {
  const loaded = useGet<Page<Node>>("nodes", ["status"]);
  const { reload } = loaded;
  useEffect(() => {
    const timer = setInterval(() => document.visibilityState === "visible" && reload(), AGAIN_MS);
    return () => clearInterval(timer);
  }, [reload]);
  return (
    <section class="single-column">
      <BackLink to="/admin/system" />
      <Head title={t("nodes")} />
      <p class="help">{t("nodes.what")}</p>
      <Table<Node> label={t("nodes")} loaded={loaded} icon="system" empty={t("nodes.empty")} row={(n) => n.name} columns={[
        { head: t("f.name"), cell: (n) => n.name },
        { head: t("dash.state"), cell: (n) => <Life node={n} /> },
        { head: t("nodes.calls"), cell: (n) => n.calls, number: true },
        { head: t("nodes.heard"), cell: (n) => <Time ms={n.heard_ms} /> },
        { head: t("nodes.roles"), cell: (n) => <span class="exact">{n.roles}</span> },
        { head: t("nodes.version"), cell: (n) => n.version },
        { head: t("do"), cell: (n) => <Actions node={n} done={reload} /> },
      ]} />
    </section>
  );
}
