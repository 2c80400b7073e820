/** A peer that says what it likes: below the multiplexer, and on streams. */
import { noise } from "@chainsafe/libp2p-noise";
import { yamux } from "@chainsafe/libp2p-yamux";
import { generateKeyPairFromSeed } from "@libp2p/crypto/keys";
import type { Connection, MessageStream, Stream } from "@libp2p/interface";
import { tcp } from "@libp2p/tcp";
import { multiaddr } from "@multiformats/multiaddr";
import { createLibp2p, type Libp2p } from "libp2p";
import { type PeerId, peerId } from "../port.ts";

export class HostilePeer {
  readonly node: Libp2p;
  /** What lies below the multiplexer of each connection, the newest last. */
  readonly wires: MessageStream[];

  private constructor(node: Libp2p, wires: MessageStream[]) {
    this.node = node;
    this.wires = wires;
  }

  static async start(seed: number): Promise<HostilePeer> {
    const wires: MessageStream[] = [];
    const node = await createLibp2p({
      privateKey: await generateKeyPairFromSeed("Ed25519", new Uint8Array(32).fill(seed)),
      addresses: { listen: ["/ip4/127.0.0.1/tcp/0"] },
      transports: [tcp()],
      connectionEncrypters: [noise()],
      streamMuxers: [
        () => {
          const factory = yamux()();
          const create = factory.createStreamMuxer.bind(factory);
          factory.createStreamMuxer = (connection) => {
            wires.push(connection);
            return create(connection);
          };
          return factory;
        },
      ],
    });
    return new HostilePeer(node, wires);
  }

  get peer(): PeerId {
    return peerId(this.node.peerId.toString());
  }

  dial(address: string): Promise<Connection> {
    return this.node.dial(multiaddr(address));
  }

  /** Opens a stream and writes these bytes onto it, whatever they are. */
  async say(connection: Connection, protocol: string, bytes: Uint8Array): Promise<Stream> {
    const stream = await connection.newStream(protocol, { maxOutboundStreams: 10_000 });
    // It may have been refused before anything was said.
    if (stream.writeStatus === "writable") stream.send(bytes);
    return stream;
  }

  async stop(): Promise<void> {
    for (const connection of this.node.getConnections()) connection.abort(new Error("done"));
    await this.node.stop();
  }
}

/** A frame of the multiplexer. */
export function muxerFrame(
  type: number,
  flags: number,
  stream: number,
  length: number,
  body: Uint8Array = new Uint8Array(0),
  version = 0,
): Uint8Array {
  const bytes = new Uint8Array(12 + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, version);
  view.setUint8(1, type);
  view.setUint16(2, flags);
  view.setUint32(4, stream);
  view.setUint32(8, length);
  bytes.set(body, 12);
  return bytes;
}
