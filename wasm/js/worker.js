import { perform } from "./engine.js";
import { serve } from "./serve.js";

serve(perform);
