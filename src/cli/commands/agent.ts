import type { Command } from 'commander';
import { readSource } from '../../config/input-files.ts';
import { readAgentConfiguration } from '../../site/configuration.ts';
import { runAgent } from '../../site/wiring.ts';
import { startCoprocess } from '../../world/coprocess.ts';
import { createLog, realClock, realRandom, runCommand } from '../../world/real.ts';
import { addExample } from '../render/help.ts';

/** `longhaul agent`: the agent of one site, until it is told to end. */
export function register(program: Command): void {
  const command = program
    .command('agent')
    .description('Run the agent of one site; logs JSON lines on standard error, ends on SIGTERM.')
    .requiredOption('--config <file>', 'agent file (YAML or JSON), longhaul-agent/1')
    .action(async ({ config }: { config: string }) => {
      const configuration = readAgentConfiguration(await readSource(config));
      const log = createLog(2, configuration.logLevel).child({ site: configuration.site });
      const ended = untilTold();
      const agent = await runAgent(configuration, {
        clock: realClock,
        random: realRandom,
        log,
        run: runCommand,
        startCoprocess,
      });
      log.info({ url: agent.url }, 'agent listens');
      const signal = await ended;
      log.info({ signal }, 'agent ends; guests and routes stay as they are');
      await agent.close();
    });
  addExample(command, [
    '$ longhaul agent --config /etc/longhaul/agent.yaml',
    '{"level":30,"time":1763800000000,"site":"paris","url":"https://10.1.1.1:7443","msg":"agent listens"}',
  ]);
}

async function untilTold(): Promise<NodeJS.Signals> {
  return await new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, resolve);
  });
}
