/** A process of the lab: plays the seeds that it is sent. */
import { drawScenario } from "./draw.ts";
import { play } from "./play.ts";
import { lineOf } from "./summary.ts";
import type { Task } from "./workers.ts";

process.on("message", (task: Task) => {
  void play(drawScenario(task.seed, task.mix)).then((outcome) => process.send?.(lineOf(outcome)));
});
