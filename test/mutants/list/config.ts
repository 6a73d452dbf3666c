import { mutantsOf } from "../mutant.ts";

export const configMutants = mutantsOf("src/config", [
  [
    "compile.ts",
    "settings.jwtSecret, settings.jwtPublicKey, settings.jwksUrl].some",
    "settings.jwtSecret, settings.jwtSecretPrevious, settings.jwtPublicKey, settings.jwksUrl].some",
    "A gateway with only the previous secret does not start.",
  ],
  [
    "compile.ts",
    'setting.secret === true ? "(secret)"',
    'setting.secret === false ? "(secret)"',
    "A refusal never shows a secret.",
  ],
  ["compile.ts", "catalogue[name]?.secret === true && value", "value", "Only secrets are masked."],
  [
    "compile.ts",
    "super(maskUrls(message), options);",
    "super(message, options);",
    "A refusal shows no password of a URL.",
  ],
  ["compile.ts", "const safe = maskUrl(text);", "const safe = text;", "A refusal shows no misspelt URL's password."],
  ["compile.ts", "return maskText(value);", "return value;", "`weir config` shows no password of a URL."],
  ["compile.ts", 'text.includes("PRIVATE KEY") ? hidden : ', "", "`weir config` shows no private key."],
  [
    "compile.ts",
    'role === "all-in-one" && settings.workers > 1',
    'role === "all-in-one" && settings.workers > 2',
    "All-in-one is one process.",
  ],
  [
    "compile.ts",
    "if ((cert === undefined) === (key === undefined)) return;",
    "if (cert === undefined || key !== undefined) return;",
    "A key without its certificate is refused.",
  ],
  ["compile.ts", 'role === "all-in-one" && !both', "false", "Redis without MongoDB is refused for all-in-one."],
  ["kinds.ts", "value >= min && value <= max ? value", "value >= min ? value", "A value above its maximum is refused."],
  ["kinds.ts", "Number(prefix) <= bits", "Number(prefix) <= 128", "A network of 33 bits of IPv4 is refused."],
  [
    "kinds.ts",
    "items.every((i) => i !== undefined) ? items",
    "items.some((i) => i !== undefined) ? items.filter((i) => i !== undefined)",
    "A list with one bad item is refused.",
  ],
  [
    "kinds.ts",
    "!Array.isArray(can) || !isRoomPattern(room)",
    "!Array.isArray(can)",
    "A grant with a bad pattern is refused.",
  ],
  [
    "load-env.ts",
    "if (value !== undefined && file !== undefined)",
    'if (value === undefined && file === undefined && name === "")',
    "A value and a file for it together are refused.",
  ],
  ["load-env.ts", '.replace(/\\r?\\n$/, "")', "", "The last line break of a mounted secret is not part of it."],
]);
