/**
 * Questions to whoever runs the guest. A collator answers them while a block is built: it hands out nodes of its
 * state as they are needed, and the extrinsics one by one. Validators answer nothing, and are never asked: the
 * block has it all.
 *
 * A question goes through `ext_misc_runtime_version`, the one function of a validation host that takes bytes and
 * may give some back; on a validator it gives none. So the code that builds a block imports nothing
 * that a validator lacks, and is the code that validates it.
 */

import { Bytes } from "./bytes";
import { runtimeVersion } from "./host";
import { Reader, Writer } from "./scale";
import { NodeSource } from "./witness";

/** First byte of a question. */
const NODE: u8 = 0;
const NEXT_EXTRINSIC: u8 = 1;
const CHANGES: u8 = 2;

function ask(question: Writer): Bytes | null {
  const answer = new Reader(runtimeVersion(question.view()));
  return answer.u8() == 1 ? answer.blob() : null;
}

/** Nodes by their hash, asked for one by one. What the host hands out is checked as a witness is. */
export class AskedNodes extends NodeSource {
  find(hash: Bytes): Bytes {
    const question = new Writer(1 + hash.length);
    question.u8(NODE);
    question.bytes(hash);
    const node = ask(question);
    assert(node, "the collator does not have this part of the state");
    return node as Bytes;
  }
}

/**
 * The next extrinsic that the builder wants in, `null` after the last. `report` says what became of the one
 * before: empty if it went in, else the encoded reason why it is left out.
 */
export function askForExtrinsic(report: Bytes): Bytes | null {
  const question = new Writer(1 + report.length);
  question.u8(NEXT_EXTRINSIC);
  question.bytes(report);
  return ask(question);
}

/** What a block changes in the state, for a collator that keeps it. */
export function tellChanges(changes: Bytes): void {
  const told = new Writer(1 + changes.length);
  told.u8(CHANGES);
  told.bytes(changes);
  ask(told);
}
