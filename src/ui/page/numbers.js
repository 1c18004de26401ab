// Numbers, times and sizes as texts.
import { code } from "/static/words.js";

export const number = (value) => Number(value).toLocaleString(code());
export const rounded = (value, digits = 1) => Number(value).toLocaleString(code(), { maximumFractionDigits: digits });

// As Spark's page: 2026/11/22 15:26:40, by the clock of who looks.
export function stamp(time, fine = false) {
  const two = (part) => String(part).padStart(2, "0");
  const day = [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())].join("/");
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(":");
  return `${day} ${clock}${fine ? `.${String(time.getMilliseconds()).padStart(3, "0")}` : ""}`;
}

const instant = (text) => new Date(text.replace("GMT", "Z"));
export const moment = (text, fine = false) => (text ? stamp(instant(text), fine) : "-");
export const since = (from, to) => (to ? instant(to) : new Date()) - instant(from);

// A duration in milliseconds as Spark's page writes it.
export function duration(ms) {
  if (ms === undefined || ms === null || Number.isNaN(ms)) return "-";
  if (ms > 0 && ms < 1) return `${Math.round(ms * 1000)} µs`;
  if (ms < 10) return `${rounded(ms, 1)} ms`;
  if (ms < 100) return `${Math.round(ms)} ms`;
  if (ms < 60000) return `${(ms / 1000).toFixed(ms < 10000 ? 1 : 0)} s`;
  if (ms < 3600000) return `${(ms / 60000).toFixed(ms < 600000 ? 1 : 0)} min`;
  return `${(ms / 3600000).toFixed(1)} h`;
}

export function bytes(count) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let at = 0;
  while (count >= 1024 && at < units.length - 1) [count, at] = [count / 1024, at + 1];
  return `${at ? count.toFixed(1) : count} ${units[at]}`;
}
