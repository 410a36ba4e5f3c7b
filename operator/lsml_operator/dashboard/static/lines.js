// A figure over time as a line: a loss, a metric, a speed.

import { Chart, through } from "./chart.js";
import { s } from "./dom.js";
import { number } from "./format.js";
import { extent, linear, logTicks, logarithmic, ticks } from "./scales.js";

const LOGARITHMIC_FROM = 30; // times from the least to the greatest

export class Lines extends Chart {
  constructor(title, { height = 180, format = number, color = "one" } = {}) {
    super(title, height);
    this.format = format;
    this.color = color;
    this.values = [];
  }

  show(seconds, values, until) {
    this.values = values;
    this.put(seconds, until);
  }

  vertical(range) {
    const [low, high] = extent(this.values) ?? [0, 1];
    if (low > 0 && high / low > LOGARITHMIC_FROM) {
      const span = [low / 1.15, high * 1.15];
      return { scale: logarithmic(span, range), ticks: logTicks(span), format: this.format };
    }
    const room = (high - low) * 0.06 || Math.abs(high) * 0.1 || 1;
    const span = [low - room, high + room];
    return { scale: linear(span, range), ticks: ticks(span), format: this.format };
  }

  *paint(x, y) {
    const places = this.values.map((value, i) => (value === null ? null : [x(this.seconds[i]), y(value)]));
    yield s("path", { class: `line ${this.color}`, d: through(places) });
    const last = places.findLast((place) => place !== null);
    if (last) yield s("circle", { class: `dot ${this.color}`, cx: last[0], cy: last[1], r: 3 });
  }

  words(i) {
    return this.values[i] === null ? "not known" : this.format(this.values[i]);
  }

  summary() {
    const known = this.values.filter((value) => value !== null);
    if (!known.length) return "nothing is known yet";
    const [low, high] = extent(known);
    const [first, last] = [known[0], known.at(-1)].map(this.format);
    return `from ${first} to ${last}, between ${this.format(low)} and ${this.format(high)}`;
  }
}
