/** `parahost up`: a living network on this machine, in one process. DESIGN, section 6. */
import { type Clock, type Logger, randomBelow, SeededRandom } from "@parahost/base";
import type { ParaNode } from "@parahost/collator";
import type { Sr25519Pair } from "@parahost/crypto";
import { ProcessPoolExecutor } from "@parahost/executor";
import { MemoryNetwork } from "@parahost/network";
import { type ParaId, type ValidationCodeHash, validationCodeHash } from "@parahost/primitives";
import {
  CandidateLog,
  combineMethods,
  devNetworkMethods,
  type EventSource,
  eventMethods,
  listMethods,
  type Methods,
  parachainsMethods,
  paraMethods,
  type RpcServer,
  refuseAll,
  relayMethods,
  startRpcServer,
  toJson,
} from "@parahost/rpc";
import {
  type Collator,
  type LocalNetwork,
  localNetworkGenesis,
  startLocalNetwork,
  validatorName,
} from "@parahost/sim/local-network";
import { FIRST_PARA_ID, planParas } from "@parahost/sim/para-plan";
import { Cast } from "@parahost/sim/strategies/cast";
import { type GarbagePlot, plotGarbage } from "@parahost/sim/strategies/garbage-plot";
import { type Command, Option } from "commander";
import { DevNetwork } from "../dev/dev-network.ts";
import { laterParaMethods } from "../dev/later-paras.ts";
import { watchParas } from "../dev/watch-paras.ts";
import { EventLines } from "../event-lines.ts";
import { logMethods } from "../node/log-methods.ts";
import { ParaServers } from "../para-servers.ts";
import {
  consoleLogger,
  LogFilterError,
  LogSettings,
  parseLogFilter,
} from "../ports/console-logger.ts";
import { systemRandom } from "../ports/system.ts";
import { planProjects } from "../project/plan-project.ts";
import { addRpcOptions, type RpcFlags, type RpcSettings, rpcSettings } from "../rpc-options.ts";
import { secretUri, slotDuration, wholeNumber } from "../usage.ts";
import { VERSION } from "../version.ts";
import { upProcesses } from "./up-processes.ts";

interface UpOptions extends RpcFlags {
  readonly validators: number;
  readonly paras: number;
  readonly para?: readonly string[];
  readonly watch?: true;
  readonly groupSize?: number;
  readonly collators: number;
  readonly invalidStatements?: true;
  readonly slotMs: number;
  readonly epochSlots: number;
  readonly rpcPort: number;
  readonly untilFinalized?: number;
  readonly adversary?: "back-garbage";
  readonly fisherman?: Sr25519Pair;
  readonly processes?: true;
  readonly basePath?: string;
  readonly json?: true;
  readonly log: string;
}

/** Of the network, as clients show it. */
const NAME = "Local Testnet";
/** Executions at one time: one per core of a small machine, shared by all nodes of the process. */
const EXECUTE_WORKERS = 2;
/** Enough for two to be as many as may be faulty, and a group of their own. */
const ADVERSARY_VALIDATORS = 7;
const ADVERSARY_PARAS = 3;
/** First slot since the start in which garbage is made, and the first in which it is no more. */
const GARBAGE_SLOTS = [4, 7] as const;
/** Ctrl-C ends the network within this time, whatever hangs. */
const STOP_WITHIN_MS = 2000;

export function addUpCommand(program: Command): void {
  const run = program
    .command("up", { isDefault: true })
    .description("run a relay chain with parachains on this machine, in one process")
    .option("--validators <n>", "relay chain validators", wholeNumber(2, 100), 4)
    .option("--paras <n>", "parachains, from id 1000 on: ledger, adder, …", wholeNumber(0, 50), 2)
    .option(
      "--para <directory>",
      "a parachain of yours, built from its folder; may be given several times",
      (directory: string, before: readonly string[] = []) => [...before, directory],
    )
    .option(
      "--collators <n>",
      "collators of each parachain, which take turns",
      wholeNumber(1, 8),
      1,
    )
    .option("--watch", "rebuild your parachains when you save them, and upgrade them")
    .option(
      "--group-size <n>",
      "validators of a backing group at most; so many that finality cannot be stopped unless given",
      wholeNumber(1, 100),
    )
    .option(
      "--invalid-statements",
      "validators sign what they find invalid in backing, as the guide says",
    )
    .option("--slot-ms <ms>", "slot duration; 6000 is Polkadot's", slotDuration, 2000)
    .option(
      "--epoch-slots <n>",
      "slots of an epoch, which is a session",
      wholeNumber(4, 100_000),
      20,
    )
    .option(
      "--until-finalized <n>",
      "end with 0 once relay block <n> is final",
      wholeNumber(1, 2 ** 31),
    )
    .addOption(
      new Option(
        "--adversary <name>",
        "some validators misbehave for a while; sizes become 7 validators and 3 parachains unless given",
      ).choices(["back-garbage"]),
    )
    .option(
      "--fisherman <account>",
      "add a full node that checks every candidate and stakes on bad ones, from a secret URI such as //Ferdie",
      secretUri,
    )
    .option(
      "--rpc-port <port>",
      "JSON-RPC by HTTP and WebSocket; the next free one upwards",
      wholeNumber(0, 65_535),
      9944,
    )
    .addOption(
      new Option("--processes", "a process for each validator and collator").conflicts([
        "watch",
        "adversary",
        "fisherman",
        "invalidStatements",
      ]),
    )
    .addOption(
      new Option(
        "--base-path <directory>",
        "keep state there and go on with it at the next start; implies --processes",
      ).conflicts(["watch", "adversary", "fisherman", "invalidStatements"]),
    )
    .option("--json", "one JSON object per line instead of text")
    .option(
      "--log <filter>",
      "log lines on standard error, such as info or parachain=debug",
      "error",
    )
    .action(async (options: UpOptions, command: Command) => {
      try {
        parseLogFilter(options.log);
      } catch (error) {
        if (!(error instanceof LogFilterError)) throw error;
        command.error(`error: ${error.message}`);
      }
      const given = (name: string) => command.getOptionValueSource(name) !== "default";
      let sized: UpOptions =
        options.adversary === undefined
          ? options
          : {
              ...options,
              validators: given("validators") ? options.validators : ADVERSARY_VALIDATORS,
              paras: given("paras") ? options.paras : ADVERSARY_PARAS,
            };
      // Who brings a chain wants to see that one.
      if (options.para !== undefined && !given("paras")) sized = { ...sized, paras: 0 };
      const isApart = options.processes === true || options.basePath !== undefined;
      process.exitCode = isApart ? await upProcesses(sized) : await up(sized, command);
    });
  addRpcOptions(run);
}

async function up(options: UpOptions, command: Command): Promise<number> {
  const startedAt = performance.now();
  const out = (line: string): void => void process.stdout.write(`${line}\n`);
  const sourceMaps = new Map<ValidationCodeHash, string>();
  const firstOwn = FIRST_PARA_ID + options.paras;
  const own = await planProjects(options.para ?? [], firstOwn, sourceMaps);
  if (!own.ok) {
    process.stderr.write(`error: ${own.error.message}\n`);
    return 1;
  }
  const paras = [...planParas(options.paras), ...own.value];
  const settings = new LogSettings(options.log);
  const logger = (name: string): Logger =>
    consoleLogger(settings, (line) => void process.stderr.write(`[${name}] ${line}`), Date.now);
  const { fisherman } = options;
  const shape = {
    validators: options.validators,
    paras,
    collatorsPerPara: options.collators,
    slotMs: options.slotMs,
    epochSlots: options.epochSlots,
    ...(options.groupSize === undefined ? {} : { groupSize: options.groupSize }),
    invalidStatements: options.invalidStatements === true,
    ...(fisherman === undefined ? {} : { fisherman: { pair: fisherman, stake: 0n, share: 1 } }),
  };
  const plot =
    options.adversary === undefined ? undefined : plotGarbage(localNetworkGenesis(shape));
  if (options.adversary !== undefined && plot === undefined)
    command.error(
      `error: with ${options.validators} validators and ${options.paras} parachains no backing group is small enough for those who may be faulty: use --validators 7 --paras 3`,
    );
  const executor = new ProcessPoolExecutor({ workers: EXECUTE_WORKERS });
  let cast: Cast | undefined;
  const dev = new DevNetwork({
    slotMs: options.slotMs,
    executor,
    start: (world) => {
      const medium = new MemoryNetwork(world.clock);
      cast ??= plot && garbageCast(plot, options.slotMs, world.clock);
      return startLocalNetwork(shape, {
        ...world,
        replacement: (name) => cast?.replacement(name),
        network: (peer) => medium.join(peer),
        random: () => systemRandom,
        logger,
      });
    },
  });
  const { network } = dev;
  cast?.start({
    validators: network.validators,
    slotMs: options.slotMs,
    restart: async (index, downMs) => void (await network.restart(index, downMs)),
  });
  const events = dev.events(networkEvents);
  const candidates = new CandidateLog(events);
  const rpc = rpcSettings(options, false);
  const names = new Map<ParaId, string>(paras.map(({ id, kind }) => [id, kind]));
  const later = laterParaMethods({
    collated: () =>
      new Map(
        dev.network.collators.map(({ plan }) => [
          plan.id,
          paraServers.ports.find(({ para }) => para === plan.id)?.rpcPort,
        ]),
      ),
    sourceMaps,
    add: async (plan) => {
      dev.addPara(plan);
      names.set(plan.id, plan.kind);
      const collator = dev.network.collators.find((one) => one.plan.id === plan.id);
      return collator && (await paraServers.add(collator))?.rpcPort;
    },
  });
  const methods = () => methodsOf(dev, events, candidates, later, rpc, settings);
  const server = await startRpcServer({
    port: options.rpcPort,
    logger: logger("rpc"),
    allowed: rpc.allowed,
    limits: rpc.limits,
    methods: methods(),
  });
  const paraServers = new ParaServers(server.port + 1, rpc, logger);
  for (const collator of network.collators) await paraServers.add(collator);
  dev.onRestore(() => {
    candidates.clear();
    paraServers.replaceChains(dev.network.collators);
    server.replaceMethods(methods());
  });

  const lines = new EventLines(names);
  if (options.json === true)
    out(
      JSON.stringify({
        event: "network.started",
        time: Date.now(),
        rpcPort: server.port,
        paras: paraServers.ports,
      }),
    );
  else for (const line of firstScreen(options, network, server, paraServers, startedAt)) out(line);
  if (plot !== undefined && options.json !== true) out(adversaryLine(plot));
  events((event) => {
    if (options.json === true) out(JSON.stringify(toJson(event)));
    else {
      const line = lines.line(event);
      if (line !== undefined) out(line);
    }
  });

  const directories = options.watch === true ? (options.para ?? []) : [];
  const endWatch = watchParas(
    own.value.flatMap(({ id, code: wasm }, index) => {
      const directory = directories[index];
      return directory === undefined ? [] : [{ id, directory, codeHash: validationCodeHash(wasm) }];
    }),
    {
      rpcPort: server.port,
      say: (line) => void process.stderr.write(`${line}\n`),
      learn: (hash, sourceMap) => void sourceMaps.set(hash, sourceMap),
    },
  );
  const code = await untilEnd(dev, options.untilFinalized);
  endWatch();
  const summary = summarize(dev.network, performance.now() - startedAt);
  const stopped = stop(dev.network, [server, paraServers], executor);
  if (options.json === true)
    out(JSON.stringify({ event: "summary", time: Date.now(), ...summary }));
  else for (const line of summaryLines(summary)) out(line);
  await stopped;
  return code;
}

/** Everything that can be asked of the network as it runs now, through its first validator. */
function methodsOf(
  dev: DevNetwork,
  events: EventSource,
  candidates: CandidateLog,
  later: Methods,
  rpc: RpcSettings,
  log: LogSettings,
): Methods {
  const owners = combineMethods(devNetworkMethods(dev), later, logMethods(log));
  const { validators, genesis } = dev.network;
  const [first] = validators;
  if (first === undefined) throw new RangeError("a network needs validators");
  const paras = new Map<number, ParaNode>();
  dev.network.onCollator(({ plan, para }) => {
    if (!paras.has(plan.id)) paras.set(plan.id, para);
  });
  return listMethods(
    relayMethods(first, {
      identity: { name: NAME, type: "Local", version: VERSION },
      random: systemRandom,
      allowUnsafe: rpc.allowUnsafe,
      spec: {
        info: { name: NAME, id: "local_testnet", chainType: "Local", bootNodes: [] },
        genesis,
      },
    }),
    paraMethods(paras),
    parachainsMethods(first, candidates),
    eventMethods(events),
    rpc.allowUnsafe ? owners : refuseAll(owners),
  );
}

/** The villains back what their parachain's collator makes up, in a few slots after the start. */
function garbageCast({ validators, para }: GarbagePlot, slotMs: number, clock: Clock): Cast {
  const [fromSlot, toSlot] = GARBAGE_SLOTS;
  const roles = validators.map((validator) => ({
    validator,
    strategy: "B04",
    share: 1,
    fromSlot,
    toSlot,
  }));
  const random = new SeededRandom(randomBelow(systemRandom, 2 ** 32));
  return new Cast(roles, [para], { clock, slotMs, random });
}

function adversaryLine({ validators, para }: GarbagePlot): string {
  const names = validators.map(validatorName).join(" and ");
  return `adversary ${names} back an invalid block of parachain ${para}, some slots from now\n`;
}

function firstScreen(
  { slotMs, rpcPort }: UpOptions,
  { validators, collators }: LocalNetwork,
  server: RpcServer,
  paraServers: ParaServers,
  startedAt: number,
): string[] {
  const firsts = firstOfEach(collators);
  const paras = firsts.map(({ plan }) => `${plan.kind} ${plan.id}`).join(", ");
  const moved = server.port === rpcPort || rpcPort === 0 ? "" : ` (${rpcPort} is in use)`;
  return [
    `parahost: ${validators.length} validators (${validators.map(({ name }) => name).join(", ")})`,
    `          ${firsts.length} parachains (${paras}), slots of ${slotMs / 1000} s`,
    `JSON-RPC  ws://127.0.0.1:${server.port} and http://127.0.0.1:${server.port}${moved}`,
    ...paraServers.ports.map(
      ({ para, name, rpcPort: port }) => `          ${name} ${para} at ws://127.0.0.1:${port}`,
    ),
    `ready     after ${((performance.now() - startedAt) / 1000).toFixed(1)} s; Ctrl-C ends the network`,
    "",
  ];
}

/**
 * What one observer of the whole network would see: the relay chain through the first validator, each
 * para through its collator, and who seconded what from each validator.
 */
function networkEvents({ validators, onCollator }: LocalNetwork): EventSource {
  return (listener) => {
    const ends = [
      ...validators.map((node, index) =>
        node.events.subscribe((event) => {
          if (index === 0 || event.event === "candidate.seconded") listener(event);
        }),
      ),
    ];
    onCollator(({ node }) => {
      ends.push(
        node.events.subscribe((event) => {
          if (event.event === "para.block") listener(event);
        }),
      );
    });
    return () => {
      for (const end of ends) end();
    };
  };
}

/** 0 when the wanted block is final for every node or somebody ends the network, 1 when a node failed. */
function untilEnd(dev: DevNetwork, untilFinalized: number | undefined): Promise<number> {
  return new Promise((resolve) => {
    const wanted = untilFinalized ?? Number.POSITIVE_INFINITY;
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve(0));
    dev.onStart(({ nodes }) => {
      const behind = new Set(nodes);
      for (const node of nodes) {
        node.events.subscribe((event) => {
          if (event.event !== "relay.finalized" || event.number < wanted) return;
          behind.delete(node);
          if (behind.size === 0) resolve(0);
        });
        void node.ended.then(({ reason }) => {
          if (reason.type !== "failed") return;
          process.stderr.write(
            `${node.name} failed in ${reason.subsystem}: ${String(reason.failure)}\n`,
          );
          resolve(1);
        });
      }
    });
  });
}

interface Summary {
  readonly seconds: number;
  readonly best: number;
  readonly finalized: number;
  readonly finalizedHash: string;
  readonly paras: readonly {
    readonly para: number;
    readonly kind: string;
    readonly included: number;
    readonly finalized: number;
  }[];
}

function summarize({ validators, collators }: LocalNetwork, ms: number): Summary {
  const chain = validators[0]?.chain;
  if (chain === undefined) throw new RangeError("a network needs validators");
  return {
    seconds: Math.round(ms / 100) / 10,
    best: chain.best().number,
    finalized: chain.finalized().number,
    finalizedHash: chain.finalized().hash,
    paras: firstOfEach(collators).map(({ plan, para }) => ({
      para: plan.id,
      kind: plan.kind,
      included: para.head("best").number ?? 0,
      finalized: para.head("finalized").number ?? 0,
    })),
  };
}

/** The first collator of each para. */
const firstOfEach = (collators: readonly Collator[]): readonly Collator[] =>
  collators.filter(
    ({ plan }, index) => collators.findIndex((other) => other.plan.id === plan.id) === index,
  );

function summaryLines({ seconds, best, finalized, finalizedHash, paras }: Summary): string[] {
  return [
    "",
    `${seconds} s: relay chain at #${best}, finalized #${finalized} ${finalizedHash}`,
    ...paras.map(
      ({ para, kind, included, finalized: final }) =>
        `${kind} ${para}: block #${included} included, #${final} finalized`,
    ),
  ];
}

async function stop(
  network: LocalNetwork,
  servers: readonly Pick<RpcServer, "close">[],
  executor: ProcessPoolExecutor,
): Promise<void> {
  const limit = setTimeout(() => process.exit(process.exitCode ?? 0), STOP_WITHIN_MS);
  limit.unref();
  await Promise.all(servers.map((server) => server.close()));
  await network.stop();
  await executor.close();
  clearTimeout(limit);
}
