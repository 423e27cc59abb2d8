import { serve } from "../serve.js";
import { perform } from "./engine.js";

serve(perform);
