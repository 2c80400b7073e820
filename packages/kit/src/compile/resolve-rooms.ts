/** Authors' files import our rooms by name and need not have them installed. */
import { registerHooks } from "node:module";

let isHooked = false;

/** From now on, files outside of this installation find our rooms by their names. */
export function resolveOurRooms(): void {
  if (isHooked) return;
  isHooked = true;
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier.startsWith("@parahost/")
        ? next(specifier, { ...context, parentURL: import.meta.url })
        : next(specifier, context),
  });
}
