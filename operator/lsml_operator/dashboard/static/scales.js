// From figures to places and back, and where to put the ticks. Pure.

/** Linear, from [low, high] to [from, to]. */
export function linear([low, high], [from, to]) {
  const slope = high === low ? 0 : (to - from) / (high - low);
  const scale = (value) => from + (value - low) * slope;
  scale.invert = (place) => (slope === 0 ? low : low + (place - from) / slope);
  return scale;
}

/** Logarithmic, for figures that are all above zero. */
export function logarithmic([low, high], range) {
  const inner = linear([Math.log10(low), Math.log10(high)], range);
  return (value) => inner(Math.log10(value));
}

/** Round numbers within [low, high], about so many. */
export function ticks([low, high], about = 4) {
  if (high === low) return [low];
  const rough = (high - low) / about;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough);
  const found = [];
  for (let at = Math.ceil(low / step - 1e-9) * step; at <= high + step * 1e-9; at += step) found.push(Number(at.toPrecision(12)));
  return found;
}

/** Powers of ten within [low, high]; with fewer than two of them, round numbers. */
export function logTicks([low, high]) {
  const found = [];
  for (let power = Math.ceil(Math.log10(low)); 10 ** power <= high; power += 1) found.push(10 ** power);
  const every = Math.ceil(found.length / 5);
  return found.length > 1 ? found.filter((_, i) => i % every === 0) : ticks([low, high], 3);
}

const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800];

/** Whole seconds, minutes, hours or days of this place's clock. */
export function timeTicks([low, high], about) {
  const step = TIME_STEPS.find((each) => each >= (high - low) / about) ?? TIME_STEPS.at(-1);
  const zone = new Date(low * 1000).getTimezoneOffset() * 60;
  const found = [];
  for (let at = Math.ceil((low - zone) / step) * step + zone; at <= high; at += step) found.push(at);
  return found;
}

/** The least and the greatest of the figures that are known, null of none. */
export function extent(values) {
  let low = Infinity, high = -Infinity;
  for (const value of values) {
    if (value === null) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low === Infinity ? null : [low, high];
}
