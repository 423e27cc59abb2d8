import { serve } from "../serve.node.js";
import { perform } from "./engine.js";

serve(perform);
