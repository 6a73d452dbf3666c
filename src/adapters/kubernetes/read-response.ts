import type { IncomingMessage } from "node:http";

export async function textOf(response: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of chunksOf(response)) text += chunk;
  return text;
}

/** Lines as they come; a last one without an end is not one. Throws when the connection breaks or is aborted. */
export async function* linesOf(response: IncomingMessage): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of chunksOf(response)) {
    const lines = `${rest}${chunk}`.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line !== "") yield line;
  }
}

async function* chunksOf(response: IncomingMessage): AsyncGenerator<string> {
  response.setEncoding("utf8");
  for await (const chunk of response) if (typeof chunk === "string") yield chunk;
}
