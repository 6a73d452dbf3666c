import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import type { DataSourceRef } from "@grafana/grafana-foundation-sdk/common";
import {
  AnnotationQueryBuilder,
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  type Panel as GrafanaPanel,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
  VariableSort,
} from "@grafana/grafana-foundation-sdk/dashboard";
import type { Board, Row } from "./board.ts";
import { buildPanel } from "./build-panel.ts";
import { withVariables } from "./expression.ts";

const datasource: DataSourceRef = { type: "prometheus", uid: "$datasource" };
/** What all boards can be found by. */
const tag = "weir";

/** The dashboard of a board, in Grafana's classic JSON model, which provisioning, sidecar and operator all take. */
export function buildBoard(board: Board): Dashboard {
  const builder = new DashboardBuilder(board.title)
    .uid(board.uid)
    .description(board.description)
    .tags([tag])
    .readonly()
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: "now-1h", to: "now" })
    .refresh("30s")
    .timezone("browser")
    .variables([
      datasourceVariable(),
      ...["namespace", "job", "instance"].map(labelVariable),
      ...(board.ofLoadTests === true ? [runVariable()] : []),
    ])
    .annotations([rollouts(), leaderChanges()])
    .link(
      new DashboardLinkBuilder("Weir").type(DashboardLinkType.Dashboards).tags([tag]).includeVars(true).keepTime(true),
    );
  for (const row of board.rows) addRow(builder, row);
  return builder.build();
}

function addRow(builder: DashboardBuilder, row: Row): void {
  const panels: readonly Builder<GrafanaPanel>[] = row.panels.map((panel) => buildPanel(panel, datasource));
  const heading = new RowBuilder(row.title);
  if (row.collapsed === true) {
    builder.withRow(panels.reduce((whole, panel) => whole.withPanel(panel), heading.collapsed(true)));
    return;
  }
  builder.withRow(heading);
  for (const panel of panels) builder.withPanel(panel);
}

function datasourceVariable(): DatasourceVariableBuilder {
  return new DatasourceVariableBuilder("datasource").label("Data source").type("prometheus");
}

/** One run or several; a run without the tag `testid` is found under "All". */
function runVariable(): QueryVariableBuilder {
  return new QueryVariableBuilder("testid")
    .label("Load test")
    .datasource(datasource)
    .query({ query: "label_values(k6_chat_sent_total, testid)", refId: "testid" })
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalDesc)
    .multi(true)
    .includeAll(true)
    .allValue(".*")
    .current({ text: ["All"], value: ["$__all"] });
}

/** An empty namespace is one too: a Prometheus outside Kubernetes gives none. */
function labelVariable(name: string, index: number, names: readonly string[]): QueryVariableBuilder {
  const before = names.slice(0, index).map((other) => `${other}=~"$${other}"`);
  return new QueryVariableBuilder(name)
    .label(name.charAt(0).toUpperCase() + name.slice(1))
    .datasource(datasource)
    .query({ query: `label_values(weir_build_info{${before.join(", ")}}, ${name})`, refId: name })
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .allValue(name === "namespace" ? ".*" : ".+")
    .current({ text: ["All"], value: ["$__all"] });
}

/** A process that was not there a minute ago: a new pod, or another version in the place of the old one. */
function rollouts(): AnnotationQueryBuilder {
  return annotation("Rollouts", "blue", "version {{version}} starts").expr(
    withVariables("count by (version) (weir_build_info{@} unless weir_build_info{@} offset 1m)"),
  );
}

function leaderChanges(): AnnotationQueryBuilder {
  return annotation("Leader changes", "orange", "the leading {{role}} changes").expr(
    withVariables(
      "sum by (role) (changes(weir_leader{@}[1m]) * on (namespace, job, instance) group_left (role) weir_build_info{@}) > 0",
    ),
  );
}

function annotation(name: string, color: string, title: string): AnnotationQueryBuilder {
  return new AnnotationQueryBuilder()
    .name(name)
    .datasource(datasource)
    .enable(true)
    .iconColor(color)
    .step("60s")
    .titleFormat(title);
}
