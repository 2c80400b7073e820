/** Constants of the protocol: identifiers, domain separators and hard limits outside configuration. */

/** Engine ids of digest items and justifications. */
export const BABE_ENGINE_ID = "BABE";
export const GRANDPA_ENGINE_ID = "FRNK";
export const BEEFY_ENGINE_ID = "BEEF";
export const PARACHAIN_ENGINE_ID = "POL1";

/** Identifiers of inherent data. */
export const INHERENT_IDS = {
  timestamp: "timstap0",
  babeSlot: "babeslot",
  parachains: "parachn0",
  validationData: "sysi1337",
} as const;

/** Signing context of every sr25519 signature. */
export const SR25519_SIGNING_CONTEXT = "substrate";

/** Openings of signed payloads. */
export const PAYLOAD_MAGIC = {
  backing: "BKNG",
  dispute: "DISP",
  approval: "APPR",
  pvfCheck: "VCPC",
  remoteAvailability: "RAVL",
  testimony: "FISH",
} as const;

/** Merlin labels and `make_bytes` contexts of approval assignments. */
export const ASSIGNMENT_LABELS = {
  story: "A&V RC-VRF",
  modulo: "A&V MOD",
  moduloCompact: "A&V MOD v2",
  delay: "A&V DELAY",
  oneShot: "A&V ONESHOT",
  equivocation: "A&V EQUIVOCATION",
  assignedModulo: "A&V ASSIGNED",
  assignedModuloCompact: "A&V ASSIGNED v2",
  core: "A&V CORE",
  coreCompact: "A&V CORE v2",
  tranche: "A&V TRANCHE",
} as const;

/** Merlin label and message labels of a BABE slot claim. */
export const BABE_VRF_LABELS = {
  transcript: "BABE",
  slot: "slot number",
  epoch: "current epoch",
  randomness: "chain randomness",
  /** Context of the 16 bytes compared with the primary threshold. */
  score: "substrate-babe-vrf",
  /** Context of the 32 bytes contributed to the next randomness. */
  contribution: "BabeVRFInOutContext",
} as const;

/** Validation code as stored on chain, possibly compressed. */
export const CODE_SIZE_MAX_BYTES = 3 * 1024 * 1024;
/** Nothing shorter is a Wasm module. */
export const CODE_SIZE_MIN_BYTES = 9;
export const HEAD_DATA_SIZE_MAX_BYTES = 1024 * 1024;
/** A PoV as carried, possibly compressed. */
export const POV_SIZE_MAX_BYTES = 10 * 1024 * 1024;
/** A PoV after decompression. */
export const POV_BOMB_LIMIT_BYTES = 4 * POV_SIZE_MAX_BYTES;
/** Code may decompress to this many times the configured `maxCodeSize`. */
export const CODE_BOMB_FACTOR = 10;
export const UPWARD_MESSAGE_SIZE_MAX_BYTES = 128 * 1024;
export const UPWARD_MESSAGES_MAX = 16_384;
export const HORIZONTAL_MESSAGES_MAX = 16_384;
/** HRMP channels of one para in each direction. */
export const HRMP_CHANNELS_MAX = 128;
export const ON_DEMAND_QUEUE_MAX = 10_000;

/** Entries of a message queue chain, of a chunk proof, and of a proof's node. */
export const CHUNK_PROOF_NODES_MAX = 8;
export const CHUNK_PROOF_NODE_SIZE_MAX_BYTES = 612;

/** Tranche-0 cores that one compact assignment may sample. */
export const VRF_MODULO_SAMPLES_MAX = 40;
/** Bits of a candidate or core bitfield in approval messages. */
export const APPROVAL_BITFIELD_MAX_BITS = 500;
/** Statements of all dispute sets of one block together. */
export const DISPUTE_STATEMENTS_PER_BLOCK_MAX = 200_000;

/** Tick of approval voting. */
export const TICK_MS = 500;
