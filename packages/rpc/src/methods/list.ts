/** `rpc_methods`: what there is to call. */
import { combineMethods, type Methods } from "../method.ts";

/** All families together, and the method that lists them. */
export function listMethods(...families: readonly Methods[]): Methods {
  const all = combineMethods(...families);
  const names = [
    ...Object.keys(all.methods),
    ...Object.entries(all.subscriptions).flatMap(([name, { unsubscribe }]) => [name, unsubscribe]),
    "rpc_methods",
  ].sort();
  return combineMethods(all, {
    methods: { rpc_methods: () => ({ methods: names }) },
    subscriptions: {},
  });
}
