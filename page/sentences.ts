import { AppendError, type ErrorCode } from "../src/client/index.ts";

const sentences: Partial<Record<ErrorCode | "CLOSED", string>> = {
  UNAUTHENTICATED: "This server did not accept you. Reload the page to sign in again.",
  AUTH_EXPIRED: "Your sign-in has expired. Reload the page to sign in again.",
  FORBIDDEN: "You are not allowed to do this here.",
  BANNED: "A moderator keeps you out of this room.",
  MUTED: "A moderator has muted you for a while.",
  ROOM_FULL: "This room is full.",
  SLOW_MODE: "This room takes one message at a time. Wait a moment.",
  RATE_LIMITED: "That was too fast. Wait a moment.",
  TOO_LARGE: "This text is too long.",
  NOT_FOUND: "This message is not there any more.",
  CONFLICT: "This message can't be changed any more.",
  BAD_REQUEST: "The server did not understand this.",
  OVERLOADED: "The server has too much to do right now.",
  TIMEOUT: "No answer came in time.",
  CLOSED: "This chat is closed. Reload the page to open it again.",
};

const waits: Partial<Record<ErrorCode, string>> = {
  OVERLOADED: "The server has too much to do right now. What you write is sent as soon as it can take it.",
  RATE_LIMITED: "That was fast. What you write is sent in a moment.",
  SLOW_MODE: "This room is in slow mode. What you write is sent when it is your turn.",
};

/** Why what was written has not gone out yet, for people; empty where there is nothing that they need to know. */
export function waitingSentence(code: ErrorCode | undefined): string {
  return (code === undefined ? undefined : waits[code]) ?? "";
}

/** What went wrong, for people. */
export function sentenceFor(error: unknown): string {
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : error;
  const found = Object.entries(sentences).find(([name]) => name === code)?.[1];
  return found ?? "Something went wrong on the way.";
}

/** Why a message was not sent, or that nobody knows whether it was. */
export function failureSentence(error: unknown): string {
  if (!(error instanceof AppendError) || error.outcome === "not-stored") return `Not sent. ${sentenceFor(error)}`;
  return "It may have been sent: no answer came. Trying again sends it once.";
}
