/** The runtime API that makes the beginning of networks, encoded. Reference: json-rpc-and-metadata.md 7. */
import { describe } from "@parahost/base";
import { bytes, option, result, str, unit, vec } from "@parahost/scale";
import * as api from "../runtime-api.ts";
import { method, type RuntimeApi } from "./runtime-api.ts";

/** JSON that is looked at: a network with code of its own in it is larger, and is not for strangers to try. */
const JSON_BYTES_MAX = 64 * 1024;

export const GENESIS_BUILDER: RuntimeApi = {
  docs: "Beginnings of networks.",
  methods: {
    buildState: method(
      "Whether a network can begin from this JSON.",
      { json: bytes(JSON_BYTES_MAX) },
      result(unit, str),
      (_, { json }) => {
        const built = api.buildState(new TextDecoder().decode(json));
        return built.ok
          ? { type: "ok", value: undefined }
          : { type: "err", value: describe(built.error) };
      },
    ),
    getPreset: method(
      "The JSON of a preset, of the first one if none is named.",
      { id: option(str) },
      option(bytes()),
      (_, { id }) => {
        const json = api.getPreset(id);
        return json === undefined ? undefined : new TextEncoder().encode(json);
      },
    ),
    presetNames: method("Presets that there are.", {}, vec(str), () => api.presetNames()),
  },
};
