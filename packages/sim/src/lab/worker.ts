/** A process of the lab: plays the seeds that it is sent. */
import { CI_MIX, drawScenario, NIGHT_MIX } from "./draw.ts";
import { play } from "./play.ts";
import { lineOf } from "./summary.ts";
import type { Task } from "./workers.ts";

process.on("message", (task: Task) => {
  void play(drawScenario(task.seed, task.mix === "ci" ? CI_MIX : NIGHT_MIX)).then((outcome) =>
    process.send?.(lineOf(outcome)),
  );
});
