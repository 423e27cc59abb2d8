import { runJob } from "./jobs.js";
import { listenForJobs } from "../worker-listener.js";

listenForJobs(runJob);
