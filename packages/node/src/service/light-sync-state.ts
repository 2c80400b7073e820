/**
 * From where a light client may begin instead of at genesis: the last final block, with the epochs and the
 * authorities of finality that are in force after it. What is only planned at that block is left out.
 *
 * Reference: consensus-and-sync.md 9.1.
 */
import { bytesToHex, type Hex } from "@parahost/base";
import { announcementOf } from "@parahost/consensus";
import {
  BabeEpoch,
  BlockNumber,
  GrandpaAuthorities,
  Hash,
  Header,
  SetId,
} from "@parahost/primitives";
import { runtimeApi } from "@parahost/runtime";
import { encode, option, struct, tuple, u32, unit, variant, vec } from "@parahost/scale";
import type { RelayNode } from "./node.ts";

/** Forks between epochs or sets that are not decided: none, since only final blocks are told of. */
const NoForks = struct({ roots: vec(unit), bestFinalizedNumber: option(u32) });
const NO_FORKS = { roots: [], bestFinalizedNumber: undefined };

const PersistedEpoch = variant({ regular: [1, BabeEpoch] });

const EpochChanges = struct({
  undecided: NoForks,
  epochs: vec(tuple(Hash, BlockNumber, PersistedEpoch)),
});

const AuthoritySet = struct({
  authorities: GrandpaAuthorities,
  setId: SetId,
  pendingStandard: NoForks,
  pendingForced: vec(unit),
  changes: vec(tuple(SetId, BlockNumber)),
});

/** As it stands in a chain specification; the values in hex are SCALE. */
export interface LightSyncState {
  readonly finalizedBlockHeader: Hex;
  readonly babeEpochChanges: Hex;
  readonly babeFinalizedBlockWeight: number;
  readonly grandpaAuthoritySet: Hex;
}

/** `undefined` while only genesis is final, which no light client can begin after. */
export function lightSyncState({
  chain,
  states,
}: Pick<RelayNode, "chain" | "states">): LightSyncState | undefined {
  const finalized = chain.finalized();
  const header = chain.header(finalized.hash);
  const state = states.view(finalized.hash);
  if (finalized.number === 0 || header === undefined || state === undefined) return undefined;
  const current = runtimeApi.currentBabeEpoch(state);
  const next = runtimeApi.nextBabeEpoch(state);
  const [announcedNext, announcedCurrent] = announcements(chain, finalized.number);
  const { authorities, setId } = chain.authoritySet();
  return {
    finalizedBlockHeader: bytesToHex(encode(Header, header)),
    babeEpochChanges: bytesToHex(
      encode(EpochChanges, {
        undecided: NO_FORKS,
        epochs: [
          [...announcedCurrent, { type: "regular", value: current }],
          [...announcedNext, { type: "regular", value: next }],
        ],
      }),
    ),
    babeFinalizedBlockWeight: finalized.weight,
    grandpaAuthoritySet: bytesToHex(
      encode(AuthoritySet, {
        authorities,
        setId,
        pendingStandard: NO_FORKS,
        pendingForced: [],
        changes: [],
      }),
    ),
  };
}

type Place = readonly [hash: Hash, number: number];

/** The last two final blocks that announced an epoch, the later first; genesis announced the first epoch. */
function announcements(chain: RelayNode["chain"], from: number): [Place, Place] {
  const found: Place[] = [];
  for (let number = from; number > 0 && found.length < 2; number--) {
    const hash = chain.hashByNumber(number);
    const header = hash === undefined ? undefined : chain.header(hash);
    if (hash === undefined || header === undefined) break;
    const announced = announcementOf(header);
    if (announced.ok && announced.value !== undefined) found.push([hash, number]);
  }
  const genesis: Place = [chain.genesisHash, 0];
  return [found[0] ?? genesis, found[1] ?? genesis];
}
