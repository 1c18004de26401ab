// What the program keeps and what it runs on: storage, executors, environment.
import { column, facts, make, section, share, table, title } from "/static/elements.js";
import { bytes, duration } from "/static/numbers.js";
import { ask } from "/static/rest.js";
import { word } from "/static/words.js";

export async function storage() {
  const [[driver], rdds] = await Promise.all([ask("/executors"), ask("/storage/rdd")]);
  const meter = make("meter", { min: 0, max: Math.max(1, driver.maxMemory), value: driver.memoryUsed, "aria-label": word("memory") });
  const columns = [column("name"), column("level_of"), column("partitions"), column("memory", "number"), column("disk", "number")];
  const rows = rdds.map((rdd) => ({ id: `rdd-${rdd.id}`, cells: [rdd.name, rdd.storageLevel, share(rdd.numCachedPartitions, rdd.numPartitions), bytes(rdd.memoryUsed), bytes(rdd.diskUsed)] }));
  return [
    title(word("storage")),
    facts([word("memory"), make("span", {}, meter, ` ${word("of_memory", bytes(driver.memoryUsed), bytes(driver.maxMemory))}`)], [word("spilled"), bytes(driver.diskUsed)]),
    section("cached"), rows.length ? table(word("cached"), columns, rows) : make("p", { class: "none" }, word("no_rdds")),
  ];
}

export async function executors() {
  const all = await ask("/executors");
  const columns = [column("id"), column("cores", "number"), column("tasks"), column("time", "number"), column("memory", "number"), column("spilled", "number")];
  return [
    title(word("executors")), make("p", {}, word("executors_say")),
    table(word("executors"), columns, all.map((one) => [one.id, String(one.totalCores), share(one.completedTasks, one.totalTasks, one.failedTasks), duration(one.totalDuration), word("of_memory", bytes(one.memoryUsed), bytes(one.maxMemory)), bytes(one.diskUsed)])),
  ];
}

export async function environment() {
  const found = await ask("/environment");
  const part = (name, entries) => [section(name), table(word(name), [word("name"), word("value")], entries)];
  return [title(word("environment")), ...part("runtime", Object.entries(found.runtime)), ...part("settings", found.sparkProperties)];
}
