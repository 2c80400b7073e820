/**
 * Changes one thing about a subsystem of a node: what it hears, says or asks, or what happens beside it at each
 * leaf. The subsystem itself stays the node's own.
 */
import type { Context, Incoming } from "@parahost/node/overseer/context";
import type { Messages, SubsystemName } from "@parahost/node/overseer/messages";
import type { Subsystems } from "@parahost/node/overseer/overseer";
import type { ActivatedLeaf } from "@parahost/node/overseer/signal";

/** Says anything to anybody: a liar is not held to the declared addressees. */
export type AnyContext = Context<SubsystemName, SubsystemName>;

/** A message and its addressee. */
export type Said = {
  readonly [To in SubsystemName]: { readonly to: To; readonly message: Messages[To] };
}[SubsystemName];

/** Each part may be left out; nothing then changes there. */
export interface Mischief<Name extends SubsystemName> {
  /** What the subsystem hears instead of a message; `undefined` for nothing. */
  readonly hears?: (message: Messages[Name], context: AnyContext) => Messages[Name] | undefined;
  /** What it says instead. */
  readonly says?: (said: Said, context: AnyContext) => Said | undefined;
  /** The answer to a question of its own; `ask` asks it as it is. */
  readonly asks?: (
    asked: { readonly to: SubsystemName; readonly question: { readonly type: string } },
    ask: () => Promise<unknown>,
    context: AnyContext,
  ) => Promise<unknown>;
  /** Something to do at a new leaf, before the subsystem hears of it. */
  readonly onLeaf?: (leaf: ActivatedLeaf, context: AnyContext) => void;
}

/** The subsystems with a change in one of them. A node without that subsystem is left as it is. */
export function changing<Name extends SubsystemName>(
  own: Subsystems,
  name: Name,
  mischief: Mischief<Name>,
): Subsystems {
  const run = own[name];
  if (run === undefined) return own;
  return {
    ...own,
    [name]: (context: Context<Name, SubsystemName>) => run(changed(context, mischief)),
  };
}

function changed<Name extends SubsystemName>(
  own: Context<Name, SubsystemName>,
  { hears, says, asks, onLeaf }: Mischief<Name>,
): Context<Name, SubsystemName> {
  const any = own as unknown as AnyContext;
  async function* inbox(): AsyncGenerator<Incoming<Name>> {
    for await (const incoming of own.inbox) {
      if (incoming.from === "overseer") {
        const { signal } = incoming;
        if (signal.type === "activeLeaves" && signal.activated !== undefined)
          onLeaf?.(signal.activated, any);
        yield incoming;
        continue;
      }
      const message = hears === undefined ? incoming.message : hears(incoming.message, any);
      if (message !== undefined) yield { from: "subsystem", message };
    }
  }
  return {
    inbox: inbox(),
    spawn: own.spawn,
    send: async (to, message) => {
      const said = { to, message } as unknown as Said;
      const instead = says === undefined ? said : says(said, any);
      if (instead !== undefined) await any.send(instead.to, instead.message);
    },
    ask: (to, question) => {
      const ask = () => own.ask(to, question);
      if (asks === undefined) return ask();
      const asked = { to, question: question as unknown as { readonly type: string } };
      return asks(asked, ask, any) as ReturnType<typeof ask>;
    },
  };
}
