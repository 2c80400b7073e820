/** Authors' chains as parachains: built from their folders. */
import { ok, type Result } from "@parahost/base";
import { buildProject, loadProject } from "@parahost/kit/compile";
import { asParaId, type ValidationCodeHash, validationCodeHash } from "@parahost/primitives";
import { type ParaPlan, planGuest } from "@parahost/sim/para-plan";

/** Builds each folder's chain; they get the ids from `firstId` on. Their source maps are put into the given ones. */
export async function planProjects(
  directories: readonly string[],
  firstId: number,
  sourceMaps = new Map<ValidationCodeHash, string>(),
): Promise<Result<readonly ParaPlan[], { readonly message: string }>> {
  const plans: ParaPlan[] = [];
  for (const directory of directories) {
    const project = await loadProject(directory);
    if (!project.ok) return project;
    const built = await buildProject(project.value);
    if (!built.ok) return built;
    const { schema, storage } = project.value;
    const { wasm, sourceMap } = built.value;
    sourceMaps.set(validationCodeHash(wasm), sourceMap);
    const id = asParaId(firstId + plans.length);
    plans.push(planGuest(id, schema, wasm, { storage, sourceMap: (code) => sourceMaps.get(code) }));
  }
  return ok(plans);
}
