/**
 * What `parahost explain` says of each error code: what it means, why it comes about, and what to do. The tables are
 * keyed by the types that declare the codes, so that a code without an entry does not compile.
 */
import type { SubmitError } from "@parahost/collator";
import type { GuestFault, PreparationRefusal, WasmRefusalCode } from "@parahost/executor";
import type { BuildError, ImportError, TransactionProblem } from "@parahost/kit";
import type { BuildError as ProjectBuildError, ProjectError } from "@parahost/kit/compile";
import type { NewProjectError } from "./project/new-project.ts";
import type { NoTests } from "./project/test-project.ts";

export interface Explanation {
  readonly what: string;
  readonly why: string;
  readonly toDo: string;
}

type Explained<Code extends string> = Readonly<Record<Code, Explanation>>;

const entry = (what: string, why: string, toDo: string): Explanation => ({ what, why, toDo });

const BROKEN = "The file is cut off, damaged, or was never a module.";
const BUILD_AGAIN = "Build it again, and look at it with wasm-objdump.";

const project: Explained<
  ProjectError["code"] | ProjectBuildError["code"] | NewProjectError["code"] | NoTests["code"]
> = {
  noProject: entry(
    "The folder has no chain.ts.",
    "A chain is declared in this file.",
    "Go to a chain's folder, or make one: parahost new counter my-chain.",
  ),
  badDeclaration: entry(
    "chain.ts does not declare a chain that guests can have.",
    "It does not load, exports no chain, or has a type that AssemblyScript cannot have.",
    "Read the message: it names the place and what to write instead.",
  ),
  noCompiler: entry(
    "The compiler of guests is not installed.",
    "It is only needed where chains are written, so it does not come along.",
    "npm install assemblyscript",
  ),
  doesNotCompile: entry(
    "The compiler refuses a module of the chain.",
    "The message has what it says, with file and line.",
    "Mend that line. AssemblyScript is stricter than TypeScript: no closures, no unions, no any.",
  ),
  badName: entry(
    "This is no name for a chain.",
    "Names go into files and protocols.",
    "Lower-case letters, digits and dashes, at most 32, a letter first.",
  ),
  exists: entry(
    "The folder is not empty.",
    "Nothing of yours is overwritten.",
    "Choose another name, or empty the folder.",
  ),
  noTests: entry(
    "The project has no tests.",
    "They are looked for as test/**/*.test.ts.",
    "Write one: templates have an example, made with testNetwork of @parahost/sim/harness.",
  ),
};

const code: Explained<WasmRefusalCode | PreparationRefusal["code"]> = {
  notWasm: entry("This is no WebAssembly module.", BROKEN, BUILD_AGAIN),
  wrongVersion: entry("This is no module of WebAssembly 1.", BROKEN, BUILD_AGAIN),
  unexpectedEnd: entry("The module is cut off.", BROKEN, BUILD_AGAIN),
  lebTooLong: entry("A number is encoded in too many bytes.", BROKEN, BUILD_AGAIN),
  lebOutOfRange: entry("A number is too large for its place.", BROKEN, BUILD_AGAIN),
  unknownSection: entry("The module has an unknown section.", BROKEN, BUILD_AGAIN),
  sectionOrder: entry("The sections are out of order.", BROKEN, BUILD_AGAIN),
  sectionSize: entry("A section has another size than it says.", BROKEN, BUILD_AGAIN),
  badUtf8: entry("A name is not UTF-8.", BROKEN, BUILD_AGAIN),
  malformed: entry("The module is malformed.", BROKEN, BUILD_AGAIN),
  featureNotAllowed: entry(
    "The module uses a feature that validators do not allow.",
    "They run WebAssembly 1.0 with sign extension and mutable globals, the same everywhere.",
    "Turn the feature off in the compiler, for AssemblyScript by --disable.",
  ),
  indexOutOfRange: entry("The module refers to what is not there.", BROKEN, BUILD_AGAIN),
  typeMismatch: entry("The types of an instruction do not fit.", BROKEN, BUILD_AGAIN),
  duplicateExport: entry("Two exports have one name.", BROKEN, "Rename one of them."),
  badConstantExpression: entry("An initial value is no constant.", BROKEN, BUILD_AGAIN),
  badLimits: entry("A memory or table has contradictory limits.", BROKEN, BUILD_AGAIN),
  segmentOutOfRange: entry(
    "Initial data lie outside of the memory or table.",
    "The memory begins smaller than its data.",
    "Give it more pages to begin with.",
  ),
  limitExceeded: entry(
    "The module is larger than validators compile.",
    "Compiling must take every validator little time.",
    "Split large functions; optimise for size; leave out what is not used.",
  ),
  startSection: entry(
    "The module has a start function.",
    "Validators call validate_block and nothing before it.",
    "Make top-level values constants, or set them in a function.",
  ),
  missingExport: entry(
    "An export is missing.",
    "Validators need validate_block and __heap_base.",
    "Export it; parahost build does.",
  ),
  badExport: entry(
    "An export has another type than it must have.",
    "validate_block takes two i32 and gives an i64; __heap_base is an i32.",
    "Mend its signature.",
  ),
  badImport: entry(
    "The module imports what validators do not offer.",
    "A block must run the same on every validator, so there is a fixed list of host functions.",
    "Do without it: look at the name in the message.",
  ),
  memoryTooLarge: entry(
    "The memory is larger than validators give.",
    "Its limits are declared in the module.",
    "Declare a smaller memory.",
  ),
  wasm: entry("The module is refused.", "The message says why.", "Look up the code within."),
  decompression: entry(
    "The code does not decompress.",
    "It is no plain zstd frame behind the blob prefix, or becomes too large.",
    "Compress it in this way, or not at all.",
  ),
  outOfMemory: entry(
    "There is not enough memory.",
    "The chain's code, or compiling it, takes more than validators give.",
    "Keep less at once; in a guest nothing is given back until the call is over.",
  ),
};

const faults: Explained<Exclude<GuestFault["code"], "outOfMemory">> = {
  timeout: entry(
    "The chain's code takes more time than it may.",
    "There is a loop without end, or too much in one block.",
    "Do less in a block, and bound every loop.",
  ),
  trap: entry(
    "The chain's code ended itself.",
    "An assertion failed, an array was left, or null was used.",
    "The message has file and line. Give errors that users can cause an outcome of their own.",
  ),
  stackOverflow: entry(
    "Calls are nested too deep.",
    "There is a recursion without end.",
    "Bound it, or write a loop.",
  ),
  badReturn: entry(
    "What validate_block gives back is no result.",
    "It must be a pointer and a length, packed, to an encoded ValidationResult.",
    "Use blockResult of the kit.",
  ),
  paramsTooLarge: entry(
    "The block is larger than a guest can be given.",
    "Its data go into one allocation.",
    "Make smaller blocks.",
  ),
};

const chain: Explained<
  Exclude<
    BuildError["code"] | ImportError["code"] | TransactionProblem["code"] | SubmitError["code"],
    "trap"
  >
> = {
  unknownHead: entry(
    "The state of that block is not here.",
    "It is unknown, or was forgotten once it was final.",
    "Ask for a newer block.",
  ),
  noCode: entry(
    "The code to build with is not here.",
    "The relay chain names code that its state does not have, or that does not compile.",
    "See that the node is synced; check the code with parahost check.",
  ),
  undecodable: entry(
    "These bytes are no transaction or block of the chain.",
    "They were made for another chain, another version, or by hand.",
    "Make them from the chain's metadata.",
  ),
  badBlock: entry(
    "The chain's code does not accept the block.",
    "It was built by other code, or changed since.",
    "The message says where it ended.",
  ),
  badTransaction: entry(
    "A transaction of the block may not stand where it does.",
    "It is out of order, or was included before.",
    "Build the block anew.",
  ),
  badSignature: entry(
    "The signature is not the sender's for this chain and version.",
    "Another key, genesis, spec version or nonce was signed.",
    "Sign again, with the chain's versions as they are now.",
  ),
  zeroAmount: entry("Nothing would be moved.", "The amount is 0.", "Send more."),
  refused: entry(
    "The chain's rules refuse the transaction.",
    "The message names the rule: payment, stale, future, call.",
    "payment: the account needs tokens for the fee. stale or future: another nonce.",
  ),
  staleNonce: entry(
    "The number was used before.",
    "Each transaction of an account has the next number.",
    "Use the one that is expected.",
  ),
  futureNonce: entry(
    "Others of the sender must come first.",
    "Each transaction of an account has the next number.",
    "Send the ones between, or use the number that is expected.",
  ),
  insufficientBalance: entry(
    "The sender has less than that.",
    "Fees count, too.",
    "Send less, or give the account more first.",
  ),
  balanceOverflow: entry(
    "The receiver would have more than a balance holds.",
    "Balances have a limit.",
    "Send less.",
  ),
  tooLarge: entry("The transaction is too large.", "Pools have a limit.", "Make it smaller."),
  temporarilyBanned: entry(
    "The transaction was found bad a short while ago.",
    "It is not looked at again for some time.",
    "Wait, or change it.",
  ),
  alreadyInPool: entry("The transaction is here already.", "It was sent before.", "Wait for it."),
  alreadyInBlock: entry("The transaction is in a block.", "It was sent before.", "Nothing."),
  nonceTooFar: entry(
    "The number is far ahead of the account's.",
    "A pool keeps few that cannot come next.",
    "Send those before it first.",
  ),
  nonceTaken: entry(
    "Another transaction with this number waits.",
    "A number is good once.",
    "Use the next number.",
  ),
  tooManyOfSender: entry(
    "Too many of this sender wait.",
    "Nobody may fill the pool alone.",
    "Wait until some are included.",
  ),
  poolFull: entry("The pool is full.", "Blocks take less than comes in.", "Try later."),
};

export const EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  ...project,
  ...code,
  ...faults,
  ...chain,
};
