import { acceptedFactor, compareHeldOut } from "./accuracy.ts";
import { bridgedSeconds, drainSeconds, mostConnections, rampOf, targetOf, watermarkFor } from "./advice.ts";
import { type Costs, costsOf } from "./costs.ts";
import type { Measurement, Point } from "./measurement.ts";
import { type Need, plan } from "./model.ts";
import { about, bytes, duration, micros, table } from "./page-format.ts";
import { limits, remedies } from "./parts.ts";
import { type PodSize, podSizes } from "./pod-size.ts";
import { type Workload, workloads } from "./workloads.ts";

const counts = [10_000, 100_000, 1_000_000, 10_000_000];

function rateOf({ load, deliveriesPerSecond }: Point): string {
  return `${about(load.messagesPerSecond)} messages/s, ${about(deliveriesPerSecond)} deliveries/s`;
}

/** Why a step broke: objectives, and whether the gateways or what shares the machine with them was full. */
function breakOf(point: Point, { cores: size }: PodSize): string {
  const { gateways, redis, flusher, store, load } = point.cores;
  const beside = redis + flusher + (store ?? 0) + load;
  const full = gateways >= 0.9 * size ? "was full" : "was not full";
  return `${rateOf(point)}: ${point.broken.join(", ")}; p99 ${about(point.deliveryMs?.p99 ?? 0)} ms; the pod ${full} (${about(gateways)} cores; load and stores ${about(beside)})`;
}

function carried({ points }: Measurement): string {
  const rows = podSizes.flatMap((size) => {
    const { held, broke } = rampOf(points, size.name);
    const connections = mostConnections(points, size.name);
    if (held === undefined || connections === undefined) return [];
    const p99 = `${about(held.deliveryMs?.p99 ?? 0)} ms`;
    const end = broke === undefined ? "nothing broke" : breakOf(broke, size);
    return [[size.name, `${connections.toLocaleString("en-US")}, most idle`, rateOf(held), p99, end]];
  });
  return table(["pod", "connections that held", "rate that held", "p99", "where it ended"], rows);
}

function sockets({ points }: Measurement): string {
  const rows = points
    .filter(({ use }) => use === "connections")
    .map((point) => [
      point.size,
      point.load.connections.toLocaleString("en-US"),
      about(point.cores.gateways),
      bytes(point.residentBytes),
      `${about(point.deliveryMs?.p99 ?? 0)} ms`,
      point.broken.length === 0 ? "held" : point.broken.join(", "),
    ]);
  return table(["pod", "connections", "CPU, cores", "memory", "p99", "objectives"], rows);
}

function costTable({ gateway, redis, flusher, store }: Costs): string {
  return table(
    ["what", "costs"],
    [
      ["gateway: a delivery to one member", micros(gateway.delivery)],
      [
        "gateway: a message at a gateway with members of its room, what its sender costs included",
        micros(gateway.arrival),
      ],
      ["gateway: a turn of the event loop, which messages within 2 ms share", micros(gateway.turn)],
      ["gateway: a message of a room without members there", micros(gateway.foreign)],
      ["gateway: 10,000 sockets that only stay", `${about(10_000 * gateway.connection)} cores`],
      ["gateway: a socket", bytes(gateway.connectionBytes)],
      ["gateway: a process with nobody", `${about(gateway.process)} cores, ${bytes(gateway.processBytes)}`],
      ["gateway: a client that comes, and each room it joins", `${micros(gateway.client)}, ${micros(gateway.join)}`],
      ["gateway: each other gateway, a second", micros(gateway.peer)],
      ["Redis: a message, and each gateway it goes to", `${micros(redis.message)}, ${micros(redis.arrival)}`],
      ["Redis: a client that comes, and each room it joins", `${micros(redis.client)}, ${micros(redis.join)}`],
      ["Redis: each pair of gateways, a second", micros(redis.pair)],
      [
        "Redis: a partition, a second, and each batch that is read from it",
        `${micros(redis.partition)}, ${micros(redis.batch)}`,
      ],
      [
        "Redis: commands for a message (scripts' own calls counted), besides those of its batch",
        about(redis.commandsPerMessage),
      ],
      [
        "Redis: network for a message: in, out, out for each gateway it goes to",
        [redis.inBytesPerMessage, redis.outBytesPerMessage, redis.outBytesPerArrival].map(bytes).join(", "),
      ],
      ["Redis: memory for a message while it is kept", bytes(redis.bytesPerMessage)],
      ["flusher: a message, a batch", `${micros(flusher.message)}, ${micros(flusher.batch)}`],
      [
        "database: a message, a batch",
        store === null ? "not measured" : `${micros(store.message)}, ${micros(store.batch)}`,
      ],
    ],
  );
}

function needRow(connections: number, need: Need): string[] {
  const { first } = need;
  return [
    connections.toLocaleString("en-US"),
    `${about(need.messagesPerSecond)}, ${about(need.deliveriesPerSecond)}`,
    `${about(need.pods)} (${need.podsBy})`,
    about(need.gatewayCores),
    `${about(need.redis.cores)}, ${bytes(need.redis.bytes)}, ${bytes(need.redis.outBytesPerSecond)}/s`,
    about(need.flusherCores),
    `${first.part}, ${about(100 * first.share)} %`,
    duration(need.backSeconds),
    duration(bridgedSeconds(need.messagesPerSecond)),
  ];
}

function needs(costs: Costs, workload: Workload, size: PodSize): string {
  const head = [
    "connections",
    "messages/s, deliveries/s",
    "pods (because of)",
    "gateway cores",
    "Redis: cores, memory, network out",
    "flusher cores",
    "first to be full",
    "all back after a loss",
    "database away for",
  ];
  return table(
    head,
    counts.map((connections) => needRow(connections, plan(costs, { connections, workload, size }))),
  );
}

function rates({ messagesPerHour, membersEach, roomsEach }: Workload): string {
  return `${messagesPerHour} messages an hour and connection, ${membersEach} connected members in a room, ${roomsEach} rooms for each`;
}

function advice(costs: Costs, { points }: Measurement): string {
  const rows = podSizes.flatMap((size) =>
    workloads.map((workload) => {
      const target = targetOf(costs, points, size, workload);
      const needed = drainSeconds(costs, target.connections, workload);
      return [
        size.name,
        workload.name,
        target.connections.toLocaleString("en-US"),
        target.by,
        duration(needed),
        mostConnections(points, size.name) === undefined ? "model only" : "measured and model",
      ];
    }),
  );
  return table(["pod", "workload", "`autoscaling.connections`", "because of", "drain window", "from"], rows);
}

function accuracy(costs: Costs, { points }: Measurement): string {
  const rows = compareHeldOut(costs, points).map(({ point, part, measured, predicted }) => [
    `${point.shape}, ${about(point.load.messagesPerSecond)} messages/s`,
    part,
    about(measured),
    about(predicted),
    `${about(predicted / measured)}x`,
  ]);
  return table(["step", "cores of", "measured", "model", "ratio"], rows);
}

/** The parts that are ever the first to be full, and what then helps. */
function help(costs: Costs, size: PodSize): string {
  const firsts = workloads.flatMap((workload) =>
    counts.map((connections) => plan(costs, { connections, workload, size }).first.part),
  );
  return [...new Set(firsts)].map((part) => `- **${part}**: ${remedies[part]}.`).join("\n");
}

function conditions({ conditions: at }: Measurement): string {
  const missing = at.notMeasured.length === 0 ? "" : ` Not measured: ${at.notMeasured.join("; ")}.`;
  return `Taken ${at.date.replace("T", " ")} UTC at \`${at.revision}\`: Node ${at.node.slice(1)}, Redis ${at.redis}, ${at.store}, ${at.cores} cores of ${at.cpu}, load average ${at.loadAverage.map(about).join(" before and ")} after it. Pods are confined by ${at.confinedBy}; load, Redis, flusher
and database share the last core. Texts of ${at.textCharacters} characters.${missing}`;
}

function sizeNamed(name: string): PodSize {
  const size = podSizes.find((one) => one.name === name);
  if (size === undefined) throw new Error(`no pod size ${name}`);
  return size;
}

/** docs/capacity.md, from what was measured. */
export function capacityPage(measurement: Measurement, notice: string): string {
  const costs = costsOf(measurement);
  const sections = [
    `# Capacity\n\n${notice}`,
    introduction(measurement),
    whatWasMeasured(measurement, costs),
    whatToSet(measurement, costs),
    whatIsNeeded(costs),
    howGood(measurement, costs),
  ];
  return `${sections.map((section) => section.trim()).join("\n\n")}\n`;
}

function introduction(measurement: Measurement): string {
  return `
How many pods for how many connections, by figures that \`make capacity\` takes on your machine in about five minutes (\`CAPACITY_STEP_SECONDS\`, \`CAPACITY_MEMBERS\`, \`CAPACITY_CONNECTIONS\`, \`CAPACITY_FIRST_RATE\`, \`CAPACITY_RATE_STEPS\` make it
shorter or longer) and writes to [capacity/measured.json](../capacity/measured.json), from which this page is made. **Measured** and **by the model** are kept apart below. Take a first guess from it, and your own load for the answer.

${conditions(measurement)}

A step holds while all of these do: deliveries take less than 250 ms (p99, from the send to the member), what is acknowledged is stored within 5 s (p99), nothing is refused because there is too much.`;
}

function whatWasMeasured(measurement: Measurement, costs: Costs): string {
  const two =
    measurement.conditions.cores > 2
      ? ""
      : " Two cores share theirs with the load here, so such a row says little of two cores that a pod has to itself.";
  return `
## Measured: what a pod carried

Connections: ten busy rooms of 20 at 50 messages/s, the rest idle. Rate: 1,000 members in rooms of 20, 1.6 times as many messages in each step. A step that breaks ends its ramp.

${carried(measurement)}

Where the pod was not full, the figure is a bound of this machine and not of the pod.${two}

${sockets(measurement)}

## Measured: what one of each costs

CPU, from steps with 4 to 100 members in a room, on one gateway and on two, every other step of the ramp above that held, and messages into the log alone; by least squares, so that what hardly differs in any step can come out as 0. What waits together
shares turns of the event loop, and a flusher's batch: ten times as many messages cost much less than ten times as much.

${costTable(costs)}

Steps whose messages were stored late are left out of what the flusher and the database cost. A message costs the flusher no less than it takes to drain the log alone ([performance](performance.md#flush)), since no step here had full batches. FerretDB stands in for
MongoDB, and its figure says nothing about one.`;
}

function whatToSet(measurement: Measurement, costs: Costs): string {
  const [calm, lively] = workloads.map((workload) => ({
    name: workload.name,
    perSecond: (1_000_000 * workload.messagesPerHour) / 3_600,
  }));
  if (calm === undefined || lively === undefined) throw new Error("two workloads are compared here");
  const [entries, more] = [calm, lively].map(({ perSecond }) => watermarkFor(perSecond).toLocaleString("en-US"));
  return `
## By the model: what to set

For a platform of a million connections with the workloads of the next section; in a smaller one a pod carries a little more. CPU and memory are used to ${100 * limits.gatewayCpu} %, and no target is above 70 % of the connections that a pod of that size (where it was not
measured: any pod) was seen to carry.

${advice(costs, measurement)}

The chart's \`autoscaling.connections\` is 7,000 and its drain window 60 s (\`gateway.drain.windowSeconds\`): set what the table says where it says otherwise. In the window here, the clients of a pod that leaves cost each of three others a fifth of a core; they join all of their rooms again. A fleet of two needs three times as long.

**Buffer watermark** (\`WEIR_BUFFER_MAX_MESSAGES\`, a partition's): for a quarter of an hour without the database, messages/s × 900 / 16. With a million connections that is ${entries} for *${calm.name}* and ${more} for
*${lively.name}*, and ${bytes(lively.perSecond * 900 * costs.redis.bytesPerMessage)} of Redis' memory for the latter. The default, 100,000, lasts as long as the last column below says, if rooms are spread evenly.`;
}

function whatIsNeeded(costs: Costs): string {
  const size = sizeNamed("one core");
  const tables = workloads.map(
    (workload) => `**${workload.name}**: ${workload.meaning}. ${rates(workload)}.\n\n${needs(costs, workload, size)}`,
  );
  return `
## By the model: from 10,000 to 10 million connections

Pods of ${size.name}, ${bytes(size.memoryBytes)}. A user is a connection here, and users mean nothing without what they do. Pods are the fewest by CPU and memory, with more connections each than were tested; at 7,000 each, a million connections are 143 pods.

${tables.join("\n\n")}

"First to be full" is, of the parts that can't be multiplied, the one that uses most of what it may have: 70 % of one core for Redis and for the flusher, ${bytes(limits.redisBytes)} for Redis' memory. **Above 100 % that line can't be had from one
platform.** Gateways can be multiplied, and are not in it. "All back" is when all clients have lost their connections together: gateways let in ${limits.admissionRate} a second and process at most, each client costs them and Redis what the table above says.
"Database away for" is how long the default buffer lasts.

${help(costs, size)}`;
}

function howGood(measurement: Measurement, costs: Costs): string {
  const most = about(Math.max(...measurement.points.map(({ load }) => load.connections)));
  return `
## How good the model is

Steps that the costs were not made from. A test holds each to a factor of ${acceptedFactor}. What the model takes into account was decided with such steps in sight, so they check its figures and are no blind proof of it.

${accuracy(costs, measurement)}

## What it does not cover

- **The network**: all of this is loopback. TLS, an ingress and a real network card are not in it.
- **The database**, which here is FerretDB: measure yours at the messages/s of the table.
- Histories that are read, edits, receipts, typing, polling clients, long texts, clients that do not read, durability \`safe\` and \`stored\`. One message of 8 KiB is 80 of these.
- One very busy room, which is bound by what one process delivers to its part of the members. Messages come evenly here.
- Anything much larger than what was measured: costs are taken to grow in proportion beyond ${most} connections and two gateways, and Redis' work for many gateways comes from a test with ${measurement.fleet.gateways.toLocaleString("en-US")} of them that only report.
- Members of a room are taken to be spread over all gateways by chance, which is the dearest way.
- Other machines: multiply by how much faster a core of yours is.`;
}
