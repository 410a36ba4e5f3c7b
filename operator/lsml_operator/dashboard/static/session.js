// Who looks. The token is in a cookie that this script cannot read; it is sent once, by the form below.

import { h, say } from "./dom.js";

/** The user's name; null where nobody is signed in. Throws a sentence where that cannot be known. */
export async function whoIsThere() {
  const answer = await fetch("/api/session");
  if (!answer.ok) throw new Error(await answer.text());
  return (await answer.json()).user;
}

export const leave = () => fetch("/api/session", { method: "DELETE" });

/** A form that takes a token; `done` hears the user's name. */
export function signIn(done) {
  const said = h("p", { class: "error", role: "alert" });
  const field = h("input", {
    id: "token", name: "token", type: "password", required: true, autocomplete: "off", spellcheck: "false",
    "aria-describedby": "token-help",
  });
  const button = h("button", { type: "submit", class: "primary" }, "Sign in");
  const form = h("form", { class: "card sign-in" },
    h("h1", {}, "Sign in"),
    h("p", { id: "token-help" }, "With a token of the cluster. You see the jobs that kubectl would show you with it."),
    h("label", { for: "token" }, "Token"), field, said, button,
    h("p", { class: "soft" }, "One for a service account, good for an hour:"),
    h("pre", {}, "kubectl create token NAME -n NAMESPACE"),
  );
  if (!window.isSecureContext) {
    say(said, "This page came without TLS, so the browser will not keep a token: use https, or kubectl port-forward and localhost.");
  }
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    try {
      const answer = await fetch("/api/session", { method: "POST", body: new URLSearchParams({ token: field.value }) });
      if (!answer.ok) throw new Error(await answer.text());
      field.value = "";
      done((await answer.json()).user);
    } catch (error) {
      say(said, error.message);
      field.focus();
    } finally {
      button.disabled = false;
    }
  });
  queueMicrotask(() => field.focus());
  return form;
}
