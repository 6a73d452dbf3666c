import { readFileSync } from "node:fs";
import { parse } from "yaml";
import type { Board, Panel } from "../../dashboards/src/board.ts";
import { boards } from "../../dashboards/src/boards.ts";
import { isObject } from "./load-wire.ts";

export interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

function isRule(value: unknown): value is Rule {
  return isObject(value) && typeof value["expr"] === "string";
}

/** The rules of one file of dashboards/, in order. */
export function rulesOf(name: "rules" | "alerts"): Rule[] {
  const file: unknown = parse(readFileSync(`dashboards/${name}.yaml`, "utf8"));
  const groups = isObject(file) && Array.isArray(file["groups"]) ? file["groups"] : [];
  return groups.flatMap((group: unknown) =>
    isObject(group) && Array.isArray(group["rules"]) ? group["rules"].filter(isRule) : [],
  );
}

export function panelsOf(board: Board): Panel[] {
  return board.rows.flatMap((row) => [...row.panels]);
}

/** Every panel of every board, with the name of the board. */
export function allPanels(): { readonly board: string; readonly panel: Panel }[] {
  return Object.entries(boards).flatMap(([name, board]) => panelsOf(board).map((panel) => ({ board: name, panel })));
}

/** The rules and the alerts as Prometheus reads them. */
export function rulesText(): string[] {
  return ["rules", "alerts"].map((name) => readFileSync(`dashboards/${name}.yaml`, "utf8"));
}
