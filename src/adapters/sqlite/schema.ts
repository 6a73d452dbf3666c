/**
 * `log_` is the message log: `log_entry` is both the tail of every room and, above the partition's `trimmed` cursor, its
 * write-behind buffer. `store_` is the message store: a row's `body` has the changes up to `folded` folded in.
 */
const first = `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

  CREATE TABLE log_room (
    room TEXT PRIMARY KEY, seq INTEGER NOT NULL, at INTEGER NOT NULL, stored INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE log_partition (
    partition INTEGER PRIMARY KEY, trimmed INTEGER NOT NULL, fence INTEGER NOT NULL
  );
  CREATE TABLE log_entry (
    cursor INTEGER PRIMARY KEY AUTOINCREMENT, partition INTEGER NOT NULL, room TEXT NOT NULL, seq INTEGER NOT NULL,
    at INTEGER NOT NULL, body TEXT NOT NULL
  );
  CREATE UNIQUE INDEX log_place ON log_entry (room, seq);
  CREATE INDEX log_buffer ON log_entry (partition, cursor);
  CREATE TABLE log_sent (
    room TEXT NOT NULL, sender TEXT NOT NULL, id TEXT NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL,
    PRIMARY KEY (room, sender, id)
  ) WITHOUT ROWID;
  CREATE INDEX log_sent_at ON log_sent (at);
  CREATE TABLE log_dead (
    partition INTEGER NOT NULL, cursor INTEGER NOT NULL, raw TEXT NOT NULL, error TEXT NOT NULL, at INTEGER NOT NULL,
    PRIMARY KEY (partition, cursor)
  ) WITHOUT ROWID;

  CREATE TABLE store_room (room TEXT PRIMARY KEY, highest INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE store_entry (
    room TEXT NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, kind TEXT NOT NULL, target INTEGER,
    folded INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (room, seq)
  ) WITHOUT ROWID;
  CREATE INDEX store_change ON store_entry (room, target, seq) WHERE target IS NOT NULL;
  CREATE INDEX store_age ON store_entry (at);
`;

/** Says what each id was used for, so that another use of it is told from a retry. Empty in rows from before. */
const contentOfSent = "ALTER TABLE log_sent ADD COLUMN content TEXT NOT NULL DEFAULT '';";

/** Finds the changes of a message, so that a delete erases their texts. */
const targetsInLog = `
  ALTER TABLE log_entry ADD COLUMN target INTEGER;
  UPDATE log_entry SET target = json_extract(body, '$.target');
  CREATE INDEX log_change ON log_entry (room, target, seq) WHERE target IS NOT NULL;
`;

/** Epochs differ from start to start, so a remembered append has to name its own. */
const epochOfSent = `
  ALTER TABLE log_sent ADD COLUMN epoch TEXT NOT NULL DEFAULT '';
  UPDATE log_sent SET epoch = coalesce((SELECT value FROM meta WHERE name = 'epoch'), '0');
`;

/** What brings a file from each version of the schema to the next: the first makes it. */
export const migrations: readonly string[] = [first, contentOfSent, targetsInLog, epochOfSent];

/** A file with a higher version was written by a newer program. */
export const schemaVersion = migrations.length;
