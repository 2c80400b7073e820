/**
 * A token whose holders govern the chain: an owner mints, holders vote with bonded tokens on the chain's parameters and
 * on its code.
 */
import {
  AccountId,
  Balance,
  blake2_128Concat,
  bool,
  bytes,
  call,
  declareChain,
  developmentAccount,
  error,
  event,
  Hash,
  MultiAddress,
  map,
  set,
  struct,
  twox64Concat,
  u32,
  u128,
  value,
  variant,
  vec,
} from "@parahost/kit/schema";

const UNIT = 1_000_000_000_000n;

/** What a vote is about: a parameter, or the chain's code. */
const Subject = variant({ feePercent: 0, mintLimit: 1, votingBlocks: 2, code: 3 }, [
  "token",
  "Subject",
]);

const Proposal = struct(
  {
    subject: Subject,
    /** The parameter's new value; 0 for code. */
    value: u128,
    /** BLAKE2b-256 of the new code; zeros for parameters. */
    codeHash: Hash,
    /** Block at whose beginning the votes are counted. */
    ends: u32,
    ayes: Balance,
    nays: Balance,
  },
  ["token", "Proposal"],
);

export const chain = declareChain({
  name: "token",
  specVersion: 1,
  transactionVersion: 1,
  token: { symbol: "TOK", decimals: 12, existentialDeposit: 1_000_000_000n },
  fees: { base: 1_000_000_000n, perByte: 1_000_000n, perMegaWeight: 10_000n },
  pallets: {
    Token: {
      index: 40,
      docs: "An owner who mints within a limit that the holders set.",
      storage: { owner: value("Who may mint.", AccountId) },
      calls: {
        mint: call(0, "Makes tokens; only for the owner.", { to: MultiAddress, amount: Balance }),
        burn: call(1, "Destroys tokens of one's own.", { amount: Balance }),
        transferOwnership: call(2, "Somebody else mints from now on.", { to: MultiAddress }),
      },
      events: { OwnerChanged: event(0, "Somebody else mints now.", { owner: AccountId }) },
      errors: {
        NotOwner: error(0, "Only the owner mints."),
        OverLimit: error(1, "More than the holders allow to be minted at once."),
      },
    },
    Governance: {
      index: 41,
      docs: "Holders vote with bonded tokens on parameters and on the chain's code.",
      storage: {
        feePercent: value("Part of the declared fee that is paid, in percent.", u32, 100),
        mintLimit: value("Most tokens that are minted at once.", Balance, 1_000n * UNIT),
        votingBlocks: value("Blocks for which a vote is open.", u32, 10),
        bonded: map("Tokens to vote with.", blake2_128Concat(AccountId), Balance, 0n),
        lockedUntil: map(
          "Block from which bonded tokens may be taken back.",
          blake2_128Concat(AccountId),
          u32,
          0,
        ),
        proposalCount: value("Votes that there have been.", u32, 0),
        proposals: map("Open votes.", twox64Concat(u32), Proposal),
        closing: map("Votes that are counted in a block.", twox64Concat(u32), vec(u32)),
        voted: set("Who has voted on what.", [twox64Concat(u32), blake2_128Concat(AccountId)]),
        approvedCode: value("Hash of code that holders want and nobody has given yet.", Hash),
      },
      calls: {
        bond: call(0, "Sets tokens aside to vote with.", { amount: Balance }),
        unbond: call(1, "Takes all of them back, once no vote of theirs is open."),
        proposeParameter: call(2, "Opens a vote on a parameter.", { subject: Subject, value: u128 }),
        proposeCode: call(3, "Opens a vote on new code, named by its hash.", { codeHash: Hash }),
        vote: call(4, "Votes with all bonded tokens.", { proposal: u32, aye: bool }),
        supplyCode: call(
          5,
          "Gives the code that holders have voted for; anybody may.",
          { code: bytes() },
          1_000_000_000,
        ),
      },
      events: {
        Bonded: event(0, "Tokens can vote.", { who: AccountId, amount: Balance }),
        Unbonded: event(1, "Tokens are free again.", { who: AccountId, amount: Balance }),
        Proposed: event(2, "A vote is open.", { proposal: u32, ends: u32 }),
        Voted: event(3, "Somebody has voted.", {
          proposal: u32,
          who: AccountId,
          aye: bool,
          amount: Balance,
        }),
        Passed: event(4, "Holders want it.", { proposal: u32 }),
        Failed: event(5, "Holders do not want it.", { proposal: u32 }),
        CodeSupplied: event(6, "New code is announced to the relay chain.", { codeHash: Hash }),
      },
      errors: {
        NothingBonded: error(0, "Bond tokens first."),
        Locked: error(1, "These tokens vote until a later block."),
        NoSuchVote: error(2, "There is no such open vote."),
        HasVoted: error(3, "This account has voted on it."),
        BadValue: error(4, "The parameter cannot have this value."),
        TooMany: error(5, "Too many votes end in that block."),
        NotApproved: error(6, "Holders have not voted for this code."),
        NotNow: error(7, "The relay chain takes no new code of this chain now."),
      },
      hooks: ["onInitialize", "fee"],
    },
  },
});

/** What the chain begins with beside the balances of the well-known accounts. */
export const storage = { Token: { owner: developmentAccount("//Alice") } };
