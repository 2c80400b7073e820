/**
 * How many parameters each method takes. What a client sends beyond them, other than `null`, is a mistake of its own,
 * and it is better told than ignored. Subscriptions are ended by their id alone.
 */
import { ErrorCode, type Json, RpcError } from "./json-rpc.ts";

/** By the number of parameters: the beginning of the names, then their ends. */
const METHODS: readonly (readonly string[])[] = [
  [
    "rpc_ methods",
    "archive_v1_ finalizedHeight genesisHash",
    "author_ pendingExtrinsics rotateKeys",
    "babe_ epochAuthorship",
    "chain_ getFinalisedHead getFinalizedHead subscribeAllHeads subscribeFinalisedHeads subscribeFinalizedHeads",
    "chain_ subscribeNewHead subscribeNewHeads subscribeRuntimeVersion",
    "chainSpec_v1_ chainName genesisHash properties",
    "dev_ snapshot",
    "grandpa_ roundState subscribeJustifications",
    "para_ list",
    "parahost_ subscribeEvents",
    "state_ subscribeRuntimeVersion",
    "subscribe_ newHead",
    "system_ chain chainType health localListenAddresses localPeerId name nodeRoles peers properties",
    "system_ reservedPeers resetLogFilter syncState version",
  ],
  [
    "account_ nextIndex",
    "archive_v1_ body hashByHeight header stopStorage storageDiff_stopStorageDiff",
    "author_ hasSessionKeys removeExtrinsic rotateKeysWithOwner submitAndWatchExtrinsic submitExtrinsic unwatchExtrinsic",
    "chain_ getBlock getBlockHash getHead getHeader getRuntimeVersion unsubscribeAllHeads",
    "chain_ unsubscribeFinalisedHeads unsubscribeFinalizedHeads unsubscribeNewHead unsubscribeNewHeads",
    "chain_ unsubscribeRuntimeVersion",
    "chainHead_v1_ follow unfollow",
    "dev_ advance getBlockStats newBlock restore setStorage",
    "grandpa_ proveFinality unsubscribeJustifications",
    "para_ candidate cores disputes groups unwatchTransaction why",
    "parahost_ unsubscribeEvents",
    "state_ getMetadata getRuntimeVersion subscribeStorage trieMigrationStatus unsubscribeRuntimeVersion",
    "state_ unsubscribeStorage",
    "sync_state_ genSyncSpec",
    "system_ accountNextIndex addLogFilter addReservedPeer removeReservedPeer",
    "transactionWatch_v1_ submitAndWatch unwatch",
    "transaction_v1_ broadcast stop",
    "unsubscribe_ newHead",
  ],
  [
    "author_ hasKey",
    "chainHead_v1_ body continue header stopOperation unpin",
    "offchain_ localStorageClear localStorageGet",
    "para_ candidates head isAccepted session submitTransaction summary transactionStatus watchTransaction",
    "payment_ queryFeeDetails queryInfo",
    "state_ getKeys getPairs getReadProof getStorage getStorageAt getStorageHash getStorageHashAt",
    "state_ getStorageSize getStorageSizeAt queryStorageAt",
    "system_ dryRun dryRunAt",
  ],
  [
    "archive_v1_ call storage storageDiff",
    "author_ insertKey",
    "childstate_ getKeys getStorage getStorageEntries getStorageHash getStorageSize",
    "offchain_ localStorageSet",
    "para_ account",
    "state_ call callAt getChildReadProof queryStorage",
  ],
  ["chainHead_v1_ call storage", "state_ getKeysPaged getKeysPagedAt traceBlock"],
  ["childstate_ getKeysPaged getKeysPagedAt"],
];

const COUNTS: ReadonlyMap<string, number> = new Map(
  METHODS.flatMap((groups, count) =>
    groups.flatMap((group) => {
      const [family = "", ...names] = group.split(" ");
      return names.map((name) => [`${family}${name}`, count] as const);
    }),
  ),
);

/** `undefined` for a method that is not known here. */
export const parameterCount = (method: string): number | undefined => COUNTS.get(method);

/** Throws what the client is answered that sends more parameters than the method takes. */
export function refuseSurplus(method: string, params: readonly Json[]): void {
  const most = parameterCount(method);
  if (most === undefined || params.length <= most) return;
  const surplus = params.findIndex((value, position) => position >= most && value !== null);
  if (surplus >= 0)
    throw new RpcError(
      ErrorCode.invalidParams,
      `parameter ${surplus + 1} is one too many: ${method} takes ${most}`,
    );
}
