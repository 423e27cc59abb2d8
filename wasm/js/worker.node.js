import { perform } from "./engine.js";
import { serve } from "./serve.node.js";

serve(perform);
