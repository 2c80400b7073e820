/**
 * A validator's keys in wrong hands: a stranger under the name of a validator whose node was not started,
 * so that everybody connects to it and takes it for that validator. It works on every leaf that others work
 * on, says so, and otherwise says only what it is told to.
 */
import { assert, expectOk } from "@parahost/base";
import { type Sr25519Pair, sr25519PairFromUri, sr25519Sign } from "@parahost/crypto";
import {
  type PeerId,
  Role,
  type StatementDistributionMessage,
  ValidationWireMessage,
} from "@parahost/network";
import {
  asValidatorId,
  bitfieldPayload,
  type CompactStatement,
  type Hash,
  type SignedCompactStatement,
  statementPayload,
  type UncheckedSignedAvailabilityBitfield,
  type ValidatorIndex,
  type ValidatorSignature,
} from "@parahost/primitives";
import { developmentUri } from "@parahost/runtime";
import { bitsAt, encode, tryDecode } from "@parahost/scale";
import { validatorName } from "../local-network.ts";
import type { Simulation } from "../simulation.ts";
import { type ChainView, validatorIndexOf } from "./chain-view.ts";
import { Stranger } from "./stranger.ts";

export class RogueValidator {
  readonly stranger: Stranger;
  readonly #pair: Sr25519Pair;

  /** In place of the absent validator of this index. */
  constructor(simulation: Simulation, index: number) {
    const name = validatorName(index);
    assert(
      simulation.validators.every((node) => node.name !== name),
      `${name} has a node of its own`,
    );
    this.#pair = expectOk(sr25519PairFromUri(developmentUri(index)), "a well-known key");
    this.stranger = new Stranger(simulation, name, Role.authority);
    this.stranger.onHeard = ({ protocol, bytes }) => {
      if (protocol === "validation") this.#onValidation(bytes);
    };
  }

  get peer(): PeerId {
    return this.stranger.peer;
  }

  indexIn(view: ChainView): ValidatorIndex {
    return validatorIndexOf(view, asValidatorId(this.#pair.publicKey));
  }

  /** A bitfield for the block, with bits for these cores. */
  bitfield(
    view: ChainView,
    cores: readonly number[],
    coreCount = view.coreCount,
  ): UncheckedSignedAvailabilityBitfield {
    const payload = bitsAt(coreCount, cores);
    const context = { sessionIndex: view.session, parentHash: view.hash };
    const signature = this.#sign(bitfieldPayload(payload, context));
    return { payload, validatorIndex: this.indexIn(view), signature };
  }

  /** A statement at the block. */
  statement(view: ChainView, payload: CompactStatement): SignedCompactStatement {
    const context = { sessionIndex: view.session, parentHash: view.hash };
    const signature = this.#sign(statementPayload(payload, context));
    return { payload, validatorIndex: this.indexIn(view), signature };
  }

  #sign(message: Uint8Array): ValidatorSignature {
    return sr25519Sign(this.#pair, message) as ValidatorSignature;
  }

  /** Turns to whatever leaf others tell it of. */
  #onValidation(bytes: Uint8Array): void {
    const message = tryDecode(ValidationWireMessage, bytes);
    if (message.ok && message.value.type === "viewUpdate")
      this.stranger.sayToAll("validation", bytes);
  }
}

/** As it travels between validators. */
export const bitfieldMessage = (
  relayParent: Hash,
  bitfield: UncheckedSignedAvailabilityBitfield,
): Uint8Array =>
  encode(ValidationWireMessage, {
    type: "protocolMessage",
    value: {
      type: "bitfieldDistribution",
      value: { type: "bitfield", value: { relayParent, bitfield } },
    },
  });

/** As it travels between validators. */
export const statementMessage = (value: StatementDistributionMessage): Uint8Array =>
  encode(ValidationWireMessage, {
    type: "protocolMessage",
    value: { type: "statementDistribution", value },
  });
