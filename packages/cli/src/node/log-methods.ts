/** `system_addLogFilter` and `system_resetLogFilter`: log levels at run time, for the node's owner. */
import { ErrorCode, type Methods, RpcError } from "@parahost/rpc";
import { LogFilterError, type LogSettings } from "../ports/console-logger.ts";

export const logMethods = (settings: LogSettings): Methods => ({
  methods: {
    system_addLogFilter: ([directives]) => {
      if (typeof directives !== "string")
        throw new RpcError(ErrorCode.invalidParams, "directives are text, such as sync=debug");
      try {
        settings.add(directives);
      } catch (error) {
        if (!(error instanceof LogFilterError)) throw error;
        throw new RpcError(ErrorCode.invalidParams, error.message);
      }
      return null;
    },
    system_resetLogFilter: () => {
      settings.reset();
      return null;
    },
  },
  subscriptions: {},
});
