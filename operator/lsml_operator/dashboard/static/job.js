// One job: the summary, its course over time, where its time went, its workers and events.

import { Band } from "./band.js";
import { h } from "./dom.js";
import { goodputCard } from "./goodput.js";
import { Lines } from "./lines.js";
import { follow } from "./live.js";
import { summaryCard } from "./summary.js";
import { conditionsCard, eventsCard, workersCard } from "./tables.js";

const TICK_MS = 5000; // ages grow, and so does the axis of a job that runs
const COLORS = ["one", "two", "three", "four", "five", "six"];

export function jobView(namespace, name) {
  const summary = summaryCard(namespace, name);
  const lines = new Map();
  const band = new Band("Workers");
  const speed = new Lines("Rows a second", { height: 130, color: "two" });
  const metrics = h("div", { class: "grid metrics" });
  const course = h("div", { class: "grid course" }, band.figure, speed.figure);
  const tables = h("div", { class: "grid tables" });
  const young = h("p", { class: "card soft" }, "Charts begin when this page's server first saw the job; nothing has changed since.");
  const [goodput, workers, events, conditions] = [goodputCard(), workersCard(), eventsCard(), conditionsCard()];
  const body = h("div", { class: "job" }, summary.node, metrics, course, young, goodput.node, tables, conditions.node);
  tables.append(events.node, workers.node);
  const gone = h("p", { class: "card", role: "alert", hidden: true },
    `There is no TrainingJob ${name} in namespace ${namespace}. `, h("a", { href: "#/" }, "All jobs"));
  const node = h("article", {}, gone, body);
  body.hidden = true;
  let last = null;

  function take(job) {
    last = job;
    gone.hidden = job !== null;
    body.hidden = job === null;
    if (job !== null) draw();
  }

  function draw() {
    if (last === null) return;
    const { history } = last;
    summary.show(last);
    goodput.show(last.goodput);
    workers.show(last.workers);
    events.show(last.events);
    conditions.show(last.conditions);
    drawCourse(history, last.completionTime ? history.seconds.at(-1) : Date.now() / 1000);
  }

  function drawCourse(history, until) {
    const any = history.seconds.length > 1;
    young.hidden = any;
    band.figure.hidden = !any;
    if (any) band.show(history, until);
    speed.figure.hidden = !any || history.samplesPerSecond.every((value) => value === null);
    if (!speed.figure.hidden) speed.show(history.seconds, history.samplesPerSecond, until);
    metrics.hidden = !any;
    for (const [metric, values] of Object.entries(history.metrics)) {
      if (!lines.has(metric)) {
        lines.set(metric, new Lines(metric, { color: COLORS[lines.size % COLORS.length] }));
        metrics.append(lines.get(metric).figure);
      }
      lines.get(metric).show(history.seconds, values, until);
    }
  }

  return {
    node,
    start(on) {
      const url = `/api/jobs/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`;
      const end = follow(url, "job", take, on);
      const timer = setInterval(draw, TICK_MS);
      return () => {
        end();
        clearInterval(timer);
      };
    },
  };
}
