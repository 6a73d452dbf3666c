/** What one board shows. The JSON that Grafana reads is built from these. */
export interface Board {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  /** Its readers also choose among load tests, by the tag `testid`. */
  readonly ofLoadTests?: true;
  readonly rows: readonly Row[];
}

export interface Row {
  readonly title: string;
  /** Below the fold, so that a board asks Prometheus only for what is looked at. */
  readonly collapsed?: true;
  readonly panels: readonly Panel[];
}

export interface Panel {
  readonly title: string;
  /** What it shows and what is normal. */
  readonly description: string;
  readonly kind: "lines" | "stat" | "heatmap";
  readonly unit: Unit;
  readonly targets: readonly Target[];
  /** Of 24 columns. */
  readonly width?: number;
  /** Where the colour of a stat changes: good from here on, or bad from here on. */
  readonly threshold?: { readonly goodFrom: number } | { readonly badFrom: number };
  /** The alert that speaks of the same, for a link to its runbook. */
  readonly alert?: string;
  /** What its series come from where that is not a gateway or a flusher. Such panels have data where that is. */
  readonly from?: "kube-state-metrics" | "cadvisor" | "a controller" | "k6";
}

export interface Target {
  /**
   * PromQL. `@` in the braces of a series stands for the variables of the board: `weir_rooms{@}`, `weir_messages_total{@, kind="edit"}`.
   * `@job` leaves the instance out, for series that are of a whole platform; `@run` stands for the load test, in series of k6.
   */
  readonly expr: string;
  /** Of a series, with `{{label}}`. */
  readonly legend: string;
}

type Unit = "none" | "short" | "s" | "bytes" | "percentunit" | "ops" | "cps" | "bool_yes_no";
