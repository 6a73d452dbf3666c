import { expect, test } from "vitest";
import { quantile } from "../harness/established.ts";
import { type Felt, stockStormFelt, weirStorm } from "../harness/felt-storm.ts";
import { byPace, onPaceOnly } from "../harness/pace.ts";
import { sized } from "../harness/size.ts";

const clients = sized(1_000, 4_000);
/** The share of the round trips that is looked at. Beyond it, on a machine that tests share, it is the machine that is measured. */
const share = 0.75;
/** Round trips on a machine that has nothing to do are shorter than what its other processes can do to them, ms. */
const floorMs = 2;

/** How much longer an established client's round trips were in the storm than before it. */
function feltRatio({ calm, stormy }: Felt): number {
  return quantile(stormy, share) / Math.max(floorMs, quantile(calm, share));
}

test("a storm of clients that come back is hardly felt by those who are in, and all get in; with stock Socket.IO it is felt", {
  ...onPaceOnly,
  timeout: 180_000,
}, async () => {
  const [ours, stock] = [await weirStorm(clients), await stockStormFelt(clients)];
  expect(ours.attempts).toBeLessThanOrEqual(1.5 * clients);
  expect(feltRatio(ours), byPace("handshake storm")).toBeLessThan(30);
  expect(feltRatio(ours), byPace("handshake storm")).toBeLessThan(feltRatio(stock) / 3);
});
