/** What the modules are told of a session that begins. Guide: `SessionChangeNotification`. */
import type {
  BlockNumber,
  HostConfiguration,
  SessionIndex,
  ValidatorId,
} from "@parahost/primitives";
import type { SessionValidator } from "../pallets/session/keys.ts";

export interface SessionChangeNotification {
  readonly session: SessionIndex;
  /** The active validators, in their shuffled order. */
  readonly validators: readonly ValidatorId[];
  /** All authorities of the session, in their order. */
  readonly authorities: readonly SessionValidator[];
  /** Authorities of the session after this one. */
  readonly queued: readonly SessionValidator[];
  readonly previousConfiguration: HostConfiguration;
  readonly configuration: HostConfiguration;
  /** 32 bytes, from BABE. */
  readonly randomSeed: Uint8Array;
  /** Number of the first block of the session. */
  readonly startBlock: BlockNumber;
}
