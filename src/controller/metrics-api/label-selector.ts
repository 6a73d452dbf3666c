export type Labels = Readonly<Record<string, string>>;
export type LabelMatcher = (labels: Labels) => boolean;

const key = "[A-Za-z0-9](?:[A-Za-z0-9._/-]*[A-Za-z0-9])?";
const value = "[A-Za-z0-9._-]*";
const equality = new RegExp(`^(${key})\\s*(==|=|!=)\\s*(${value})$`);
const membership = new RegExp(`^(${key})\\s+(in|notin)\\s*\\(([^()]*)\\)$`);
const presence = new RegExp(`^(!?)\\s*(${key})$`);

/**
 * A label selector as the Kubernetes API takes it: requirements, all of which must hold, as in `app=weir,tier!=x,env in (a, b),!old`.
 * Undefined for a text that is none. The empty selector takes everything.
 */
export function parseLabelSelector(text: string): LabelMatcher | undefined {
  if (text.trim() === "") return () => true;
  // Commas within parentheses separate values.
  const requirements = text.split(/,(?![^()]*\))/).map((part) => requirementOf(part.trim()));
  if (!requirements.every((found) => found !== undefined)) return undefined;
  return (labels) => requirements.every((holds) => holds(labels));
}

function requirementOf(text: string): LabelMatcher | undefined {
  return equalityOf(text) ?? membershipOf(text) ?? presenceOf(text);
}

function equalityOf(text: string): LabelMatcher | undefined {
  const [, name, operator, wanted] = equality.exec(text) ?? [];
  if (name === undefined) return undefined;
  return operator === "!=" ? (labels) => labels[name] !== wanted : (labels) => labels[name] === wanted;
}

function membershipOf(text: string): LabelMatcher | undefined {
  const [, name, operator, list] = membership.exec(text) ?? [];
  if (name === undefined || list === undefined) return undefined;
  const wanted = new Set<string | undefined>(list.split(",").map((one) => one.trim()));
  return operator === "in" ? (labels) => wanted.has(labels[name]) : (labels) => !wanted.has(labels[name]);
}

function presenceOf(text: string): LabelMatcher | undefined {
  const [, not, name] = presence.exec(text) ?? [];
  if (name === undefined) return undefined;
  return (labels) => (labels[name] === undefined) === (not === "!");
}
