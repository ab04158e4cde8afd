/**
 * An agent of lyon on a real kernel, to be killed: tells the story of one relocation as far as STEP, printing the name of
 * each step before it is told, then waits.
 *
 *   gateway-until-killed NAMESPACE DIRECTORY source|target STEP
 */
import { writeSync } from 'node:fs';
import { createGatewayAgent } from '../../gateway/agent/agent.ts';
import { createLinuxKernel } from '../../gateway/kernel/linux.ts';
import { startCoprocess } from '../../src/world/coprocess.ts';
import { realClock, runCommand } from '../../src/world/real.ts';
import { openSession, storyOf } from './gateway-story.ts';
import { silentLog } from './log.ts';
import { arriving, leaving, lyon } from './relocation-states.ts';

const [namespace = '', directory = '', role, step] = process.argv.slice(2);
const agent = createGatewayAgent({
  configuration: lyon,
  kernel: createLinuxKernel({
    prefix: ['nsenter', `--net=/run/netns/${namespace}`],
    run: runCommand,
    start: startCoprocess,
    clock: realClock,
  }),
  directory,
  clock: realClock,
  log: silentLog,
});
const { signal } = new AbortController();
await agent.start(signal);
const relocation =
  role === 'source' ? leaving('web60', { workload: 'shop' }) : arriving('app50', { workload: 'shop' });
for (const told of storyOf(relocation, [openSession])) {
  writeSync(1, `${told.name}\n`);
  await told.tell(agent, signal);
  if (told.name === step) break;
}
writeSync(1, 'done\n');
