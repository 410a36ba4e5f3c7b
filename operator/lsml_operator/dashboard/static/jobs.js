// All jobs: filtered, sorted, a row each. Rows stay the same elements while their figures change.

import { h, keyed, say } from "./dom.js";
import { follow } from "./live.js";
import { COLUMNS, fill, makeRow } from "./columns.js";
import { PHASES, phaseOf } from "./phases.js";

const TICK_MS = 10_000; // ages grow
const keyOf = (job) => `${job.namespace}/${job.name}`;
const choice = { sort: "phase", down: false, phase: "", namespace: "", words: "" }; // kept while one looks at a job

export function jobsView() {
  const jobs = new Map();
  const body = h("tbody", { role: "rowgroup" });
  const rows = keyed(body, makeRow);
  const total = h("p", { class: "soft count", role: "status" });
  const empty = h("p", { class: "card soft", hidden: true });
  const chips = h("div", { class: "chips", role: "group", "aria-label": "Only jobs of this phase" });
  const drawChips = keyed(chips, ([phase]) => h("button", {
    type: "button", "data-phase": phase, onclick: () => change({ phase: phase === choice.phase ? "" : phase }),
  }, h("span"), " ", h("b")));
  const namespaces = h("select", { "aria-label": "Namespace", onchange: () => change({ namespace: namespaces.value }) });
  const words = h("input", {
    type: "search", placeholder: "Filter by name or message", "aria-label": "Filter by name or message",
    value: choice.words, oninput: () => change({ words: words.value }),
  });
  const heads = COLUMNS.map((column) => head(column));
  const table = h("table", { class: "jobs", role: "table" }, // said, since its rows are no table's for the eye
    h("caption", { class: "hidden" }, "TrainingJobs; a button in a column's head sorts by it"),
    h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, heads)), body);
  const node = h("section", { "aria-labelledby": "jobs-title" },
    h("div", { class: "bar" }, h("h1", { id: "jobs-title" }, "Jobs"), total, chips,
      h("div", { class: "filters" }, words, namespaces)),
    h("div", { class: "wide" }, table), empty);

  function head(column) {
    const button = h("button", { type: "button", onclick: () => sortBy(column.name) }, column.title);
    return h("th", { role: "columnheader", scope: "col", class: column.class, "data-name": column.name }, button);
  }

  function sortBy(name) {
    change({ sort: name, down: choice.sort === name ? !choice.down : false });
  }

  function change(part) {
    Object.assign(choice, part);
    draw();
  }

  function draw() {
    const all = [...jobs.values()];
    drawFilters(all);
    const shown = sorted(all.filter(wanted));
    rows(shown, keyOf, fill);
    const unfiltered = shown.length === all.length;
    say(total, unfiltered ? `${all.length}` : `${shown.length} of ${all.length}`);
    table.parentNode.hidden = shown.length === 0;
    empty.hidden = shown.length > 0;
    say(empty, all.length ? "No job is like that." : "There are no TrainingJobs that you may list. kubectl apply makes one.");
    for (const th of heads) {
      const on = th.dataset.name === choice.sort;
      th.setAttribute("aria-sort", on ? (choice.down ? "descending" : "ascending") : "none");
    }
  }

  function drawFilters(all) {
    const counts = Object.groupBy(all, phaseOf);
    const present = PHASES.filter((phase) => counts[phase] || phase === choice.phase);
    const labels = [["", "All", all.length], ...present.map((phase) => [phase, phase, counts[phase]?.length ?? 0])];
    drawChips(labels, ([phase]) => phase, (chip, [phase, word, size]) => {
      chip.setAttribute("aria-pressed", phase === choice.phase);
      say(chip.firstChild, word);
      say(chip.lastChild, `${size}`);
    });
    const names = [...new Set(all.map((job) => job.namespace))].sort();
    if (namespaces.dataset.names !== names.join()) {
      namespaces.dataset.names = names.join();
      namespaces.replaceChildren(h("option", { value: "" }, "All namespaces"), ...names.map((n) => h("option", { value: n }, n)));
    }
    namespaces.value = choice.namespace;
    namespaces.hidden = names.length < 2;
  }

  function take({ rows: news, gone, whole }) {
    if (whole) jobs.clear();
    for (const [namespace, name] of gone) jobs.delete(`${namespace}/${name}`);
    for (const job of news) jobs.set(keyOf(job), job);
    draw();
  }

  return {
    node,
    start(on) {
      const end = follow("/api/jobs", "jobs", take, on);
      const timer = setInterval(draw, TICK_MS);
      return () => {
        end();
        clearInterval(timer);
      };
    },
  };
}

function wanted(job) {
  const { phase, namespace, words } = choice;
  if (phase && phaseOf(job) !== phase) return false;
  if (namespace && job.namespace !== namespace) return false;
  const text = `${job.namespace}/${job.name} ${job.message ?? ""}`.toLowerCase();
  return words.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

// Jobs that are equal in the column by name; what is not known comes last, up or down.
function sorted(jobs) {
  const { key } = COLUMNS.find((column) => column.name === choice.sort);
  const sign = choice.down ? -1 : 1;
  return jobs
    .map((job) => [key(job), keyOf(job), job])
    .sort(([a, aName], [b, bName]) => {
      if (a === b || (a ?? null) === (b ?? null)) return aName < bName ? -1 : 1;
      if (a === null || a === undefined) return 1;
      if (b === null || b === undefined) return -1;
      return sign * (a < b ? -1 : 1);
    })
    .map(([, , job]) => job);
}
