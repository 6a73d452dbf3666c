import type { Board } from "./board.ts";
import { backends } from "./boards/backends.ts";
import { capacity } from "./boards/capacity.ts";
import { controller } from "./boards/controller.ts";
import { gateways } from "./boards/gateways.ts";
import { loadTest } from "./boards/load-test.ts";
import { overview } from "./boards/overview.ts";
import { writeBehind } from "./boards/write-behind.ts";

/** Every board, by the name of its file. */
export const boards: Readonly<Record<string, Board>> = {
  overview,
  gateways,
  "write-behind": writeBehind,
  backends,
  capacity,
  controller,
  "load-test": loadTest,
};
