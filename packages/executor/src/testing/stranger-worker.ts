/** A worker process of another build: it says so when it starts. */

import { encode } from "@parahost/scale";
import { encodeFrame, REPLY } from "../pool/frame.ts";
import { Ready } from "../pool/messages.ts";

process.stdout.write(
  encodeFrame({
    job: 0,
    type: REPLY.ready,
    payload: encode(Ready, { protocol: "parahost-executor/0", thread: 0 }),
  }),
);
process.stdin.resume();
