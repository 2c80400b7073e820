/** Looks into the validators' disks for the chunk that each of them is to keep. */
import { PRUNING_TIMES } from "@parahost/node";
import { AvailabilityDatabase } from "@parahost/node/availability-store/database";
import type { RelayNode } from "@parahost/node/service/node";
import { asValidatorIndex, type CandidateHash, type ValidatorId } from "@parahost/primitives";
import type { Simulation } from "../simulation.ts";
import type { ChunkHolder } from "./checkers/availability.ts";

interface ChunkStore {
  readonly node: RelayNode;
  /** Signs the node's backing statements and bitfields. */
  readonly key: ValidatorId;
  readonly database: AvailabilityDatabase;
}

export class ChunkStores {
  readonly #stores: readonly ChunkStore[];

  constructor(world: Pick<Simulation, "validators" | "store" | "keysOf">) {
    this.#stores = world.validators.map((node) => ({
      node,
      key: world.keysOf(node).paraValidator,
      database: new AvailabilityDatabase(world.store(node), PRUNING_TIMES),
    }));
  }

  /** Those of our validators that are among `validators`, whose indices are a session's. */
  holders(validators: readonly ValidatorId[], candidate: CandidateHash): ChunkHolder[] {
    return this.#stores.flatMap(({ node, key, database }) => {
      const place = validators.indexOf(key);
      if (place < 0) return [];
      const validator = asValidatorIndex(place);
      return [{ name: node.name, validator, chunk: database.chunk(candidate, validator) }];
    });
  }
}
