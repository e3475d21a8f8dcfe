import { createScrubber, type ProjectScrubber, type Scrubber } from "../../src/scrub/index.ts";
import { createTurns } from "../../src/scrub/turns.ts";

export type TestScrubber = ProjectScrubber &
  Omit<Scrubber, "scrubLine"> & {
    /** Learns a value at once. */
    add(value: string): void;
    scrubLine(line: string): string;
  };

/** A scrubber and that of one of its projects, in one. */
export function createTestScrubber(max?: number): TestScrubber {
  const scrubber = createScrubber(max, createTurns(Number.POSITIVE_INFINITY));
  const project = scrubber.of("region", "project");
  return {
    ...scrubber,
    ...project,
    add: (value) => void project.learn([value], Number.POSITIVE_INFINITY),
    scrubLine: (line) => scrubber.scrubLine(line, () => false),
  };
}
