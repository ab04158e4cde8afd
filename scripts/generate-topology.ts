import { generateTopology } from './topology-generator.ts';

/** npx tsx scripts/generate-topology.ts WORKLOADS SITES SEED > topology.json */
const [workloads = 1000, sites = 4, seed = 1] = process.argv.slice(2).map(Number);
process.stdout.write(generateTopology({ workloads, sites, seed }));
