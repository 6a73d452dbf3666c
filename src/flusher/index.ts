export { createFlusher, flusherDefaults } from "./flusher.ts";
export { listDeadLetters, replayDeadLetters } from "./replay.ts";
