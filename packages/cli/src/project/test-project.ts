/** Runs a project's tests with this Node: they find our rooms by name, and the project needs nothing installed. */
import { spawn } from "node:child_process";
import { globSync } from "node:fs";
import { resolve } from "node:path";
import { err, ok, type Result } from "@parahost/base";

/** Tests of a project, relative to its folder. */
const TESTS = "test/**/*.test.ts";

export interface NoTests {
  readonly code: "noTests";
  readonly message: string;
}

/** The exit code of the test runner. `args` are for it, such as `--test-name-pattern=votes`. */
export async function testProject(
  target: string,
  args: readonly string[] = [],
): Promise<Result<number, NoTests>> {
  const directory = resolve(target);
  if (globSync(TESTS, { cwd: directory }).length === 0)
    return err({
      code: "noTests",
      message: `there are no tests in ${directory}: they are called ${TESTS}`,
    });
  // A test runner that is told it runs within another reports to that one.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const hook = import.meta.resolve("@parahost/kit/compile/hook");
  const runner = spawn(
    process.execPath,
    ["--import", hook, "--test", "--test-isolation=none", ...args, TESTS],
    { cwd: directory, env, stdio: "inherit" },
  );
  const code = await new Promise<number | null>((done, fail) => {
    runner.once("error", fail);
    runner.once("exit", done);
  });
  return ok(code ?? 1);
}
