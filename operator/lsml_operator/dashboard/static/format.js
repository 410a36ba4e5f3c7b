// Numbers and times as people read them; a dash for what is not known.

export const NONE = "–";

/** As kubectl writes an age: 8s, 2m10s, 3h5m, 4d2h. */
export function duration(seconds) {
  if (seconds === null || seconds === undefined || Number.isNaN(seconds)) return NONE;
  const whole = Math.max(0, Math.round(seconds));
  for (const [size, unit, next, nextUnit] of [[86400, "d", 3600, "h"], [3600, "h", 60, "m"], [60, "m", 1, "s"]]) {
    if (whole >= size) {
      const rest = Math.floor((whole % size) / next);
      return `${Math.floor(whole / size)}${unit}${rest ? `${rest}${nextUnit}` : ""}`;
    }
  }
  return `${whole}s`;
}

export const secondsSince = (stamp) => (stamp ? (Date.now() - Date.parse(stamp)) / 1000 : null);
export const age = (stamp) => duration(secondsSince(stamp));

const FOUR_DIGITS = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });

/** Four significant digits, no more. */
export function number(value) {
  if (value === null || value === undefined) return NONE;
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e7)) return value.toExponential(2).replace("e+", "e");
  return FOUR_DIGITS.format(value);
}

export const count = (value) => (value === null || value === undefined ? NONE : value.toLocaleString("en"));
export const percent = (value, digits = 0) =>
  value === null || value === undefined ? NONE : `${value.toFixed(digits)}%`;
export const share = (ratio) => (ratio === null || ratio === undefined ? NONE : percent(100 * ratio));
export const money = (amount, currency) =>
  amount === null || amount === undefined ? NONE : `${amount.toFixed(2)} ${currency}`;
export const bytes = (value) => {
  const power = Math.min(4, Math.floor(Math.log2(Math.max(1, value)) / 10));
  return `${number(value / 2 ** (10 * power))} ${["B", "KiB", "MiB", "GiB", "TiB"][power]}`;
};

/** The time of day; with the day where that is another one. */
export function clock(seconds, withSeconds = true) {
  const date = new Date(seconds * 1000);
  const time = date.toLocaleTimeString("en-GB", {
    hour: "2-digit", minute: "2-digit", ...(withSeconds ? { second: "2-digit" } : {}),
  });
  const today = date.toDateString() === new Date().toDateString();
  return today ? time : `${date.toLocaleDateString("en-GB", { day: "numeric", month: "short" })} ${time}`;
}
