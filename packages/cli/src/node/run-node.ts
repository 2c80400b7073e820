/** One node as a process: DESIGN, section 6. */
import { expectOk, type Hex, HostError, hexToBytes, type Logger } from "@parahost/base";
import type { CollatorTurn } from "@parahost/collator";
import {
  ed25519PairFromSeed,
  type Keystore,
  MemoryKeystore,
  type Sr25519Pair,
} from "@parahost/crypto";
import { WorkerVerifier } from "@parahost/crypto/worker-verifier";
import { ProcessPoolExecutor } from "@parahost/executor";
import type { PeerAddress } from "@parahost/network/libp2p/address-book";
import { type RunningLibp2pNetwork, startLibp2pNetwork } from "@parahost/network/libp2p/start";
import {
  NODE_COLUMNS,
  type NodeColumn,
  RelayNode,
  SIGNED_COLUMNS,
} from "@parahost/node/service/node";
import {
  startByWarp,
  type WarpStartOptions,
  type WarpStartPorts,
} from "@parahost/node/warp-start/warp-start";
import { asCollatorId, headerHash, type ParaId } from "@parahost/primitives";
import {
  CandidateLog,
  combineMethods,
  devNetworkMethods,
  type EventSource,
  eventMethods,
  LOCAL_CALLERS,
  listMethods,
  parachainsMethods,
  paraMethods,
  RPC_LIMITS,
  type RpcServer,
  refuseAll,
  relayMethods,
  startRpcServer,
  toJson,
} from "@parahost/rpc";
import { validatorKeystore } from "@parahost/sim/local-network";
import { type ParaPlan, planPara } from "@parahost/sim/para-plan";
import { type KeyValueStore, MemoryStore, openStore } from "@parahost/storage";
import { immovableNetwork } from "../dev/immovable-network.ts";
import { ParaServers } from "../para-servers.ts";
import type { LogSettings } from "../ports/console-logger.ts";
import { FileKeystore } from "../ports/file-keystore.ts";
import { systemClock, systemRandom } from "../ports/system.ts";
import { WorkerCoder } from "../ports/worker-coder.ts";
import type { RpcSettings } from "../rpc-options.ts";
import { VERSION } from "../version.ts";
import { readAuthorityTable } from "./authority-table-file.ts";
import type { ChosenChain } from "./chain-choice.ts";
import { Collating } from "./collating.ts";
import { directoriesOf, ownNodeKey } from "./directories.ts";
import { followAuthorities, recordDiscovery } from "./discovering.ts";
import { delayMeter, EventLoopWatch } from "./event-loop-watch.ts";
import { startInformant } from "./informant.ts";
import { KnownNames } from "./known-names.ts";
import { logMethods } from "./log-methods.ts";
import { nodeMetrics } from "./metrics.ts";
import { PARA_COLUMNS, type ParaColumn } from "./para-blocks.ts";
import { type StatusServer, startStatusServer } from "./status-server.ts";
import { ValidationTimes } from "./validation-times.ts";

/** Ports tried upwards from the wanted one for peers. */
const PORTS_TRIED_MAX = 100;
/** A signal ends the node within this time, whatever hangs. */
export const STOP_WITHIN_MS = 2000;
const LOOPBACK = "127.0.0.1";
const EVERYWHERE = "0.0.0.0";

/** For the owner of this machine. */
const OWN_RPC: RpcSettings = { allowUnsafe: true, allowed: LOCAL_CALLERS, limits: RPC_LIMITS };

const COLUMNS = [...NODE_COLUMNS, ...PARA_COLUMNS] as const;
type Column = NodeColumn | ParaColumn;

export interface NodeOptions {
  readonly chain: ChosenChain;
  /** `undefined` keeps everything in memory. */
  readonly basePath: string | undefined;
  readonly name: string;
  readonly role: "authority" | "full";
  /** Secret URI of a well-known validator whose keys are taken, such as `//Alice`. */
  readonly wellKnown: string | undefined;
  readonly collatorOf: ParaId | undefined;
  /** Of a chain that does not come with the network. */
  readonly plan?: ParaPlan | undefined;
  /** Among several collators of the parachain. */
  readonly turn?: CollatorTurn | undefined;
  readonly siblings?: readonly PeerAddress[];
  /** The account that stakes on bad candidates. */
  readonly fisherman?: Sr25519Pair | undefined;
  /** 32 bytes; the node's own file unless given. */
  readonly nodeKey: Hex | undefined;
  readonly port: number;
  readonly listenAddresses: readonly string[];
  readonly publicAddresses: readonly string[];
  readonly bootnodes: readonly PeerAddress[];
  readonly reservedNodes: readonly PeerAddress[];
  readonly reservedOnly: boolean;
  readonly authorityTable: string | undefined;
  /** How an empty database is filled: block by block, or by proofs of finality and the last state. */
  readonly sync: "full" | "warp";
  readonly rpcPort: number;
  readonly rpcExternal: boolean;
  /** Who may do what there, and how much; the owner of this machine everything unless given. */
  readonly rpc?: RpcSettings;
  /** `undefined` for none. */
  readonly prometheusPort: number | undefined;
  readonly prometheusExternal: boolean;
  readonly json: boolean;
  readonly workers: number;
}

export interface RunningNode {
  readonly node: RelayNode;
  readonly addresses: readonly string[];
  readonly rpcPort: number;
  /** Where clients of the parachain go, where there is one that they can read. */
  readonly paraRpcPort: number | undefined;
  readonly statusPort: number | undefined;
  /** What has been written is on disk when it settles. */
  stop(): Promise<void>;
}

/** Starts everything. Rejects with `HostError` whose message says what to do. */
export async function startNode(
  options: NodeOptions,
  settings: LogSettings,
  logger: Logger,
): Promise<RunningNode> {
  const { chain, role, name } = options;
  const say = (message: string): void => logger.log("info", "parahost", message);
  const directories =
    options.basePath === undefined ? undefined : directoriesOf(options.basePath, chain.id);
  say(`✌️  version ${VERSION}`);
  say(`📋 Chain specification: ${chain.name}`);
  say(`🏷  Node name: ${name}`);
  say(`👤 Role: ${role === "authority" ? "AUTHORITY" : "FULL"}`);
  say(
    `💾 Database: ${directories === undefined ? "in memory" : `LMDB at ${directories.database}`}`,
  );

  const names = new KnownNames(chain);
  const ends: (() => unknown)[] = [];
  try {
    return await start();
  } catch (error) {
    for (const end of ends.reverse()) await end();
    throw error;
  }

  async function start(): Promise<RunningNode> {
    const store = openNodeStore(directories?.database, headerHash(chain.genesis.header));
    ends.push(() => store.close());
    const keystore = openKeystore(options, directories?.keystore, logger);
    const seed =
      options.nodeKey === undefined
        ? directories === undefined
          ? randomSeed()
          : ownNodeKey(directories.nodeKey)
        : hexToBytes(options.nodeKey);
    const authorities =
      options.authorityTable === undefined ? undefined : readAuthorityTable(options.authorityTable);
    const network = await listen(
      options,
      seed,
      [...(authorities?.addresses ?? []), ...(options.siblings ?? [])],
      logger,
    );
    ends.push(() => network.stop());
    say(`🏷  Local node identity is: ${network.network.localPeer}`);
    for (const address of network.addresses) say(`🔍 Listening on ${address}`);

    const executor = new ValidationTimes(new ProcessPoolExecutor({ workers: options.workers }));
    ends.push(() => executor.close());
    const verifier = new WorkerVerifier();
    ends.push(() => verifier.close());
    const coder = new WorkerCoder(logger);
    ends.push(() => coder.close());
    const { genesis } = chain;
    const records = recordDiscovery(headerHash(genesis.header), network, seed, keystore);
    const collating =
      options.collatorOf === undefined
        ? undefined
        : new Collating(
            options.plan ?? planPara(options.collatorOf, names.kindOf(options.collatorOf)),
            {
              turn: options.turn,
              siblings: (options.siblings ?? []).map(({ peer }) => peer),
            },
            { clock: systemClock, logger, store, network: network.network },
          );
    const collator = collating?.config(collatorKey(keystore, options));
    const known = [
      ...options.bootnodes,
      ...options.reservedNodes,
      ...(authorities?.addresses ?? []),
    ];
    const peers = new Set(known.map(({ peer }) => peer));
    peers.delete(network.network.localPeer);
    if (options.sync === "warp") {
      const ports = { clock: systemClock, random: systemRandom, logger, verifier, store };
      await beginByWarp(
        { genesis, slotMs: names.slotMs, peers: [...peers] },
        { ...ports, network: network.network },
      );
    }
    const node = new RelayNode(
      {
        name,
        genesis,
        slotMs: names.slotMs,
        role,
        peers: [...peers],
        ...(collator === undefined ? {} : { collator }),
        ...(options.fisherman === undefined
          ? {}
          : { fisherman: { pair: options.fisherman, stake: 0n, share: 1 } }),
        authorName: (key) => names.authorName(key),
        headNumber: (para, head) => names.headNumber(para, head),
      },
      {
        clock: systemClock,
        random: systemRandom,
        logger,
        network: network.network,
        store,
        executor,
        keystore,
        verifier,
        coder,
        discovery: authorities?.table ?? records,
      },
    );
    ends.push(() => node.stop());
    collating?.follow(node);
    if (authorities === undefined) ends.push(followAuthorities(records, node));
    const { best, finalized } = { best: node.chain.best(), finalized: node.chain.finalized() };
    say(`🔨 Genesis is ${node.chain.genesisHash}`);
    say(`📦 Highest known block at #${best.number}, finalized at #${finalized.number}`);

    const rpc = await serveRpc(node, network.addresses, collating);
    ends.push(() => rpc.close());
    sayPort("the JSON-RPC server", options.rpcPort, rpc.port);
    say(`Running JSON-RPC server: addr=${options.rpcExternal ? EVERYWHERE : LOOPBACK}:${rpc.port}`);
    const loop = new EventLoopWatch({ clock: systemClock, logger, meter: delayMeter() });
    ends.push(() => loop.stop());
    const paras = new ParaServers(rpc.port + 1, options.rpc ?? OWN_RPC, () => logger);
    ends.push(() => paras.close());
    const para = collating && (await paras.add(collating.collator(node)));
    if (para !== undefined)
      say(`Running JSON-RPC server of ${para.name}: addr=${LOOPBACK}:${para.rpcPort}`);
    const status = await serveStatus(node, loop, executor);
    if (status !== undefined) {
      ends.push(() => status.close());
      sayPort("the metrics server", options.prometheusPort ?? 0, status.port);
      say(`〽️ Prometheus exporter started at ${LOOPBACK}:${status.port}`);
    }
    ends.push(startInformant(node, logger, systemClock));
    return {
      node,
      addresses: network.addresses,
      rpcPort: rpc.port,
      paraRpcPort: para?.rpcPort,
      statusPort: status?.port,
      stop: async () => {
        for (const end of ends.splice(0).reverse()) await end();
      },
    };
  }

  function sayPort(use: string, wanted: number, port: number): void {
    if (wanted !== 0 && port !== wanted)
      logger.log("warn", "parahost", `port ${wanted} is in use: ${use} is at ${port}`);
  }

  function serveRpc(
    node: RelayNode,
    listenAddresses: readonly string[],
    collating: Collating | undefined,
  ): Promise<RpcServer> {
    const { rpcExternal: isExternal, rpc } = options;
    // On loopback everybody who reaches the port owns the node.
    const allowUnsafe = rpc?.allowUnsafe ?? !isExternal;
    const paras = new Map(
      collating === undefined ? [] : [[collating.para.paraId as number, collating.para]],
    );
    const events: EventSource = (listener) => node.events.subscribe(listener);
    const relay = relayMethods(node, {
      identity: {
        name: chain.name,
        type: chain.chainType,
        version: VERSION,
        listenAddresses,
      },
      random: systemRandom,
      allowUnsafe,
      spec: { info: chain, genesis: chain.genesis },
    });
    const owners = combineMethods(logMethods(settings), devNetworkMethods(immovableNetwork));
    const own = combineMethods(relay, allowUnsafe ? owners : refuseAll(owners));
    return startRpcServer({
      port: options.rpcPort,
      host: isExternal ? EVERYWHERE : LOOPBACK,
      ...(rpc === undefined ? {} : { allowed: rpc.allowed, limits: rpc.limits }),
      logger,
      methods: listMethods(
        own,
        paraMethods(paras),
        parachainsMethods(node, new CandidateLog(events)),
        eventMethods(events),
      ),
    });
  }

  async function serveStatus(
    node: RelayNode,
    loop: EventLoopWatch,
    validation: ValidationTimes,
  ): Promise<StatusServer | undefined> {
    const { prometheusPort: port, prometheusExternal } = options;
    if (port === undefined) return undefined;
    return startStatusServer({
      port,
      host: prometheusExternal ? EVERYWHERE : LOOPBACK,
      registry: nodeMetrics({
        node,
        loop,
        validation,
        version: VERSION,
        chain: chain.id,
        slotMs: names.slotMs,
      }),
      health: () => ({
        peers: node.peers().length,
        isSyncing: node.isSyncing,
        isLate: loop.isLate,
        shouldHavePeers: chain.chainType !== "Development",
      }),
    });
  }
}

/** Leaves the store as it is where there is nothing to begin with; full sync goes on from either. */
async function beginByWarp(options: WarpStartOptions, ports: WarpStartPorts): Promise<void> {
  const say = (message: string): void => ports.logger.log("info", "sync", message);
  say("⏩ Warp sync: asking for proofs of finality");
  const begun = await startByWarp(options, ports, new AbortController().signal);
  switch (begun.type) {
    case "begun":
      say(`⏩ Warp sync: begins with #${begun.block.number}, ${begun.entries} entries of state`);
      break;
    case "hasChain":
      say("the database has blocks already: going on from there, without warp sync");
      break;
    case "isYoung":
      say("the chain is young: syncing all of it");
      break;
    case "noPeers":
      ports.logger.log("warn", "sync", "no peer is known for a warp sync: name one by --bootnodes");
      break;
    case "aborted":
      break;
  }
}

/** Prints the node's events as JSON lines; the answer ends it. */
export const printEvents = (node: RelayNode, write: (line: string) => void): (() => void) =>
  node.events.subscribe((event) => write(JSON.stringify(toJson(event))));

/** Whatever is decided on top of a write that failed could be contradicted after a restart. */
function endNow(error: HostError): never {
  process.stderr.write(`error: ${error.message}\n`);
  process.exit(1);
}

function openNodeStore(path: string | undefined, chain: Hex): KeyValueStore<Column> {
  return path === undefined
    ? new MemoryStore<Column>(COLUMNS)
    : openStore<Column>({
        ...{ path, chain, columns: COLUMNS, migrations: [] },
        checkedAtStart: SIGNED_COLUMNS,
        onFailure: endNow,
      });
}

function openKeystore(
  { wellKnown }: NodeOptions,
  path: string | undefined,
  logger: Logger,
): Keystore {
  if (wellKnown !== undefined) return validatorKeystore(wellKnown);
  return path === undefined
    ? new MemoryKeystore()
    : new FileKeystore(path, (message) => logger.log("warn", "keystore", message));
}

/** The collator's key: the first of its kind in the keystore, a new one where there is none. */
function collatorKey(keystore: Keystore, { collatorOf }: NodeOptions) {
  const [key] = keystore.publicKeys("coll");
  if (key !== undefined) return asCollatorId(key);
  const seed = `0x${Buffer.from(randomSeed()).toString("hex")}`;
  return asCollatorId(expectOk(keystore.insert("coll", seed), `a key for para ${collatorOf}`));
}

function randomSeed(): Uint8Array {
  const seed = new Uint8Array(32);
  systemRandom.fill(seed);
  return seed;
}

async function listen(
  options: NodeOptions,
  seed: Uint8Array,
  authorities: readonly PeerAddress[],
  logger: Logger,
): Promise<RunningLibp2pNetwork> {
  const { port: wanted, listenAddresses, publicAddresses, bootnodes, reservedNodes } = options;
  const start = (listen: readonly string[]) =>
    startLibp2pNetwork({
      identity: ed25519PairFromSeed(seed),
      listen,
      publicAddresses,
      bootnodes: [...bootnodes, ...authorities],
      reservedPeers: reservedNodes,
      reservedOnly: options.reservedOnly,
      clock: systemClock,
      logger,
    });
  if (listenAddresses.length > 0) return start(listenAddresses);
  for (let port = wanted; ; port++) {
    try {
      const network = await start([`/ip4/${EVERYWHERE}/tcp/${port}`]);
      if (port !== wanted)
        logger.log(
          "warn",
          "parahost",
          `port ${wanted} is in use: peers reach this node at ${port}`,
        );
      return network;
    } catch (error) {
      const isTaken = error instanceof HostError && error.code === "cannotListen";
      if (!isTaken || wanted === 0 || port >= Math.min(65_535, wanted + PORTS_TRIED_MAX))
        throw error;
    }
  }
}
