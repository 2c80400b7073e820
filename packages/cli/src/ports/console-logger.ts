/** Log lines on standard error, as operators of Polkadot nodes know them. */
import { describe, type Logger, type LogLevel } from "@parahost/base";

const LEVELS: readonly LogLevel[] = ["error", "warn", "info", "debug", "trace"];

/** Levels by target, as in `--log info,parachain::backing=debug`. */
export interface LogFilter {
  readonly level: LogLevel;
  readonly targets: ReadonlyMap<string, LogLevel>;
}

export class LogFilterError extends Error {}

/** Reads a `--log` filter; throws `LogFilterError` for what is no level. */
export function parseLogFilter(text: string): LogFilter {
  let level: LogLevel = "warn";
  const targets = new Map<string, LogLevel>();
  for (const part of text.split(",").filter((item) => item !== "")) {
    const [name, value] = part.includes("=") ? part.split("=", 2) : [undefined, part];
    const parsed = LEVELS.find((candidate) => candidate === value);
    if (parsed === undefined)
      throw new LogFilterError(`unknown log level "${value}": use one of ${LEVELS.join(", ")}`);
    if (name === undefined) level = parsed;
    else targets.set(name, parsed);
  }
  return { level, targets };
}

/** A filter that the node's owner may change while it runs (`system_addLogFilter`). */
export class LogSettings {
  readonly #initial: string;
  #filter: LogFilter;

  /** Throws `LogFilterError`. */
  constructor(text: string) {
    this.#initial = text;
    this.#filter = parseLogFilter(text);
  }

  get filter(): LogFilter {
    return this.#filter;
  }

  /** Adds directives such as `sync=debug`; those about the same target replace it. Throws `LogFilterError`. */
  add(text: string): void {
    const { level, targets } = parseLogFilter(text);
    const isLevelNamed = text.split(",").some((part) => part !== "" && !part.includes("="));
    this.#filter = {
      level: isLevelNamed ? level : this.#filter.level,
      targets: new Map([...this.#filter.targets, ...targets]),
    };
  }

  /** Back to what the node was started with. */
  reset(): void {
    this.#filter = parseLogFilter(this.#initial);
  }
}

export function consoleLogger(
  settings: { readonly filter: LogFilter },
  write: (line: string) => void,
  now: () => number,
): Logger {
  const enabled = (level: LogLevel, target: string): boolean => {
    const { filter } = settings;
    let chosen = filter.level;
    let longest = -1;
    for (const [prefix, own] of filter.targets)
      if (target.startsWith(prefix) && prefix.length > longest) {
        chosen = own;
        longest = prefix.length;
      }
    return LEVELS.indexOf(level) <= LEVELS.indexOf(chosen);
  };
  return {
    log: (level, target, message, fields) => {
      if (!enabled(level, target)) return;
      const time = new Date(now()).toISOString().replace("T", " ").slice(0, 23);
      const details = fields === undefined ? "" : ` ${describe(fields)}`;
      write(`${time} ${level.toUpperCase().padEnd(5)} ${target}: ${message}${details}\n`);
    },
  };
}
