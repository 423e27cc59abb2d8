import { answer } from "./answer.js";

/** Does what this worker is told. @param {import("./answer.js").Perform} perform */
export function serve(perform) {
  addEventListener("message", ({ data }) =>
    answer(perform, data, (message, transfer = []) => postMessage(message, { transfer })),
  );
}
