#!/usr/bin/env node
// The launcher runs on any Node, so that an old one gets a sentence instead of a stack trace.
import { existsSync } from "node:fs";

const needed = 24;
const running = Number(process.versions.node.split(".")[0]);

if (running < needed) {
  process.stderr.write(
    `weir needs Node ${needed} or newer and this is ${process.versions.node}: run it as "npm start" or "npx weir", which use the Node that "npm ci" installed, or install Node ${needed}\n`,
  );
  process.exit(2);
}

const source = new URL("../src/main.ts", import.meta.url);
await import(existsSync(source) ? source.href : new URL("../dist/main.js", import.meta.url).href);
