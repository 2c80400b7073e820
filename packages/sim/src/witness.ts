/** Shows those who watch what a node's keys sign and what it hears, without changing either. */
import type { Keystore, KeyTypeId } from "@parahost/crypto";
import type { Replacement } from "./local-network.ts";
import { type ProtocolSuffix, tapped } from "./strategies/tapped-network.ts";

export interface Witness {
  /** A key of the node has signed. */
  readonly signed: (node: string, keyType: KeyTypeId, message: Uint8Array) => void;
  /** The node hears a notification. */
  readonly heard: (node: string, protocol: ProtocolSuffix, bytes: Uint8Array) => void;
}

export const witnessing = (name: string, witness: Witness): Replacement => ({
  ports: (own) => ({
    ...own,
    keystore: witnessed(own.keystore, name, witness),
    network: tapped(own.network, {
      hears: (protocol, _peer, bytes) => {
        witness.heard(name, protocol, bytes);
        return bytes;
      },
    }),
  }),
});

function witnessed(own: Keystore, name: string, { signed }: Witness): Keystore {
  return {
    publicKeys: (type) => own.publicKeys(type),
    has: (type, key) => own.has(type, key),
    insert: (type, uri, scheme) => own.insert(type, uri, scheme),
    signPrehashed: (type, key, hash) => own.signPrehashed(type, key, hash),
    vrfInOut: (type, key, transcript) => own.vrfInOut(type, key, transcript),
    vrfSign: (type, key, transcript, extra) => own.vrfSign(type, key, transcript, extra),
    sign: (type, key, message) => {
      signed(name, type, message);
      return own.sign(type, key, message);
    },
  };
}
