// Conversations through `@openai/agents-realtime`.
//
//     node agents_realtime.mjs BASE_URL KEY SOUND [SCENE ...]
//
// Like the programs in Python: a line of JSON for each conversation (see driver.py).
import { readFileSync } from "node:fs";
import { loadAgents } from "./packages.mjs";

const { RealtimeAgent, RealtimeSession, OpenAIRealtimeWebSocket, tool } = await loadAgents();

const [baseUrl, key, soundPath, ...wanted] = process.argv.slice(2);
const sound = readFileSync(soundPath);
const LONG = "Please tell me a long story.";
const QUESTION = "Please use get_weather.";
const WHOLE = ["completed", "incomplete"];
const PLAYED_MS = 1200;
const SECONDS = 120;
const CHUNK = 4800;
const VOICED = sound.length - 45 * CHUNK;
const WEATHER = {
  type: "object",
  properties: { city: { type: "string" }, days: { type: "integer" } },
  required: ["city", "days"],
  additionalProperties: false,
};

class Talk {
  constructor(session, report) {
    this.session = session;
    this.report = report;
    this.waiting = [];
    session.on("audio", (event) => (report.audio_bytes += event.data.byteLength));
    session.on("error", ({ error }) => {
      const told = error?.error?.error ?? error?.error ?? error;
      report.errors.push(`${told?.code}: ${told?.message ?? told}`);
    });
    session.on("transport_event", (event) => {
      if (event.type === "conversation.item.input_audio_transcription.completed") report.heard.push(event.transcript);
      if (event.type === "response.done" && WHOLE.includes(event.response.status)) this.given += 1;
      this.look(event);
    });
    session.on("history_updated", () => this.look({ type: "history_updated" }));
    session.on("error", () => this.look({ type: "error_told" }));
    this.given = 0;
  }

  look(event) {
    for (const entry of [...this.waiting]) {
      if (entry.condition(event)) {
        this.waiting.splice(this.waiting.indexOf(entry), 1);
        entry.resolve(event);
      }
    }
  }

  // Give the first event from now on for which the condition is true.
  until(condition) {
    return new Promise((resolve) => this.waiting.push({ condition, resolve }));
  }

  event(type) {
    return this.until((event) => event.type === type);
  }

  async answers(count, heard = 0) {
    const enough = () => this.given >= count && this.report.heard.length >= heard;
    if (!enough()) await this.until(enough);
  }

  speak(from = 0, to = sound.length) {
    for (let at = from; at < to; at += CHUNK) {
      const chunk = sound.subarray(at, at + CHUNK);
      this.session.sendAudio(chunk.buffer.slice(chunk.byteOffset, chunk.byteOffset + chunk.length));
    }
  }

  // What the assistant said, as the session's own history has it.
  words() {
    return this.session.history
      .filter((item) => item.type === "message" && item.role === "assistant")
      .map((item) => item.content.map((part) => part.transcript ?? part.text ?? "").join(""));
  }
}

async function connected(scene, report, { tools = [] } = {}) {
  const agent = new RealtimeAgent({ name: "someone", instructions: "You are helpful.", tools });
  const url = `${baseUrl.replace("http:", "ws:")}/realtime?model=${scene}`;
  const transport = new OpenAIRealtimeWebSocket({ url, useInsecureApiKey: true });
  const session = new RealtimeSession(agent, { transport, tracingDisabled: true });
  const talk = new Talk(session, report);
  await session.connect({ apiKey: key });
  return talk;
}

const scenes = {
  async voice(report) {
    const talk = await connected("voice", report);
    talk.speak();
    await talk.answers(1, 1);
    return talk;
  },

  async text(report) {
    const talk = await connected("text", report);
    talk.session.sendMessage("Say hello.");
    await talk.answers(1);
    return talk;
  },

  async barge_in(report) {
    const talk = await connected("barge_in", report);
    const begun = talk.event("response.output_audio.delta");
    talk.session.sendMessage(LONG);
    await begun;
    // This client takes it that sound is heard from its first piece on, by the clock.
    const played = new Promise((resolve) => setTimeout(resolve, PLAYED_MS));
    await talk.answers(1);
    await played;
    const whole = talk.words()[0];
    const truncated = talk.event("conversation.item.truncated");
    const cut = talk.until((event) => event.type === "history_updated" && talk.words()[0] !== whole);
    talk.speak(0, VOICED);
    report.cut_ms = (await truncated).audio_end_ms;
    await cut;
    report.kept = talk.words()[0];
    talk.speak(VOICED);
    await talk.answers(2, 1);
    report.said = [whole, ...talk.words().slice(1)];
    return talk;
  },

  async function(report) {
    let talk;
    const weather = tool({
      name: "get_weather",
      description: "The weather.",
      parameters: WEATHER,
      strict: true,
      execute: async (given) => {
        report.calls.push(["get_weather", given]);
        return "sunny";
      },
    });
    talk = await connected("function", report, { tools: [weather] });
    talk.session.sendMessage(QUESTION);
    await talk.answers(2);
    return talk;
  },

  async error(report) {
    const talk = await connected("error", report);
    const told = talk.event("error_told");
    talk.session.transport.sendEvent({ type: "conversation.item.delete", item_id: "nowhere" });
    await told;
    talk.session.sendMessage("Say hello.");
    await talk.answers(1);
    return talk;
  },
};

for (const [scene, hold] of Object.entries(scenes)) {
  if (wanted.length && !wanted.includes(scene)) continue;
  const report = { heard: [], said: [], audio_bytes: 0, cut_ms: null, kept: "", calls: [], errors: [] };
  let failure = null;
  let timer;
  const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error("nothing came")), SECONDS * 1000)));
  try {
    const talk = await Promise.race([hold(report), late]);
    if (!report.said.length) report.said = talk.words();
    talk.session.close();
  } catch (error) {
    failure = error.stack;
  }
  clearTimeout(timer);
  console.log(JSON.stringify({ scene, failure, ...report }));
}
process.exit(0);
