// The columns of the table of jobs: how each is titled, sorted and filled.

import { h, say } from "./dom.js";
import { NONE, age, duration, money, number, percent, secondsSince, share } from "./format.js";
import { PHASES, badge, phaseOf, showPhase } from "./phases.js";

const text = (words) => (cell, job) => say(cell, words(job));
const biggestFirst = (value) => (value === null || value === undefined ? null : -value);

export const COLUMNS = [
  {
    name: "name", title: "Name", class: "name", key: (job) => job.name,
    show(cell, job) {
      const [link, where] = cell.children;
      say(link, job.name);
      say(where, job.namespace);
    },
    make: () => [h("a", {}, "\u200b"), h("small", {}, "\u200b")],
  },
  {
    name: "phase", title: "Phase", class: "phase-cell", key: (job) => PHASES.indexOf(phaseOf(job)),
    show: (cell, job) => showPhase(cell.firstChild, phaseOf(job)), make: () => [badge()],
  },
  {
    name: "percent", title: "Progress", class: "progress", key: (job) => job.percent,
    show(cell, job) {
      const words = percent(job.percent);
      if (cell.textContent === words) return;
      say(cell, words);
      cell.style.setProperty("--share-number", `${(job.percent ?? 0) / 100}`);
    },
  },
  {
    name: "workers", title: "Workers", class: "figure", key: (job) => biggestFirst(job.running),
    show: text((job) => `${job.running}/${job.desired}`),
  },
  { name: "loss", title: "Loss", class: "figure second", key: (job) => job.loss, show: text((job) => number(job.loss)) },
  {
    name: "eta", title: "Left", class: "figure second", key: (job) => job.etaSeconds,
    show: text((job) => duration(job.etaSeconds)),
  },
  {
    name: "goodput", title: "Goodput", class: "figure third", key: (job) => job.goodput,
    show: text((job) => share(job.goodput)),
  },
  {
    name: "cost", title: "Cost", class: "figure third cost", key: (job) => biggestFirst(job.cost),
    show: text((job) => money(job.cost, job.currency)),
  },
  {
    name: "restarts", title: "Restarts", class: "figure third", key: (job) => biggestFirst(job.restarts),
    show: text((job) => (job.restarts ? `${job.restarts}` : NONE)),
  },
  {
    name: "age", title: "Age", class: "figure second", key: (job) => secondsSince(job.created),
    show: text((job) => age(job.created)),
  },
  {
    name: "message", title: "Message", class: "message", key: (job) => job.message,
    show(cell, job) {
      const words = job.message ?? (job.phase ? "" : "no operator has seen it yet");
      if (cell.title !== words) say(cell, cell.title = words);
    },
  },
];

// Made once and copied: a thousand rows made one element at a time take three times as long.
const PATTERN = h("tr", { role: "row" }, COLUMNS.map((column) => {
  const [tag, role, scope] = column.name === "name" ? ["th", "rowheader", "row"] : ["td", "cell", null];
  return h(tag, { class: column.class, role, scope }, column.make?.() ?? "\u200b");
}));

export function makeRow(job) {
  const row = PATTERN.cloneNode(true);
  row.querySelector("a").href = `#/${encodeURIComponent(job.namespace)}/${encodeURIComponent(job.name)}`;
  return row;
}

export function fill(row, job) {
  COLUMNS.forEach((column, i) => column.show(row.children[i], job));
}
