import { parentPort } from "node:worker_threads";

import { serve } from "./serve.js";

parentPort?.on("message", (job) =>
  serve(job, (message, movable) => parentPort?.postMessage(message, movable)),
);
