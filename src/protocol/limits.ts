import { textBytesMax } from "../chat/text-limit.ts";

/** Limits of values, in the units that `limitMeanings` names. */
const values = {
  clientIdLength: 64,
  historyPage: 200,
  joinPage: 50,
  pageBytes: 262_144,
  joinRooms: 50,
  textBytes: 8_192,
  textBytesMax,
  metaBytes: 4_096,
  metaDepth: 8,
  mentions: 50,
  emojiLength: 32,
  reactionEmojis: 50,
  reactions: 1_000,
  userIdLength: 128,
  tokenLength: 8_192,
} as const;

/** JSON may write one byte of a text as `\u0001`, and one character as two of these. */
const escapedByte = 6;
const escapedCharacter = 2 * escapedByte;
/** The rest of a request, its event and its acknowledgement: names, ids and numbers. */
const restOfFrame = 4_096;

/**
 * Bytes of a frame that hold every request of allowed size, however its sender escapes it. Computed, so that no text of
 * allowed size can be cut off.
 */
const frameBytes =
  escapedByte * (values.textBytesMax + values.metaBytes) +
  escapedCharacter * values.mentions * values.userIdLength +
  restOfFrame;

/** Limits of the wire that no deployment changes: a client may rely on them. */
export const limits = { ...values, frameBytes } as const;

/** What each of them counts, and in what. */
export const limitMeanings: Readonly<Record<keyof typeof limits, string>> = {
  clientIdLength: "Characters of a client's own id.",
  frameBytes:
    "Bytes of one frame, or of one polling request; a larger one closes the connection. Every request of allowed size fits, however it is escaped.",
  historyPage: "Entries of one history page.",
  joinPage: "Entries that `room:join` returns when it is not told how many.",
  pageBytes:
    "Bytes of entries with which a page ends: of `history:get` or `room:join`. There is at least one entry, and `more` tells of the rest.",
  joinRooms: "Rooms of one `rooms:join`.",
  textBytes: "UTF-8 bytes of a message's text.",
  textBytesMax: "UTF-8 bytes of a text that a deployment or a policy may allow.",
  metaBytes: "UTF-8 bytes of a message's `meta` as JSON.",
  metaDepth: "How deep `meta` may nest.",
  mentions: "Users that one message may mention.",
  emojiLength: "Characters of a reaction: a family emoji has eleven.",
  reactionEmojis: "Different emoji on one message.",
  reactions: "Reactions on one message, of all users and emoji together: 40 kB where a user's id has 36 characters.",
  userIdLength: "Characters of a user id.",
  tokenLength: "Characters of a token.",
};
