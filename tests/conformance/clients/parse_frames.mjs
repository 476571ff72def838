// Reads a server's events, a line of JSON each, and prints those that `@openai/agents-realtime` does not understand.
import { createInterface } from "node:readline";
import { loadEvents } from "./packages.mjs";

const { parseRealtimeEvent, realtimeServerEventSchema } = await loadEvents();
let read = 0;
for await (const line of createInterface({ input: process.stdin })) {
  read += 1;
  const event = JSON.parse(line);
  if (!parseRealtimeEvent({ data: line }).isGeneric) continue;
  const known = realtimeServerEventSchema.options.some((option) => option.shape.type.safeParse(event.type).success);
  const why = known ? realtimeServerEventSchema.safeParse(event).error.issues : "unknown type";
  console.log(JSON.stringify({ type: event.type, known, why }));
}
console.error(`${read} read`);
