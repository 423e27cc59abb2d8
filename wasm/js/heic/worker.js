import { runJob } from "../jobs.js";
import { listenForJobs } from "../worker-listener.js";
import * as glue from "./wasm/heic.js";

listenForJobs((job, onStage) => runJob(job, onStage, glue));
