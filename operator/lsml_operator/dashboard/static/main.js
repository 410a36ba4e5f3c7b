// Where one is: the hash of the address names all jobs or one. Each view starts when it is shown and ends with it.

import { h, say } from "./dom.js";
import { jobView } from "./job.js";
import { jobsView } from "./jobs.js";
import { leave, signIn, whoIsThere } from "./session.js";
import { prepareTheme } from "./theme.js";

const main = document.getElementById("main");
const live = document.getElementById("live");
const crumbs = document.getElementById("crumbs");
let end = () => {};

const LIVE = { live: "Live", lost: "Connection lost: what was last known is shown", "": "" };

function tell(state) {
  live.dataset.state = state;
  say(live, LIVE[state]);
}

function show(node, title) {
  main.replaceChildren(node);
  document.title = title;
}

function unknown() {
  end();
  tell("");
  name(null);
  show(signIn((user) => {
    name(user);
    go();
  }), "Sign in · LSML");
}

function refused(sentence) {
  end();
  tell("");
  show(h("p", { class: "card error", role: "alert" }, sentence), "Not allowed · LSML");
}

function name(user) {
  say(document.getElementById("user"), user ?? "");
  document.getElementById("leave").hidden = user === null;
}

function go(byHand = false) {
  end();
  tell("");
  const [, namespace, job] = location.hash.match(/^#\/([^/]+)\/([^/]+)$/)?.map(decodeURIComponent) ?? [];
  crumbs.replaceChildren(...(job ? [h("a", { href: "#/" }, "Jobs"), h("span", { "aria-current": "page" }, job)] : []));
  const view = job ? jobView(namespace, job) : jobsView();
  show(view.node, job ? `${job} · LSML` : "Jobs · LSML");
  end = view.start({ tell, unknown, refused });
  if (byHand) {
    main.focus();
    scrollTo(0, 0);
  }
}

async function begin() {
  try {
    const user = await whoIsThere();
    if (user === null) return unknown();
    name(user);
    go();
  } catch (error) {
    show(h("p", { class: "card error", role: "alert" }, `${error.message} `,
      h("button", { type: "button", onclick: begin }, "Try again")), "LSML");
  }
}

document.getElementById("leave").addEventListener("click", () => leave().then(unknown));
addEventListener("hashchange", () => {
  if (location.hash !== "#main") go(true);
});
prepareTheme(document.getElementById("theme"));
begin();
