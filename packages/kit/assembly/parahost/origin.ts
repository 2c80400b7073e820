/** Who a call comes from. */

import { Bytes } from "./bytes";

export class Origin {
  /** `signer` is `null` for calls of the chain itself. */
  constructor(private readonly account: Bytes | null) {}

  get isSigned(): bool {
    return this.account != null;
  }

  /** The account that signed. Ends the guest when nobody did: ask `isSigned` first where that may be. */
  get signer(): Bytes {
    return this.account as Bytes;
  }
}
