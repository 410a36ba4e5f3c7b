// The head of one job: its phase, the sentence, what would help, and its figures as a list of terms.

import { h, keyed, say } from "./dom.js";
import { NONE, age, bytes, count, duration, money, number, percent } from "./format.js";
import { badge, phaseOf, showPhase } from "./phases.js";

const took = (job) => (Date.parse(job.completionTime) - Date.parse(job.startTime)) / 1000;
const metricWords = ({ name, value }) => `${name} ${number(value)}`;

const FIGURES = [
  ["Progress", (job) => percent(job.percent)],
  ["Step", (job) => job.progress && `${count(job.progress.step)}${job.progress.totalSteps ? ` of ${count(job.progress.totalSteps)}` : ""}`],
  ["Epoch", (job) => job.progress?.epoch !== undefined && count(job.progress?.epoch)],
  ["Left", (job) => job.etaSeconds !== null && duration(job.etaSeconds)],
  ["Rows a second", (job) => job.phase === "Running" && job.progress?.samplesPerSecond && number(job.progress.samplesPerSecond)],
  ["Workers", (job) => !job.completionTime && `${job.running} of ${job.desired}`],
  ["Cost", (job) => job.cost && money(job.cost.amount, job.cost.currency)],
  ["Restarts", (job) => Object.values(job.restarts ?? {}).reduce((sum, each) => sum + each, 0) || null],
  ["Took", (job) => job.completionTime && job.startTime && duration(took(job))],
  ["Started", (job) => job.startTime && `${age(job.startTime)} ago`],
];

const FACTS = [
  ["Task", (job) => job.task],
  ["Evaluation", (job) => job.evaluation && `${job.evaluation.metrics.map(metricWords).join(" · ")} on ${count(job.evaluation.rows)} ${job.evaluation.heldOut ? "held-out rows" : "training rows"}`],
  ["Model", (job) => job.model && `${job.model.uri}  ${job.model.digest}`],
  ["Predictions", (job) => job.predictions],
  ["Checkpoint", (job) => job.checkpoint && [job.checkpoint.uri, job.checkpoint.time && `step ${count(job.checkpoint.step)}, ${age(job.checkpoint.time)} ago`, job.checkpoint.bytes && bytes(job.checkpoint.bytes)].filter(Boolean).join(" · ")],
];

export function summaryCard(namespace, name) {
  const phase = badge();
  const reason = h("span", { class: "soft" });
  const sentence = h("p", { class: "diagnosis" });
  const help = h("ul", { class: "help" });
  const bar = h("div", { class: "progressbar", role: "progressbar", "aria-label": "Progress", "aria-valuemin": 0, "aria-valuemax": 100 }, h("span"));
  const figures = terms("figures");
  const facts = terms("more");
  const helping = keyed(help, () => h("li"));
  const node = h("header", { class: "card summary" },
    h("div", { class: "title" }, h("h1", {}, name, " ", h("small", {}, namespace)), phase, reason),
    sentence, help, bar, figures.node, facts.node);

  function show(job) {
    showPhase(phase, phaseOf(job));
    say(reason, job.reason && job.reason !== phaseOf(job) ? job.reason : "");
    say(sentence, job.message ?? (job.phase ? NONE : "No operator has seen this job yet."));
    helping(job.remedies, (line) => line, (li, line) => say(li, line));
    bar.setAttribute("aria-valuenow", Math.round(job.percent ?? 0));
    bar.dataset.phase = phaseOf(job);
    bar.firstChild.style.width = `${job.percent ?? 0}%`;
    figures.show(FIGURES, job);
    facts.show(FACTS, job);
  }

  return { node, show };
}

function terms(kind) {
  const node = h("dl", { class: kind });
  const rows = keyed(node, ([title]) => h("div", {}, h("dt", {}, title), h("dd")));
  return {
    node,
    show(all, job) {
      const known = all.map(([title, words]) => [title, words(job)]).filter(([, words]) => words);
      rows(known, ([title]) => title, (row, [, words]) => say(row.lastChild, `${words}`));
    },
  };
}
