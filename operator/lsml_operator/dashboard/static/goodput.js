// Where the job's time went: one bar of all of it, and a legend that says the same in words.

import { h, say } from "./dom.js";
import { duration, percent, share } from "./format.js";

const ACCOUNTS = [
  ["productive", "productive"], ["starting", "starting"], ["waiting", "waiting for machines or people"],
  ["recovering", "too few workers left"],
];

export function goodputCard() {
  const ratio = h("output", { class: "readout" });
  const bar = h("div", { class: "stack", role: "img" });
  const legend = h("ul", { class: "legend" });
  const parts = ACCOUNTS.map(([name]) => bar.appendChild(h("span", { class: name })));
  const lines = ACCOUNTS.map(([name, words]) => {
    const figure = h("b");
    legend.append(h("li", { class: name }, figure, ` ${words}`));
    return figure;
  });
  const node = h("section", { class: "card", "aria-labelledby": "goodput-title" },
    h("div", { class: "caption" }, h("h2", { id: "goodput-title" }, "Goodput"), ratio), bar, legend);

  function show(ledger) {
    node.hidden = !ledger;
    if (!ledger) return;
    const seconds = ACCOUNTS.map(([name]) => ledger[`${name}Seconds`] ?? 0);
    const total = seconds.reduce((sum, each) => sum + each, 0);
    say(ratio, share(ledger.ratio));
    seconds.forEach((each, i) => {
      parts[i].style.flexGrow = total ? each / total : 0;
      say(lines[i], duration(each));
    });
    const told = ACCOUNTS.map(([, words], i) => `${percent(total ? (100 * seconds[i]) / total : 0)} ${words}`);
    bar.setAttribute("aria-label", told.join(", "));
  }

  return { node, show };
}
