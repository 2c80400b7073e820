/** The other side of `deep-stack.ts`: waits for a question, answers it, until it is told to end. */

import { type MessagePort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { HostError } from "@parahost/base";
import { ANSWERED, ASKED, type DeepStackAnswer, type DeepStackQuestion } from "./deep-stack.ts";
import { callValidateBlock } from "./validate-block.ts";

type DeepStackCall = Extract<DeepStackQuestion, { readonly type: "call" }>;

const { counters, port } = workerData as {
  readonly counters: Int32Array;
  readonly port: MessagePort;
};

// Not while the module is being loaded: a thread that the program's end interrupts there brings it down.
setImmediate(serve);

function serve(): void {
  for (let questions = 0; ; questions++) {
    Atomics.wait(counters, ASKED, questions);
    const question = receiveMessageOnPort(port)?.message as DeepStackQuestion;
    if (question.type === "end") return;
    port.postMessage(answerTo(question));
    Atomics.add(counters, ANSWERED, 1);
    Atomics.notify(counters, ANSWERED);
  }
}

function answerTo({ pvf, input, fuel }: DeepStackCall): DeepStackAnswer {
  try {
    return { type: "result", result: callValidateBlock(pvf, input, fuel) };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const code = error instanceof HostError ? error.code : error.name;
    return { type: "failed", code, message: error.message };
  }
}
