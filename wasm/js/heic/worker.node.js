import { serve } from "../worker-listener.node.js";
import { perform } from "./jobs.js";

serve(perform);
