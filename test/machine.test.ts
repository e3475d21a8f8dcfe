import { test } from "tap";
import { countedMemory } from "../src/machine.ts";

/** The beginning of `memory.stat` of a control group of the second form, and some of its other lines. */
const STAT = `anon 150000000
file 70000000
kernel 9000000
kernel_stack 400000
pagetables 5000000
sec_pagetables 7
percpu 1000
sock 42000000
vmalloc 8000
shmem 300000
file_mapped 60000000
inactive_anon 150300000
slab_reclaimable 2000000
slab_unreclaimable 1600000
slab 3600000
`;

test("of a group's memory what it cannot have back counts, sockets with it", (t) => {
  t.equal(countedMemory(STAT), 150_000_000 + 400_000 + 5_000_000 + 42_000_000 + 300_000 + 1_600_000);
  t.equal(countedMemory("anon 5\n"), 5, "older systems tell less");
  t.end();
});
