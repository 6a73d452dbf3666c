/** Limits of the wire that no deployment changes: a client may rely on them. */
export const limits = {
  /** Characters of a client's own id. */
  clientIdLength: 64,
  /** Bytes of one frame; a larger one closes the connection. */
  frameBytes: 65_536,
  /** Entries of one history page. */
  historyPage: 200,
  /** Entries that `room:join` returns when it is not told how many. */
  joinPage: 50,
  /** UTF-8 bytes of a message's text. */
  textBytes: 8_192,
  /** UTF-8 bytes of a text that a deployment or a policy may allow. */
  textBytesMax: 32_768,
  /** UTF-8 bytes of a message's `meta` as JSON. */
  metaBytes: 4_096,
  /** How deep `meta` may nest. */
  metaDepth: 8,
  /** Users that one message may mention. */
  mentions: 50,
  /** Characters of a reaction: a family emoji has eleven. */
  emojiLength: 32,
  /** Different emoji on one message. */
  reactionEmojis: 50,
  /** Reactions on one message, of all users and emoji together: 40 kB where a user's id has 36 characters. */
  reactions: 1_000,
  /** Characters of a user id. */
  userIdLength: 128,
  /** Characters of a token. */
  tokenLength: 8_192,
} as const;
