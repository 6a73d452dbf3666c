import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import {
  BigValueColorMode,
  type DataSourceRef,
  GraphDrawStyle,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import {
  DashboardLinkBuilder,
  DashboardLinkType,
  type Panel as GrafanaPanel,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from "@grafana/grafana-foundation-sdk/dashboard";
import {
  PanelBuilder as HeatmapBuilder,
  HeatmapColorMode,
  HeatmapColorOptionsBuilder,
  YAxisConfigBuilder,
} from "@grafana/grafana-foundation-sdk/heatmap";
import { DataqueryBuilder, PromQueryFormat } from "@grafana/grafana-foundation-sdk/prometheus";
import { PanelBuilder as StatBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as LinesBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import type { Panel } from "./board.ts";
import { withVariables } from "./expression.ts";

const defaultWidth = { lines: 8, heatmap: 8, stat: 4 } as const;
const heights = { lines: 8, heatmap: 8, stat: 4 } as const;

/** Where the runbooks are. Who serves them elsewhere replaces this text, as the Helm chart does. */
const runbooks = "dashboards/runbooks";

export function buildPanel(panel: Panel, datasource: DataSourceRef): Builder<GrafanaPanel> {
  const builder = styled(panel)
    .title(panel.title)
    .description(panel.from === undefined ? panel.description : `${panel.description} Needs ${panel.from}.`)
    .datasource(datasource)
    .height(heights[panel.kind])
    .span(panel.width ?? defaultWidth[panel.kind])
    .targets(queries(panel, datasource));
  if (panel.alert !== undefined) {
    const link = new DashboardLinkBuilder(`Runbook: ${panel.alert}`);
    builder.links([link.type(DashboardLinkType.Link).url(`${runbooks}/${panel.alert}.md`).targetBlank(true)]);
  }
  return builder;
}

function queries({ kind, targets }: Panel, datasource: DataSourceRef): DataqueryBuilder[] {
  return targets.map(({ expr, legend }, index) => {
    const query = new DataqueryBuilder()
      .refId(String.fromCharCode("A".charCodeAt(0) + index))
      .datasource(datasource)
      .expr(withVariables(expr))
      .legendFormat(legend);
    if (kind === "stat") return query.instant();
    return kind === "heatmap" ? query.range().format(PromQueryFormat.Heatmap) : query.range();
  });
}

function styled(panel: Panel): LinesBuilder | StatBuilder | HeatmapBuilder {
  if (panel.kind === "stat") return stat(panel);
  return panel.kind === "heatmap" ? heatmap(panel) : lines(panel);
}

function lines({ unit }: Panel): LinesBuilder {
  return new LinesBuilder()
    .unit(unit)
    .min(0)
    .drawStyle(GraphDrawStyle.Line)
    .fillOpacity(10)
    .showPoints(VisibilityMode.Never)
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .showLegend(true),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi));
}

function heatmap({ unit }: Panel): HeatmapBuilder {
  return new HeatmapBuilder()
    .yAxis(new YAxisConfigBuilder().unit(unit))
    .unit(unit)
    .calculate(false)
    .color(new HeatmapColorOptionsBuilder().mode(HeatmapColorMode.Scheme).scheme("Oranges").steps(64));
}

function stat({ unit, threshold }: Panel): StatBuilder {
  return new StatBuilder()
    .unit(unit)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(["lastNotNull"]))
    .colorMode(threshold === undefined ? BigValueColorMode.None : BigValueColorMode.Value)
    .thresholds(new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps(threshold)));
}

type Steps = Parameters<ThresholdsConfigBuilder["steps"]>[0];

function steps(threshold: Panel["threshold"]): Steps {
  if (threshold === undefined) return [{ value: null, color: "text" }];
  if ("goodFrom" in threshold) {
    return [
      { value: null, color: "red" },
      { value: threshold.goodFrom, color: "green" },
    ];
  }
  return [
    { value: null, color: "green" },
    { value: threshold.badFrom, color: "red" },
  ];
}
