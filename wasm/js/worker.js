import { perform } from "./jobs.js";
import { serve } from "./worker-listener.js";

serve(perform);
