import { scenario } from "../k6/scenario.ts";

export const { options, setup, chat, visit, server, handleSummary } = scenario("handshake-storm");
