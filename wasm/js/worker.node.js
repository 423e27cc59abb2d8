import { perform } from "./jobs.js";
import { serve } from "./worker-listener.node.js";

serve(perform);
