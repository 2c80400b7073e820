/**
 * What a run of the lab is: a network, who is faulty in it, what its links do, and for how long. Scenarios come
 * from files, from seeds (`draw.ts`) and from other scenarios made smaller (`shrink.ts`).
 */
import { err, ok, type Result } from "@parahost/base";
import { byzantine } from "@parahost/primitives";
import { isStrategy, STRATEGIES } from "../strategies/index.ts";
import type { Role } from "../strategies/villain.ts";
import { NETWORK_FAULTS, type NetworkFault } from "./network-faults.ts";

export interface Scenario {
  readonly seed: number;
  readonly validators: number;
  readonly paras: number;
  /** Backing groups, of which as many as there are paras work at a time. */
  readonly groups: number;
  /** Blocks after which groups move to other cores. */
  readonly rotationBlocks: number;
  /** Milliseconds. */
  readonly slotMs: number;
  /** Slots of an epoch, which is a session. */
  readonly epochSlots: number;
  /** `certain`: so many that an invalid candidate cannot be lucky. Fault catalogue, section 3. */
  readonly neededApprovals: number | "certain";
  readonly candidateDepth: number;
  readonly ancestry: number;
  readonly latencyMs: number;
  readonly jitterMs: number;
  readonly roles: readonly Role[];
  readonly network: readonly NetworkFault[];
  /** Slots in which anything may happen. */
  readonly slots: number;
  /** Slots after them, in which everybody is honest that is there, and messages arrive. */
  readonly calmSlots: number;
}

export const DEFAULT_SCENARIO: Scenario = {
  seed: 1,
  validators: 4,
  paras: 2,
  groups: 4,
  rotationBlocks: 20,
  slotMs: 6_000,
  epochSlots: 20,
  neededApprovals: "certain",
  candidateDepth: 0,
  ancestry: 0,
  latencyMs: 20,
  jitterMs: 30,
  roles: [],
  network: [],
  slots: 20,
  calmSlots: 24,
};

/** `field` is the path in the file, such as `roles[1].share`. */
export interface ScenarioError {
  readonly code: "notJson" | "unknownField" | "badField";
  readonly field: string;
  readonly message: string;
}

export const scenarioErrorLine = ({ field, message }: ScenarioError): string =>
  field === "" ? message : `${field}: ${message}`;

/** Thrown inside, a `Result` outside. */
class BadField extends Error {
  readonly error: ScenarioError;

  constructor(code: ScenarioError["code"], field: string, message: string) {
    super(message);
    this.error = { code, field, message };
  }
}

/** Reads a scenario file. What it leaves out is as in `DEFAULT_SCENARIO`; what it does not know is refused. */
export function readScenario(text: string): Result<Scenario, ScenarioError> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return err({ code: "notJson", field: "", message: `the file is not JSON: ${String(error)}` });
  }
  try {
    return ok(scenarioOf(json));
  } catch (error) {
    if (error instanceof BadField) return err(error.error);
    throw error;
  }
}

type Check<T> = (value: unknown, field: string) => T;
type Fields<T> = { readonly [Key in keyof T]-?: Check<T[Key]> };

const bad = (field: string, message: string): never => {
  throw new BadField("badField", field, message);
};

const whole =
  (min: number, max: number): Check<number> =>
  (value, field) =>
    typeof value === "number" && Number.isInteger(value) && value >= min && value <= max
      ? value
      : bad(field, `it must be a whole number from ${min} to ${max}, not ${JSON.stringify(value)}`);

const share: Check<number> = (value, field) =>
  typeof value === "number" && value >= 0 && value <= 1
    ? value
    : bad(field, `it must be a number from 0 to 1, not ${JSON.stringify(value)}`);

const list =
  <T>(item: Check<T>): Check<readonly T[]> =>
  (value, field) =>
    Array.isArray(value)
      ? value.map((one, index) => item(one, `${field}[${index}]`))
      : bad(field, "it must be a list");

function object<T>(fields: Fields<T>, defaults: Partial<T>): Check<T> {
  return (value, field) => {
    if (typeof value !== "object" || value === null || Array.isArray(value))
      return bad(field, "it must be an object");
    const at = (name: string): string => (field === "" ? name : `${field}.${name}`);
    for (const name of Object.keys(value))
      if (!Object.hasOwn(fields, name))
        throw new BadField(
          "unknownField",
          at(name),
          `there is no such field; there are ${Object.keys(fields).join(", ")}`,
        );
    const given = { ...defaults, ...value } as Readonly<Record<string, unknown>>;
    const entries = Object.entries(fields).map(([name, check]) => {
      if (given[name] === undefined) bad(at(name), "it is missing");
      return [name, (check as Check<unknown>)(given[name], at(name))];
    });
    return Object.fromEntries(entries) as T;
  };
}

const SLOTS_MAX = 100_000;
const slot = whole(0, SLOTS_MAX);
const span = { fromSlot: slot, toSlot: slot };
const validatorIndices = list(whole(0, 999));

const role = object<Role>(
  {
    validator: whole(0, 999),
    strategy: (value, field) =>
      typeof value === "string" && isStrategy(value)
        ? value
        : bad(
            field,
            `there is no strategy ${JSON.stringify(value)}; there are ${STRATEGIES.map(({ id }) => id).join(", ")}`,
          ),
    share,
    ...span,
  },
  { share: 1, fromSlot: 0, toSlot: SLOTS_MAX },
);

const FAULT_FIELDS: {
  readonly [Type in NetworkFault["type"]]: Readonly<Record<string, Check<unknown>>>;
} = {
  slow: { validators: validatorIndices, extraMs: whole(1, 60_000) },
  loss: { share },
  requests: { share },
  reorder: { share },
  duplicate: { share },
  partition: { validators: validatorIndices },
  oneWay: { validators: validatorIndices },
  clog: { validators: validatorIndices },
  flap: { validators: validatorIndices, periodMs: whole(100, 600_000) },
};

const networkFault: Check<NetworkFault> = (value, field) => {
  const type = (value as { readonly type?: unknown } | null)?.type;
  const known = NETWORK_FAULTS.find((name) => name === type);
  if (known === undefined)
    return bad(`${field}.type`, `it must be one of ${NETWORK_FAULTS.join(", ")}`);
  const fields = { type: () => known, ...FAULT_FIELDS[known], ...span };
  return object<NetworkFault>(fields as unknown as Fields<NetworkFault>, {})(value, field);
};

const SCENARIO: Fields<Scenario> = {
  seed: whole(0, 2 ** 32 - 1),
  validators: whole(2, 1000),
  paras: whole(0, 100),
  groups: whole(1, 1000),
  rotationBlocks: whole(1, 100_000),
  slotMs: (value, field) => {
    const ms = whole(500, 60_000)(value, field);
    return ms % 500 === 0 ? ms : bad(field, `it must be a multiple of 500, not ${ms}`);
  },
  epochSlots: whole(4, SLOTS_MAX),
  neededApprovals: (value, field) => (value === "certain" ? value : whole(1, 1000)(value, field)),
  candidateDepth: whole(0, 16),
  ancestry: whole(0, 16),
  latencyMs: whole(0, 60_000),
  jitterMs: whole(0, 60_000),
  roles: list(role),
  network: list(networkFault),
  slots: slot,
  calmSlots: slot,
};

function scenarioOf(json: unknown): Scenario {
  const given = (json ?? {}) as Partial<Scenario>;
  const scenario = object<Scenario>(SCENARIO, {
    ...DEFAULT_SCENARIO,
    // As many groups as there can be, unless the file says otherwise.
    groups: typeof given.validators === "number" ? given.validators : DEFAULT_SCENARIO.groups,
  })(json, "");
  const { validators, paras, groups, roles, network, neededApprovals } = scenario;
  if (groups > validators) bad("groups", `${validators} validators make no ${groups} groups`);
  if (groups < paras) bad("paras", `${paras} paras need as many groups, and there are ${groups}`);
  if (neededApprovals !== "certain" && neededApprovals > validators)
    bad("neededApprovals", `${validators} validators give no ${neededApprovals} approvals`);
  for (const [list, spans] of Object.entries({ roles, network }))
    spans.forEach(({ fromSlot, toSlot }, index) => {
      if (toSlot < fromSlot)
        bad(`${list}[${index}].toSlot`, `it must not be before fromSlot, which is ${fromSlot}`);
    });
  roles.forEach(({ validator }, index) => {
    if (validator >= validators)
      bad(`roles[${index}].validator`, `validators are numbered 0 to ${validators - 1}`);
  });
  if (new Set(roles.map(({ validator }) => validator)).size >= validators)
    bad("roles", "at least one validator must be honest");
  network.forEach((fault, index) => {
    const named = "validators" in fault ? fault.validators : [];
    if (named.some((validator) => validator >= validators))
      bad(`network[${index}].validators`, `validators are numbered 0 to ${validators - 1}`);
  });
  return scenario;
}

/** Validators with a role. */
export const faultyOf = ({ roles }: Scenario): ReadonlySet<number> =>
  new Set(roles.map(({ validator }) => validator));

/** Whether all that the catalogue promises is promised: no more are faulty than may be. */
export const isWithinBounds = (scenario: Scenario): boolean =>
  faultyOf(scenario).size <= byzantine(scenario.validators);
