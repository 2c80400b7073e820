/**
 * Parachains that come to a running local network: `parahost para register` brings a chain to the relay chain, and
 * tells the network how the chain begins, so that it collates it. What it is told is data: the chain's code runs as
 * guests do.
 */
import { bytesToHex, type Hex, hexToBytes } from "@parahost/base";
import { GuestStateMachine } from "@parahost/collator";
import { ParaId, type ValidationCodeHash, validationCodeHash } from "@parahost/primitives";
import { ErrorCode, type Methods, RpcError } from "@parahost/rpc";
import { hash, hexBytes, param, text } from "@parahost/rpc/params";
import { bytes, encode, str, struct, tryDecode, tuple, u8, vec } from "@parahost/scale";
import { type GuestGenesis, type ParaPlan, planOf } from "@parahost/sim/para-plan";

/** Code and the state that a chain begins with. */
const GENESIS_BYTES_MAX = 8 * 1024 * 1024;
/** Parachains that may come. */
const PARAS_MAX = 50;
/** Source maps that are remembered. */
const SOURCE_MAPS_MAX = 200;

const Genesis = struct({
  id: ParaId,
  name: str,
  code: bytes(),
  entries: vec(tuple(bytes(), bytes())),
  token: struct({ symbol: str, decimals: u8 }),
});

/** How a chain begins, in one piece. */
export const genesisHex = ({ genesis, ...rest }: GuestGenesis): Hex =>
  bytesToHex(
    encode(Genesis, {
      ...rest,
      entries: genesis.map(([key, value]): [Uint8Array, Uint8Array] => [hexToBytes(key), value]),
    }),
  );

/** Undoes `genesisHex`; says what is wrong where it is none, or where validators would refuse the code. */
function readGenesis(encoded: Uint8Array): GuestGenesis {
  const decoded = tryDecode(Genesis, encoded);
  if (!decoded.ok) throw new RpcError(ErrorCode.invalidParams, decoded.error.message);
  const { entries, ...rest } = decoded.value;
  const genesis = entries.map(([key, value]): [Hex, Uint8Array] => [bytesToHex(key), value]);
  const { name, code } = rest;
  const machine = GuestStateMachine.create({ name, wasm: code, genesis });
  if (!machine.ok) throw new RpcError(ErrorCode.refused, `validators refuse the code of ${name}`);
  return { ...rest, genesis };
}

export interface LaterParasPorts {
  /** Paras that are collated, and where clients of each go. */
  readonly collated: () => ReadonlyMap<ParaId, number | undefined>;
  readonly sourceMaps: Map<ValidationCodeHash, string>;
  /** Collates it from now on; answers where its clients go. */
  readonly add: (plan: ParaPlan) => Promise<number | undefined>;
}

/** `dev_collate` and `dev_learnSourceMap`. */
export function laterParaMethods({ collated, sourceMaps, add }: LaterParasPorts): Methods {
  const learn = (code: ValidationCodeHash, sourceMap: string): void => {
    sourceMaps.set(code, sourceMap);
    const [oldest] = sourceMaps.keys();
    if (sourceMaps.size > SOURCE_MAPS_MAX && oldest !== undefined) sourceMaps.delete(oldest);
  };
  return {
    methods: {
      dev_collate: async (params) => {
        const genesis = readGenesis(param(params, 0, "genesis", hexBytes(GENESIS_BYTES_MAX)));
        const running = collated();
        if (running.has(genesis.id)) return { rpcPort: running.get(genesis.id) ?? null };
        if (running.size >= PARAS_MAX)
          throw new RpcError(ErrorCode.refused, `${PARAS_MAX} parachains are collated here`);
        learn(validationCodeHash(genesis.code), param(params, 1, "sourceMap", text));
        return { rpcPort: (await add(planOf(genesis, (code) => sourceMaps.get(code)))) ?? null };
      },
      dev_learnSourceMap: (params) => {
        const code = param(params, 0, "codeHash", hash) as ValidationCodeHash;
        learn(code, param(params, 1, "sourceMap", text));
        return null;
      },
    },
    subscriptions: {},
  };
}
