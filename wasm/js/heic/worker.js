import { serve } from "../worker-listener.js";
import { perform } from "./jobs.js";

serve(perform);
