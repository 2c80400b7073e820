/** How a process is started in which a mistake is planted. */
import type { WorkerOptions } from "../workers.ts";
import type { PlantedBug } from "./bugs.ts";

export const planting = ({ id }: PlantedBug): Pick<WorkerOptions, "execArgv" | "env"> => ({
  execArgv: ["--import", new URL("./hook.ts", import.meta.url).href],
  env: { LAB_PLANTED: id },
});
