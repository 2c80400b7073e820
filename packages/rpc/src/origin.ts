/**
 * Who may call from a browser. A page that the node's owner merely visits must not speak to the node: its
 * requests carry the page's origin, and when a name was bent to point here, that name as the host.
 * Programs that are no browsers send no origin and are let in.
 *
 * As in Polkadot nodes: pages of this machine and polkadot.js's are allowed unless others are named.
 */
const LOCAL_HOSTS: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]"]);
const DEFAULT_ORIGINS: ReadonlySet<string> = new Set(["https://polkadot.js.org"]);

export interface AllowedCallers {
  /** Origins of pages; `"all"` admits every page. */
  readonly origins: readonly string[] | "all";
  /** Names by which the node is reached besides those of this machine; `"all"` admits every name. */
  readonly hosts: readonly string[] | "all";
}

export const LOCAL_CALLERS: AllowedCallers = { origins: [], hosts: [] };

/** Whether a request with these headers is answered. */
export function isAllowed(
  { origins, hosts }: AllowedCallers,
  headers: { readonly origin?: string | undefined; readonly host?: string | undefined },
): boolean {
  const { origin, host } = headers;
  if (hosts !== "all" && host !== undefined) {
    const name = hostName(`http://${host}`);
    if (name === undefined || !(LOCAL_HOSTS.has(name) || hosts.includes(name))) return false;
  }
  if (origins === "all" || origin === undefined) return true;
  if (origins.includes(origin) || DEFAULT_ORIGINS.has(origin)) return true;
  const page = hostName(origin);
  return page !== undefined && LOCAL_HOSTS.has(page);
}

function hostName(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).hostname : undefined;
}
