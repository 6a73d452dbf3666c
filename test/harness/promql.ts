/** A series as an expression asks for it. */
export interface Selector {
  readonly name: string;
  /** Labels that its braces name. */
  readonly labels: readonly string[];
  /** The range in brackets after it, where there is one. */
  readonly range: string | undefined;
  /** The innermost function around it, where there is one. */
  readonly within: string | undefined;
}

const words = new Set(["and", "or", "unless", "bool", "offset", "by", "on", "without", "ignoring", "group_left"]);
const grouping = /\b(?:by|on|without|ignoring|group_left)\s*\(([^)]*)\)/g;
const selector = /([a-zA-Z_:][\w:]*)\s*(?:\{([^}]*)\})?\s*(?:\[([^\]]*)\])?(?!\s*\()(?![\w:])/g;

function withoutComments(expr: string): string {
  return expr.replaceAll(/#.*$/gm, "");
}

/** The series that a PromQL expression reads. It knows as much of PromQL as our expressions use. */
export function selectorsIn(expr: string): Selector[] {
  const bare = withoutComments(expr)
    .replaceAll(grouping, " ")
    .replaceAll(/"[^"]*"/g, '""');
  return [...bare.matchAll(selector)]
    .filter((match) => !words.has(match[1] ?? ""))
    .map((match) => ({
      name: match[1] ?? "",
      labels: [...(match[2] ?? "").matchAll(/(\w+)\s*[=!]/g)].map((label) => label[1] ?? ""),
      range: match[3],
      within: /(\w+)\s*\(\s*$/.exec(bare.slice(0, match.index))?.[1],
    }));
}

/** The labels that an expression groups or joins by. */
export function groupLabelsIn(expr: string): string[] {
  return [...withoutComments(expr).matchAll(grouping)].flatMap((match) =>
    (match[1] ?? "")
      .split(",")
      .map((label) => label.trim())
      .filter((label) => label !== ""),
  );
}
