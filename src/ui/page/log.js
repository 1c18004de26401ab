// The log: the last messages of the program's `pyrite` logger, the newest first.
import { badge, column, make, table, title } from "/static/elements.js";
import { moment, number } from "/static/numbers.js";
import { ask } from "/static/rest.js";
import { word } from "/static/words.js";

const SHOWN = 300;
const KINDS = { ERROR: "bad", CRITICAL: "bad", WARNING: "busy" };
let least = "ALL";

// From which level on messages are shown.
export function choose(level) {
  least = level;
}

const passes = (line) => least === "ALL" || (least === "WARNING" && line.level in KINDS) || KINDS[line.level] === "bad";

export async function log() {
  const { count, lines } = await ask("/pyrite/log");
  const shown = lines.filter(passes).reverse().slice(0, SHOWN);
  const rows = shown.map((line) => ({ id: `line-${line.number}`, cells: [
    moment(line.time, true), badge(line.level, KINDS[line.level] ?? "calm"), make("code", {}, line.logger), make(line.message.includes("\n") ? "code" : "span", { class: "message" }, line.message),
  ] }));
  const option = (value, name) => make("option", { value }, word(name));
  return [
    title(word("log")), make("p", {}, word("log_says", number(lines.length), number(count))),
    make("p", {}, make("label", { for: "level" }, `${word("level")}: `), make("select", { id: "level", "data-level": "" }, option("ALL", "all_levels"), option("WARNING", "warnings"), option("ERROR", "errors"))),
    table(word("log"), [column("when", "when"), column("level"), column("logger"), column("message")], rows),
  ];
}
