// SPDX-License-Identifier: AGPL-3.0-or-later
// Users. Making one offers to make his faxbox (S0.1).
import { useState } from "preact/hooks";
import { post } from "../api";
import { useCell } from "../cell";
import { t } from "../i18n";
import { Create } from "../parts/create";
import { encryption } from "../parts/encryption";
import { SettingsForm, choices } from "../parts/fields";
import { Field } from "../parts/frame";
import { Icon } from "../parts/icon";
import { BackLink } from "../parts/list";
import { notifications } from "../parts/notify";
import { useSettings } from "../parts/settings";
import { Broken, Loading } from "../parts/states";
import { say, sayProblem } from "../parts/toast";
import { UserPasskeys } from "../places/passkeys";
import { navigate } from "../router";
import { session } from "../session";
import type { Entry } from "../types";
import { removeEntry } from "./remove";
import { Head, SearchTable, useSettingsList } from "./table";
import { TenantField } from "./tenant";

interface User extends Entry {
  id?: string;
  name: string;
  tenant?: string;
  addresses: string[];
}

type Listed = User & { id: string };

function keyOf(entry: { id?: unknown; name?: unknown }): string {
  return encodeURIComponent(String(entry.id ?? entry.name));
}

/** S0.1: his box, with him as the one who sends and receives. */
function MakeBox({ user, onDone }: { user: User; onDone(): void }) {
  return (
    <Create title={t("user.makeBox", { name: user.name })} verb={t("box.make")} url="boxes"
      fixed={{ ...(user.tenant ? { tenant: user.tenant } : {}), users: [{ user: user.name, send: true, receive: true }], owner: user.name }}
      fields={[{ name: "name", value: user.name }, { name: "id", optional: true }, { name: "extension", optional: true }]}
      onClose={onDone} onMade={(b) => navigate(`/admin/boxes/${encodeURIComponent(String(b.id))}/smtp`)} />
  );
}

export function Users() {
  const list = useSettingsList<Listed>("users");
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<User | null>(null);
  return (
    <section class="single-column">
      <Head title={t("users")}><button type="button" aria-haspopup="dialog" class="primary" onClick={() => setMaking(true)}><Icon name="plus" />{t("user.new")}</button></Head>
      <SearchTable<Listed> label={t("users")} list={list} icon="users" empty={t("users.empty")} row={(u) => `${u.tenant}/${u.name}`} columns={[
        { head: t("f.name"), cell: (u) => <a href={`/admin/users/${keyOf(u)}`}>{u.name}</a> },
        { head: t("f.addresses"), cell: (u) => u.addresses.join(", ") },
        { head: t("f.role"), cell: (u) => (u.role ? choices(String(u.role))[0]![1] : "") },
      ]} />
      {making && (
        <TenantField>
          {(of) => (
            <Create title={t("user.new")} verb={t("user.make")} url="users" fixed={of.fixed}
              fields={[...of.fields, { name: "name" }, { name: "addresses", list: true }, { name: "password", secret: true, optional: true }]}
              onClose={() => setMaking(false)} onMade={(u) => {
                setMaking(false);
                setMade(u as User);
                list.reload();
              }} />
          )}
        </TenantField>
      )}
      {made && <MakeBox user={made} onDone={() => setMade(null)} />}
    </section>
  );
}

export function UserPage({ id }: { id: string }) {
  const url = `users/${encodeURIComponent(id)}`;
  const editing = useSettings(url, `/admin/users/${encodeURIComponent(id)}`);
  const who = useCell(session)!;
  const user = editing.base as User | undefined;
  if (editing.problem && !user) return <Broken whole error={editing.problem} again={editing.reload} />;
  if (!user) return <Loading whole />;
  const fields: Field[] = [
    { name: "addresses", kind: "lines" },
    { name: "password", kind: "secret" },
    { name: "keep_api_keys", kind: "flag", shown: (values) => typeof values.password === "string" && values.password !== "" },
    ...(user.role !== undefined ? [{ name: "role", kind: "choice", choices: choices("user", "tenant", ...(who.role === "installation" ? ["installation"] : [])) } as Field] : []),
    ...(user.language !== undefined ? [{ name: "language", kind: "choice", label: "user_language", choices: [["", t("c.asTenant")], ...choices("en", "it", "de", "fr", "es")] } as Field] : []),
    ...(user.notify_received !== undefined ? notifications() : []),
    ...encryption(),
    ...(user.role !== undefined ? [{ name: "enabled", kind: "flag", label: "user_enabled" }, { name: "provider_id", kind: "text" }, { name: "directory_id", kind: "text" }] as Field[] : []),
  ];
  return (
    <section class="single-column">
      <BackLink to="/admin/users" />
      <Head title={user.name}><button type="button" onClick={() => void post("invitations", { user: user.id }).then(() => say(t("user.invited", { name: user.name })), sayProblem)}><Icon name="mail" />{t("user.invite")}</button><button type="button" aria-haspopup="dialog" onClick={() => void removeEntry(url, user.name, t("user.deleteText"), "/admin/users")}><Icon name="trash" />{t("delete")}</button></Head>
      <SettingsForm fields={fields} editing={editing} label={t("user.settings")} />
      {user.id && <UserPasskeys user={user.id} name={user.name} />}
    </section>
  );
}
