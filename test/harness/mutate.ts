/** What a byte or a piece of a frame may become. */
type Mutation = (frame: Buffer, at: number, random: () => number) => Buffer;

const splice = (frame: Buffer, from: number, to: number, middle: Buffer): Buffer =>
  Buffer.concat([frame.subarray(0, from), middle, frame.subarray(to)]);

const mutations: readonly Mutation[] = [
  (frame, at, random) => splice(frame, at, at + 1, Buffer.of(Math.floor(random() * 256))),
  (frame, at) => frame.subarray(0, at),
  (frame, at, random) => splice(frame, at, at, frame.subarray(0, Math.floor(random() * frame.length))),
  (frame, at, random) => splice(frame, at, Math.min(frame.length, at + Math.floor(random() * 8)), Buffer.alloc(0)),
  (frame, at) => splice(frame, at, at, Buffer.from('"__proto__":{"polluted":true},')),
  (frame, at) => splice(frame, at, at, Buffer.from('{"_placeholder":true,"num":0}')),
  (frame, at) => splice(frame, at, at, Buffer.from("[".repeat(200))),
  (frame, at) => splice(frame, at, at, Buffer.from([0xc3, 0x28, 0xed, 0xa0, 0x80])),
];

/** A frame with one to three things wrong with it. The same numbers give the same frame. */
export function mutate(frame: Buffer, random: () => number): Buffer {
  let mutated = frame;
  for (let i = 0; i <= Math.floor(random() * 3); i++) {
    const mutation = mutations[Math.floor(random() * mutations.length)];
    mutated = mutation?.(mutated, Math.floor(random() * (mutated.length + 1)), random) ?? mutated;
  }
  return mutated;
}

const oddities: readonly string[] = [
  "null",
  "true",
  "-1",
  "0.5",
  "1e308",
  '""',
  '"\\u0000"',
  '"__proto__"',
  `"${"x".repeat(300)}"`,
  "[]",
  "[[[]]]",
  '{"__proto__":{"polluted":true}}',
  '{"toString":1,"length":-1}',
];

/** An event whose frame is sound and one of whose values is not what it should be: it gets as far as the checks of the request. */
export function mutateValue(frame: string, random: () => number): string {
  const values = [...frame.matchAll(/:("[^"]*"|-?\d+|true|null)/g)];
  const value = values[Math.floor(random() * values.length)];
  if (value === undefined) return frame;
  const oddity = oddities[Math.floor(random() * oddities.length)] ?? "";
  return `${frame.slice(0, value.index + 1)}${oddity}${frame.slice(value.index + value[0].length)}`;
}
