// The workers over time: a band as high as there are workers, a line for how many there should be, and each disturbance.

import { Chart, through } from "./chart.js";
import { s } from "./dom.js";
import { clock } from "./format.js";
import { linear, ticks } from "./scales.js";

const CAUSES = {
  crashes: "crash", outOfMemory: "out of memory", evictions: "eviction", updates: "update", coordinator: "coordinator lost",
};

export class Band extends Chart {
  constructor(title, height = 130) {
    super(title, height);
    this.running = [];
    this.desired = [];
    this.disturbances = [];
  }

  show({ seconds, running, desired, disturbances }, until) {
    Object.assign(this, { running, desired, disturbances });
    this.put(seconds, until);
  }

  vertical(range) {
    const most = Math.max(1, ...this.running, ...this.desired);
    const whole = ticks([0, most], 4).filter(Number.isInteger);
    return { scale: linear([0, most * 1.25], range), ticks: whole, format: String };
  }

  *paint(x, y) {
    const end = x(this.span[1]);
    const steps = (values) => {
      const places = values.map((value, i) => (value === null ? null : [x(this.seconds[i]), y(value)]));
      return `${through(places, true)}H${end}`;
    };
    yield s("path", { class: "band", d: `${steps(this.running)}V${y(0)}H${x(this.seconds[0])}Z` });
    yield s("path", { class: "line one", d: steps(this.running) });
    yield s("path", { class: "line wanted", d: steps(this.desired) });
    for (const each of this.disturbances) {
      const at = x(Math.max(each.seconds, this.span[0]));
      const words = this.named(each);
      yield s("g", { class: "disturbance" },
        s("line", { x1: at, x2: at, y1: 12, y2: y(0) }),
        s("path", { d: `M${at - 5} 4h10l-5 8Z` }),
        s("title", {}, `${clock(each.seconds)}: ${words}`));
    }
  }

  named({ cause, count }) {
    return `${CAUSES[cause] ?? cause}${count > 1 ? ` (${count})` : ""}`;
  }

  words(i) {
    const [from, to] = [this.seconds[i], this.seconds[i + 1] ?? Infinity];
    const met = this.disturbances.filter(({ seconds }) => seconds >= from && seconds < to).map((each) => this.named(each));
    return [`${this.running[i] ?? 0} of ${this.desired[i] ?? 0} run`, ...met].join(" · ");
  }

  latest() {
    const last = this.seconds.length - 1;
    return last < 0 ? "" : `${this.running[last] ?? 0} of ${this.desired[last] ?? 0} run`;
  }

  summary() {
    const causes = this.disturbances.map((each) => `${this.named(each)} at ${clock(each.seconds)}`);
    return [`${this.latest()} now`, ...causes].join(", ");
  }
}
