// The packages lie where `make conformance` installed them, not beside these programs; CONFORMANCE_NODE says where.
import { pathToFileURL } from "node:url";
import { join } from "node:path";

const dist = join(process.env.CONFORMANCE_NODE, "node_modules", "@openai", "agents-realtime", "dist");
const load = (file) => import(pathToFileURL(join(dist, file)).href);

export const loadAgents = () => load("index.mjs");
export const loadEvents = () => load("openaiRealtimeEvents.mjs");
