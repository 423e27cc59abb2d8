import { serve } from "./serve.js";

addEventListener("message", ({ data }) =>
  serve(data, (message, transfer = []) => postMessage(message, { transfer })),
);
