/** WEIR_TEST_SIZE=full, as in `make verify-all`: the proofs have the sizes that their sentences speak of, and outages last. */
const isFull = process.env["WEIR_TEST_SIZE"] === "full";

/** A size for every run of the tests, and one for the runs that may take an hour. What a test asserts is the same at both. */
export function sized<T>(usual: T, full: T): T {
  return isFull ? full : usual;
}
