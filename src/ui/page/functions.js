// Functions: what became of each lambda of the program, and why.
import { badge, column, make, table, title } from "/static/elements.js";
import { duration, number } from "/static/numbers.js";
import { ask } from "/static/rest.js";
import { word } from "/static/words.js";

const HOW = { NATIVE: ["native", "good"], MACHINE_CODE: ["machine_code", "good"], PYTHON: ["in_python", "calm"], UNKNOWN: ["unknown", "calm"] };

function where(one) {
  const place = one.file ? `${one.file}${one.line ? `:${one.line}` : ""}` : one.name;
  return make("span", {}, make("code", {}, one.text ?? one.name), make("small", { class: "block" }, place));
}

function how(one) {
  const [name, kind] = HOW[one.how];
  const declined = one.lastDecline ? word("last_decline", one.lastDecline) + (one.rested ? ` ${word("rested")}` : "") : null;
  return make("span", {}, badge(word(name), declined && kind === "good" ? "busy" : kind),
    one.why ? make("span", { class: "block" }, one.why) : null, declined ? make("small", { class: "block" }, declined) : null);
}

function row(one) {
  const operation = make("span", {}, one.operation, one.role === "step" ? null : make("small", { class: "block" }, one.role));
  const python = one.workerRows ? make("span", {}, number(one.pythonRows), make("small", { class: "block" }, word("in_workers", number(one.workerRows)))) : number(one.pythonRows);
  const ms = one.nativeMs + one.pythonMs, rows = one.nativeRows + one.pythonRows;
  return { id: `function-${one.id}`, cells: [
    operation, where(one), how(one), number(one.nativeRows), number(one.declinedRows), python, ms ? duration(ms) : "-",
    ms && rows ? word("ns_a_row", number(Math.round((ms * 1e6) / rows))) : "-",
  ] };
}

export async function functions() {
  const all = await ask("/pyrite/functions");
  const columns = [column("operation"), column("function"), column("how"), column("native_rows", "number"), column("declined_rows", "number"), column("python_rows", "number"), column("time", "number"), column("a_row", "number")];
  return [
    title(word("functions")), make("p", {}, word("functions_say")),
    all.length ? table(word("functions"), columns, all.map(row)) : make("p", { class: "none" }, word("no_functions")),
    make("p", { class: "note" }, word("time_says")),
  ];
}
