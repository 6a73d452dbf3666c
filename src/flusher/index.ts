export { createFlusher, type FlusherOptions, flusherDefaults } from "./flusher.ts";
export { listDeadLetters, type Replayed, type ReplayOutcome, replayDeadLetters } from "./replay.ts";
