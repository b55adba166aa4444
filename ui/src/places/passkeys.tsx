// SPDX-License-Identifier: AGPL-3.0-or-later
// Passkeys and security keys: one's own, and those of a user who needs help.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { Page, call, post } from "../api";
import { useGet } from "../data";
import { t } from "../i18n";
import { Dialog, confirm } from "../parts/dialog";
import { useDoing } from "../parts/doing";
import { Time } from "../parts/time";
import { say, sayProblem } from "../parts/toast";
import { canUseKeys, makeKey } from "../passkeys";

interface Passkey {
  id: string;
  name: string;
  host: string;
  created_ms: number;
  used_ms: number | null;
}

function Keys({ keys, onRemove }: { keys: Passkey[]; onRemove(key: Passkey): void }): ComponentChildren {
  if (keys.length === 0) return null;
  return (
    <div class="table-room" tabIndex={0} role="group" aria-label={t("passkeys")}>
      <table class="wide">
        <thead><tr><th scope="col">{t("f.name")}</th><th scope="col">{t("passkeys.host")}</th><th scope="col">{t("passkeys.added")}</th><th scope="col">{t("me.used")}</th><th scope="col">{t("do")}</th></tr></thead>
        <tbody>
          {keys.map((key) => (
            <tr key={key.id}>
              <th scope="row">{key.name}</th>
              <td data-head={t("passkeys.host")}>{key.host}</td>
              <td data-head={t("passkeys.added")}><Time ms={key.created_ms} /></td>
              <td data-head={t("me.used")}><Time ms={key.used_ms} /></td>
              <td><button type="button" aria-haspopup="dialog" onClick={() => onRemove(key)}>{t("passkeys.remove")}<span class="unseen"> {key.name}</span></button></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** How one shows that it is oneself: nothing where a provider lets one in. */
export type Proof = "password" | "session" | "";

/** The password of now, which shows that it is oneself. */
export function PasswordField({ id }: { id: string }) {
  return <div class="field"><label for={id}>{t("me.old")}</label><input id={id} name="password" type="password" autocomplete="current-password" required /></div>;
}

function Remove({ passkey, byPassword, onDone }: { passkey: Passkey; byPassword: boolean; onDone(): void }) {
  const { fault, run } = useDoing();
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const password = String(new FormData(event.currentTarget as HTMLFormElement).get("password") ?? "");
    void run(async () => {
      await post(`me/passkeys/${passkey.id}/remove`, password ? { password } : {});
      say(t("passkeys.removed", { name: passkey.name }));
      onDone();
    });
  };
  return (
    <Dialog title={t("passkeys.removeTitle", { name: passkey.name })} onClose={onDone}>
      <form onSubmit={submit}>
        <p>{t("passkeys.gone")}</p>
        {byPassword && <PasswordField id="passkey-remove-password" />}
        {fault && <p class="error" role="alert">{fault.message}</p>}
        <div class="buttons end">
          <button type="button" onClick={onDone}>{t("cancel")}</button>
          <button type="submit" class="danger">{t("passkeys.removeVerb", { name: passkey.name })}</button>
        </div>
      </form>
    </Dialog>
  );
}

/** One's own. A change asks for the password: an open browser alone is not enough. */
export function OwnPasskeys() {
  const { data, reload } = useGet<Page<Passkey> & { proof: Proof }>("me/passkeys");
  const { fault, run } = useDoing();
  const [removing, setRemoving] = useState<Passkey | null>(null);
  if (!data) return null;
  const byPassword = data.proof === "password";
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const values = new FormData(form);
    await run(async () => {
      const credential = await makeKey(await post("me/passkeys/begin"));
      await post("me/passkeys", { name: String(values.get("name")), credential, ...(byPassword ? { password: String(values.get("password")) } : {}) });
      form.reset();
      say(t("passkeys.done"));
      reload();
    });
  };
  return (
    <section aria-labelledby="passkeys-title">
      <h2 id="passkeys-title">{t("passkeys")}</h2>
      <p class="help">{t("passkeys.help")}</p>
      <Keys keys={data.items} onRemove={setRemoving} />
      {data.proof === "" ? <p class="help">{t("passkeys.provider")}</p> : !canUseKeys() ? <p class="help">{t("passkey.insecure")}</p> : (
        <form onSubmit={submit}>
          <div class="field"><label for="passkey-name">{t("passkeys.name")}</label><input id="passkey-name" name="name" maxLength={50} required /></div>
          {byPassword && <PasswordField id="passkey-password" />}
          {fault && <p class="error" role="alert">{fault.message}</p>}
          <button type="submit">{t("passkeys.add")}</button>
        </form>
      )}
      {removing && <Remove passkey={removing} byPassword={byPassword} onDone={() => {
        setRemoving(null);
        reload();
      }} />}
    </section>
  );
}

/** Of a user who lost one. */
export function UserPasskeys({ user, name }: { user: string; name: string }) {
  const { data, reload } = useGet<Page<Passkey>>(`passkeys?user=${encodeURIComponent(user)}`);
  if (!data || data.items.length === 0) return null;
  const remove = async (key: Passkey) => {
    if (!(await confirm({ title: t("passkeys.removeTitle", { name: key.name }), text: t("passkeys.goneUser", { name }), verb: t("passkeys.removeVerb", { name: key.name }), danger: true }))) return;
    await call("DELETE", `passkeys/${key.id}`).then(reload, sayProblem);
  };
  return (
    <section aria-labelledby="passkeys-title">
      <h2 id="passkeys-title">{t("passkeys")}</h2>
      <Keys keys={data.items} onRemove={(key) => void remove(key)} />
    </section>
  );
}
