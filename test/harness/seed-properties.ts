import fc from "fast-check";
import { runSeed } from "./run-seed.ts";

/* Runs before each test file: every property starts from the seed of the run, which a failure prints. */
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: runSeed() });
