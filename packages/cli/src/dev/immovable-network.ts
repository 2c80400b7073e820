/** What `dev_` methods are told where the network is not one process: nobody there can move all of its nodes. */
import { type DevControl, DevRefusal } from "@parahost/rpc";

const refuse = (): Promise<never> =>
  Promise.reject(
    new DevRefusal(
      "this network cannot be moved: its nodes are processes of their own, each with its own clock and disk. Start it as one process, by `parahost up` without --processes and --base-path",
    ),
  );

export const immovableNetwork: DevControl = {
  newBlocks: refuse,
  advance: refuse,
  setStorage: refuse,
  snapshot: refuse,
  restore: refuse,
};
