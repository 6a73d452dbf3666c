/** Limits of the wire that no deployment changes: a client may rely on them. */
export const limits = {
  clientIdLength: 64,
  frameBytes: 65_536,
  historyPage: 200,
  joinPage: 50,
  joinRooms: 50,
  textBytes: 8_192,
  textBytesMax: 32_768,
  metaBytes: 4_096,
  metaDepth: 8,
  mentions: 50,
  emojiLength: 32,
  reactionEmojis: 50,
  reactions: 1_000,
  userIdLength: 128,
  tokenLength: 8_192,
} as const;

/** What each of them counts, and in what. */
export const limitMeanings: Readonly<Record<keyof typeof limits, string>> = {
  clientIdLength: "Characters of a client's own id.",
  frameBytes: "Bytes of one frame; a larger one closes the connection.",
  historyPage: "Entries of one history page.",
  joinPage: "Entries that `room:join` returns when it is not told how many.",
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
