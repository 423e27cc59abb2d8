import { answer } from "./response.js";

/** Does what this worker is told. @param {import("./response.js").Perform} perform */
export function serve(perform) {
  addEventListener("message", ({ data }) =>
    answer(perform, data, (message, transfer = []) => postMessage(message, { transfer })),
  );
}
