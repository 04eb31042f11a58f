// @ts-check
/** The one memory of the page's answers, over the module that asks the server. */

import { fetchAnswer } from "./api.js";
import { createMemory } from "./lib/memory.js";

export const { fetchRemembered, remembered } = createMemory(fetchAnswer);
