import type { Mutant } from "../mutant.ts";
import { canaryMutants } from "./canary.ts";
import { chartMutants } from "./chart.ts";
import { chatMutants } from "./chat.ts";
import { clientMutants } from "./client.ts";
import { configMutants } from "./config.ts";
import { contractMutants } from "./contract.ts";
import { controllerMutants } from "./controller.ts";
import { gatewayMutants } from "./gateway.ts";
import { gatewayRequestMutants } from "./gateway-requests.ts";
import { kernelMutants } from "./kernel.ts";
import { kubernetesMutants } from "./kubernetes.ts";
import { leadershipMutants } from "./leadership.ts";
import { lifecycleMutants } from "./lifecycle.ts";
import { policyMutants } from "./policy.ts";
import { redisMutants } from "./redis.ts";
import { scriptMutants } from "./scripts.ts";
import { socketioMutants } from "./socketio.ts";
import { storeMutants } from "./stores.ts";
import { telemetryMutants } from "./telemetry.ts";

/** All changes that `make mutants` plants. */
export const mutants: readonly Mutant[] = [
  ...canaryMutants,
  ...chartMutants,
  ...chatMutants,
  ...clientMutants,
  ...configMutants,
  ...contractMutants,
  ...controllerMutants,
  ...gatewayMutants,
  ...gatewayRequestMutants,
  ...kernelMutants,
  ...kubernetesMutants,
  ...leadershipMutants,
  ...lifecycleMutants,
  ...policyMutants,
  ...redisMutants,
  ...scriptMutants,
  ...socketioMutants,
  ...storeMutants,
  ...telemetryMutants,
];
