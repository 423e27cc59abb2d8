import { runJob } from "./jobs.js";
import { listenForJobs } from "../worker-listener.node.js";

listenForJobs(runJob);
