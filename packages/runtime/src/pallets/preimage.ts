/**
 * Preimages: bytes that are known on chain by their hash, such as a call that is to be decided on. Who notes
 * one pays a deposit by its size, held until the preimage is taken back. What root has requested stays,
 * without a deposit, until the last request is withdrawn.
 */
import { err, ok, type Result } from "@parahost/base";
import { blake2b256Hex } from "@parahost/crypto";
import { AccountId, asHash, Balance, Hash } from "@parahost/primitives";
import { bytes, option, struct, tuple, u32, type ValueOf, variant, vec } from "@parahost/scale";
import {
  call,
  type DispatchError,
  type DispatchResult,
  done,
  ensureRoot,
  ensureSigned,
  type Origin,
  pallet,
  palletErrors,
  palletEvents,
  type State,
  storageMap,
  weightOf,
} from "../framework/index.ts";
import { hold, release } from "./balances/hold.ts";
import { PREIMAGE_HOLD } from "./balances/reasons.ts";
import { UNIT } from "./balances/storage.ts";

export const PREIMAGE_SIZE_MAX_BYTES = 4 * 1024 * 1024;

/** Deposits that may be asked about at once. */
const UPDATES_MAX = 1024;

/** Two items, and their bytes. */
const BASE_DEPOSIT: Balance = 2n * UNIT;
const BYTE_DEPOSIT: Balance = UNIT / 100n;

export const depositFor = (length: number): Balance => BASE_DEPOSIT + BigInt(length) * BYTE_DEPOSIT;

/** Who has paid a deposit, and how much. */
const Ticket = tuple(AccountId, Balance);

const RequestStatus = variant(
  {
    unrequested: [0, struct({ ticket: Ticket, len: u32 })],
    requested: [
      1,
      struct({
        /** Of who noted it before it was requested. */
        maybeTicket: option(Ticket),
        count: u32,
        /** Absent until somebody notes it. */
        maybeLen: option(u32),
      }),
    ],
  },
  ["pallet_preimage", "RequestStatus"],
);
type RequestStatus = ValueOf<typeof RequestStatus>;

export const storage = {
  requestStatusFor: storageMap(
    "Preimage.RequestStatusFor",
    "Whether the bytes of a hash were noted, by whom and for what deposit, and how often they are asked for.",
    "identity",
    Hash,
    RequestStatus,
  ),
  preimageFor: storageMap(
    "Preimage.PreimageFor",
    "The bytes, by hash and length.",
    "identity",
    tuple(Hash, u32),
    bytes(),
  ),
};

const events = palletEvents("Preimage", {
  noted: [0, struct({ hash: Hash })],
  requested: [1, struct({ hash: Hash })],
  cleared: [2, struct({ hash: Hash })],
});

export const errors = palletErrors(10, [
  "tooBig",
  "alreadyNoted",
  "notAuthorized",
  "notNoted",
  "requested",
  "notRequested",
  "tooMany",
  "tooFew",
]);

type Outcome = Result<void, DispatchError>;

/** The bytes with this hash, if the chain has them. */
export function preimage(state: State, hash: Hash): Uint8Array | undefined {
  const status = storage.requestStatusFor.get(state, hash);
  const length = status?.type === "requested" ? status.value.maybeLen : status?.value.len;
  return length === undefined ? undefined : storage.preimageFor.get(state, [hash, length]);
}

/** Who acts: root pays no deposits and may take back everything that nobody else needs. */
function actorOf(origin: Origin): Result<AccountId | undefined, DispatchError> {
  if (ensureRoot(origin).ok) return ok(undefined);
  return ensureSigned(origin);
}

export function note(state: State, who: AccountId | undefined, preimage: Uint8Array): Outcome {
  const len = preimage.length;
  if (len > PREIMAGE_SIZE_MAX_BYTES) return err(errors.tooBig);
  const hash = asHash(blake2b256Hex(preimage));
  const status = storage.requestStatusFor.get(state, hash);
  if (status?.type === "unrequested") return err(errors.alreadyNoted);
  if (status?.type === "requested") {
    if (status.value.maybeLen !== undefined) return err(errors.alreadyNoted);
    const value = { ...status.value, maybeLen: len };
    storage.requestStatusFor.set(state, hash, { type: "requested", value });
  } else if (who === undefined) {
    const value = { maybeTicket: undefined, count: 1, maybeLen: len };
    storage.requestStatusFor.set(state, hash, { type: "requested", value });
  } else {
    const deposit = depositFor(len);
    const held = hold(state, PREIMAGE_HOLD, who, deposit);
    if (!held.ok) return held;
    const value = { ticket: [who, deposit] as const, len };
    storage.requestStatusFor.set(state, hash, { type: "unrequested", value });
  }
  storage.preimageFor.set(state, [hash, len], preimage);
  events.deposit(state, { type: "noted", value: { hash } });
  return ok(undefined);
}

export function unnote(state: State, who: AccountId | undefined, hash: Hash): Outcome {
  const status = storage.requestStatusFor.get(state, hash);
  if (status === undefined) return err(errors.notNoted);
  const ticket = status.type === "unrequested" ? status.value.ticket : status.value.maybeTicket;
  if (who !== undefined && ticket?.[0] !== who) return err(errors.notAuthorized);
  if (status.type === "unrequested") {
    giveBack(state, status.value.ticket);
    forget(state, hash, status.value.len);
    return ok(undefined);
  }
  // Requested bytes stay, but nobody need pay for them any longer.
  if (ticket === undefined) return err(errors.requested);
  giveBack(state, ticket);
  const value = { ...status.value, maybeTicket: undefined };
  storage.requestStatusFor.set(state, hash, { type: "requested", value });
  return ok(undefined);
}

export function request(state: State, hash: Hash): void {
  const status = storage.requestStatusFor.get(state, hash);
  storage.requestStatusFor.set(state, hash, {
    type: "requested",
    value: requestedOnceMore(status),
  });
  if (status?.type !== "requested") events.deposit(state, { type: "requested", value: { hash } });
}

function requestedOnceMore(status: RequestStatus | undefined) {
  if (status === undefined) return { maybeTicket: undefined, count: 1, maybeLen: undefined };
  if (status.type === "requested") return { ...status.value, count: status.value.count + 1 };
  return { maybeTicket: status.value.ticket, count: 1, maybeLen: status.value.len };
}

export function unrequest(state: State, hash: Hash): Outcome {
  const status = storage.requestStatusFor.get(state, hash);
  if (status?.type !== "requested") return err(errors.notRequested);
  const { count, maybeLen, maybeTicket } = status.value;
  if (count > 1) {
    const value = { ...status.value, count: count - 1 };
    storage.requestStatusFor.set(state, hash, { type: "requested", value });
  } else if (maybeLen !== undefined && maybeTicket !== undefined) {
    const value = { ticket: maybeTicket, len: maybeLen };
    storage.requestStatusFor.set(state, hash, { type: "unrequested", value });
  } else forget(state, hash, maybeLen);
  return ok(undefined);
}

function giveBack(state: State, [who, deposit]: ValueOf<typeof Ticket>): void {
  release(state, PREIMAGE_HOLD, who, deposit);
}

function forget(state: State, hash: Hash, length: number | undefined): void {
  storage.requestStatusFor.remove(state, hash);
  if (length === undefined) return;
  storage.preimageFor.remove(state, [hash, length]);
  events.deposit(state, { type: "cleared", value: { hash } });
}

const end = (outcome: Outcome): DispatchResult => (outcome.ok ? done : err(outcome.error));

const STATUS_WEIGHT = weightOf({ reads: 3, writes: 4 });

export const preimagePallet = pallet({
  name: "Preimage",
  index: 10,
  storage,
  events,
  errors,
  calls: {
    notePreimage: call({
      index: 0,
      docs: "Keeps bytes on chain, for a deposit unless they were requested.",
      args: { bytes: bytes() },
      weight: (args) => weightOf({ reads: 3, writes: 4, bytes: args.bytes.length }),
      dispatch: (state, origin, args) => {
        const who = actorOf(origin);
        return who.ok ? end(note(state, who.value, args.bytes)) : who;
      },
    }),
    unnotePreimage: call({
      index: 1,
      docs: "Takes noted bytes back, and with them the deposit.",
      args: { hash: Hash },
      weight: STATUS_WEIGHT,
      dispatch: (state, origin, { hash }) => {
        const who = actorOf(origin);
        return who.ok ? end(unnote(state, who.value, hash)) : who;
      },
    }),
    requestPreimage: call({
      index: 2,
      docs: "Asks for bytes, and for those that are there to stay. Root only.",
      args: { hash: Hash },
      weight: STATUS_WEIGHT,
      dispatch: (state, origin, { hash }) => {
        const root = ensureRoot(origin);
        if (!root.ok) return root;
        request(state, hash);
        return done;
      },
    }),
    unrequestPreimage: call({
      index: 3,
      docs: "Withdraws a request. Root only.",
      args: { hash: Hash },
      weight: STATUS_WEIGHT,
      dispatch: (state, origin, { hash }) => {
        const root = ensureRoot(origin);
        return root.ok ? end(unrequest(state, hash)) : root;
      },
    }),
    ensureUpdated: call({
      index: 4,
      docs: "Holds deposits that were taken the older way; here none has been, and there is nothing to do.",
      args: { hashes: vec(Hash) },
      weight: ({ hashes }) => weightOf({ reads: hashes.length }),
      dispatch: (_, origin, { hashes }) => {
        const who = ensureSigned(origin);
        if (!who.ok) return who;
        if (hashes.length === 0) return err(errors.tooFew);
        return hashes.length > UPDATES_MAX ? err(errors.tooMany) : done;
      },
    }),
  },
});
